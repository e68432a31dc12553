/* The explorer's side of what the compiler and the litmus programs call: accesses, memory, threads.
 */
#ifndef TESTS_MODELS_INSTRUMENT_H
#define TESTS_MODELS_INSTRUMENT_H

void instrument_reset(void); /* before each execution */
/* Blocks that were not freed are a fault. */
void instrument_check_leaks(void);
/* 1: since the last call an object turned out to be shared that was taken for one thread's own:
 * what was searched by then was too little. */
int instrument_found_shared(void);

#endif
