/* See faults.h: the state of the faults and what the server asks of it. */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "private.h"
#include "server.h"

static void drop_denials(struct mock_faults *f)
{
    for (int i = 0; i < MOCK_DENIALS; i++) {
        free(f->deny[i].body);
        f->deny[i] = (struct mock_denial){0};
    }
}

static void drop_rules(struct mock_faults *f)
{
    while (f->rules != NULL) {
        struct mock_rule *rule = f->rules;
        f->rules = rule->next;
        free(rule);
    }
}

void mock_faults_init(struct mock_server *s)
{
    s->faults = (struct mock_faults){.rng = s->options.seed ^ UINT64_C(0x0FF5E7C10C4B0B57),
                                     .answer_ms = s->options.answer_ms};
}

void mock_faults_reset(struct mock_server *s)
{
    int64_t outage = s->faults.outage_until_ns;
    drop_denials(&s->faults);
    drop_rules(&s->faults);
    mock_faults_init(s);
    s->faults.outage_until_ns = outage != 0 ? s->now_ns : 0;
    mock_stamp_offset_ms = 0;
    mock_private_reset(s);
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        c->mute = false;
    }
}

void mock_faults_finish(struct mock_server *s)
{
    drop_denials(&s->faults);
    drop_rules(&s->faults);
}

bool mock_filter_match(const struct mock_filter *f, int kind, const char *code)
{
    return (f->kind < 0 || f->kind == kind) && (f->code[0] == '\0' || strcmp(f->code, code) == 0);
}

bool mock_filter_match_want(const struct mock_filter *f, int kind, const char *wanted)
{
    char code[sizeof f->code];
    size_t len = strcspn(wanted, ".");
    snprintf(code, sizeof code, "%.*s", (int)(len < sizeof code ? len : sizeof code), wanted);
    return mock_filter_match(f, kind, code);
}

bool mock_rule_set(struct mock_server *s, const struct mock_rule *rule)
{
    struct mock_rule *r = s->faults.rules;
    while (r != NULL && (r->what != rule->what || r->filter.kind != rule->filter.kind ||
                         strcmp(r->filter.code, rule->filter.code) != 0)) {
        r = r->next;
    }
    struct mock_rule *next = r != NULL ? r->next : s->faults.rules;
    if (r == NULL) {
        r = malloc(sizeof *r);
        if (r == NULL) {
            return false;
        }
        s->faults.rules = r;
    }
    *r = *rule;
    r->next = next;
    return true;
}

void mock_rule_clear(struct mock_server *s, enum mock_rule_what what, const struct mock_filter *f)
{
    for (struct mock_rule **p = &s->faults.rules; *p != NULL;) {
        struct mock_rule *r = *p;
        if (r->what == what && (f->kind < 0 || f->kind == r->filter.kind) &&
            (f->code[0] == '\0' || strcmp(f->code, r->filter.code) == 0)) {
            *p = r->next;
            free(r);
        } else {
            p = &r->next;
        }
    }
}

bool mock_rule_hits(struct mock_server *s, enum mock_rule_what what, int kind, const char *code)
{
    for (struct mock_rule *r = s->faults.rules; r != NULL; r = r->next) {
        if (r->what == what && mock_filter_match(&r->filter, kind, code)) {
            return ++r->seen % (uint64_t)r->every == 0;
        }
    }
    return false;
}

bool mock_odds_hit(struct mock_server *s, struct mock_odds *odds)
{
    if (odds->every > 0) {
        return ++odds->seen % (uint64_t)odds->every == 0;
    }
    return odds->percent > 0 && (int64_t)mock_random_below(&s->faults.rng, 100) < odds->percent;
}

/* The rule that a request runs into, and what it ran into, for the sentence. */
static const struct mock_rule *poisoned(const struct mock_server *s, const char **what,
                                        const struct mock_request *request)
{
    for (const struct mock_rule *r = s->faults.rules; r != NULL; r = r->next) {
        for (size_t i = 0; r->what == MOCK_RULE_REJECT && i < request->count; i++) {
            const struct mock_want *w = &request->wants[i];
            for (size_t n = 0; n < w->count || n == 0; n++) {
                if (mock_filter_match_want(&r->filter, w->kind, w->count > 0 ? w->codes[n] : "")) {
                    *what = r->filter.code[0] != '\0' ? r->filter.code : mock_kind_name(w->kind);
                    return r;
                }
            }
        }
    }
    return NULL;
}

void mock_fault_error(struct mock_buf *error, const char *name, const char *message,
                      const char *about)
{
    char text[300];
    if (message[0] != '\0') {
        snprintf(text, sizeof text, "%s", message);
    } else if (strcmp(name, "INVALID_PARAM") == 0) {
        snprintf(text, sizeof text, "%s%s", about, mock_error_text(name));
    } else {
        snprintf(text, sizeof text, "%s", mock_error_text(name));
    }
    mock_error_frame(error, name, text);
}

