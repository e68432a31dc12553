/* The explorer: runs a small concurrent program in every way C11 allows it to run.
 *
 * The program is an ordinary one (plain C11 and pthreads, its main renamed to litmus_main),
 * compiled as for ThreadSanitizer, whose calls instrument.c answers. Its threads are coroutines
 * that stop before each atomic operation. A search in depth runs it again and again: which thread
 * is next and which message it reads or where it stores is a row of decisions, and each execution
 * takes the last one differently. Where an execution has built the same graph as an earlier one it
 * is left, whatever order it came in; so the number of executions is the number of graphs, not of
 * orders.
 *
 *     PROGRAM [--expect TEXT] [--preemptions N] [--most N] NAME
 *
 * TAP, one case: no execution shows a fault; with --expect: one does, and its message has TEXT.
 * --preemptions bounds how often a thread that could go on is interrupted (default: no bound). */
#include "search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "explore.h"
#include "instrument.h"
#include "machine.h"

enum { STACK = 128 * 1024, DECISIONS = 4096, NAMES = 96 };

int litmus_main(void);

typedef enum thread_state { NONE, NEW, READY, ENDED, FALLEN } thread_state;
typedef enum verdict { GOES_ON, COMPLETE, SEEN, IMPOSSIBLE, FAULT } verdict;

static struct {
    /* this execution */
    thread_state state[THREADS_MAX];
    const int *waits[THREADS_MAX]; /* until it is non-zero */
    int ended[THREADS_MAX];
    void *(*body[THREADS_MAX])(void *);
    void *argument[THREADS_MAX];
    unsigned threads, running, preemptions;
    verdict verdict;
    int fallen;
    char fault[256];
    /* the search */
    struct {
        uint16_t chosen, of;
    } decisions[DECISIONS];
    unsigned depth, at, preemptions_most;
    unsigned long executions, most;
    /* coroutines; each starts anew by a jump to its base */
    ucontext_t start, stacks[THREADS_MAX];
    jmp_buf home, base[THREADS_MAX], self[THREADS_MAX];
} s;

int search_telling;

static struct {
    const volatile void *at;
    const char *name;
} names[NAMES];
static unsigned names_count;

/* ---- states that were met ---- */

static struct {
    uint64_t *set;
    size_t size, count;
} met;

static int put_met(uint64_t *set, size_t size, uint64_t print)
{
    size_t i = (size_t)print & (size - 1);
    for (; set[i] != 0; i = (i + 1) & (size - 1))
        if (set[i] == print)
            return 0;
    set[i] = print;
    return 1;
}

/* 1: for the first time. */
static int meet(uint64_t print)
{
    print += print == 0;
    if (met.count * 2 >= met.size) {
        size_t size = met.size == 0 ? 1 << 16 : met.size * 2;
        uint64_t *set = calloc(size, sizeof *set);
        if (set == NULL)
            explore_give_up("no memory");
        for (size_t i = 0; i < met.size; i++)
            if (met.set[i] != 0)
                put_met(set, size, met.set[i]);
        free(met.set);
        met.set = set;
        met.size = size;
    }
    int fresh = put_met(met.set, met.size, print);
    met.count += (size_t)fresh;
    return fresh;
}

static void forget_all(void)
{
    free(met.set);
    memset(&met, 0, sizeof met);
}

/* ---- what the program calls ---- */

void search_tell(const char *format, ...)
{
    if (!search_telling)
        return;
    va_list ap;
    va_start(ap, format);
    fputs("#   ", stdout);
    vprintf(format, ap);
    putchar('\n');
    va_end(ap);
}

void explore_give_up(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(1);
}

void explore_name(const volatile void *object, const char *name)
{
    for (unsigned i = 0; i < names_count; i++)
        if (names[i].at == object)
            return;
    if (names_count < NAMES) {
        names[names_count].at = object;
        names[names_count++].name = name;
    }
}

const char *explore_name_of(uintptr_t at)
{
    static char text[64];
    for (unsigned i = 0; i < names_count; i++)
        if ((uintptr_t)names[i].at == at)
            return names[i].name;
    snprintf(text, sizeof text, "%#llx", (unsigned long long)at);
    return text;
}

