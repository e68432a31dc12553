/* The exchange's messages as events: what the stream, upbit_decode and the tests share.
 *
 * A decoder owns the scratch memory one message is taken apart in; the finished event is copied
 * into a block of exactly its size, so that nothing is allocated per message beyond that block.
 * Every pointer inside an event points into its own block, behind the payload struct.
 *
 * Choices the exchange leaves open, and what is done here:
 *   - a member that comes twice: the last one counts, as in most JSON readers;
 *   - null or nothing for a required field, or a value of the wrong type in it: that object is
 * refused, the other elements of a LIST message are decoded all the same;
 *   - a value of the wrong type in a field that is not required, and an unknown enum value: carried
 * on in `extra` under the field's full name, as if this version did not know the member;
 *   - an object that has `type` is DEFAULT, one that has `ty` is SIMPLE; without either (and
 * without error, status or method) it is refused: the 2018 messages that had none cannot be told
 * apart. Their `market` and `mk` are taken for `code`.
 *
 * Threads: a decoder belongs to one thread at a time; the functions on events are pure. */
#ifndef UPBIT_EXCHANGE_DECODE_H
#define UPBIT_EXCHANGE_DECODE_H

#include <stddef.h>

#include "upbit-live/event.h"
#include "upbit-live/market.h"

typedef struct upbit__decoder upbit__decoder;

/* 0 or NO_MEMORY. */
int upbit__decoder_create(upbit__decoder **out);
void upbit__decoder_destroy(upbit__decoder *d);

typedef struct upbit__decode_output {
    void *context;
    /* A block of `size` bytes, aligned to 8; NULL: no room, the event is skipped and `refused` is
     * told. */
    upbit_event *(*allocate)(void *context, size_t size);
    /* The event is the callee's. It stamps received_*, epoch and origin, which are 0 here. */
    void (*event)(void *context, upbit_event *event);
    /* What found no room: the payload without its rows and strings, valid during the call; NULL for
     * what is no market or account data. May be NULL. */
    void (*refused)(void *context, const upbit_event *event);
    /* Takes back the block that was allocated last: its message is not what it seemed to be. May be
     * NULL; then none is asked for before it is known what comes into it. */
    void (*discard)(void *context, upbit_event *block);
} upbit__decode_output;

/* The number of events in the message, those that found no room included; DECODE with `reason`
 * (may be NULL); NO_MEMORY when the scratch cannot grow. `message` needs no NUL and is not kept. */
int upbit__decode(upbit__decoder *d, const char *message, size_t length,
                  const upbit__decode_output *out, char *reason, size_t reason_size);

typedef upbit_event *(*upbit__event_allocator)(void *context, size_t size);

/* A deep copy in a new block, stamps and all; NULL when there is no room. */
upbit_event *upbit__event_copy(const upbit_event *e, upbit__event_allocator allocate,
                               void *context);

/* The book with at most `depth` rows a side and the exact sums of those rows as totals; stamps as
 * in b. unit_count becomes the longer side's length if that is less. NULL when there is no room. */
upbit_event *upbit__orderbook_cut(const upbit_orderbook *b, unsigned depth,
                                  upbit__event_allocator allocate, void *context);

/* 1: the same in all that the exchange said, but for stream_type; receive stamps, origin and epoch
 * do not count. */
int upbit__event_same(const upbit_event *a, const upbit_event *b);

/* A number for what an event without rows says, an order, balances or an announcement: equal for
 * events that are the same in the sense above; different for others but for one in 2^64. */
uint64_t upbit__event_hash(const upbit_event *e);

#endif
