/* What goes wrong below the mock exchange: the relay's part of the faults. What the client sends is
 * never held back and let go at once: the mock would see too many messages, and the client be
 * blamed for what the network did. */
#include <stdarg.h>
#include <stdio.h>

#include "faults.h"
#include "report.h"

static void order(faults *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void order(faults *f, const char *format, ...)
{
    char text[160];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    report_did("relay %s", text);
    relay_order(f->relay, "%s", text);
    f->done++;
}

static void late(faults *f)
{
    order(f, "latency ms=%u jitter_ms=%u way=down", dice_below(f->dice, 60),
          dice_below(f->dice, 40));
}

static void sliced(faults *f)
{
    order(f, "slice bytes=%u way=down", dice_percent(f->dice, 70) ? 1 + dice_below(f->dice, 9) : 0);
}

static void slow(faults *f)
{
    order(f, "rate bytes=%u way=down",
          dice_percent(f->dice, 60) ? 200000 + dice_below(f->dice, 800000) : 0);
}

static void stall(faults *f)
{
    order(f, "stall way=down");
    f->stalled = true;
}

static void cut(faults *f)
{
    static const char *const how[] = {"rst", "fin", "half", "silence"};
    static const char *const ways[] = {"up", "down", "both"};
    if (dice_percent(f->dice, 40))
        order(f, "refuse how=%s for_ms=%u", dice_percent(f->dice, 50) ? "closed" : "reset",
              50 + dice_below(f->dice, 500));
    order(f, "cut how=%s way=%s", how[dice_below(f->dice, 4)], ways[dice_below(f->dice, 3)]);
}

static void lose(faults *f)
{
    static const char *const how[] = {"rst", "fin", "silence"};
    order(f, "lose bytes=0..600 count=%u how=%s way=%s", 1 + dice_below(f->dice, 3),
          how[dice_below(f->dice, 3)], dice_percent(f->dice, 70) ? "down" : "up");
    order(f, "cut how=rst");
}

static void blackhole(faults *f)
{
    order(f, "blackhole way=%s", dice_percent(f->dice, 60) ? "both" : "down");
    f->dark = true;
}

typedef void fault(faults *f);

void network_next(faults *f)
{
    static fault *const soft[] = {late, sliced, slow, stall};
    static fault *const hard[] = {cut, cut, lose, blackhole};
    bool hole = f->theme == THEME_HOLES;
    if (f->stalled) {
        order(f, "resume");
        f->stalled = false;
    } else if (f->dark) {
        if (dice_percent(f->dice, 50))
            network_end(f);
    } else if ((f->cuts || hole) && dice_percent(f->dice, hole ? 70 : 40)) {
        hard[dice_below(f->dice, 4)](f);
    } else {
        soft[dice_below(f->dice, 4)](f);
    }
}

void network_end(faults *f)
{
    order(f, "clear");
    f->stalled = f->dark = false;
}
