/* Who gets what. Every market holds, for each kind of stream, the list of those who asked for it;
 * a message is composed once for each format in use and copied to all who want it. A request
 * replaces everything its connection had (the exchange knows no "add"). */
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "server.h"
#include "subscriptions.h"

/* Frames of an old set come soon after the switch or never. */
#define LATE_NS INT64_C(1000000000)

struct mock_sub {
    struct mock_sub *prev, *next; /* in the market's list */
    struct mock_sub *mine;        /* in the connection's list */
    struct mock_conn *conn;
    struct mock_market *market;
    int kind;
    int depth;
    int64_t level;
    bool stale;   /* a book update was left out */
    bool leaving; /* of the set before: some of its frames are still on their way */
};

/* The last message composed for an event, by what distinguishes its readers. */
struct composed {
    enum mock_format format;
    int depth;
    int64_t level;
    struct mock_buf text;
};

static struct composed cache[16];
static int cached;

static struct composed *lookup(enum mock_format format, int depth, int64_t level, bool *fresh)
{
    for (int i = 0; i < cached; i++) {
        if (cache[i].format == format && cache[i].depth == depth && cache[i].level == level) {
            *fresh = false;
            return &cache[i];
        }
    }
    struct composed *c = &cache[cached < 16 ? cached++ : 15];
    c->format = format;
    c->depth = depth;
    c->level = level;
    mock_buf_clear(&c->text);
    *fresh = true;
    return c;
}

void mock_subs_finish(void)
{
    for (int i = 0; i < 16; i++) {
        mock_buf_finish(&cache[i].text);
    }
    cached = 0;
}

static enum mock_format format_of(const struct mock_sub *sub)
{
    return sub->leaving ? sub->conn->late_format : sub->conn->format;
}

/* The message that compose() writes, for the journal. */
static struct mock_about about(const struct mock_server *s, const struct mock_sub *sub,
                               const struct mock_candle *candle, bool snapshot)
{
    const struct mock_market *m = sub->market;
    const struct mock_trade *t = mock_trade_at(m, 0);
    struct mock_about a = {.kind = sub->kind, .snapshot = snapshot, .late = sub->leaving};
    memcpy(a.code, m->code, sizeof a.code);
    if (sub->kind == MOCK_BOOK) {
        a.depth = sub->depth;
        a.level = sub->level;
        a.timestamp = m->book_ms;
    } else if (sub->kind >= MOCK_CANDLE) {
        a.window = candle->start;
        a.timestamp = candle->timestamp;
    } else if (t != NULL) {
        bool ticker = sub->kind == MOCK_TICKER;
        a.id = ticker ? 0 : t->id;
        a.timestamp = ticker && s->now_ms > t->timestamp ? s->now_ms : t->timestamp;
    }
    a.timestamp += mock_stamp_offset_ms;
    return a;
}

static void compose(struct mock_buf *out, const struct mock_server *s, const struct mock_market *m,
                    int kind, const struct mock_sub *sub, const struct mock_candle *candle,
                    bool snapshot)
{
    enum mock_format format = format_of(sub);
    const struct mock_trade *t = mock_trade_at(m, 0);
    switch (kind) {
    case MOCK_TICKER:
        mock_put_ticker(out, m, format, snapshot, s->now_ms);
        break;
    case MOCK_TRADE:
        if (t != NULL) {
            mock_put_trade(out, m, t, format, snapshot, s->now_ms);
        }
        break;
    case MOCK_BOOK:
        mock_put_book(out, m, format, sub->depth, sub->level, snapshot);
        break;
    default:
        if (candle->start != 0) {
            mock_put_candle(out, m, kind - MOCK_CANDLE, candle, format, snapshot);
        }
    }
}

/* One event to everybody on the list. */
static void publish(struct mock_server *s, struct mock_market *m, int kind,
                    const struct mock_candle *candle)
{
    cached = 0;
    for (struct mock_sub *sub = m->subs[kind]; sub != NULL; sub = sub->next) {
        struct mock_conn *c = sub->conn;
        if (c->dead || c->replaying || c->mute || s->faults.silent ||
            (sub->leaving && c->late_left == 0) || mock_deliver_left_out(s, kind, m->code, false)) {
            continue;
        }
        if (kind == MOCK_BOOK && mock_buf_pending(&c->out) > MOCK_BEHIND) {
            s->stats.books_skipped++;
            c->stale_books += sub->stale ? 0 : 1;
            sub->stale = true;
            continue;
        }
        bool fresh;
        struct composed *text = lookup(format_of(sub), sub->depth, sub->level, &fresh);
        if (fresh) {
            compose(&text->text, s, m, kind, sub, candle, false);
        }
        if (mock_buf_pending(&text->text) > 0) {
            struct mock_about a = about(s, sub, candle, false);
            mock_deliver(s, c, &a, mock_buf_front(&text->text), mock_buf_pending(&text->text));
            c->late_left -= sub->leaving;
        }
        if (sub->stale) {
            sub->stale = false;
            c->stale_books--;
        }
    }
}

