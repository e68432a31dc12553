/* What widgets do: random commands, and what follows from them for what they should have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "widget.h"

static const unsigned depths[] = {0, 0, 1, 5, 7, 15, 30};
static const char *const quotes[] = {"KRW-", "BTC-", "USDT-"};

typedef int deed(upbit_proxy *p, const upbit_want *want, uint64_t request_id);

/* A set of codes of one kind: the want of a command. */
typedef struct wish {
    subject kind;
    bool code[CODES];
    bool quote[3];
    unsigned depth;
} wish;

static int quote_of(int code)
{
    for (int i = 0; i < 3; i++)
        if (strncmp(universe_code[code], quotes[i], strlen(quotes[i])) == 0)
            return i;
    return 0;
}

static wish random_wish(dice *d, unsigned selectors)
{
    wish w = {.kind = (subject)dice_below(d, KINDS), .depth = 0};
    if (dice_percent(d, 30))
        w.kind = KIND_TRADE; /* of them we know most */
    if (w.kind == KIND_BOOK || w.kind == KIND_LEVEL)
        w.depth = depths[dice_below(d, sizeof depths / sizeof *depths)];
    if (w.kind == KIND_LEVEL) {
        w.code[dice_below(d, LEVELLED)] = true;
        return w;
    }
    if (dice_percent(d, selectors))
        w.quote[dice_below(d, 3)] = true;
    unsigned n = 1 + dice_below(d, 4);
    for (unsigned i = 0; i < n; i++)
        w.code[dice_below(d, dice_percent(d, 60) ? 6 : NAMED)] = true;
    return w;
}

static void describe(char *out, size_t size, const wish *w)
{
    size_t n = (size_t)snprintf(out, size, "kind %d depth %u", (int)w->kind, w->depth);
    for (int i = 0; i < CODES && n < size; i++)
        if (w->code[i])
            n += (size_t)snprintf(out + n, size - n, " %s", universe_code[i]);
    for (int i = 0; i < 3 && n < size; i++)
        if (w->quote[i])
            n += (size_t)snprintf(out + n, size - n, " %s*", quotes[i]);
}

static command *new_command(widget *w, uint32_t what)
{
    command *c = &w->command[w->commands % COMMANDS];
    *c = (command){.request_id = ++w->commands, .what = what};
    return c;
}

static bool is_full(const widget *w)
{
    return w->commands - w->answered >= COMMANDS - 1;
}

/* The library's form of a wish. */
static int call(widget *w, deed *what, const wish *wished, upbit_want want, uint64_t request_id)
{
    const char *codes[CODES + 3];
    char stars[3][8];
    for (int i = 0; i < CODES; i++)
        if (wished->code[i])
            codes[want.code_count++] = universe_code[i];
    for (int i = 0; i < 3; i++)
        if (wished->quote[i]) {
            snprintf(stars[i], sizeof stars[i], "%s*", quotes[i]);
            codes[want.code_count++] = stars[i];
        }
    want.codes = codes;
    want.type = universe_type(wished->kind);
    want.candle_unit = universe_unit(wished->kind);
    want.book_depth = wished->depth;
    if (wished->kind == KIND_LEVEL)
        (void)upbit_decimal_from_int64(&want.book_level, 10000, 0);
    want.flags = w->regime == REGIME_REALTIME   ? UPBIT_WANT_REALTIME_ONLY
                 : w->regime == REGIME_SNAPSHOT ? UPBIT_WANT_SNAPSHOT_ONLY
                                                : 0;
    return what(w->proxy, &want, request_id);
}

/* No event has more rows than any of the depths that may hold now. */
static void more_rows(hope *k, unsigned depth, bool fresh)
{
    if (fresh || (k->rows != 0 && (depth == 0 || depth > k->rows)))
        k->rows = (uint8_t)depth;
}

/* The epoch that ended, while there is no connection; 0: there is one, or never was. */
static uint32_t lost_epoch(const widget *w)
{
    upbit_stats stats;
    upbit_manager_get_stats(w->manager, &stats, sizeof stats);
    bool down = stats.state == UPBIT_STATE_RECONNECTING || stats.state == UPBIT_STATE_CONNECTING ||
                stats.state == UPBIT_STATE_UPGRADING;
    return down ? stats.epoch : 0;
}

