/* See police.h. Numbers: rate-limit pages of the exchange (five connects a second, five messages a
 * second and a hundred a minute on a connection, one request in ten seconds with an Origin). What
 * happens on the wire beyond them nobody recorded: the documentation says 429, and 418 with a time
 * for those who go on. */
#include "police.h"

#include <string.h>

#include "rest.h"
#include "server.h"

#define ORIGIN_MS     10000
#define STRIKES_MS    10000 /* four refusals in this time and a block begins */
#define FIRST_BLOCK_S 10
#define LONGEST_S     3600
#define FORGIVEN_MS   600000 /* after so long without a block the next is a first one */

/* Errors have a number for a name in the quotation half and a word in the other. */
static void deny(struct mock_conn *c, int status, const char *extra, int64_t seconds,
                 bool quotation, bool keep_alive)
{
    struct mock_buf body = {0};
    mock_buf_printf(&body, "{\"error\":{\"name\":%s,\"message\":\"Too many API requests.",
                    !quotation      ? "\"too_many_requests\""
                    : status == 418 ? "418"
                                    : "429");
    if (status == 418) {
        mock_buf_printf(&body, " Blocked for %lld seconds.", (long long)seconds);
    }
    mock_buf_puts(&body, "\"}}");
    mock_http_reply(&c->out, status, "application/json;charset=UTF-8", extra, mock_buf_front(&body),
                    mock_buf_pending(&body), keep_alive);
    mock_buf_finish(&body);
    c->finish |= !keep_alive;
}

/* Whether the guard's door is shut; then it has answered. */
static bool shut(struct mock_server *s, struct mock_conn *c, const struct mock_guard *g,
                 bool quotation, bool keep_alive)
{
    if (s->now_ms >= g->blocked_until_ms) {
        return false;
    }
    s->police.blocked++;
    deny(c, 418, "", (g->blocked_until_ms - s->now_ms + 999) / 1000, quotation, keep_alive);
    return true;
}

static void strike(struct mock_server *s, struct mock_conn *c, struct mock_guard *g,
                   const char *extra, bool quotation, bool keep_alive)
{
    g->strike[g->strikes++ % 4] = s->now_ms;
    if (g->strikes < 4 || s->now_ms - g->strike[g->strikes % 4] >= STRIKES_MS) {
        deny(c, 429, extra, 0, quotation, keep_alive);
        return;
    }
    bool again = g->block_s > 0 && s->now_ms - g->blocked_until_ms < FORGIVEN_MS;
    g->block_s = !again ? FIRST_BLOCK_S : g->block_s * 2 < LONGEST_S ? g->block_s * 2 : LONGEST_S;
    g->blocked_until_ms = s->now_ms + g->block_s * 1000;
    g->strikes = 0;
    s->police.blocked++;
    deny(c, 418, extra, g->block_s, quotation, keep_alive);
}

static bool origin(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                   bool keep_alive)
{
    struct mock_police *p = &s->police;
    c->origin = mock_http_header(r, "origin") != NULL;
    if (!c->origin) {
        return false;
    }
    p->origin++;
    if (p->origin_ms != 0 && s->now_ms - p->origin_ms < ORIGIN_MS) {
        deny(c, 429, "Remaining-Req: group=origin; min=6; sec=0\r\n", 0, true, keep_alive);
        return true;
    }
    p->origin_ms = s->now_ms;
    return false;
}

bool mock_police_http(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                      bool upgrade)
{
    struct mock_police *p = &s->police;
    bool keep_alive = r->keep_alive && !upgrade;
    bool enforce = s->options.police;
    int stream = upgrade && strcmp(r->path, "/websocket/v1") != 0;
    /* Who is blocked in the exchange half is known by the token. */
    if (enforce && (upgrade || !mock_rest_is_private(r)) &&
        shut(s, c, upgrade ? &p->connecting[stream] : &p->calling, true, keep_alive)) {
        return true;
    }
    if (origin(s, c, r, keep_alive)) {
        return true;
    }
    if (!upgrade) {
        return false;
    }
    struct mock_budget *b = &p->upgrades[stream];
    uint64_t n = b->calls;
    bool over = n >= 5 && s->now_ms - b->recent[(n - 5) % MOCK_BUDGET_RING] < 1000;
    mock_budget_note(b, 1000, s->now_ms);
    p->connect_rate += over;
    if (over && enforce) {
        strike(s, c, &p->connecting[stream], "", true, false);
        return true;
    }
    return false;
}

bool mock_police_blocked(struct mock_server *s, struct mock_conn *c, const struct mock_guard *g,
                         bool keep_alive)
{
    return s->options.police && shut(s, c, g, false, keep_alive);
}

void mock_police_over(struct mock_server *s, struct mock_conn *c, struct mock_guard *g,
                      const char *extra, bool keep_alive)
{
    s->police.rest_rate++;
    s->stats.rate_violations++;
    if (s->options.police) {
        strike(s, c, g, extra, false, keep_alive);
    } else {
        deny(c, 429, extra, 0, false, keep_alive);
    }
}

bool mock_police_rest(struct mock_server *s, struct mock_conn *c, bool keep_alive)
{
    s->police.rest_rate++;
    s->stats.rate_violations++;
    if (s->options.police) {
        strike(s, c, &s->police.calling, "", true, keep_alive);
    }
    return s->options.police;
}

bool mock_police_message(struct mock_server *s, struct mock_conn *c)
{
    uint64_t n = c->requests++;
    bool over = (n >= 5 && s->now_ms - c->recent[(n - 5) % 100] < 1000) ||
                (n >= 100 && s->now_ms - c->recent[n % 100] < 60000);
    c->recent[n % 100] = s->now_ms;
    s->police.message_rate += over;
    s->stats.rate_violations += over;
    return over && s->options.police;
}

void mock_police_frame(struct mock_server *s, struct mock_conn *c, int got)
{
    if (c->reader.mask_repeated && !c->mask_counted) {
        c->mask_counted = true;
        s->police.repeated_mask++;
    }
    if (got < 0) {
        s->police.bad_frame++;
        s->police.unmasked += c->reader.unmasked;
    }
}

void mock_police_ping(struct mock_server *s, struct mock_conn *c)
{
    c->ping_gap_ms = mock_police_ping_gap(s, c);
    c->ping_ms = s->now_ms;
}

int64_t mock_police_ping_gap(const struct mock_server *s, const struct mock_conn *c)
{
    int64_t running = s->now_ms - c->ping_ms;
    return running > c->ping_gap_ms ? running : c->ping_gap_ms;
}

void mock_police_put(const struct mock_server *s, struct mock_buf *b)
{
    const struct mock_police *p = &s->police;
    const struct {
        const char *name;
        uint64_t count;
    } all[] = {{"message_rate", p->message_rate}, {"connect_rate", p->connect_rate},
               {"rest_rate", p->rest_rate},       {"origin", p->origin},
               {"blocked", p->blocked},           {"repeated_mask", p->repeated_mask},
               {"unmasked", p->unmasked},         {"bad_frame", p->bad_frame}};
    mock_buf_puts(b, "\"violations\":{");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        mock_buf_printf(b, "%s\"%s\":%llu", i == 0 ? "" : ",", all[i].name,
                        (unsigned long long)all[i].count);
    }
    mock_buf_puts(b, "},");
}
