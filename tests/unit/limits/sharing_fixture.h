/* Processes that share budgets: each is a `sharing` of its own, for locks of open files keep them
 * apart as they keep processes apart. Time is the test's own. */
#ifndef TESTS_UNIT_LIMITS_SHARING_FIXTURE_H
#define TESTS_UNIT_LIMITS_SHARING_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "limits/sharing.h"
#include "support/check_main.h"

#define MS     1000000LL
#define SECOND 1000000000LL
#define WINDOW (SECOND + 100 * MS)

typedef struct process {
    upbit__sharing sharing;
    upbit__tally tally;
} process;

static char home[] = "/tmp/upbit-limits-XXXXXX";
static char name[32];
static int names;
static int64_t now = 1000 * SECOND;
static int64_t held_up; /* the clock has gone on by so much since `now` was read */

static int64_t read_boottime(void)
{
    return now + held_up;
}

static int64_t read_wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static void new_file(void)
{
    snprintf(name, sizeof name, "host-%d#ip", ++names);
    now += 100 * SECOND;
}

static void start(process *p)
{
    ck_assert_int_eq(upbit__sharing_init(&p->sharing, true, name), 0);
    upbit__tally_init(&p->tally);
}

static void stop(process *p)
{
    upbit__sharing_finish(&p->sharing);
}

static int64_t take(process *p, upbit__group group)
{
    int64_t at = upbit__sharing_begin(&p->sharing, &p->tally, group, false, now);
    if (at != 0)
        return at;
    upbit__counter *c = &p->tally.groups[group];
    uint32_t n = upbit__sharing_share(&p->sharing, group, upbit__group_limits[group].limit, now);
    at = upbit__sharing_open_ns(&p->sharing, group);
    if (at < p->tally.banned_ns)
        at = p->tally.banned_ns;
    if (at <= now)
        at = upbit__counter_take(c, group, n, p->sharing.owner, now);
    upbit__sharing_end(&p->sharing, &p->tally, group);
    ck_assert_msg(at == 0 || at > now, "ask again in the past");
    return at;
}

static void answered(process *p, upbit__group group)
{
    (void)upbit__sharing_begin(&p->sharing, &p->tally, group, true, now);
    upbit__counter_settle(&p->tally.groups[group], group, p->sharing.owner, now);
    upbit__sharing_end(&p->sharing, &p->tally, group);
}

static unsigned take_all(process *p, upbit__group group)
{
    unsigned n = 0;
    for (; take(p, group) == 0; n++)
        ck_assert_uint_lt(n, 100);
    return n;
}

static void path_of(char *path, size_t size)
{
    char file[32];
    snprintf(file, sizeof file, "%s", name);
    *strchr(file, '#') = '_';
    snprintf(path, size, "%s/upbit-live/%s.budget", home, file);
}

/* Runs the suite with a directory of its own for the files. */
static int run_at_home(Suite *suite)
{
    if (mkdtemp(home) == NULL || setenv("XDG_RUNTIME_DIR", home, 1) != 0)
        return 1;
    static const upbit__clock clocks = {read_boottime, read_boottime, read_wall};
    upbit__clock_set(&clocks);
    int result = check_main(suite);
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", home);
    return system(command) != 0 ? 1 : result; /* NOLINT: our own path */
}

#endif
