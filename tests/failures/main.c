/* Every call of core that can fail, failing, one by one: the driver.
 *
 *     failures [--every N] [--from R] [--which K] [--burst B] [--session NAME] [--jobs N] [--list]
 *     failures --call NAME ...   only calls of that name
 *     failures --steady ...      only ways that are gone in each undisturbed run
 *
 * Learns the ways of each session in a few children, then lets every Nth of them fail in a child of
 * its own: the Kth call that comes that way, and with --burst the next calls of that name too.
 * Every Nth are those whose identity leaves R divided by N: the same ones in each run. A child that
 * dies, hangs, keeps memory or descriptors, or misses a promise of the session is a failure, told
 * with the way. Speaks TAP. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/net/certificates.h"
#include "inject.h"
#include "queue/pool.h"
#include "report.h"
#include "session.h"

#define LESSONS 3
#define HANG_S  60 /* when one call fails */
#define LONGER_S                                                                                   \
    20 /* for each more in a row: the library waits ever longer where it is refused                \
        */
#define JOBS_MAX 8
/* --every this many, --from an identity: that way alone. */
#define ALL_IDENTITIES (1ll << 32)

typedef struct script {
    const char *name;
    void (*run)(const place *at);
} script;

static const script scripts[] = {{"full", session_full},
                                 {"tls", session_tls},
                                 {"replay", session_replay},
                                 {"desk", session_desk}};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

/* What a session that nothing disturbs leaves behind; shared with the children. */
typedef struct usual {
    kept_ways kept;
    int descriptors;
} usual;

static usual *usually;
static char directory[64], recording[96];
static char files[2][64];

static int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n;
}

static int threads(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d != NULL)
        closedir(d);
    return n;
}

/* The whole life of a child. */
static void child(const script *s, const place *at, bool lesson)
{
    alarm((unsigned)(HANG_S - 20 + session_patience));
    inject_begin();
    setenv("TMPDIR", directory, 1);
    setenv("XDG_RUNTIME_DIR", directory, 1);
    int before = open_descriptors();
    s->run(at);
    inject_pause();
    for (int i = 0; i < 2000 && threads() > 1; i++)
        usleep(1000);
    int after = open_descriptors() - before;
    require(threads() == 1, "%d threads left", threads());
    if (lesson) {
        memory_kept(&usually->kept);
        usually->descriptors = after > usually->descriptors ? after : usually->descriptors;
    } else {
        require(after <= usually->descriptors, "%d descriptors left", after);
        require(memory_leaked(&usually->kept) == 0, "memory left");
    }
    exit(inject_failed() > 0 || lesson ? 0 : 2);
}

/* 0: well; 2: no call came that way; else what happened is told. */
static int run(const script *s, const place *at, const way *w, uint32_t which, uint32_t burst)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        /* A thread keeps it to its end, wherever it drained first: that is no leak of a session. */
        upbit__releases_begin();
        if (w == NULL)
            inject_learn();
        else
            inject_fail(w->hash, which, burst);
        child(s, at, w == NULL);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    report("  %s", WTERMSIG(status) == SIGALRM ? "it hangs" : strsignal(WTERMSIG(status)));
    return 100 + WTERMSIG(status);
}

static void write_recording(void)
{
    snprintf(recording, sizeof recording, "%s/recording", directory);
    FILE *f = fopen(recording, "w");
    for (int i = 1; f != NULL && i <= 5; i++)
        fprintf(
            f,
            "{\"t_ns\":%d000000,\"dir\":\"in\",\"op\":2,\"text\":\"{\\\"ty\\\":\\\"trade\\\","
            "\\\"cd\\\":\\\"KRW-BTC\\\",\\\"tp\\\":100,\\\"tv\\\":1,\\\"ab\\\":\\\"BID\\\","
            "\\\"pcp\\\":100,\\\"c\\\":\\\"EVEN\\\",\\\"cp\\\":0,\\\"td\\\":\\\"2026-01-01\\\","
            "\\\"ttm\\\":\\\"00:00:00\\\",\\\"ttms\\\":176722560000%d,\\\"tms\\\":176722560000%d,"
            "\\\"sid\\\":1767225600000%d000,\\\"st\\\":\\\"REALTIME\\\"}\"}\n",
            i, i, i, i);
    if (f == NULL || fclose(f) != 0)
        exit(99);
}