/* Who comes while there is no connection has missed nothing of the one before. */
static void note_cut(const widget *w, hope *k)
{
    uint32_t epoch = lost_epoch(w);
    k->called_ms = k->taken_ms;
    /* Twice: two fields of the statistics need not be of the same moment. */
    k->first_epoch = epoch != 0 && lost_epoch(w) == epoch ? epoch + 1 : 0;
}

static void take(widget *w, int key, const wish *wished, bool by_name)
{
    hope *k = &w->want[key];
    bool fresh = !k->allowed;
    k->taken = w->commands;
    k->taken_ms = widget_wall_ms();
    w->command[(w->commands - 1) % COMMANDS].gives[key] = 1;
    if (fresh) {
        k->era++;
        k->since_ms = 0;
        note_cut(w, k);
    }
    k->allowed = true;
    k->doubles++;
    k->cut = (k->cut && !fresh) || wished->depth != 0;
    more_rows(k, wished->depth, fresh);
    if (w->regime == REGIME_SNAPSHOT) {
        k->once++;
        k->once_due = true;
    }
    if (by_name) {
        k->by_name = true;
        k->depth = (uint8_t)wished->depth;
    } else {
        k->by_selector = true;
        k->selector_depth = (uint8_t)wished->depth;
    }
}

static void take_all(widget *w, const wish *wished)
{
    for (int i = 0; i < CODES; i++) {
        if (wished->code[i])
            take(w, universe_key(wished->kind, i), wished, true);
        if (wished->quote[quote_of(i)])
            take(w, universe_key(wished->kind, i), wished, false);
    }
}

/* What the command lets go of; nothing of it may come after its REPLY. */
static void release(widget *w, command *c, int key, bool name, bool selector)
{
    hope *k = &w->want[key];
    bool held = k->by_name || k->by_selector;
    if (name)
        k->by_name = false;
    if (selector)
        k->by_selector = false;
    if (name || selector)
        k->once_due = false; /* or not: the other hold may have asked for it */
    if (!k->by_name && !k->by_selector)
        c->takes[key] = 1;
    else if (held && k->by_selector && !k->by_name)
        more_rows(k, k->selector_depth, false);
}

static void subscribe(widget *w, dice *d)
{
    wish wished = random_wish(d, 15);
    char text[120];
    describe(text, sizeof text, &wished);
    command *c = new_command(w, UPBIT_COMMAND_SUBSCRIBE);
    report_did("%s subscribe %s (%u)", w->id, text, (unsigned)c->request_id);
    take_all(w, &wished);
    int error = call(w, upbit_proxy_subscribe, &wished, (upbit_want)UPBIT_WANT_INIT, c->request_id);
    if (error != 0)
        report_wrong("%s: subscribe answers %s", w->id, upbit_error_name(error));
}

/* Mostly of something it has. */
static wish held_wish(const widget *w, dice *d)
{
    wish wished = random_wish(d, 30);
    for (int i = 0; i < CODES && wished.kind != KIND_LEVEL; i++)
        if (w->want[universe_key(wished.kind, i)].by_name && dice_percent(d, 40))
            wished.code[i] = true;
    return wished;
}

static void unsubscribe(widget *w, dice *d)
{
    wish wished = held_wish(w, d);
    char text[120];
    describe(text, sizeof text, &wished);
    command *c = new_command(w, UPBIT_COMMAND_UNSUBSCRIBE);
    report_did("%s unsubscribe %s (%u)", w->id, text, (unsigned)c->request_id);
    for (int i = 0; i < CODES; i++)
        if (wished.code[i] || wished.quote[quote_of(i)])
            release(w, c, universe_key(wished.kind, i), wished.code[i], wished.quote[quote_of(i)]);
    int error =
        call(w, upbit_proxy_unsubscribe, &wished, (upbit_want)UPBIT_WANT_INIT, c->request_id);
    if (error != 0)
        report_wrong("%s: unsubscribe answers %s", w->id, upbit_error_name(error));
}

static void replace(widget *w, dice *d)
{
    wish wished = random_wish(d, 15);
    char text[120];
    describe(text, sizeof text, &wished);
    command *c = new_command(w, UPBIT_COMMAND_REPLACE);
    report_did("%s replace %s (%u)", w->id, text, (unsigned)c->request_id);
    for (int k = 0; k < KINDS; k++) {
        if (universe_type((subject)k) != universe_type(wished.kind) ||
            universe_unit((subject)k) != universe_unit(wished.kind))
            continue;
        for (int i = 0; i < CODES; i++) {
            bool named = k == (int)wished.kind && wished.code[i];
            bool starred = k == (int)wished.kind && wished.quote[quote_of(i)];
            release(w, c, universe_key((subject)k, i), !named, !starred);
            if (named || starred)
                c->takes[universe_key((subject)k, i)] = 0;
        }
    }
    take_all(w, &wished);
    int error = call(w, upbit_proxy_replace, &wished, (upbit_want)UPBIT_WANT_INIT, c->request_id);
    if (error != 0)
        report_wrong("%s: replace answers %s", w->id, upbit_error_name(error));
}

