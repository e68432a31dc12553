#include "wire/utf8.h"

#include <string.h>

/* Sets what must follow a lead byte; false when it is none. */
static bool lead(upbit__utf8 *u, uint8_t c)
{
    u->low = 0x80;
    u->high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        u->left = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        u->left = 2;
        if (c == 0xe0)
            u->low = 0xa0; /* overlong below */
        else if (c == 0xed)
            u->high = 0x9f; /* surrogates above */
    } else if (c >= 0xf0 && c <= 0xf4) {
        u->left = 3;
        if (c == 0xf0)
            u->low = 0x90;
        else if (c == 0xf4)
            u->high = 0x8f; /* beyond U+10FFFF above */
    } else {
        return false;
    }
    return true;
}

bool upbit__utf8_feed(upbit__utf8 *u, const uint8_t *bytes, size_t count)
{
    size_t i = 0;
    while (i < count) {
        if (u->left == 0) {
            /* JSON is nearly all ASCII: eight bytes at a time. */
            while (count - i >= 8) {
                uint64_t word;
                memcpy(&word, bytes + i, 8);
                if ((word & 0x8080808080808080u) != 0)
                    break;
                i += 8;
            }
            if (i == count)
                break;
            uint8_t c = bytes[i++];
            if (c >= 0x80 && !lead(u, c))
                return false;
        } else {
            uint8_t c = bytes[i++];
            if (c < u->low || c > u->high)
                return false;
            u->left--;
            u->low = 0x80;
            u->high = 0xbf;
        }
    }
    return true;
}

bool upbit__utf8_valid(const uint8_t *bytes, size_t count)
{
    upbit__utf8 u = {0};
    return upbit__utf8_feed(&u, bytes, count) && upbit__utf8_complete(&u);
}
