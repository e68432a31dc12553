/* The conformance programs against a small test server of the usual kind: argv 1 is
 * upbit-ws-testee, argv 2 upbit-ws-probe. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certificates.h"
#include "server.h"
#include "support/check_main.h"

static const char *testee, *probe;
extern char **environ;

/* Runs a program; what it writes lands in out and err (each 2,000 bytes). Its exit status. */
static int run(const char *const *arguments, char *out, char *err)
{
    char names[2][32] = {"/tmp/upbit-test-XXXXXX", "/tmp/upbit-test-XXXXXX"};
    char *texts[2] = {out, err};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0, fds[2];
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 2; i++) {
        fds[i] = mkostemp(names[i], O_CLOEXEC);
        ck_assert_int_ge(fds[i], 0);
        posix_spawn_file_actions_adddup2(&actions, fds[i], i + 1);
    }
    ck_assert_int_eq(posix_spawn(&pid, arguments[0], &actions, NULL,
                                 (char *const *)(uintptr_t)arguments, environ),
                     0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    for (int i = 0; i < 2; i++) {
        ssize_t got = pread(fds[i], texts[i], 1999, 0);
        texts[i][got < 0 ? 0 : got] = '\0';
        close(fds[i]);
        unlink(names[i]);
    }
    posix_spawn_file_actions_destroy(&actions);
    ck_assert_msg(WIFEXITED(status), "%s died: %d, %s", arguments[0], status, err);
    return WEXITSTATUS(status);
}

#define CASES 6
#define LARGE ((size_t)5 * 1024 * 1024)

typedef struct suite_log {
    int echoed[CASES + 1];
    int reports;
    char agent[100];
} suite_log;

static bool echo_back(peer *p, uint8_t opcode, const void *bytes, size_t length)
{
    uint8_t *payload;
    size_t got;
    if (!peer_frame(p, 0x80 | opcode, bytes, length))
        return false;
    int answer = peer_read_frame(p, &payload, &got);
    bool same = answer == opcode && got == length && memcmp(payload, bytes, length) == 0;
    free(payload);
    return same;
}

static void run_case(peer *p, int number, suite_log *log)
{
    uint8_t *large = malloc(LARGE), *payload = NULL;
    size_t length;
    memset(large, 'L', LARGE);
    switch (number) {
    case 1:
        log->echoed[1] = echo_back(p, 1, "text", 4) && echo_back(p, 2, "\xff\x00", 2);
        break;
    case 2:
        log->echoed[2] = echo_back(p, 2, large, LARGE) && echo_back(p, 1, large, LARGE);
        break;
    case 3: /* a protocol error must be answered with 1002, and the next case must still come */
        peer_write(p, "\xff\x00", 2);
        log->echoed[3] = peer_read_frame(p, &payload, &length) == 8 && length >= 2 &&
                         payload[0] == 3 && payload[1] == 0xea;
        break;
    case 4: /* cut in the middle */
        log->echoed[4] = peer_write(p, "\x81\x05he", 4);
        break;
    case 5:
        log->echoed[5] = echo_back(p, 1, "", 0);
        break;
    default:
        for (int i = 0; i < 300; i++)
            peer_frame(p, 0x81, "many", 4);
        for (int i = 0; i < 300; i++) {
            free(payload);
            log->echoed[6] += peer_read_frame(p, &payload, &length) == 1 && length == 4;
        }
        break;
    }
    free(payload);
    free(large);
    if (number != 3 && number != 4)
        peer_frame(p, 0x88, "\x03\xe8", 2);
    if (number != 3 && number != 4)
        peer_finish(p);
}

static void serve_suite(peer *p, void *context)
{
    suite_log *log = context;
    int number = 0;
    if (!peer_upgrade(p))
        return;
    if (strstr(p->request, "GET /getCaseCount HTTP") == p->request) {
        peer_frame(p, 0x81, "6", 1);
        peer_frame(p, 0x88, "\x03\xe8", 2);
        peer_finish(p);
    } else if (sscanf(p->request, "GET /runCase?case=%d&agent=%99[^ ] HTTP", &number, log->agent) ==
                   2 &&
               number >= 1 && number <= CASES) {
        run_case(p, number, log);
    } else if (strstr(p->request, "GET /updateReports?agent=up%20bit%2F1 HTTP") == p->request) {
        log->reports++;
        peer_frame(p, 0x88, "\x03\xe8", 2);
        peer_finish(p);
    }
}

