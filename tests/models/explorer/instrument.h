/* The explorer's side of what the compiler and the litmus programs call: accesses, memory, threads.
 */
#ifndef TESTS_MODELS_INSTRUMENT_H
#define TESTS_MODELS_INSTRUMENT_H

void instrument_reset(void); /* before each execution */
/* Blocks that were not freed are a fault. */
void instrument_check_leaks(void);

#endif
