#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static bool order(faults *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* False: the port is closed by an outage. */
static bool order(faults *f, const char *format, ...)
{
    char text[160], path[180];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    snprintf(path, sizeof path, "/mock/%s", text);
    int status = mock_call(f->mock, "POST", path, "");
    report_did("mock %s: %d", text, status);
    f->done++;
    if (status != 200 && status != -1)
        report_wrong("the mock answers %d to %s: %s", status, text, mock_answer());
    return status == 200;
}

static const char *any_code(faults *f)
{
    return universe_code[dice_below(f->dice, 6)];
}

static const char *any_type(faults *f)
{
    static const char *const types[] = {"ticker", "trade", "orderbook", "candle.1s"};
    return types[dice_below(f->dice, 4)];
}

static void cut(faults *f)
{
    static const char *const how[] = {"rst", "fin", "fin", "silence"};
    const char *this_way = how[dice_below(f->dice, 4)];
    if (dice_percent(f->dice, 40))
        order(f, "cut?how=%s&for_ms=%u", this_way, 1 + dice_below(f->dice, 900));
    else
        order(f, "cut?how=%s", this_way);
}

static void cut_after_burst(faults *f)
{
    order(f, "burst?rate=2000&ms=300&code=%s", any_code(f));
    cut(f);
}

/* Trades go on while there is no connection. */
static void hole(faults *f)
{
    if (dice_percent(f->dice, 60)) {
        f->limits++;
        order(f, "limit?group=trades&count=%u&status=%u", 1 + dice_below(f->dice, 8),
              dice_percent(f->dice, 70) ? 503u : 429u);
    }
    order(f, "burst?rate=%u&ms=600&code=%s", 100 + dice_below(f->dice, 1000), any_code(f));
    if (dice_percent(f->dice, 50))
        order(f, "outage?for_ms=%u", 50 + dice_below(f->dice, 400));
    else
        order(f, "cut?how=%s&for_ms=%u", dice_percent(f->dice, 50) ? "rst" : "fin",
              50 + dice_below(f->dice, 400));
}

static void outage(faults *f)
{
    order(f, "outage?for_ms=%u", 50 + dice_below(f->dice, 600));
}

static void silence(faults *f)
{
    order(f, "silence?on=%u", dice_below(f->dice, 2));
}

static void refuse(faults *f)
{
    order(f, "refuse?count=1&status=503");
    order(f, "cut?how=rst");
}

static void bad_close(faults *f)
{
    order(f, "close?code=%u", 1000 + dice_below(f->dice, 4));
}

static void bad_frame(faults *f)
{
    static const char *const kinds[] = {"masked", "rsv1", "opcode3", "long_ping", "half"};
    order(f, "frame?kind=%s", kinds[dice_below(f->dice, 5)]);
}

static void burst(faults *f)
{
    order(f, "burst?rate=%u&ms=%u&code=%s", 500 + dice_below(f->dice, 2000),
          100 + dice_below(f->dice, 300), any_code(f));
}

static void mute(faults *f)
{
    order(f, "mute?type=%s&code=%s&on=%u", any_type(f), any_code(f), dice_below(f->dice, 2));
}

static void delay(faults *f)
{
    order(f, "delay?ms=%u&jitter_ms=%u&what=%s", dice_below(f->dice, 250), dice_below(f->dice, 80),
          dice_percent(f->dice, 50) ? "ws" : "http");
}

static void segments(faults *f)
{
    order(f, "segments?bytes=%u", dice_percent(f->dice, 50) ? 1 + dice_below(f->dice, 3) : 0);
}

static void reorder(faults *f)
{
    order(f, "reorder?percent=%u&distance=%u", dice_below(f->dice, 30), 1 + dice_below(f->dice, 6));
}

static void repeat(faults *f)
{
    order(f, "repeat?percent=%u&distance=%u", dice_below(f->dice, 40), dice_below(f->dice, 8));
}

