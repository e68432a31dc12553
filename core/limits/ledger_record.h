/* The bytes of the shared file: little-endian, each part with a checksum of its own.
 * docs/LIMITS.md. Pure. */
#ifndef UPBIT_LIMITS_LEDGER_RECORD_H
#define UPBIT_LIMITS_LEDGER_RECORD_H

#include "limits/ledger.h"

#define UPBIT__LEDGER_VERSION     1
#define UPBIT__LEDGER_HEAD_SIZE   128
#define UPBIT__LEDGER_MARK_OFFSET 72 /* 8 bytes of the head that are in no sum */
#define UPBIT__LEDGER_RECORD_SIZE 1024
#define UPBIT__LEDGER_SIZE                                                                         \
    (UPBIT__LEDGER_HEAD_SIZE + (int)UPBIT__GROUPS * UPBIT__LEDGER_RECORD_SIZE)

typedef enum upbit__record_state {
    UPBIT__RECORD_GOOD,
    UPBIT__RECORD_EMPTY,    /* all zero: never written */
    UPBIT__RECORD_NEWER,    /* a head of a later version */
    UPBIT__RECORD_REBOOTED, /* a head written before this machine was started */
    UPBIT__RECORD_DAMAGED
} upbit__record_state;

/* All but the mark. */
void upbit__ledger_put_head(uint8_t *bytes, const upbit__ledger_head *head,
                            const uint8_t boot_id[16]);
/* head is filled for GOOD, and for REBOOTED what outlives that. */
upbit__record_state upbit__ledger_get_head(const uint8_t *bytes, upbit__ledger_head *head,
                                           const uint8_t boot_id[16], int64_t now_ns,
                                           int64_t wall_ms);

void upbit__ledger_put_mark(uint8_t bytes[8], int64_t until_ns);

void upbit__ledger_put_record(uint8_t *bytes, upbit__group group, const upbit__counter *c);
upbit__record_state upbit__ledger_get_record(const uint8_t *bytes, upbit__group group,
                                             upbit__counter *out, int64_t now_ns);

#endif
