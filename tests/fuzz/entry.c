/* libFuzzer's way in; TARGET and NAME are given on the command line of the compiler. */
#include "mutate.h"
#include "targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TARGET(data, size);
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
/* The target's own way and libFuzzer's take turns. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    fuzz_mutate *mutate = fuzz_mutator(NAME);
    uint64_t mixed = (seed + 1) * 0x9e3779b97f4a7c15u;
    if (mutate == NULL || mixed >> 62 == 0)
        return LLVMFuzzerMutate(data, size, most);
    return mutate(data, size, most, mixed, LLVMFuzzerMutate);
}
