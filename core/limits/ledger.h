/* The file in which the processes of one user count together. docs/LIMITS.md has its format, so
 * that other programs can take part.
 *
 * One file per host and scope, in a directory that belongs to the user alone. It is looked at and
 * changed only under a lock that is asked for and never waited for, so neither a dead nor a stopped
 * holder keeps anybody from going on. Times in it are CLOCK_BOOTTIME, ns: the same for all. One
 * owner; the caller has the lock between threads. */
#ifndef UPBIT_LIMITS_LEDGER_H
#define UPBIT_LIMITS_LEDGER_H

#include "limits/counter.h"

typedef struct upbit__ledger upbit__ledger;

typedef struct upbit__ledger_head {
    int64_t banned_ns;      /* nothing of any group before this */
    int64_t banned_wall_ms; /* the same, Unix time: outlives a reboot */
    uint32_t bans;          /* in a row */
    int64_t marked_ns;      /* until then somebody may be counting alone; read only */
} upbit__ledger_head;

typedef enum upbit__ledger_result {
    UPBIT__LEDGER_LOCKED,
    UPBIT__LEDGER_BUSY,    /* somebody has it: ask again */
    UPBIT__LEDGER_UNKNOWN, /* a newer version's: others may be counting in it */
    UPBIT__LEDGER_NONE     /* there is none and none can be made: nobody counts in it */
} upbit__ledger_result;

/* Opens no file yet. name: of the file, any text; what is not fit for one becomes '_'.
 * 0 or NO_MEMORY. */
int upbit__ledger_create(upbit__ledger **out, const char *name);
void upbit__ledger_destroy(upbit__ledger *l); /* NULL allowed */

/* In a forked child: the descriptor and with it the lock are the parent's. */
void upbit__ledger_forked(upbit__ledger *l);

/* Asks for the lock, makes and mends the file, reads its head. What is not LOCKED has a reason. */
upbit__ledger_result upbit__ledger_lock(upbit__ledger *l, upbit__ledger_head *head, int64_t now_ns);
/* Static or the ledger's, until its next call. */
const char *upbit__ledger_reason(const upbit__ledger *l);

/* Under the lock. A record that cannot be right is read as used up at now_ns. */
void upbit__ledger_read(upbit__ledger *l, upbit__group group, upbit__counter *out, int64_t now_ns);
void upbit__ledger_write(upbit__ledger *l, upbit__group group, const upbit__counter *c);
void upbit__ledger_write_head(upbit__ledger *l, const upbit__ledger_head *head);
void upbit__ledger_unlock(upbit__ledger *l);

/* Says that somebody counts alone until then; without the lock. */
void upbit__ledger_mark(upbit__ledger *l, int64_t until_ns);

/* How often a record or the head had to be mended. */
unsigned upbit__ledger_mended(const upbit__ledger *l);

/* Where the files are: $XDG_RUNTIME_DIR/upbit-live, else /run/user/UID/upbit-live, else
 * $TMPDIR/upbit-live-UID (or /tmp). A descriptor of the directory, made if it was missing, or -1
 * with the reason: it must be the user's own and nobody else's to write. */
int upbit__ledger_directory(const char **reason);

#endif
