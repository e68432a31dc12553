/* Safe memory: what the kernel says about it, what a child sees of it, that it is wiped. */
#include "base/secret.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/leave.h"

/* The sanitizers answer mlock themselves, and lock nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define LOCKS 0
#endif
#endif
#ifndef LOCKS
#define LOCKS 1
#endif

/* The flags the kernel keeps of the mapping at `address`: "" if there is none. */
static void flags_of(const void *address, char *out, size_t size)
{
    char line[256];
    int inside = 0;
    FILE *f = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(f);
    *out = '\0';
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(out, size, "%s", line + 8);
    }
    fclose(f);
}

START_TEST(a_secret_is_locked_left_out_of_dumps_and_not_inherited)
{
    unsigned lacks;
    char flags[256];
    char *s = upbit__secret_create(100, &lacks);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(lacks & (UPBIT__SECRET_DUMPABLE | UPBIT__SECRET_KEPT_ON_FORK), 0);
    memcpy(s, "hunter2", 8);
    flags_of(s, flags, sizeof flags);
    ck_assert_ptr_nonnull(strstr(flags, " dd")); /* left out of dumps */
    ck_assert_ptr_nonnull(strstr(flags, " wf")); /* wiped on fork */
    if (LOCKS && !(lacks & UPBIT__SECRET_NOT_LOCKED))
        ck_assert_ptr_nonnull(strstr(flags, " lo"));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        for (int i = 0; i < 100; i++)
            if (s[i] != 0)
                leave(1);
        leave(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_str_eq(s, "hunter2");
    upbit__secret_destroy(s, 100);
}
END_TEST

/* A neighbour's overrun ends before it reads the secret. */
START_TEST(the_pages_around_a_secret_cannot_be_touched)
{
    long page = sysconf(_SC_PAGESIZE);
    char *s = upbit__secret_create((size_t)page + 1, NULL);
    int pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert_int_eq(write(pipe_ends[1], s, 1), 1);
    ck_assert_int_eq(write(pipe_ends[1], s + page, 1), 1);
    ck_assert_int_eq(write(pipe_ends[1], s - 1, 1), -1);
    ck_assert_int_eq(write(pipe_ends[1], s + 2 * page, 1), -1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    upbit__secret_destroy(s, (size_t)page + 1);
}
END_TEST

START_TEST(sizes_that_cannot_be_had_are_refused)
{
    ck_assert_ptr_null(upbit__secret_create(0, NULL));
    ck_assert_ptr_null(upbit__secret_create(SIZE_MAX, NULL));
    ck_assert_ptr_null(upbit__secret_create(SIZE_MAX / 2, NULL));
    upbit__secret_destroy(NULL, 10);
    upbit__wipe(NULL, 0);
}
END_TEST

START_TEST(wiped_bytes_are_zero)
{
    char text[] = "correct horse";
    upbit__wipe(text, 7);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(text[i], 0);
    ck_assert_str_eq(text + 7, " horse");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("secret");
    TCase *t = tcase_create("secret");
    tcase_add_test(t, a_secret_is_locked_left_out_of_dumps_and_not_inherited);
    tcase_add_test(t, the_pages_around_a_secret_cannot_be_touched);
    tcase_add_test(t, sizes_that_cannot_be_had_are_refused);
    tcase_add_test(t, wiped_bytes_are_zero);
    suite_add_tcase(s, t);
    return check_main(s);
}
