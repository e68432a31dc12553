/* The last step of every data message: the faults that work on single messages, the journal, the
 * wire. What is not on the wire is not in the journal. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* A message that was held back goes out after so long at the latest, successors or none. */
#define HELD_NS INT64_C(1000000000)

static void put(struct mock_server *s, struct mock_conn *c, const struct mock_about *about,
                const char *text, size_t len)
{
    if (mock_session_send(s, c, MOCK_OP_BINARY, text, len)) {
        mock_journal_add(&s->journal, c->id, mock_run_ms(s), about);
    }
}

void mock_deliver_release(struct mock_server *s, struct mock_conn *c)
{
    struct mock_held held = c->held_back;
    c->held_back = (struct mock_held){0};
    if (held.text != NULL) {
        put(s, c, &held.about, held.text, held.len);
        free(held.text);
    }
}

/* Keeps it until `distance` others have gone; one at a time. False: not now. */
static bool hold(struct mock_server *s, struct mock_conn *c, const struct mock_about *about,
                 const char *text, size_t len, int64_t distance)
{
    char *copy = c->held_back.text != NULL || distance < 1 ? NULL : malloc(len + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text, len);
    c->held_back = (struct mock_held){copy, len, *about, distance, s->now_ns + HELD_NS};
    return true;
}

void mock_deliver_drop(struct mock_conn *c)
{
    free(c->held_back.text);
    c->held_back = (struct mock_held){0};
}

void mock_deliver_timers(struct mock_server *s, struct mock_conn *c)
{
    if (c->held_back.text != NULL && s->now_ns >= c->held_back.until_ns) {
        mock_deliver_release(s, c);
    }
}

bool mock_deliver_left_out(struct mock_server *s, int kind, const char *code, bool snapshot)
{
    return s->faults.rules != NULL &&
           (mock_rule_hits(s, MOCK_RULE_MUTE, kind, code) ||
            (snapshot && mock_rule_hits(s, MOCK_RULE_NO_SNAPSHOT, kind, code)));
}

void mock_deliver(struct mock_server *s, struct mock_conn *c, const struct mock_about *about,
                  const char *text, size_t len)
{
    struct mock_faults *f = &s->faults;
    struct mock_about changed = *about;
    changed.held = true;
    if (mock_odds_hit(s, &f->reorder) && hold(s, c, &changed, text, len, f->reorder.distance)) {
        return;
    }
    put(s, c, about, text, len);
    if (c->held_back.text != NULL && --c->held_back.distance <= 0) {
        mock_deliver_release(s, c);
    }
    if (mock_odds_hit(s, &f->repeat)) {
        changed = *about;
        changed.repeated = true;
        if (!hold(s, c, &changed, text, len, f->repeat.distance)) {
            put(s, c, &changed, text, len);
        }
    }
    if (mock_odds_hit(s, &f->garbage)) {
        mock_hostile_garbage(s, c, f->garbage_kind);
    }
}
