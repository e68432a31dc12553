/* The file of the shared budgets: damage, versions, reboots, deletion, foreign places, forks. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "limits/ledger_record.h"
#include "sharing_fixture.h"
#include "support/leave.h"

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

/* Two who read the clock at the same time, one of whom is held up on the way to the lock: what the
 * other has entered meanwhile is later than his own time allows for, and no damage. */
START_TEST(who_is_late_sees_no_damage)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_TICKER), 0);
    now += 300 * MS;
    ck_assert_int_eq(take(&a, UPBIT__GROUP_TICKER), 0);
    now -= 300 * MS;
    held_up = 300 * MS;
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), 0);
    ck_assert_ptr_null(b.sharing.trouble);
    held_up = 0;
    stop(&a);
    stop(&b);
}
END_TEST

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
    char runtime[] = "/tmp/upbit-foreign-XXXXXX", tmp[80], directory[96], other[128];
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
        leave((int)take_all(&a, UPBIT__GROUP_TRADE));
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

/* A file with a good sum may hold any number: others write it, too. */
START_TEST(strikes_beyond_all_bounds_are_the_most_there_are)
{
    uint8_t bytes[UPBIT__LEDGER_RECORD_SIZE];
    const int64_t at = 1000 * UPBIT__SECOND;
    upbit__counter c;
    upbit__counter_init(&c);
    c.strikes = UINT32_MAX;
    upbit__ledger_put_record(bytes, UPBIT__GROUP_TICKER, &c);
    ck_assert_int_eq(upbit__ledger_get_record(bytes, UPBIT__GROUP_TICKER, &c, at),
                     UPBIT__RECORD_GOOD);
    int64_t until = upbit__counter_refused(&c, UPBIT__GROUP_TICKER, 0, at);
    ck_assert_int_gt(until, at + 15 * UPBIT__SECOND);
    ck_assert_int_lt(until, at + 20 * UPBIT__SECOND);
}
END_TEST

START_TEST(a_ban_of_another_boot_beyond_all_bounds_is_none)
{
    uint8_t bytes[UPBIT__LEDGER_HEAD_SIZE];
    static const uint8_t boot[16] = {1}, other[16] = {2};
    static const int64_t ends[] = {INT64_MAX, INT64_MIN, -1, 1};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        upbit__ledger_head head = {.banned_wall_ms = 1, .bans = 1};
        upbit__ledger_put_head(bytes, &head, other);
        memcpy(bytes + 40, &ends[i], 8);
        uint64_t hash = 0xcbf29ce484222325u;
        for (int k = 0; k < 64; k++)
            hash = (hash ^ bytes[k]) * 0x100000001b3u;
        memcpy(bytes + 64, &hash, 8);
        ck_assert_int_eq(upbit__ledger_get_head(bytes, &head, boot, UPBIT__SECOND, 1700000000000),
                         UPBIT__RECORD_REBOOTED);
        ck_assert_int_eq(head.banned_ns, UPBIT__LONG_AGO);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits sharing file");
    TCase *tests = tcase_create("sharing_file");
    tcase_add_loop_test(tests, damage_is_mended, 0, 6);
    tcase_add_test(tests, who_is_late_sees_no_damage);
    tcase_add_test(tests, a_later_version_is_left_alone);
    tcase_add_test(tests, a_reboot_begins_anew_but_for_bans);
    tcase_add_test(tests, a_deleted_file_is_made_anew);
    tcase_add_loop_test(tests, foreign_directories, 0, 3);
    tcase_add_test(tests, forked);
    tcase_add_test(tests, strikes_beyond_all_bounds_are_the_most_there_are);
    tcase_add_test(tests, a_ban_of_another_boot_beyond_all_bounds_is_none);
    suite_add_tcase(suite, tests);
    return run_at_home(suite);
}