START_TEST(testee_runs_every_case)
{
    server s;
    suite_log log = {0};
    char url[60], out[2000], err[2000];
    server_start(&s, NULL, serve_suite, &log);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d%s", s.port, _i == 0 ? "" : "/");
    const char *const arguments[] = {testee, url,           "up bit/1", "--compression",
                                     "off",  "--transport", "raw",      NULL};
    int status = run(arguments, out, err);
    server_stop(&s);
    ck_assert_msg(status == 0, "%d: %s", status, err);
    ck_assert_str_eq(out, "");
    ck_assert_str_eq(log.agent, "up%20bit%2F1");
    for (int i = 1; i <= 5; i++)
        ck_assert_msg(log.echoed[i] == 1, "case %d", i);
    ck_assert_int_eq(log.echoed[6], 300);
    ck_assert_int_eq(log.reports, 1);
}
END_TEST

static void serve_probe(peer *p, void *context)
{
    uint8_t *payload = NULL;
    size_t length = 0;
    (void)context;
    if (!peer_upgrade(p))
        return;
    const char *header = strstr(p->request, "\r\nX-Test: a b\r\n");
    if (peer_read_frame(p, &payload, &length) == 1 && header != NULL)
        peer_frame(p, 0x81, payload, length);
    free(payload);
    peer_finish(p);
}

START_TEST(probe_prints_the_first_message)
{
    server s;
    identity authority, own;
    char file[64], url[60], out[2000], err[2000];
    certificate_make(&authority, &(certificate_wish){.name = "a", .authority = true});
    certificate_make(
        &own, &(certificate_wish){.name = "x", .san = "DNS:localhost", .issuer = &authority});
    certificate_write(file, &authority);
    SSL_CTX *tls = certificate_context(&own);
    server_start(&s, tls, serve_probe, NULL);
    snprintf(url, sizeof url, "wss://localhost:%d/x", s.port);
    const char *const arguments[] = {probe,         url,      "--ca-file", file, "--header",
                                     "X-Test: a b", "--send", "hello",     NULL};
    int status = run(arguments, out, err);
    ck_assert_msg(status == 0, "%d: %s", status, err);
    ck_assert_str_eq(out, "hello\n");
    const char *const distrust[] = {probe, url, "--send", "hello", NULL};
    status = run(distrust, out, err);
    server_stop(&s);
    ck_assert_int_eq(status, 3);
    ck_assert_str_eq(out, "");
    ck_assert_msg(strstr(err, "TLS") != NULL, "%s", err);
    SSL_CTX_free(tls);
    certificate_free(&own);
    certificate_free(&authority);
    unlink(file);
}
END_TEST

START_TEST(refusals)
{
    typedef struct refusal {
        int status;
        const char *arguments[6];
    } refusal;
    const refusal cases[] = {
        {2, {probe, NULL}},
        {2, {testee, "ws://127.0.0.1:1", NULL}},
        {2, {testee, "ws://127.0.0.1:1", "a", "--transport", "replay", NULL}},
        {2, {testee, "ws://127.0.0.1:1", "a", "--compression", "maybe", NULL}},
        {2, {testee, "ws://127.0.0.1:1", "a", "--nonsense", "on", NULL}},
        {2, {probe, "ws://127.0.0.1:1", "--ca-file", NULL}},
        {3, {testee, "ws://127.0.0.1:1", "a", NULL}},
        {3, {probe, "ws://127.0.0.1:1", NULL}},
        {3, {probe, "http://127.0.0.1:1", NULL}},
        {3, {probe, "ws://127.0.0.1:1", "--header", "X: a\r\nY: b", NULL}},
    };
    char out[2000], err[2000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = run(cases[i].arguments, out, err);
        ck_assert_msg(status == cases[i].status, "case %d: %d, %s", (int)i, status, err);
        ck_assert_str_eq(out, "");
        ck_assert_str_ne(err, "");
    }
}
END_TEST

int main(int argc, char **argv)
{
    if (argc < 3)
        return EXIT_FAILURE;
    testee = argv[1];
    probe = argv[2];
    Suite *suite = suite_create("conformance programs");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, testee_runs_every_case, 0, 2);
    tcase_add_test(t, probe_prints_the_first_message);
    tcase_add_test(t, refusals);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
