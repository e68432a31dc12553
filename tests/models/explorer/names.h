/* Put before every source of an explored program: what it calls is the explorer's. */
#ifndef TESTS_MODELS_NAMES_H
#define TESTS_MODELS_NAMES_H

#define LITMUS_EXPLORED

#define main                  litmus_main
#define malloc                explore_malloc
#define calloc                explore_calloc
#define aligned_alloc         explore_aligned_alloc
#define free                  explore_free
#define pthread_create        explore_create
#define pthread_join          explore_join
#define pthread_self          explore_self
#define __assert_fail         explore_assert_fail
#define pthread_mutex_init    explore_mutex_init
#define pthread_mutex_lock    explore_mutex_lock
#define pthread_mutex_unlock  explore_mutex_unlock
#define pthread_mutex_destroy explore_mutex_destroy
#define eventfd               explore_eventfd
#define read                  explore_read
#define write                 explore_write
#define close                 explore_close

int litmus_main(void);

#endif
