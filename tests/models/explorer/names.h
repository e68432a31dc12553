/* Put before every source of an explored program: what it calls is the explorer's. */
#ifndef TESTS_MODELS_NAMES_H
#define TESTS_MODELS_NAMES_H

#define LITMUS_EXPLORED

#define main           litmus_main
#define malloc         explore_malloc
#define calloc         explore_calloc
#define aligned_alloc  explore_aligned_alloc
#define free           explore_free
#define pthread_create explore_create
#define pthread_join   explore_join
#define pthread_self   explore_self
#define __assert_fail  explore_assert_fail

int litmus_main(void);

#endif