static void late(faults *f)
{
    order(f, "late?frames=%u", dice_below(f->dice, 6));
}

static void snapshots(faults *f)
{
    order(f, "snapshots?every=%u", dice_below(f->dice, 4));
}

static void answer_late(faults *f)
{
    order(f, "answer?ms=%u", dice_below(f->dice, 400));
}

static void garbage(faults *f)
{
    static const char *const kinds[] = {"bytes", "truncated", "types", "nulls", "bare",    "deep",
                                        "utf8",  "numbers",   "nul",   "empty", "unknown", "html"};
    order(f, "garbage?kind=%s&count=%u", kinds[dice_below(f->dice, 12)],
          1 + dice_below(f->dice, 3));
}

static void limit(faults *f)
{
    static const char *const groups[] = {"all",       "market", "ticker",
                                         "orderbook", "trades", "candles"};
    f->limits++;
    order(f, "limit?group=%s&count=%u&status=%u", groups[dice_below(f->dice, 6)],
          1 + dice_below(f->dice, 2), dice_percent(f->dice, 70) ? 429u : 503u);
}

static void forget(faults *f)
{
    order(f, "forget?type=%s&code=%s", any_type(f), any_code(f));
}

static void list(faults *f)
{
    int code = FLEETING + (int)dice_below(f->dice, CODES - FLEETING);
    if (order(f, "list?%s=%s", f->listed[code] ? "remove" : "add", universe_code[code]))
        f->listed[code] = !f->listed[code];
}

static void poison(faults *f)
{
    if (dice_percent(f->dice, 40))
        order(f, "reject?on=0");
    else
        order(f, "reject?type=%s&code=%s", any_type(f), any_code(f));
}

typedef void fault(faults *f);

void faults_next(faults *f)
{
    static fault *const soft[] = {burst, burst,     mute,        delay,   segments, reorder, repeat,
                                  late,  snapshots, answer_late, garbage, limit,    forget,  list};
    static fault *const hard[] = {cut,     cut,    cut_after_burst, outage,
                                  silence, refuse, bad_close,       bad_frame};
    static fault *const holes[] = {hole, hole, hole, cut, outage, silence, delay, burst, repeat};
    static fault *const repeats[] = {burst, burst, burst, repeat, repeat, reorder, segments, late};
    if (f->stalled || f->dark || (f->network && dice_percent(f->dice, 30)))
        network_next(f);
    else if (f->theme == THEME_HOLES)
        holes[dice_below(f->dice, sizeof holes / sizeof *holes)](f);
    else if (f->theme == THEME_REPEATS)
        repeats[dice_below(f->dice, sizeof repeats / sizeof *repeats)](f);
    else if (f->poisons && dice_percent(f->dice, 12))
        poison(f);
    else if (f->cuts && dice_percent(f->dice, 25))
        hard[dice_below(f->dice, sizeof hard / sizeof *hard)](f);
    else
        soft[dice_below(f->dice, sizeof soft / sizeof *soft)](f);
}

void faults_begin(faults *f, const mock *m, relay *r, dice *d)
{
    static const char *const names[] = {"all", "holes", "repeats"};
    unsigned roll = dice_below(d, 100);
    *f = (faults){.mock = m, .relay = r, .dice = d};
    f->theme = roll < 55 ? THEME_ALL : roll < 80 ? THEME_HOLES : THEME_REPEATS;
    f->cuts = f->theme == THEME_ALL && dice_percent(d, 65);
    f->poisons = f->theme == THEME_ALL && dice_percent(d, 25);
    f->network = dice_percent(d, 60);
    for (int i = 0; i < LISTED; i++)
        f->listed[i] = true;
    report_did("episode: theme %s, cuts %d, poisons %d, network %d", names[f->theme], f->cuts,
               f->poisons, f->network);
}

void faults_end(faults *f)
{
    network_end(f);
    order(f, "reset");
    order(f, "silence?on=0");
}
