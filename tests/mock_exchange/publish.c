/* What subscribers are sent: a message is composed once for each format in use and copied to all
 * who want it; and when: the market's clockwork of events, books every 100 ms, candles every
 * second. */
#include <string.h>

#include "messages.h"
#include "private.h"
#include "subscriptions.h"

/* Trades of a burst in one turn of the loop, so that it goes on turning. */
#define BURST_A_TURN 20000

/* The last message composed for an event, by what distinguishes its readers. */
struct composed {
    enum mock_format format;
    int depth;
    int64_t level;
    struct mock_buf text;
    struct mock_about about;
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

void mock_publish_finish(void)
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

/* The numbers by which a client shows that it has read the message. */
static void note_values(struct mock_about *a, const struct mock_sub *sub,
                        const struct mock_candle *candle)
{
    const struct mock_market *m = sub->market;
    const struct mock_trade *t = mock_trade_at(m, 0);
    a->values = 2;
    if (sub->kind == MOCK_BOOK) {
        struct mock_level side[MOCK_DEPTH];
        for (int bid = 0; bid < 2; bid++) {
            mock_book_view(side, m, bid == 0, sub->level);
            a->value[bid] = side[0].price;
            for (int i = 0; i < sub->depth; i++) {
                a->value[2 + bid] += side[i].size;
            }
        }
        a->values = 4;
    } else if (sub->kind >= MOCK_CANDLE) {
        a->value[0] = candle->close;
        a->value[1] = candle->volume;
    } else if (t != NULL) {
        a->value[0] = t->price;
        a->value[1] = sub->kind == MOCK_TICKER ? m->day.volume : t->volume;
    }
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
    if (s->journal.cap > 0) {
        note_values(&a, sub, candle);
    }
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
            text->about = about(s, sub, candle, false);
        }
        if (mock_buf_pending(&text->text) > 0) {
            struct mock_about a = text->about;
            a.late = sub->leaving;
            mock_deliver(s, c, &a, mock_buf_front(&text->text), mock_buf_pending(&text->text));
            c->late_left -= sub->leaving;
        }
        if (sub->stale) {
            sub->stale = false;
            c->stale_books--;
        }
    }
}

void mock_publish_one(struct mock_server *s, const struct mock_sub *sub, bool snapshot)
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

void mock_publish_sample(const struct mock_server *s, const struct mock_conn *c,
                         struct mock_buf *out)
{
    const struct mock_sub *sub = c->subs;
    if (c->stream == MOCK_STREAM_PRIVATE) {
        mock_private_sample(s, c, out);
        return;
    }
    if (sub == NULL) {
        mock_put_ticker(out, &s->exchange.markets[0], c->format, false, s->now_ms);
        return;
    }
    bool candle = sub->kind >= MOCK_CANDLE;
    compose(out, s, sub->market, sub->kind, sub,
            candle ? &sub->market->candle[sub->kind - MOCK_CANDLE] : NULL, false);
}

void mock_publish_catch_up(struct mock_server *s, struct mock_conn *c)
{
    if (c->stale_books == 0 || mock_buf_pending(&c->out) > MOCK_BEHIND / 2 || s->faults.silent ||
        c->mute) {
        return;
    }
    for (struct mock_sub *sub = c->subs; sub != NULL && c->stale_books > 0; sub = sub->mine) {
        if (sub->stale && !sub->leaving && mock_buf_pending(&c->out) <= MOCK_BEHIND) {
            sub->stale = false;
            c->stale_books--;
            mock_publish_one(s, sub, false);
        }
    }
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

/* One event of the market; `trade`: and of all events that one. */
static void step(struct mock_server *s, struct mock_market *m, bool trade)
{
    /* A window that closes while its predecessor still waits would lose that one: only when time
     * runs so fast that a second is shorter than a turn of the loop. */
    if (m->candle_due != 0 && s->now_ms - m->candle_due > 0) {
        publish_due(s, m);
    }
    if (trade ? mock_market_trade(&s->exchange, m, s->now_ms)
              : mock_market_step(&s->exchange, m, s->now_ms)) {
        publish(s, m, MOCK_TRADE, NULL);
        publish(s, m, MOCK_TICKER, NULL);
    }
}

/* The trades of a burst: so many of them as its time has passed, in the end all. */
static void run_burst(struct mock_server *s)
{
    struct mock_faults *f = &s->faults;
    if (f->burst_done >= f->burst_total) {
        return;
    }
    double passed = (double)(s->now_ns - f->burst_from_ns) / (double)f->burst_for_ns;
    uint64_t due = passed >= 1 ? f->burst_total : (uint64_t)(passed * (double)f->burst_total);
    uint64_t most = f->burst_done + BURST_A_TURN;
    for (due = due < most ? due : most; f->burst_done < due; f->burst_done++) {
        struct mock_market *m = f->burst_market;
        for (int i = 0; f->burst_market == NULL && (m == NULL || m->delisted) && i < 64; i++) {
            m = mock_exchange_pick_with(&s->exchange, &f->rng);
        }
        if (m->delisted) {
            continue;
        }
        step(s, m, true);
    }
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
        step(s, m, false);
    }
    run_burst(s);
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
