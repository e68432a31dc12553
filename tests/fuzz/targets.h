/* What is fuzzed: each takes any bytes and must neither crash nor break the promise it checks. Used
 * twice: by libFuzzer (one program a target, with clang and -Dfuzz=true) and by `replay`, which
 * every build has. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* X(name) */
#define FUZZ_TARGETS(X)                                                                            \
    X(upgrade)      /* the server's answer to the upgrade, whole and in pieces              */     \
    X(frames)       /* frames and messages, with and without compression                   */      \
    X(inflate)      /* the payload of one compressed message                               */      \
    X(http)         /* URLs, proxies, headers, dates, extension answers                    */      \
    X(recording)    /* lines of a recording                                                */      \
    X(json)         /* the JSON reader                                                     */      \
    X(decode)       /* messages of the stream, and their events printed, copied, compared  */      \
    X(decimal)      /* numbers, and sums of them                                           */      \
    X(rest)         /* bodies of every REST answer                                         */      \
    X(options)      /* options as a program or the environment gives them                  */      \
    X(keys)         /* API keys and tokens made with them                                  */      \
    X(ledger)       /* the file in which processes count together                          */      \
    X(mock_http)    /* the mock's request parser                                           */      \
    X(mock_request) /* ... its reader of subscriptions                                    */       \
    X(mock_frames)  /* ... its frames                                                      */      \
    X(mock_keys)    /* ... its keys file                                                   */

#define FUZZ_DECLARE(name) void fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

/* Ends the program, told as a crash. */
#define FUZZ_REQUIRE(so)                                                                           \
    do {                                                                                           \
        if (!(so))                                                                                 \
            fuzz_broken(#so, __FILE__, __LINE__);                                                  \
    } while (0)
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* A block of exactly this size, so that a sanitizer sees every byte read behind it; to be freed. */
uint8_t *fuzz_exact(const uint8_t *data, size_t size);
/* The same with a NUL behind, bytes 0 made to blanks: as C strings come. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