static void send_one(struct mock_server *s, const struct mock_sub *sub, bool snapshot)
{
    if (mock_deliver_left_out(s, sub->kind, sub->market->code, snapshot)) {
        return;
    }
    struct mock_buf text = {0};
    const struct mock_candle *candle =
        sub->kind >= MOCK_CANDLE ? &sub->market->candle[sub->kind - MOCK_CANDLE] : NULL;
    compose(&text, s, sub->market, sub->kind, sub, candle, snapshot);
    if (!text.failed && mock_buf_pending(&text) > 0) {
        struct mock_about a = about(s, sub, candle, snapshot);
        mock_deliver(s, sub->conn, &a, text.data, text.len);
    }
    mock_buf_finish(&text);
}

void mock_subs_catch_up(struct mock_server *s, struct mock_conn *c)
{
    if (c->stale_books == 0 || mock_buf_pending(&c->out) > MOCK_BEHIND / 2 || s->faults.silent ||
        c->mute) {
        return;
    }
    for (struct mock_sub *sub = c->subs; sub != NULL && c->stale_books > 0; sub = sub->mine) {
        if (sub->stale && !sub->leaving && mock_buf_pending(&c->out) <= MOCK_BEHIND) {
            sub->stale = false;
            c->stale_books--;
            send_one(s, sub, false);
        }
    }
}

/* Takes away those of the connection for which `which` says so. */
static void drop(struct mock_conn *c, bool (*which)(const struct mock_sub *sub, const void *arg),
                 const void *arg)
{
    for (struct mock_sub **p = &c->subs; *p != NULL;) {
        struct mock_sub *sub = *p;
        if (!which(sub, arg)) {
            p = &sub->mine;
            continue;
        }
        *p = sub->mine;
        if (sub->prev != NULL) {
            sub->prev->next = sub->next;
        } else if (sub->market->subs[sub->kind] == sub) {
            sub->market->subs[sub->kind] = sub->next;
        }
        if (sub->next != NULL) {
            sub->next->prev = sub->prev;
        }
        c->stale_books -= sub->stale;
        c->leaving -= sub->leaving;
        free(sub);
    }
}

static bool is_any(const struct mock_sub *sub, const void *arg)
{
    (void)sub;
    (void)arg;
    return true;
}

static bool is_leaving(const struct mock_sub *sub, const void *arg)
{
    (void)arg;
    return sub->leaving;
}

static bool is_covered(const struct mock_sub *sub, const void *filter)
{
    return mock_filter_match(filter, sub->kind, sub->market->code);
}

static bool is_of(const struct mock_sub *sub, const void *market)
{
    return sub->market == market;
}

static bool is_wanted(const struct mock_sub *sub, const void *request)
{
    const struct mock_request *r = request;
    const struct mock_filter f = {.kind = sub->kind};
    for (size_t i = 0; i < r->count; i++) {
        for (size_t n = 0; n < r->wants[i].count; n++) {
            struct mock_filter this = f;
            memcpy(this.code, sub->market->code, sizeof this.code);
            if (mock_filter_match_want(&this, r->wants[i].kind, r->wants[i].codes[n])) {
                return true;
            }
        }
    }
    return false;
}

void mock_subs_clear(struct mock_server *s, struct mock_conn *c)
{
    (void)s;
    drop(c, is_any, NULL);
}

void mock_subs_forget(struct mock_server *s, struct mock_conn *c, const struct mock_filter *f)
{
    (void)s;
    drop(c, is_covered, f);
}

void mock_subs_drop(struct mock_server *s, const struct mock_market *m)
{
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        drop(c, is_of, m);
    }
}

void mock_subs_timers(struct mock_server *s, struct mock_conn *c)
{
    if (c->leaving > 0 && (c->late_left <= 0 || s->now_ns >= c->late_until_ns)) {
        drop(c, is_leaving, NULL);
    }
}

/* The old set goes; what the new one does not ask for may have some frames on their way still. */
static void leave(struct mock_server *s, struct mock_conn *c)
{
    drop(c, is_leaving, NULL);
    if (s->faults.late_frames == 0) {
        drop(c, is_any, NULL);
        return;
    }
    drop(c, is_wanted, &c->request);
    c->late_left = s->faults.late_frames;
    c->late_until_ns = s->now_ns + LATE_NS;
    for (struct mock_sub *sub = c->subs; sub != NULL; sub = sub->mine) {
        sub->leaving = true;
        c->leaving++;
    }
}

/* `KRW-BTC.15`: only 1, 5, 15 and 30 mean something, any other number means 30. */
static size_t split_code(int *depth, const char *code)
{
    *depth = MOCK_DEPTH;
    const char *dot = strchr(code, '.');
    if (dot == NULL) {
        return strlen(code);
    }
    static const int known[] = {1, 5, 15};
    size_t digits = strspn(dot + 1, "0123456789");
    if (digits == 0 || digits > 4 || dot[1 + digits] != '\0') {
        return 0;
    }
    int n = atoi(dot + 1);
    for (int i = 0; i < 3; i++) {
        *depth = n == known[i] ? n : *depth;
    }
    return (size_t)(dot - code);
}

