/* Messages in the shapes and spellings the exchange sends, for measuring. Seeded: every run decodes the
 * same bytes. */
#ifndef TESTS_BENCH_DECODE_MESSAGES_H
#define TESTS_BENCH_DECODE_MESSAGES_H

#include <stddef.h>

typedef enum message_kind {
    MESSAGE_TICKER,
    MESSAGE_TRADE,
    MESSAGE_BOOK_15,
    MESSAGE_BOOK_30,
    MESSAGE_CANDLE,
    MESSAGE_KINDS
} message_kind;

extern const char *const message_kind_names[MESSAGE_KINDS];

/* The text and, behind it, 64 bytes that tree parsers may want to read. */
typedef struct message {
    char *text;
    size_t length;
} message;

/* `count` messages of a kind over 100 codes; simple: the SIMPLE format. NULL: no memory. */
message *messages_make(message_kind kind, int simple, size_t count);
void messages_free(message *list, size_t count);

#endif
