#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_BYTES 16384 /* a hash of 512 bits and its callers need a tenth of it */

static size_t page_size(void)
{
    long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? (size_t)size : 4096;
}

/* The whole pages that hold `size` bytes; 0 when there are none. */
static size_t pages_of(size_t size)
{
    size_t page = page_size();
    return size == 0 || size > SIZE_MAX - 3 * page ? 0 : (size + page - 1) / page * page;
}

void *upbit__secret_create(size_t size, unsigned *lacks)
{
    size_t page = page_size(), inner = pages_of(size);
    unsigned missing = 0;
    if (inner == 0)
        return NULL;
    uint8_t *outer = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (outer == MAP_FAILED)
        return NULL;
    uint8_t *secret = outer + page;
    if (mprotect(secret, inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(outer, inner + 2 * page);
        return NULL;
    }
    if (mlock(secret, inner) != 0)
        missing |= UPBIT__SECRET_NOT_LOCKED;
    if (madvise(secret, inner, MADV_DONTDUMP) != 0)
        missing |= UPBIT__SECRET_DUMPABLE;
    if (madvise(secret, inner, MADV_WIPEONFORK) != 0)
        missing |= UPBIT__SECRET_KEPT_ON_FORK;
    if (lacks != NULL)
        *lacks = missing;
    return secret;
}

void upbit__secret_destroy(void *secret, size_t size)
{
    if (secret == NULL)
        return;
    size_t page = page_size(), inner = pages_of(size);
    upbit__wipe(secret, inner);
    munlock(secret, inner);
    munmap((uint8_t *)secret - page, inner + 2 * page);
}

void upbit__wipe(void *bytes, size_t size)
{
    if (size > 0)
        explicit_bzero(bytes, size);
}

__attribute__((noinline)) void upbit__wipe_stack(void)
{
    uint8_t below[STACK_BYTES];
    explicit_bzero(below, sizeof below);
}
