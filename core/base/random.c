#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "upbit-live/error.h"

int upbit__random_bytes(void *out, size_t size)
{
    uint8_t *to = out;
    while (size > 0) {
        ssize_t got = getrandom(to, size < 256 ? size : 256, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return UPBIT_ERROR_SYSTEM;
        }
        to += got;
        size -= (size_t)got;
    }
    return 0;
}

uint32_t upbit__random_below(uint32_t limit)
{
    uint64_t r = 0;
    if (limit == 0 || upbit__random_bytes(&r, sizeof r) != 0)
        return 0;
    return (uint32_t)(r % limit); /* 64 bits onto 32: the bias is below 2^-32 */
}
