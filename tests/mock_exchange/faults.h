/* What has been ordered to go wrong. All of it is off at the start; what is switched off again
 * leaves nothing behind: no fault draws from the random numbers of the market or of the sessions.
 */
#ifndef MOCK_FAULTS_H
#define MOCK_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "request.h"

struct mock_server;
struct mock_conn;
struct mock_market;

/* A type, or a code, or both: -1 and "" stand for any. */
struct mock_filter {
    int kind;
    char code[24];
};

enum mock_rule_what {
    MOCK_RULE_REJECT,     /* a request that contains it is refused */
    MOCK_RULE_MUTE,       /* nothing of it is sent */
    MOCK_RULE_NO_SNAPSHOT /* every nth of its snapshots is left out */
};

struct mock_rule {
    struct mock_rule *next;
    enum mock_rule_what what;
    struct mock_filter filter;
    char name[32];     /* of the error */
    char message[200]; /* "" = the exchange's own */
    int64_t every;
    uint64_t seen;
};

/* Answers of a group in place of the real ones. */
struct mock_denial {
    uint64_t count;
    int status;
    int64_t retry_after; /* seconds, -1 = no such header */
    char *body;          /* NULL = the exchange's own words */
};

/* Upgrades of any stream, of the public one, of the others (as in MOCK_STREAM), calls of a group.
 */
enum {
    MOCK_DENY_UPGRADE,
    MOCK_DENY_PUBLIC,
    MOCK_DENY_PRIVATE,
    MOCK_DENY_REST,
    MOCK_DENIALS = MOCK_DENY_REST + MOCK_GROUPS
};

/* Every nth, or by chance. */
struct mock_odds {
    int64_t every, percent, distance;
    uint64_t seen;
};

struct mock_faults {
    uint64_t rng;
    bool silent;
    struct mock_rule *rules;
    struct mock_denial deny[MOCK_DENIALS]; /* upgrades, then the groups of REST */
    uint64_t error_count;
    char error_name[32], error_message[200];
    uint64_t forget_count; /* requests of which a part is forgotten at once */
    struct mock_filter forget;
    int delay_what; /* 0 everything, 1 WebSockets, 2 HTTP */
    int64_t delay_ms, jitter_ms, answer_ms;
    int64_t segment; /* bytes of one write, 0 = as many as go */
    int64_t segment_pause_us;
    struct mock_odds plain; /* messages that are not compressed */
    uint64_t extensions_count;
    char extensions[256]; /* the answer to so many offers of extensions */
    struct mock_odds reorder, repeat, garbage;
    int garbage_kind;
    int64_t late_frames; /* of the old set, after a switch */
    int64_t clock_offset_ms;
    int64_t burst_from_ns, burst_for_ns;
    uint64_t burst_total, burst_done;
    struct mock_market *burst_market; /* NULL = any */
    int64_t outage_until_ns;          /* 0 = the port is open */
};

/* faults.c */
void mock_faults_init(struct mock_server *s);
/* Everything off, as at the start; an outage too. */
void mock_faults_reset(struct mock_server *s);
void mock_faults_finish(struct mock_server *s);

bool mock_filter_match(const struct mock_filter *f, int kind, const char *code);
/* The name of a code in a request without its count suffix. */
bool mock_filter_match_want(const struct mock_filter *f, int kind, const char *wanted);

/* False when there is no memory. A rule that stands already is replaced. */
bool mock_rule_set(struct mock_server *s, const struct mock_rule *rule);
/* Takes away the rules of this kind that the filter covers. */
void mock_rule_clear(struct mock_server *s, enum mock_rule_what what, const struct mock_filter *f);
bool mock_rule_hits(struct mock_server *s, enum mock_rule_what what, int kind, const char *code);

/* Whether this one is the nth or drawn. */
bool mock_odds_hit(struct mock_server *s, struct mock_odds *odds);

/* The error frame of this name; no message: the exchange's own, INVALID_PARAM's of `about`. */
void mock_fault_error(struct mock_buf *error, const char *name, const char *message,
                      const char *about);
/* Judges a request that the exchange would have taken: true, and the error frame to send. */
bool mock_fault_request(struct mock_server *s, struct mock_buf *error,
                        const struct mock_request *request);
/* True: the answer was given (into c->out), and it was no. `extra` are more headers. */
bool mock_fault_denied(struct mock_server *s, struct mock_conn *c, int which, const char *extra,
                       bool keep_alive);
/* Takes what the filter covers out of what the connection holds, without a word. */
void mock_fault_forget(struct mock_server *s, struct mock_conn *c, const struct mock_filter *f);

/* How many of the bytes that wait may go out now. */
size_t mock_fault_allowed(struct mock_server *s, struct mock_conn *c);

/* loop.c: closes the port for so long; connections are refused. False when it cannot. */
bool mock_outage_begin(struct mock_server *s, int64_t for_ms);

#endif