unsigned search_thread(void)
{
    return s.running;
}

unsigned search_choose(unsigned n)
{
    if (n <= 1)
        return 0;
    if (s.at == s.depth) {
        if (s.depth == DECISIONS)
            explore_give_up("too many decisions in one execution");
        s.decisions[s.depth].chosen = 0;
        s.decisions[s.depth++].of = (uint16_t)n;
    }
    return s.decisions[s.at++].chosen;
}

static _Noreturn void go_home(void)
{
    _longjmp(s.home, 1);
}

void search_fail(const char *format, ...)
{
    if (s.fault[0] == '\0') {
        va_list ap;
        va_start(ap, format);
        vsnprintf(s.fault, sizeof s.fault, format, ap);
        va_end(ap);
    }
    search_tell("thread %u: FAULT: %s", s.running, s.fault);
    s.fallen = 1;
    s.state[s.running] = FALLEN;
    go_home();
}

void search_discard(void)
{
    s.verdict = IMPOSSIBLE;
    go_home();
}

static void pause_thread(void)
{
    if (_setjmp(s.self[s.running]) == 0)
        go_home();
}

void search_step(void)
{
    unsigned alive = 0;
    for (unsigned t = 0; t < s.threads; t++)
        alive += s.state[t] == NEW || s.state[t] == READY;
    if (alive > 1)
        pause_thread();
}

void search_wait(const int *flag)
{
    while (!*flag) {
        s.waits[s.running] = flag;
        pause_thread();
    }
}

unsigned search_spawn(void *(*body)(void *), void *argument)
{
    if (s.threads == THREADS_MAX)
        explore_give_up("too many threads");
    unsigned t = s.threads++;
    s.state[t] = NEW;
    s.body[t] = body;
    s.argument[t] = argument;
    s.ended[t] = 0;
    s.waits[t] = NULL;
    if (t != MAIN)
        machine_pass(t, s.running);
    return t;
}

void search_join(unsigned thread)
{
    search_wait(&s.ended[thread]);
    machine_pass(s.running, thread);
}

/* ---- one execution ---- */

static void run_thread(unsigned t)
{
    if (_setjmp(s.base[t]) == 0)
        swapcontext(&s.stacks[t], &s.start); /* the one time; from now on by jumps */
    s.body[s.running](s.argument[s.running]);
    s.state[s.running] = ENDED;
    s.ended[s.running] = 1;
    go_home();
}

static void make_coroutines(void)
{
    static _Alignas(16) char stacks[THREADS_MAX][STACK];
    for (unsigned t = 0; t < THREADS_MAX; t++) {
        getcontext(&s.stacks[t]);
        s.stacks[t].uc_stack.ss_sp = stacks[t];
        s.stacks[t].uc_stack.ss_size = STACK;
        s.stacks[t].uc_link = &s.start;
        makecontext(&s.stacks[t], (void (*)(void))run_thread, 1, t);
        swapcontext(&s.start, &s.stacks[t]);
    }
}

static void *main_body(void *unused)
{
    (void)unused;
    litmus_main();
    instrument_check_leaks();
    return NULL;
}

static void resume(unsigned t)
{
    int is_new = s.state[t] == NEW;
    s.running = t;
    s.waits[t] = NULL;
    if (_setjmp(s.home) != 0)
        return;
    s.state[t] = READY;
    _longjmp(is_new ? s.base[t] : s.self[t], 1);
}

/* The threads that can go on, the one that ran last first. */
static unsigned runnable(unsigned *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s.threads; i++) {
        unsigned t = i == 0 ? s.running : i <= s.running ? i - 1 : i;
        if (s.state[t] == READY && (s.waits[t] == NULL || *s.waits[t]))
            out[n++] = t;
    }
    if (n > 1 && out[0] == s.running && s.preemptions == s.preemptions_most)
        n = 1;
    return n;
}

static unsigned alive(void)
{
    unsigned bits = 0;
    for (unsigned t = 0; t < s.threads; t++)
        bits |= (unsigned)(s.state[t] == READY) << t;
    return bits;
}