static void unsubscribe_all(widget *w)
{
    command *c = new_command(w, UPBIT_COMMAND_UNSUBSCRIBE_ALL);
    report_did("%s unsubscribe all (%u)", w->id, (unsigned)c->request_id);
    for (int key = 0; key < KEYS; key++)
        release(w, c, key, true, true);
    int error = upbit_proxy_unsubscribe_all(w->proxy, c->request_id);
    if (error != 0)
        report_wrong("%s: unsubscribe_all answers %s", w->id, upbit_error_name(error));
}

static void unknown_code(widget *w, dice *d)
{
    static const char *const codes[] = {"KRW-NOSUCH"};
    upbit_want want = UPBIT_WANT_INIT;
    want.type = dice_percent(d, 50) ? UPBIT_TYPE_TICKER : UPBIT_TYPE_TRADE;
    want.codes = codes;
    want.code_count = 1;
    command *c = new_command(w, UPBIT_COMMAND_SUBSCRIBE);
    c->unknown = true;
    report_did("%s subscribe KRW-NOSUCH (%u)", w->id, (unsigned)c->request_id);
    int error = upbit_proxy_subscribe(w->proxy, &want, c->request_id);
    if (error != 0)
        report_wrong("%s: subscribe answers %s", w->id, upbit_error_name(error));
}

static int ask_snapshot(upbit_proxy *p, const upbit_want *want, uint64_t request_id)
{
    uint32_t timeout_ms = 400 + 700 * (uint32_t)(request_id % 5);
    return upbit_proxy_get_snapshot(p, want, timeout_ms, request_id);
}

static void snapshot(widget *w, dice *d)
{
    wish wished = random_wish(d, 0);
    char text[120];
    upbit_want want = UPBIT_WANT_INIT;
    command *c = new_command(w, UPBIT_COMMAND_SNAPSHOT);
    c->snapshot_kind = wished.kind;
    if (wished.kind == KIND_TICKER && dice_percent(d, 20)) {
        memset(wished.code, 0, sizeof wished.code);
        wished.quote[dice_below(d, 3)] = true;
        c->all_of_quote = true;
    }
    if (wished.kind == KIND_TRADE || wished.kind == KIND_SECOND || wished.kind == KIND_MINUTE)
        want.count = dice_percent(d, 50) ? 0 : 1 + dice_below(d, 40);
    c->count = want.count != 0 ? want.count : 1;
    for (int i = 0; i < CODES; i++)
        if (wished.code[i])
            c->code[c->codes++] = i;
    describe(text, sizeof text, &wished);
    report_did("%s get_snapshot %s count %u (%u)", w->id, text, want.count,
               (unsigned)c->request_id);
    regime flags = w->regime;
    w->regime = REGIME_NORMAL; /* flags are for subscriptions */
    int error = call(w, ask_snapshot, &wished, want, c->request_id);
    w->regime = flags;
    if (error != 0)
        report_wrong("%s: get_snapshot answers %s: %s", w->id, upbit_error_name(error),
                     upbit_error_detail());
}

static void cancel(widget *w, dice *d)
{
    if (w->commands == 0)
        return;
    uint64_t back = dice_below(d, 4);
    uint64_t id = w->commands > back ? w->commands - back : 1;
    command *c = &w->command[(id - 1) % COMMANDS];
    if (c->request_id == id)
        c->cancelled = true;
    report_did("%s cancel (%u)", w->id, (unsigned)id);
    int error = upbit_proxy_cancel(w->proxy, id);
    if (error != 0)
        report_wrong("%s: cancel answers %s", w->id, upbit_error_name(error));
}

void widget_act(widget *w, dice *d)
{
    if (is_full(w))
        return;
    unsigned r = dice_below(d, 100);
    if (r < 34)
        subscribe(w, d);
    else if (r < 52)
        unsubscribe(w, d);
    else if (r < 66)
        replace(w, d);
    else if (r < 71)
        unsubscribe_all(w);
    else if (r < 73)
        unknown_code(w, d);
    else if (r < 92)
        snapshot(w, d);
    else
        cancel(w, d);
}

