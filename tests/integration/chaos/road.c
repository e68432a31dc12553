#include "road.h"

#include <check.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE 25.0 /* seconds */

relay road;
const char *road_scale;
static char rest[96];
static void (*changes)(upbit_options *options);

static void through(upbit_options *o)
{
    const char *const scale[] = {road_scale != NULL ? "--time-scale" : NULL, road_scale, NULL};
    relay_start(&road, exchange.url, scale);
    snprintf(rest, sizeof rest, "http://127.0.0.1:%d/v1", exchange.port);
    o->url = road.url;
    o->rest_url = rest;
    o->ping_interval_ms = 100;
    o->pong_timeout_ms = 1000;
    o->connect_timeout_ms = o->upgrade_timeout_ms = 1000;
    if (changes != NULL)
        changes(o);
}

void road_rest_too(upbit_options *o)
{
    o->rest_url = NULL;
}

void road_open(const char *const *arguments, void (*change)(upbit_options *options))
{
    changes = change;
    stage_open(arguments, through);
}

void road_close(void)
{
    stage_close();
    relay_stop(&road);
}

void road_until(road_condition *holds, const void *context, const char *what)
{
    for (double end = stream_now() + PATIENCE; !holds(context); stage_run(5))
        ck_assert_msg(stream_now() < end, "%s: not within %.0f s", what, PATIENCE);
}

static bool is_live(const void *epoch)
{
    upbit_stats s = stage_stats();
    return s.state == UPBIT_STATE_LIVE && s.epoch >= *(const uint32_t *)epoch;
}

void road_until_live(uint32_t epoch)
{
    road_until(is_live, &epoch, "live again");
}

static int entries_of(const char *path)
{
    int count = 0;
    DIR *d = opendir(path);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

int road_descriptors(void)
{
    return entries_of("/proc/self/fd");
}

int road_threads(void)
{
    return entries_of("/proc/self/task");
}

long road_rss_kib(void)
{
    long pages = 0, size = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &pages), 2);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static _Atomic int64_t moved_ns;

static int64_t moved(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec + atomic_load(&moved_ns);
}

static int64_t monotonic(void)
{
    return moved(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return moved(CLOCK_BOOTTIME);
}

static int64_t wall(void)
{
    return moved(CLOCK_REALTIME);
}

void road_time_moves(void)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    atomic_store(&moved_ns, 0);
    upbit__clock_set(&clocks);
}

void road_time_passes(int64_t ms)
{
    atomic_fetch_add(&moved_ns, ms * UPBIT__MS);
    if (manager != NULL) { /* its loop sleeps by the clock it had: somebody knocks */
        upbit_proxy *p = stream_proxy(manager, "knock", NULL);
        upbit_proxy_close(p);
    }
}

int64_t road_time_passed(void)
{
    return atomic_load(&moved_ns) / UPBIT__MS;
}

void road_time_is_real(void)
{
    upbit__clock_set(NULL);
}
