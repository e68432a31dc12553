/* Budgets that processes share by a file. A process is here a `sharing` of its own: locks of open
 * files keep them apart as they keep processes apart. Time is the test's own. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "limits/ledger_record.h"
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
static uint64_t state = 88172645463325252ull;

static uint64_t below(uint64_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % bound;
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

/* Somebody who holds the lock. */
static int hold(void)
{
    char path[128];
    path_of(path, sizeof path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

START_TEST(processes_count_together)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take(i % 2 == 0 ? &a : &b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CONNECT), now + WINDOW);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_CONNECT), now + WINDOW);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), 0); /* each group for itself */
    stop(&a);
    process late;
    start(&late); /* who comes later does not begin anew */
    ck_assert_int_ne(take(&late, UPBIT__GROUP_CONNECT), 0);
    now += WINDOW;
    ck_assert_uint_eq(take_all(&late, UPBIT__GROUP_CONNECT), 5);
    stop(&late);
    stop(&b);
}
END_TEST

START_TEST(each_settles_its_own)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(take(i < 4 ? &a : &b, UPBIT__GROUP_TRADE), 0);
    for (int i = 0; i < 9; i++) /* more than it has */
        answered(&a, UPBIT__GROUP_TRADE);
    now += WINDOW;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TRADE), 4);
    /* One that was killed gives its grants back in the end. */
    stop(&b);
    now += 12 * SECOND;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TRADE), 10);
    stop(&a);
}
END_TEST

START_TEST(bans_and_closings_are_shared)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_TICKER), 0);
    ck_assert_int_eq(upbit__sharing_begin(&a.sharing, &a.tally, UPBIT__GROUP_TICKER, true, now), 0);
    upbit__counter_refused(&a.tally.groups[UPBIT__GROUP_TICKER], UPBIT__GROUP_TICKER, 7000, now);
    upbit__sharing_end(&a.sharing, &a.tally, UPBIT__GROUP_TICKER);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), now + 7 * SECOND);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TRADE), 0);
    ck_assert_int_eq(upbit__sharing_begin(&b.sharing, &b.tally, UPBIT__GROUP_TRADE, true, now), 0);
    b.tally.banned_ns = now + 60 * SECOND;
    b.tally.bans = 3;
    upbit__sharing_end(&b.sharing, &b.tally, UPBIT__GROUP_TRADE);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CANDLE), now + 60 * SECOND);
    ck_assert_uint_eq(a.tally.bans, 3);
    stop(&a);
    stop(&b);
}
END_TEST

/* A holder that does not let go: asked again in 1, 2, 4 ... 20 ms; after 250 ms a fifth, and not
 * before what others may have been granted is over. */
START_TEST(a_stopped_holder_blocks_nobody)
{
    process a;
    new_file();
    start(&a);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CONNECT), 0);
    int fd = hold();
    int64_t since = now, at;
    static const int waits[] = {1, 2, 4, 8, 16, 20, 20, 20};
    for (size_t i = 0; (at = take(&a, UPBIT__GROUP_TICKER)) < now + 50 * MS; i++) {
        if (i < sizeof waits / sizeof waits[0])
            ck_assert_int_eq(at - now, waits[i] * MS);
        now = at;
        ck_assert_int_lt(now - since, SECOND);
    }
    ck_assert_int_ge(now - since, 250 * MS);
    ck_assert(a.sharing.alone);
    ck_assert_ptr_nonnull(strstr(a.sharing.trouble, "holds"));
    ck_assert_int_eq(at, now + WINDOW);
    now = at;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TICKER), 10 / 5);
    a.sharing.trouble = NULL;
    now += 5 * SECOND; /* tried again all the time, told once */
    take(&a, UPBIT__GROUP_TICKER);
    ck_assert(a.sharing.alone);
    ck_assert_ptr_null(a.sharing.trouble);
    /* Let go: the file has what was granted alone, and others still may be alone. */
    close(fd);
    process b;
    start(&b);
    ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_TICKER), 10 / 5);
    now += 100 * MS;
    ck_assert_int_ne(take(&a, UPBIT__GROUP_TICKER), 0);
    ck_assert(!a.sharing.alone);
    now += 2300 * MS;
    ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_TICKER), 10 - 10 / 5 * 2);
    stop(&a);
    stop(&b);
}
END_TEST

static void overwrite(long offset, const void *bytes, size_t size)
{
    char path[128];
    path_of(path, sizeof path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, bytes, size, offset), (ssize_t)size);
    close(fd);
}