static struct mock_sub *resolve(struct mock_server *s, struct mock_conn *c,
                                const struct mock_want *want, const char *code)
{
    int depth = MOCK_DEPTH;
    size_t len = want->kind == MOCK_BOOK ? split_code(&depth, code) : strlen(code);
    struct mock_market *m = len == 0 ? NULL : mock_exchange_find(&s->exchange, code, len);
    if (m == NULL ||
        (want->has_level && (m->quote != MOCK_KRW || !mock_level_ok(m, want->level)))) {
        return NULL; /* silence, as on the exchange */
    }
    /* New subscriptions go to the head, so this connection's own are the first ones. */
    for (struct mock_sub *o = m->subs[want->kind]; o != NULL && o->conn == c; o = o->next) {
        if (o->depth == depth && o->level == want->level) {
            return NULL;
        }
    }
    struct mock_sub *sub = calloc(1, sizeof *sub);
    if (sub == NULL) {
        c->dead = true;
        return NULL;
    }
    sub->conn = c;
    sub->market = m;
    sub->kind = want->kind;
    sub->depth = depth;
    sub->level = want->level;
    return sub;
}

bool mock_subs_install(struct mock_server *s, struct mock_conn *c)
{
    leave(s, c);
    for (size_t i = 0; i < c->request.count; i++) {
        const struct mock_want *want = &c->request.wants[i];
        for (size_t n = 0; n < want->count && !c->dead; n++) {
            struct mock_sub *sub = resolve(s, c, want, want->codes[n]);
            if (sub == NULL) {
                continue;
            }
            if (!want->only_realtime) {
                send_one(s, sub, true);
            }
            if (want->only_snapshot) {
                free(sub);
                continue;
            }
            sub->mine = c->subs;
            c->subs = sub;
            struct mock_sub **list = &sub->market->subs[sub->kind];
            sub->next = *list;
            if (*list != NULL) {
                (*list)->prev = sub;
            }
            *list = sub;
        }
    }
    return !c->dead;
}

static void publish_candle(struct mock_server *s, struct mock_market *m, int unit)
{
    struct mock_candle *pending = &m->pending[unit];
    if (pending->start != 0) {
        /* The closed window's last word; the running one waits for its second. */
        publish(s, m, MOCK_CANDLE + unit, pending);
        pending->start = 0;
        return;
    }
    if (m->candle_dirty[unit]) {
        publish(s, m, MOCK_CANDLE + unit, &m->candle[unit]);
        m->candle_dirty[unit] = false;
    }
}

/* Publishes what is due of one market; false when nothing more is waiting. */
static bool publish_due(struct mock_server *s, struct mock_market *m)
{
    if (m->book_due != 0 && s->now_ms >= m->book_due) {
        mock_book_show(m, (s->now_ms - m->book_phase) / 100 * 100 + m->book_phase);
        m->book_due = 0;
        publish(s, m, MOCK_BOOK, NULL);
    }
    if (m->candle_due != 0 && s->now_ms >= m->candle_due) {
        bool more = false;
        for (int u = 0; u < MOCK_UNITS; u++) {
            publish_candle(s, m, u);
            more |= m->candle_dirty[u];
        }
        int64_t next = (s->now_ms - m->candle_phase) / 1000 * 1000 + 1000 + m->candle_phase;
        m->candle_due = more ? next : 0;
    }
    return m->book_due != 0 || m->candle_due != 0;
}

void mock_market_run(struct mock_server *s)
{
    struct mock_exchange *x = &s->exchange;
    double elapsed = (double)(s->now_ns - s->stepped_ns) / 1e9;
    s->stepped_ns = s->now_ns;
    /* After a stop (a debugger, a swapped-out machine) the market does not race to catch up. */
    s->steps_due += (elapsed < 0.25 ? elapsed : 0.25) * s->options.rate;
    for (; s->steps_due >= 1 && s->replay == NULL; s->steps_due -= 1) {
        struct mock_market *m = mock_exchange_pick(x);
        if (m->delisted) {
            continue; /* its share of the events goes with it */
        }
        /* A window that closes while its predecessor still waits would lose that one: only when
         * time runs so fast that a second is shorter than a turn of the loop. */
        bool candles = m->candle_due != 0 && s->now_ms - m->candle_due > 0;
        if (candles) {
            publish_due(s, m);
        }
        if (mock_market_step(x, m, s->now_ms)) {
            publish(s, m, MOCK_TRADE, NULL);
            publish(s, m, MOCK_TICKER, NULL);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < x->dirty_count; i++) {
        struct mock_market *m = x->dirty[i];
        if (publish_due(s, m)) {
            x->dirty[kept++] = m;
        } else {
            m->listed_dirty = false;
        }
    }
    x->dirty_count = kept;
}
