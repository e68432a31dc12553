/* What a compressed message costs to inflate: the project's receiver over messages of the realistic
 * mix as a server compresses them (level 6, one sync flush each), and beside it the least that zlib
 * could do it with: one call per message into a buffer that is large enough. CPU of one thread,
 * rounds interleaved, medians. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "../decode/messages.h"
#include "wire/message.h"

enum { MIX = 4000, CASES = 4, ROUNDS = 7, LARGEST = 65536 };

static const struct {
    const char *name;
    bool simple, takeover;
} cases[CASES] = {{"DEFAULT, context takeover", false, true},
                  {"DEFAULT, none", false, false},
                  {"SIMPLE, context takeover", true, true},
                  {"SIMPLE, none", true, false}};

typedef struct stream {
    uint8_t *frames; /* WebSocket frames, one behind the other */
    size_t length, packed, plain;
    size_t at[MIX + 1]; /* where each frame's payload begins, and its end */
    size_t end[MIX];
} stream;

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "inflate_bench: %s\n", what);
    exit(99);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Two tickers and three trades to two books of 15 and one of 30 units, as in `stream`. */
static void make(stream *s, bool simple, bool takeover)
{
    static const message_kind pattern[] = {MESSAGE_TICKER,  MESSAGE_TRADE,   MESSAGE_BOOK_15,
                                           MESSAGE_TRADE,   MESSAGE_BOOK_30, MESSAGE_TICKER,
                                           MESSAGE_BOOK_15, MESSAGE_TRADE};
    message *lists[MESSAGE_KINDS] = {0};
    size_t used[MESSAGE_KINDS] = {0};
    z_stream z = {0};
    s->frames = malloc((size_t)MIX * 4096);
    if (s->frames == NULL || deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        give_up("out of memory");
    for (int kind = 0; kind < MESSAGE_KINDS; kind++)
        if ((lists[kind] = messages_make((message_kind)kind, simple, MIX)) == NULL)
            give_up("out of memory");
    for (size_t i = 0; i < MIX; i++) {
        message_kind kind = pattern[i % (sizeof pattern / sizeof *pattern)];
        const message *m = &lists[kind][used[kind]++];
        uint8_t packed[8192];
        z.next_in = (Bytef *)(uintptr_t)m->text;
        z.avail_in = (uInt)m->length;
        z.next_out = packed;
        z.avail_out = sizeof packed;
        deflate(&z, Z_SYNC_FLUSH);
        if (!takeover)
            deflateReset(&z);
        size_t size = sizeof packed - z.avail_out - 4;
        uint8_t *to = s->frames + s->length;
        size_t head = size < 126 ? 2 : 4;
        to[0] = 0xc2;
        to[1] = size < 126 ? (uint8_t)size : 126;
        if (head == 4) {
            to[2] = (uint8_t)(size >> 8);
            to[3] = (uint8_t)size;
        }
        memcpy(to + head, packed, size);
        s->at[i] = s->length + head;
        s->length += head + size;
        s->end[i] = s->length;
        s->packed += size;
        s->plain += m->length;
    }
    deflateEnd(&z);
    for (int kind = 0; kind < MESSAGE_KINDS; kind++)
        messages_free(lists[kind], MIX);
}

static double ours(const stream *s, bool takeover)
{
    upbit__receiver r;
    const upbit__deflate_terms terms = {.on = true,
                                        .server_no_context_takeover = !takeover,
                                        .server_max_window_bits = 15,
                                        .client_max_window_bits = 15};
    upbit__receiver_init(&r, 1u << 20);
    if (upbit__receiver_deflate(&r, &terms) != 0)
        give_up("out of memory");
    size_t plain = 0, messages = 0;
    double start = now_ns();
    for (size_t at = 0; at < s->length;) {
        size_t room, piece = s->length - at < 16384 ? s->length - at : 16384;
        uint8_t *to = upbit__receiver_room(&r, piece, &room);
        if (to == NULL)
            give_up("out of memory");
        memcpy(to, s->frames + at, piece);
        upbit__receiver_commit(&r, piece);
        at += piece;
        upbit__item item;
        while (upbit__receiver_next(&r, &item) == 1) {
            plain += item.length;
            messages++;
        }
    }
    double took = now_ns() - start;
    upbit__receiver_finish(&r);
    if (plain != s->plain || messages != MIX)
        give_up("not what was compressed");
    return took / MIX;
}

static double bare(const stream *s, bool takeover)
{
    static uint8_t out[LARGEST], in[8192];
    z_stream z = {0};
    size_t plain = 0;
    inflateInit2(&z, -15);
    double start = now_ns();
    for (size_t i = 0; i < MIX; i++) {
        size_t size = s->end[i] - s->at[i];
        memcpy(in, s->frames + s->at[i], size);
        memcpy(in + size, "\0\0\xff\xff", 4);
        z.next_in = in;
        z.avail_in = (uInt)size + 4;
        z.next_out = out;
        z.avail_out = sizeof out;
        inflate(&z, Z_SYNC_FLUSH);
        plain += sizeof out - z.avail_out;
        if (!takeover)
            inflateReset(&z);
    }
    double took = now_ns() - start;
    inflateEnd(&z);
    if (plain != s->plain)
        give_up("zlib: not what was compressed");
    return took / MIX;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 && strcmp(argv[1], "--check") == 0 ? 1 : ROUNDS;
    printf("%-28s %8s %8s %10s %10s %6s\n", "messages", "bytes", "wire", "ours ns", "zlib ns",
           "ratio");
    for (int c = 0; c < CASES; c++) {
        static stream s;
        double a[ROUNDS], b[ROUNDS];
        s = (stream){0};
        make(&s, cases[c].simple, cases[c].takeover);
        for (int r = 0; r < rounds; r++) {
            a[r] = ours(&s, cases[c].takeover);
            b[r] = bare(&s, cases[c].takeover);
        }
        qsort(a, (size_t)rounds, sizeof *a, ascending);
        qsort(b, (size_t)rounds, sizeof *b, ascending);
        double x = a[rounds / 2], y = b[rounds / 2];
        printf("%-28s %8zu %8zu %10.0f %10.0f %6.2f\n", cases[c].name, s.plain / MIX,
               s.packed / MIX, x, y, x / y);
        printf("{\"case\":\"%s\",\"bytes\":%zu,\"packed\":%zu,\"ours_ns\":%.0f,\"zlib_ns\":%.0f}\n",
               cases[c].name, s.plain / MIX, s.packed / MIX, x, y);
        free(s.frames);
    }
    return 0;
}