static void prepare(void)
{
    snprintf(directory, sizeof directory, "/tmp/upbit-failures-XXXXXX");
    if (mkdtemp(directory) == NULL)
        exit(99);
    write_recording();
    identity own;
    certificate_make(&own, &(certificate_wish){.name = "127.0.0.1", .san = "IP:127.0.0.1"});
    certificate_write(files[0], &own);
    int fd;
    FILE *f;
    snprintf(files[1], sizeof files[1], "/tmp/upbit-key-XXXXXX");
    if ((fd = mkstemp(files[1])) < 0 || (f = fdopen(fd, "w")) == NULL ||
        PEM_write_PrivateKey(f, own.key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(f) != 0)
        exit(99);
    certificate_free(&own);
    usually = mmap(NULL, SCRIPTS * sizeof *usually, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (usually == MAP_FAILED)
        exit(99);
}

static void clean(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    unlink(files[0]);
    unlink(files[1]);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", directory);
}

static void start_mocks(place *at)
{
    const char *plain[] = {"--codes", "10",     "--rate", "300", "--private-rate",
                           "60",      "--seed", "7",      NULL};
    const char *tls[] = {"--codes",    "10",     "--rate",    "300",    "--seed", "7",
                         "--tls-cert", files[0], "--tls-key", files[1], NULL};
    mock_start(&at->plain, plain);
    mock_start(&at->tls, tls);
    at->ca_file = files[0];
    at->recording = recording;
}

static long number(const char *text, const char *option)
{
    char *end = NULL;
    long n = text == NULL ? -1 : strtol(text, &end, 10);
    if (n < 0 || *end != '\0') {
        fprintf(stderr, "failures: %s wants a number\n", option);
        exit(2);
    }
    return n;
}

typedef struct plan {
    long every, from, which, burst, jobs;
    const char *session, *call;
    bool list, steady;
} plan;

static bool is_wanted(const plan *p, const way *w)
{
    return w->identity % p->every == p->from && w->calls >= p->which &&
           (!p->steady || w->sessions >= LESSONS) &&
           (p->call == NULL || strcmp(w->name, p->call) == 0);
}

static int work(const script *s, const plan *p, size_t first, size_t last, long job)
{
    place at;
    int bad = 0, missed = 0, ran = 0;
    long wanted = 0;
    start_mocks(&at);
    for (size_t i = first; i < last; i++) {
        const way *w = &ways[i];
        if (!is_wanted(p, w) || wanted++ % p->jobs != job)
            continue;
        int status = run(s, &at, w, (uint32_t)p->which, (uint32_t)p->burst);
        ran++;
        if (status == 2) {
            missed++;
        } else if (status != 0) {
            bad++;
            report("%s: status %d; alone: --session %s --every %lld --from %" PRIu32, s->name,
                   status, s->name, ALL_IDENTITIES, w->identity);
            way_report(w);
        }
    }
    mock_stop(&at.plain);
    mock_stop(&at.tls);
    printf("# %s: %d calls failed, %d more never came\n", s->name, ran - missed, missed);
    fflush(stdout);
    return bad > 0;
}

static bool learn(int k, size_t *first)
{
    place at;
    bool good = true;
    *first = ways_count();
    start_mocks(&at);
    for (int i = 0; i < LESSONS && good; i++)
        good = run(&scripts[k], &at, NULL, 0, 0) == 0;
    mock_stop(&at.plain);
    mock_stop(&at.tls);
    for (size_t i = *first; i < ways_count(); i++)
        ways[i].identity = way_identity(&ways[i]);
    return good;
}

static void read_arguments(plan *p, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *o = argv[i];
        const char *v = i + 1 < argc ? argv[i + 1] : NULL;
        i++;
        if (strcmp(o, "--every") == 0)
            p->every = number(v, o);
        else if (strcmp(o, "--from") == 0)
            p->from = number(v, o);
        else if (strcmp(o, "--which") == 0)
            p->which = number(v, o);
        else if (strcmp(o, "--burst") == 0)
            p->burst = number(v, o);
        else if (strcmp(o, "--jobs") == 0)
            p->jobs = number(v, o);
        else if (strcmp(o, "--session") == 0)
            p->session = v;
        else if (strcmp(o, "--call") == 0)
            p->call = v;
        else if (strcmp(o, "--list") == 0)
            p->list = i-- > 0;
        else if (strcmp(o, "--steady") == 0)
            p->steady = i-- > 0;
        else
            exit(2);
    }
    if (p->every < 1 || p->jobs < 1 || p->jobs > JOBS_MAX || p->burst < 1 || p->which < 1)
        exit(2);
}

int main(int argc, char **argv)
{
    plan p = {.every = 1, .which = 1, .burst = 1, .jobs = 1};
    read_arguments(&p, argc, argv);
    session_patience += (double)((p.burst - 1) * LONGER_S);
    inject_start();
    report_start();
    prepare();
    usual *const first_usual = usually;
    printf("1..%d\n", SCRIPTS);
    int bad = 0;
    for (int k = 0; k < SCRIPTS; k++) {
        size_t first;
        if (p.session != NULL && strcmp(p.session, scripts[k].name) != 0) {
            printf("ok %d - %s # SKIP not asked for\n", k + 1, scripts[k].name);
            continue;
        }
        usually = first_usual + k;
        bool good = learn(k, &first);
        size_t last = ways_count();
        printf("# %s: %zu ways\n", scripts[k].name, last - first);
        for (size_t i = first; p.list && i < last; i++)
            if (is_wanted(&p, &ways[i])) {
                report("%" PRIu32 ", %" PRIu32 " calls", ways[i].identity, ways[i].calls);
                way_report(&ways[i]);
            }
        fflush(stdout);
        for (long j = 0; j < p.jobs && good && !p.list; j++)
            if (fork() == 0)
                _exit(work(&scripts[k], &p, first, last, j));
        int status;
        while (wait(&status) > 0)
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                good = false;
        bad += !good;
        printf("%s %d - %s\n", good ? "ok" : "not ok", k + 1, scripts[k].name);
    }
    clean();
    return bad > 0;
}