START_TEST(damage_is_mended)
{
    static const struct {
        long offset;
        const char *bytes;
    } rows[] = {{0, "UPBITLIX"},    {16, "other boot, bad sum"},
                {64, "sum"},        {128, "no"},
                {128 + 48, "\x01"}, {128 + 2 * 1024 + 40, "slots of another group"}};
    process a, b;
    new_file();
    start(&a);
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_CONNECT), 5);
    now += WINDOW;
    overwrite(rows[_i].offset, rows[_i].bytes, strlen(rows[_i].bytes));
    start(&b);
    if (rows[_i].offset > 128 + 1024) { /* the others' counts are as they were */
        ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_CONNECT), 5);
        ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), now + WINDOW);
    } else { /* nobody knows what was granted */
        ck_assert_int_eq(take(&b, UPBIT__GROUP_CONNECT), now + WINDOW);
    }
    ck_assert_ptr_nonnull(strstr(b.sharing.trouble, "damaged"));
    now += WINDOW;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_CONNECT), 5);
    ck_assert_int_ne(take(&b, UPBIT__GROUP_CONNECT), 0);
    stop(&a);
    stop(&b);
}
END_TEST

/* The head as a test wants it, with a good sum. */
static void write_head(const upbit__ledger_head *head, int version, bool other_boot)
{
    uint8_t bytes[UPBIT__LEDGER_HEAD_SIZE], id[16] = {0};
    char path[128];
    path_of(path, sizeof path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pread(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
    memcpy(id, bytes + 16, 16);
    id[0] ^= other_boot ? 1 : 0;
    upbit__ledger_put_head(bytes, head, id);
    bytes[8] = (uint8_t)version;
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < 64; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    for (int i = 0; i < 8; i++)
        bytes[64 + i] = (uint8_t)(hash >> 8 * i);
    ck_assert_int_eq(pwrite(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
    close(fd);
}

START_TEST(a_later_version_is_left_alone)
{
    process a;
    new_file();
    start(&a);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_MARKET), 0);
    write_head(&(upbit__ledger_head){0}, 2, false);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_TICKER), now + WINDOW);
    ck_assert_ptr_nonnull(strstr(a.sharing.trouble, "later version"));
    now += WINDOW;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TICKER), 2);
    stop(&a);
}
END_TEST

START_TEST(a_reboot_begins_anew_but_for_bans)
{
    process a, b;
    new_file();
    start(&a);
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_CONNECT), 5);
    write_head(&(upbit__ledger_head){0}, 1, true);
    start(&b);
    ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_CONNECT), 5);
    ck_assert_ptr_null(b.sharing.trouble);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    const upbit__ledger_head banned = {
        .banned_ns = 1, .banned_wall_ms = t.tv_sec * 1000 + 600000, .bans = 2};
    write_head(&banned, 1, true);
    process c;
    start(&c);
    int64_t until = take(&c, UPBIT__GROUP_TRADE);
    ck_assert_int_gt(until, now + 590 * SECOND);
    ck_assert_int_le(until, now + 601 * SECOND);
    ck_assert_uint_eq(c.tally.bans, 2);
    stop(&a);
    stop(&b);
    stop(&c);
}
END_TEST

START_TEST(a_deleted_file_is_made_anew)
{
    process a, b;
    char path[128];
    new_file();
    start(&a);
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_CONNECT), 5);
    path_of(path, sizeof path);
    ck_assert_int_eq(unlink(path), 0);
    now += 500 * MS;
    ck_assert_int_ne(take(&a, UPBIT__GROUP_CONNECT), 0);
    now += 501 * MS; /* now it looks: what it has itself is entered */
    ck_assert_int_ne(take(&a, UPBIT__GROUP_CONNECT), 0);
    start(&b);
    ck_assert_int_ne(take(&b, UPBIT__GROUP_CONNECT), 0);
    stop(&a);
    stop(&b);
}
END_TEST

static void make_open_to_all(const char *directory)
{
    ck_assert_int_eq(chmod(directory, 0755), 0);
}

static void make_a_link(const char *directory)
{
    char other[128];
    snprintf(other, sizeof other, "%s-elsewhere", directory);
    ck_assert_int_eq(rename(directory, other), 0);
    ck_assert_int_eq(symlink(other, directory), 0);
}

static void make_a_file(const char *directory)
{
    char other[128];
    snprintf(other, sizeof other, "%s-elsewhere", directory);
    ck_assert_int_eq(rename(directory, other), 0);
    int fd = open(directory, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

/* Nobody's directory but the user's own is used; without one everybody has a fifth. */
START_TEST(foreign_directories)
{
    static void (*const spoil[])(const char *) = {make_open_to_all, make_a_link, make_a_file};
    char runtime[64] = "/tmp/upbit-foreign-XXXXXX", tmp[80], directory[96], other[128];
    process a;
    ck_assert_ptr_nonnull(mkdtemp(runtime));
    snprintf(tmp, sizeof tmp, "%s/upbit-live-%lu", runtime, (unsigned long)geteuid());
    snprintf(directory, sizeof directory, "%s/upbit-live", runtime);
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    ck_assert_int_eq(mkdir(tmp, 0755), 0);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    setenv("TMPDIR", runtime, 1);
    spoil[_i](directory);
    struct stat st;
    char user[64];
    snprintf(user, sizeof user, "/run/user/%lu", (unsigned long)geteuid());
    bool other_place = stat(user, &st) == 0;
    new_file();
    start(&a);
    if (!other_place) { /* where there is one, that one is taken */
        ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TICKER), 2);
        ck_assert_ptr_nonnull(strstr(a.sharing.trouble, "director"));
        ck_assert_int_eq(chmod(tmp, 0700), 0);
        now += 15 * SECOND;
        ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_MARKET), 10);
        ck_assert(!a.sharing.alone);
    }
    stop(&a);
    setenv("XDG_RUNTIME_DIR", home, 1);
    unsetenv("TMPDIR");
    snprintf(other, sizeof other, "rm -r '%s'", runtime);
    ck_assert_int_eq(system(other), 0); /* NOLINT: our own path */
}
END_TEST