bool mock_fault_request(struct mock_server *s, struct mock_buf *error,
                        const struct mock_request *request)
{
    struct mock_faults *f = &s->faults;
    if (f->error_count > 0) {
        f->error_count--;
        mock_fault_error(error, f->error_name, f->error_message, "nope");
        return true;
    }
    const char *what = "";
    const struct mock_rule *r = request->list ? NULL : poisoned(s, &what, request);
    if (r == NULL) {
        return false;
    }
    s->stats.rejected++;
    mock_fault_error(error, r->name, r->message, what);
    return true;
}

bool mock_fault_denied(struct mock_server *s, struct mock_conn *c, int which, const char *extra,
                       bool keep_alive)
{
    struct mock_denial *d = &s->faults.deny[which];
    if (d->count == 0) {
        return false;
    }
    d->count--;
    struct mock_buf body = {0};
    char headers[160];
    int len = snprintf(headers, sizeof headers, "%s", extra);
    if (d->retry_after >= 0) {
        snprintf(headers + len, sizeof headers - (size_t)len, "Retry-After: %lld\r\n",
                 (long long)d->retry_after);
    }
    if (d->body != NULL) {
        mock_buf_puts(&body, d->body);
    } else {
        const char *text =
            d->status == 429 ? "Too many API requests." : mock_http_reason(d->status);
        mock_buf_printf(&body, "{\"error\":{\"name\":%d,\"message\":", d->status);
        mock_buf_json_string(&body, text, strlen(text));
        mock_buf_puts(&body, "}}");
    }
    mock_http_reply(&c->out, d->status, "application/json;charset=UTF-8", headers,
                    mock_buf_front(&body), mock_buf_pending(&body), keep_alive);
    mock_buf_finish(&body);
    c->finish |= !keep_alive;
    return true;
}

void mock_fault_forget(struct mock_server *s, struct mock_conn *c, const struct mock_filter *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->request.count; i++) {
        struct mock_want *w = &c->request.wants[i];
        size_t left = 0;
        /* One without codes means all there are. */
        bool all = w->count == 0 && !mock_filter_match_want(f, w->kind, "");
        for (size_t n = 0; n < w->count; n++) {
            if (mock_filter_match_want(f, w->kind, w->codes[n])) {
                free(w->codes[n]);
            } else {
                w->codes[left++] = w->codes[n];
            }
        }
        w->count = left;
        if (left > 0 || all) {
            c->request.wants[kept++] = *w;
        } else {
            free(w->codes);
        }
    }
    c->request.count = kept;
    mock_subs_forget(s, c, f);
}

/* Marks what has been put into the buffer since the last time, and lets go what is due. */
size_t mock_fault_allowed(struct mock_server *s, struct mock_conn *c)
{
    const struct mock_faults *f = &s->faults;
    size_t pending = mock_buf_pending(&c->out);
    bool on = (f->delay_ms > 0 || f->jitter_ms > 0) && !c->control &&
              (f->delay_what == 0 || (f->delay_what == 1) == c->websocket);
    if (!on) {
        c->late_count = 0; /* switched off: nothing waits any longer */
        return pending;
    }
    uint64_t end = c->sent_total + pending;
    if (pending > 0 && (c->late_count == 0 || c->late[c->late_count - 1].end < end)) {
        if (c->late_count == c->late_cap) {
            size_t cap = c->late_cap == 0 ? 64 : c->late_cap * 2;
            struct mock_late *late = realloc(c->late, cap * sizeof *late);
            if (late == NULL) {
                c->dead = true;
                return 0;
            }
            c->late = late;
            c->late_cap = cap;
        }
        int64_t ms = f->delay_ms;
        ms += f->jitter_ms > 0
                  ? (int64_t)mock_random_below(&s->faults.rng, (uint64_t)f->jitter_ms + 1)
                  : 0;
        int64_t due = s->now_ns + ms * 1000000;
        c->late[c->late_count++] = (struct mock_late){end, due};
    }
    size_t gone = 0;
    while (gone < c->late_count && c->late[gone].end <= c->sent_total) {
        gone++;
    }
    /* A stream keeps its order: what was drawn shorter waits for what is before it. */
    uint64_t allowed = c->sent_total;
    for (size_t i = gone; i < c->late_count && c->late[i].due_ns <= s->now_ns; i++) {
        allowed = c->late[i].end;
    }
    if (gone > 0) {
        c->late_count -= gone;
        memmove(c->late, c->late + gone, c->late_count * sizeof *c->late);
    }
    return (size_t)(allowed - c->sent_total);
}
