#include "mutate.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *target;
    fuzz_mutate *mutate;
} mutators[] = {
    {"decode", fuzz_mutate_json},       {"json", fuzz_mutate_json},
    {"mock_request", fuzz_mutate_json}, {"recording", fuzz_mutate_json},
    {"rest", fuzz_mutate_told},         {"upgrade", fuzz_mutate_lines},
    {"mock_http", fuzz_mutate_lines},   {"options", fuzz_mutate_lines},
    {"inflate", fuzz_mutate_inflate},   {"frames", fuzz_mutate_messages},
};

fuzz_mutate *fuzz_mutator(const char *target)
{
    for (size_t i = 0; i < sizeof mutators / sizeof *mutators; i++)
        if (strcmp(mutators[i].target, target) == 0)
            return mutators[i].mutate;
    return NULL;
}

size_t fuzz_below(fuzz_dice *d, size_t below)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (size_t)((d->state >> 11) % below);
}

size_t fuzz_splice(uint8_t *bytes, size_t size, size_t most, size_t from, size_t to,
                   const void *with, size_t count)
{
    if (size - (to - from) + count > most)
        return size;
    memmove(bytes + from + count, bytes + to, size - to);
    memcpy(bytes + from, with, count);
    return size - (to - from) + count;
}

/* A copy of one part goes before another; or takes its place. */
static size_t copy_over(uint8_t *bytes, size_t size, size_t most, const size_t part[2],
                        const size_t place[2])
{
    size_t count = part[1] - part[0];
    uint8_t *copy = malloc(count + 1);
    if (copy == NULL)
        return size;
    memcpy(copy, bytes + part[0], count);
    size = fuzz_splice(bytes, size, most, place[0], place[1], copy, count);
    free(copy);
    return size;
}

static const char *const words[] = {
    "HTTP/1.1 101 Switching Protocols\r\n",
    "HTTP/1.1 429 Too Many Requests\r\n",
    "HTTP/1.0 200 OK\r\n",
    "Upgrade: websocket\r\n",
    "Connection: keep-alive, Upgrade\r\n",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n",
    "; server_no_context_takeover",
    "Sec-WebSocket-Extensions: x, permessage-deflate;server_max_window_bits=\"9\"\r\n",
    "Sec-WebSocket-Protocol: chat\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Retry-After: 120\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "\r\n",
    "5;x=\"y\"\r\nabcde\r\n0\r\n\r\n",
    "\r\n folded\r\n",
    "\t",
    ": ",
    "; ",
    "=\"\\\"\"",
    "states[]=wait&states[]=watch",
    "%F0%9F%98%80",
    "http://[::1]:65535/v1?x#y",
    "\n",
};

static void pick_line(fuzz_dice *d, const uint8_t *bytes, size_t size, size_t line[2])
{
    size_t at = fuzz_below(d, size + 1);
    for (line[0] = at; line[0] > 0 && bytes[line[0] - 1] != '\n';)
        line[0]--;
    for (line[1] = at; line[1] < size && bytes[line[1]++] != '\n';) {
    }
}

size_t fuzz_mutate_lines(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                         fuzz_damage *damage)
{
    fuzz_dice d = {seed | 1};
    size_t line[2], other[2];
    for (size_t i = 1 + fuzz_below(&d, 3); i > 0; i--) {
        pick_line(&d, bytes, size, line);
        pick_line(&d, bytes, size, other);
        const char *word = words[fuzz_below(&d, sizeof words / sizeof *words)];
        switch (fuzz_below(&d, 8)) {
        case 0: /* a line more */
            size = fuzz_splice(bytes, size, most, line[0], line[0], word, strlen(word));
            break;
        case 1:
            size = fuzz_splice(bytes, size, most, line[0], line[1], word, strlen(word));
            break;
        case 2:
            size = fuzz_splice(bytes, size, most, line[0], line[1], "", 0);
            break;
        case 3:
            other[1] = other[0];
            size = copy_over(bytes, size, most, line, other);
            break;
        case 4: { /* in the middle of a line */
            size_t at = fuzz_below(&d, size + 1);
            size = fuzz_splice(bytes, size, most, at, at, word, strlen(word));
            break;
        }
        default:
            return damage(bytes, size, most);
        }
    }
    return size;
}