/* A child has neither the parent's lock nor its name. */
START_TEST(forked)
{
    process a;
    new_file();
    start(&a);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(take(&a, UPBIT__GROUP_TRADE), 0);
    pid_t child = fork();
    if (child == 0) {
        upbit__sharing_forked(&a.sharing);
        for (int i = 0; i < 3; i++)
            answered(&a, UPBIT__GROUP_TRADE); /* not its own: nothing changes */
        now += WINDOW;
        _exit((int)take_all(&a, UPBIT__GROUP_TRADE));
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    now += WINDOW;
    ck_assert_int_ne(take(&a, UPBIT__GROUP_TRADE), 0);
    stop(&a);
}
END_TEST

/* Four processes at random, one of which dies and is born again, while somebody sits on the lock
 * now and then: no second sees more than N. */
START_TEST(never_more_than_n_together)
{
    enum { PROCESSES = 4, GRANTS = 2000 };
    static int64_t granted[GRANTS];
    process all[PROCESSES];
    int64_t asks[PROCESSES] = {0};
    unsigned open[PROCESSES] = {0};
    int n = 0, holder = -1, alone = 0;
    int64_t held_until = 0, started;
    const upbit__group group = _i % 2 == 0 ? UPBIT__GROUP_CONNECT : UPBIT__GROUP_ORDER;
    new_file();
    started = now;
    for (int i = 0; i < PROCESSES; i++) {
        start(&all[i]);
        asks[i] = now;
    }
    while (n < GRANTS) {
        int next = 0;
        for (int i = 1; i < PROCESSES; i++)
            if (asks[i] < asks[next])
                next = i;
        now = asks[next] > now ? asks[next] : now;
        if (holder >= 0 && now >= held_until) {
            close(holder);
            holder = -1;
        } else if (holder < 0 && n > 0 && below(400) == 0) {
            holder = hold();
            held_until = now + (int64_t)below(below(3) == 0 ? 6000 : 100) * MS;
        }
        if (below(500) == 0) { /* killed: its answers never come */
            stop(&all[next]);
            start(&all[next]);
            open[next] = 0;
        }
        while (open[next] > 0 && below(3) != 0) {
            answered(&all[next], group);
            open[next]--;
        }
        int64_t at = take(&all[next], group);
        alone += all[next].sharing.alone;
        if (at == 0) {
            granted[n++] = now;
            open[next] += upbit__group_limits[group].held;
            asks[next] = now + (int64_t)below(50 * MS);
        } else {
            asks[next] = at < now + 100 * MS ? at : now + (int64_t)below(100 * MS);
        }
    }
    ck_assert_int_gt(alone, 0);
    const int limit = (int)upbit__group_limits[group].limit;
    for (int i = limit; i < GRANTS; i++)
        ck_assert_msg(granted[i] - granted[i - limit] >= SECOND, "%d + 1 within %lld ms at %d",
                      limit, (long long)((granted[i] - granted[i - limit]) / MS), i);
    /* And it is of use: what is held up by others is not lost for all. */
    ck_assert_int_lt((now - started) / SECOND, 6 * GRANTS / limit);
    for (int i = 0; i < PROCESSES; i++)
        stop(&all[i]);
    if (holder >= 0)
        close(holder);
}
END_TEST

int main(void)
{
    if (mkdtemp(home) == NULL || setenv("XDG_RUNTIME_DIR", home, 1) != 0)
        return 1;
    Suite *suite = suite_create("limits sharing");
    TCase *tests = tcase_create("sharing");
    tcase_add_test(tests, processes_count_together);
    tcase_add_test(tests, each_settles_its_own);
    tcase_add_test(tests, bans_and_closings_are_shared);
    tcase_add_test(tests, a_stopped_holder_blocks_nobody);
    tcase_add_loop_test(tests, damage_is_mended, 0, 6);
    tcase_add_test(tests, a_later_version_is_left_alone);
    tcase_add_test(tests, a_reboot_begins_anew_but_for_bans);
    tcase_add_test(tests, a_deleted_file_is_made_anew);
    tcase_add_loop_test(tests, foreign_directories, 0, 3);
    tcase_add_test(tests, forked);
    tcase_add_loop_test(tests, never_more_than_n_together, 0, 6);
    suite_add_tcase(suite, tests);
    int result = check_main(suite);
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", home);
    return system(command) != 0 ? 1 : result; /* NOLINT: our own path */
}
