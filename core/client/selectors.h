/* Wants of whole quote currencies: KRW-* and its like.
 *
 * A selector is a want of its own: (client, type, unit, level, quote currency), with depth and
 * flags as wishes. The market list expands it into entries, which it holds beside those that are
 * wanted by name (upbit__entry.by): each of the two can be taken away without the other. Where both
 * hold a key, the wishes of the one by name count: who names a code knows what it wants of it.
 *
 * Without a market list a selector waits for it. Every list that follows is compared with the one
 * before: new codes join and are told as LISTED, vanished ones are told as DELISTED to everybody
 * who wanted them, by name or not, and leave the wire. A selector for a snapshot only is done when
 * it has been expanded once. I/O thread only. */
#ifndef UPBIT_CLIENT_SELECTORS_H
#define UPBIT_CLIENT_SELECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "upbit-live/decimal.h"

struct upbit_manager;
struct upbit__order;
struct upbit__client;
struct upbit__key_id;

typedef struct upbit__selector {
    struct upbit__selector *next; /* the client's */
    int type;
    unsigned unit, depth, flags;
    upbit_decimal level;
    char prefix[24]; /* "KRW-" */
    bool expanded;   /* holds every code of the list */
} upbit__selector;

/* For texts that passed the checks of want.c, where a star stands at the end or not at all. */
static inline bool upbit__is_selector(const char *code)
{
    size_t length = strlen(code);
    return length > 0 && code[length - 1] == '*';
}

/* "KRW-*" -> "KRW-" */
static inline void upbit__selector_prefix(char prefix[24], const char *code)
{
    size_t length = strlen(code) - 1;
    memcpy(prefix, code, length);
    prefix[length] = '\0';
}

static inline bool upbit__selects(const char *prefix, const char *code)
{
    return strncmp(prefix, code, strlen(prefix)) == 0;
}

/* The order's selector `code`, expanded if the list is known. 0 or NO_MEMORY: then it holds some
 * codes, and takes the others with the next list. */
int upbit__selector_add(struct upbit_manager *m, const struct upbit__order *order,
                        const char *code);
/* Forgets the client's selectors for which `gone` says so; letting go of what they hold is the
 * caller's. */
void upbit__selectors_remove(struct upbit_manager *m, const struct upbit__order *order,
                             bool (*gone)(const struct upbit__order *order,
                                          const upbit__selector *s));
void upbit__selectors_drop(struct upbit_manager *m, struct upbit__client *client); /* all */
/* One more code for the selector: 0, NO_MEMORY. All codes of the list, if there is one: the same.
 */
int upbit__selector_take(struct upbit_manager *m, struct upbit__client *client,
                         const upbit__selector *s, const char *code);
int upbit__selector_expand(struct upbit_manager *m, struct upbit__client *client,
                           upbit__selector *s);
void upbit__selector_free(struct upbit_manager *m, upbit__selector **link); /* and unlinks it */
/* The exchange refused a key: the client's selectors that cover it and hold nothing any more go. */
void upbit__selectors_refused(struct upbit_manager *m, struct upbit__client *client,
                              const struct upbit__key_id *id);
/* The client's selector that streams a key; NULL if none does. */
const upbit__selector *upbit__selector_of(const struct upbit__client *client,
                                          const struct upbit__key_id *id);

#endif