/* A new thread runs up to its first operation at once: what it does before is seen by nobody. */
static void start_new(void)
{
    for (unsigned t = 0; t < s.threads && s.verdict == GOES_ON; t++)
        if (s.state[t] == NEW) {
            unsigned before = s.running;
            resume(t);
            s.running = before;
        }
}

static verdict next_step(void)
{
    unsigned order[THREADS_MAX];
    start_new();
    if (s.verdict != GOES_ON)
        return s.verdict;
    if (machine_guesses() != 0 && machine_is_doomed(alive()))
        return IMPOSSIBLE;
    if (s.fallen && machine_guesses() == 0)
        return FAULT;
    unsigned n = runnable(order), bounded = s.preemptions_most != UINT16_MAX;
    if (n == 0) {
        if (s.ended[MAIN] || s.fallen)
            return machine_guesses() == 0 ? COMPLETE : IMPOSSIBLE;
        snprintf(s.fault, sizeof s.fault, "every thread waits for another");
        return FAULT;
    }
    uint64_t who = bounded ? (uint64_t)(s.running + 1) << 32 | s.preemptions : 0;
    if (n > 1 && s.at == s.depth &&
        !meet(machine_fingerprint() + who * 0x9e3779b97f4a7c15U + (uint64_t)s.fallen))
        return SEEN;
    unsigned chosen = order[search_choose(n)];
    if (chosen != order[0] && order[0] == s.running)
        s.preemptions++;
    resume(chosen);
    return s.verdict;
}

static verdict execute(void)
{
    s.threads = s.running = s.preemptions = s.at = 0;
    s.verdict = GOES_ON;
    s.fallen = 0;
    s.fault[0] = '\0';
    machine_reset();
    instrument_reset();
    search_spawn(main_body, NULL);
    verdict v;
    do
        v = next_step();
    while (v == GOES_ON);
    s.executions++;
    return v;
}

/* 0: all were taken. */
static int next_decisions(void)
{
    while (s.depth > 0 && s.decisions[s.depth - 1].chosen + 1U == s.decisions[s.depth - 1].of)
        s.depth--;
    if (s.depth == 0)
        return 0;
    s.decisions[s.depth - 1].chosen++;
    return 1;
}

/* COMPLETE, FAULT, or GOES_ON if the limit came first. */
static verdict explore(void)
{
    s.depth = 0;
    forget_all();
    do {
        if (s.executions >= s.most)
            return GOES_ON;
        verdict v = execute();
        if (instrument_found_shared()) {
            s.depth = 0; /* from the beginning, with an eye on that object; a fault comes again */
            forget_all();
        } else if (v == FAULT) {
            return FAULT;
        } else if (!next_decisions()) {
            return COMPLETE;
        }
    } while (1);
}

static int is_caught(verdict v, const char *expect)
{
    if (v == FAULT) {
        printf("# fault: %s; the execution that shows it:\n", s.fault);
        search_telling = 1;
        execute();
    }
    printf("# %lu executions, %zu states%s\n", s.executions, met.count,
           v == GOES_ON ? ", given up" : "");
    if (expect == NULL)
        return v == COMPLETE;
    return v == FAULT && strstr(s.fault, expect) != NULL;
}

int main(int argc, char **argv)
{
    const char *expect = NULL, *name = "litmus";
    s.preemptions_most = UINT16_MAX;
    s.most = 4000000;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--expect") == 0 && i + 1 < argc)
            expect = argv[++i];
        else if (strcmp(argv[i], "--preemptions") == 0 && i + 1 < argc)
            s.preemptions_most = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--most") == 0 && i + 1 < argc)
            s.most = strtoul(argv[++i], NULL, 10);
        else
            name = argv[i];
    }
    puts("1..1");
    make_coroutines();
    verdict v = explore();
    /* Once more with loads that guess, if there are any: what they may guess is known now. */
    if (v == COMPLETE && machine_let_guess(1))
        v = explore();
    int good = is_caught(v, expect);
    printf("%sok 1 - %s%s%s\n", good ? "" : "not ", name,
           expect == NULL ? "" : " is caught: ", expect == NULL ? "" : expect);
    return !good;
}
