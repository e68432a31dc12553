/* The search of the explorer: which thread is next, which choice it takes, all of them in turn. */
#ifndef TESTS_MODELS_SEARCH_H
#define TESTS_MODELS_SEARCH_H

/* A number below n: every one in some execution. */
unsigned search_choose(unsigned n);

/* This execution shows a fault: ends the running thread. It counts once no guess is open. */
_Noreturn void search_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* This execution cannot be: ends it. */
_Noreturn void search_discard(void);

unsigned search_thread(void); /* that runs */
/* Lets others go first, if there are any; returns when this thread was chosen. */
void search_step(void);
/* The same, but not before *flag is non-zero. */
void search_wait(const int *flag);
unsigned search_spawn(void *(*body)(void *), void *argument);
void search_join(unsigned thread);

/* One line of the story of this execution, told if it fails. */
void search_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern int search_telling; /* 0: nobody listens */

#endif