/* ---- its life ---- */

static void draw_character(widget *w, dice *d, bool narrow)
{
    static const uint32_t caps[] = {0, 8, 8, 32, 200};
    unsigned r = dice_below(d, 100);
    w->regime = r < 70 ? REGIME_NORMAL : r < 85 ? REGIME_REALTIME : REGIME_SNAPSHOT;
    r = dice_below(d, 100);
    w->pace = r < 60 ? PACE_FAST : r < 88 ? PACE_SLOW : PACE_STUCK;
    w->options.policy = (int)dice_below(d, 4);
    w->options.queue_messages = caps[dice_below(d, sizeof caps / sizeof *caps)];
    if (narrow && dice_percent(d, 50)) {
        w->options.policy = UPBIT_POLICY_LOSSLESS;
        w->options.queue_messages = 8;
    }
    w->lossless = w->options.policy == UPBIT_POLICY_LOSSLESS;
    w->options.queue_bytes = dice_percent(d, 20) ? 8192 : 0;
    w->shared = w->pace == PACE_FAST && dice_percent(d, 40);
}

static void open_proxy(widget *w, upbit_manager *m, upbit_waiter *shared, unsigned serial)
{
    snprintf(w->id, sizeof w->id, "widget_%u", serial);
    w->options.waiter = w->shared ? shared : NULL;
    w->options.user_data = w;
    w->manager = m;
    w->command = calloc(COMMANDS, sizeof *w->command);
    for (int i = 0; i < 8; i++)
        w->expected[i] = 1;
    report_did("%s opens: regime %d pace %d policy %d messages %u bytes %u%s", w->id,
               (int)w->regime, (int)w->pace, w->options.policy, w->options.queue_messages,
               w->options.queue_bytes, w->shared ? " shared" : "");
    int error = w->command == NULL ? UPBIT_ERROR_NO_MEMORY
                                   : upbit_proxy_open(&w->proxy, m, w->id, &w->options);
    if (error != 0)
        report_wrong("%s: open answers %s: %s", w->id, upbit_error_name(error),
                     upbit_error_detail());
}

void widget_open(widget *w, upbit_manager *m, upbit_waiter *shared, dice *d, unsigned serial,
                 bool narrow)
{
    *w = (widget){.options = UPBIT_PROXY_OPTIONS_INIT};
    draw_character(w, d, narrow);
    open_proxy(w, m, shared, serial);
}

static void take_trades(widget *w, int codes)
{
    wish wished = {.kind = KIND_TRADE};
    for (int i = 0; i < codes; i++)
        wished.code[i] = true;
    command *c = new_command(w, UPBIT_COMMAND_SUBSCRIBE);
    take_all(w, &wished);
    if (call(w, upbit_proxy_subscribe, &wished, (upbit_want)UPBIT_WANT_INIT, c->request_id) != 0)
        report_wrong("%s: it cannot subscribe", w->id);
}

void widget_open_steady(widget *w, upbit_manager *m, unsigned serial)
{
    *w = (widget){.options = UPBIT_PROXY_OPTIONS_INIT, .pace = PACE_SLOW};
    w->options.queue_messages = 16;
    open_proxy(w, m, NULL, serial);
    take_trades(w, 3);
}

void widget_open_quick(widget *w, upbit_manager *m, unsigned serial)
{
    *w = (widget){.options = UPBIT_PROXY_OPTIONS_INIT, .pace = PACE_FAST};
    w->options.queue_messages = 65536;
    w->options.queue_bytes = 64u << 20;
    open_proxy(w, m, NULL, serial);
    take_trades(w, 6);
}

void widget_close(widget *w)
{
    if (w->proxy == NULL)
        return;
    report_did("%s closes", w->id);
    upbit_proxy_close(w->proxy);
    w->proxy = NULL;
}

void widget_free(widget *w)
{
    free(w->command);
    free(w->got.at);
    *w = (widget){0};
}

bool widget_streams(const widget *w, int key)
{
    return w->proxy != NULL && w->regime != REGIME_SNAPSHOT &&
           (w->want[key].by_name || w->want[key].by_selector);
}

unsigned widget_unanswered(const widget *w)
{
    return w->proxy == NULL ? 0 : (unsigned)(w->commands - w->answered);
}
