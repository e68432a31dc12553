/* Put before a litmus program that native.c runs. */
#ifndef TESTS_MODELS_NATIVE_H
#define TESTS_MODELS_NATIVE_H

#define main           litmus_main
#define pthread_create native_create
#define pthread_join   native_join

int litmus_main(void);

#endif
