/* The memory of the explorer. What and why: machine.h. */
#include "machine.h"

#include <string.h>

#include "explore.h"
#include "search.h"
#include "shadow.h"

enum {
    LOCATIONS = 250,
    MESSAGES = 48,
    MAP = 1024,
    LATE_MAX = 64,
    VALUES = 16,
    GUESSES = 3,
    PAGE = 4096
};
enum { NOBODY = 255, GUESSED = 254, RETIRED = 255 };

typedef struct knowledge {
    uint16_t clock[THREADS_MAX];
    uint8_t seen[LOCATIONS]; /* a message's index; 0 is what was there before */
} knowledge;

typedef struct message {
    uint64_t value;
    uint16_t op;    /* of the writer, counted from 1 */
    uint8_t writer; /* NOBODY: the initial one */
    uint8_t taken;  /* a read-modify-write follows it: nothing may come between */
    knowledge says;
} message;

typedef struct location {
    uintptr_t at;
    unsigned size, count;
    uint64_t print;
    uint8_t order[MESSAGES]; /* modification order: message indices */
    uint8_t place[MESSAGES]; /* and back */
    message messages[MESSAGES];
} location;

/* A relaxed load that took a value nobody has written yet. */
typedef struct guess {
    uintptr_t at;
    uint64_t value;
    unsigned thread;
    uint16_t op;
    uint8_t seen; /* what the thread had seen before: the store must lie behind it */
    int open;
} guess;

static struct {
    location locations[LOCATIONS];
    unsigned count;
    struct {
        uintptr_t at;
        uint32_t age;
        uint8_t index;
    } map[MAP];
    uint32_t age;
    knowledge knows[THREADS_MAX];
    uint64_t history[THREADS_MAX], late[THREADS_MAX];
    uint64_t prints;
    guess guesses[GUESSES];
    unsigned guessed;
} m;

/* What stays from execution to execution. */
static struct {
    int on;
    unsigned count;
    struct {
        uintptr_t at;
        unsigned count;
        uint64_t value[VALUES];
        uint8_t writer[VALUES];
    } late[LATE_MAX];
} learnt;

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 29)) * 0x94d049bb133111ebU;
    return x ^ (x >> 32);
}

void machine_reset(void)
{
    m.count = m.guessed = 0;
    m.age++;
    m.prints = 0;
    memset(m.knows, 0, sizeof m.knows);
    memset(m.history, 0, sizeof m.history);
    memset(m.late, 0, sizeof m.late);
    shadow_reset();
}

void machine_pass(unsigned to, unsigned from)
{
    knowledge *t = &m.knows[to], *f = &m.knows[from];
    f->clock[from]++; /* covers its plain accesses up to here */
    for (unsigned i = 0; i < THREADS_MAX; i++)
        t->clock[i] = f->clock[i] > t->clock[i] ? f->clock[i] : t->clock[i];
    for (unsigned i = 0; i < m.count; i++)
        if (m.locations[i].place[f->seen[i]] > m.locations[i].place[t->seen[i]])
            t->seen[i] = f->seen[i];
    m.history[to] = mix(m.history[to], m.history[from]);
}

/* ---- locations ---- */

static uint64_t memory_at(uintptr_t at, unsigned size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        return *(const uint64_t *)at;
    }
}

static void set_memory(uintptr_t at, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(uint64_t *)at = value;
    }
}

static unsigned slot_of(uintptr_t at)
{
    unsigned i = (unsigned)mix(at, 0) % MAP;
    while (m.map[i].age == m.age && m.map[i].at != at)
        i = (i + 1) % MAP;
    return i;
}

static location *locate(uintptr_t at, unsigned size)
{
    unsigned i = slot_of(at);
    if (m.map[i].age == m.age && m.map[i].index != RETIRED) {
        location *l = &m.locations[m.map[i].index];
        if (l->size != size)
            search_fail("one atomic, two sizes");
        return l;
    }
    if (m.count == LOCATIONS)
        explore_give_up("too many atomic objects");
    m.map[i].at = at;
    m.map[i].age = m.age;
    m.map[i].index = (uint8_t)m.count;
    location *l = &m.locations[m.count++];
    for (unsigned t = 0; t < THREADS_MAX; t++)
        m.knows[t].seen[m.count - 1] = 0;
    l->at = at;
    l->size = size;
    l->count = 1;
    l->print = 0;
    l->order[0] = l->place[0] = 0;
    l->messages[0] = (message){.value = memory_at(at, size), .writer = NOBODY};
    return l;
}

void machine_forget(unsigned thread, uintptr_t at, uintptr_t size)
{
    const char *race = shadow_freed(thread, m.knows[thread].clock, at, size);
    if (race != NULL)
        search_fail("data race: free, %s", race);
    for (unsigned i = 0; i < m.count; i++) {
        location *l = &m.locations[i];
        if (l->at < at || l->at >= at + size)
            continue;
        unsigned slot = slot_of(l->at);
        if (m.map[slot].index == i)
            m.map[slot].index = RETIRED;
    }
}

void machine_plain(unsigned thread, uintptr_t at, uintptr_t size, int is_write)
{
    if (at < PAGE)
        search_fail("null pointer");
    const char *race = shadow_plain(thread, m.knows[thread].clock, at, size, is_write);
    if (race != NULL)
        search_fail("data race: %s, %s", is_write ? "plain write" : "plain read", race);
    if (!is_write || size > 8)
        return;
    /* Made anew, as atomic_init does: what is there then is read when it is next used. */
    unsigned slot = slot_of(at);
    if (m.map[slot].age == m.age)
        m.map[slot].index = RETIRED;
}

static void reprint(location *l)
{
    uint64_t print = l->at;
    for (unsigned i = 1; i < l->count; i++) {
        message *w = &l->messages[l->order[i]];
        print = mix(print, (uint64_t)w->writer << 16 | w->op);
    }
    m.prints += print - l->print;
    l->print = print;
}

uint64_t machine_fingerprint(void)
{
    uint64_t sum = m.prints;
    for (unsigned t = 0; t < THREADS_MAX; t++)
        sum += mix(t + 1, m.history[t]) + m.late[t];
    return sum;
}

/* ---- guesses ---- */

void explore_late(const volatile void *atomic)
{
    uintptr_t at = (uintptr_t)atomic;
    for (unsigned i = 0; i < learnt.count; i++)
        if (learnt.late[i].at == at)
            return;
    if (learnt.count == LATE_MAX)
        explore_give_up("too many late locations");
    learnt.late[learnt.count++].at = at;
}

int machine_let_guess(int on)
{
    learnt.on = on;
    return learnt.count != 0;
}

static void learn(uintptr_t at, uint64_t value, unsigned writer)
{
    for (unsigned i = 0; !learnt.on && i < learnt.count; i++) {
        if (learnt.late[i].at != at)
            continue;
        for (unsigned v = 0; v < learnt.late[i].count; v++)
            if (learnt.late[i].value[v] == value && learnt.late[i].writer[v] == writer)
                return;
        if (learnt.late[i].count < VALUES) {
            unsigned v = learnt.late[i].count++;
            learnt.late[i].value[v] = value;
            learnt.late[i].writer[v] = (uint8_t)writer;
        }
        return;
    }
}

/* The values `thread` may guess at this location: how many. */
static unsigned guessable(uintptr_t at, unsigned thread, uint64_t *out)
{
    unsigned n = 0;
    if (!learnt.on || m.guessed == GUESSES)
        return 0;
    for (unsigned i = 0; i < learnt.count; i++)
        for (unsigned v = 0; learnt.late[i].at == at && v < learnt.late[i].count; v++)
            if (learnt.late[i].writer[v] != thread && learnt.late[i].writer[v] != MAIN)
                out[n++] = learnt.late[i].value[v];
    return n;
}

static int may_come_true(const guess *g, unsigned writer)
{
    return writer != g->thread && m.knows[writer].clock[g->thread] < g->op;
}

unsigned machine_guesses(void)
{
    unsigned open = 0;
    for (unsigned i = 0; i < m.guessed; i++)
        open += (unsigned)m.guesses[i].open;
    return open;
}

int machine_is_doomed(unsigned running)
{
    for (unsigned i = 0; i < m.guessed; i++) {
        int hope = !m.guesses[i].open;
        for (unsigned t = MAIN + 1; t < THREADS_MAX && !hope; t++)
            hope = (running >> t & 1U) && may_come_true(&m.guesses[i], t);
        if (!hope)
            return 1;
    }
    return 0;
}

/* The guesser's own later accesses would have to agree with a message that is not there yet; that
 * part of C11 is left out, so nothing is reported that C11 forbids. */
static void stay_clear(unsigned thread, uintptr_t at)
{
    for (unsigned i = 0; i < m.guessed; i++)
        if (m.guesses[i].open && m.guesses[i].thread == thread && m.guesses[i].at == at)
            search_discard();
}

static void fulfil(unsigned writer, location *l, unsigned id)
{
    for (unsigned i = 0; i < m.guessed; i++) {
        guess *g = &m.guesses[i];
        if (!g->open || g->at != l->at || g->value != l->messages[id].value ||
            !may_come_true(g, writer) || l->place[id] <= l->place[g->seen])
            continue;
        if (search_choose(2) == 0)
            continue;
        g->open = 0;
        m.knows[g->thread].seen[l - m.locations] = (uint8_t)id;
        m.late[g->thread] += mix(mix(g->op, writer), l->messages[id].op);
        search_tell("    that is what thread %u guessed", g->thread);
    }
}

/* ---- operations ---- */

static int acquires(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static int releases(int order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static void join(knowledge *to, const knowledge *from)
{
    for (unsigned i = 0; i < THREADS_MAX; i++)
        to->clock[i] = from->clock[i] > to->clock[i] ? from->clock[i] : to->clock[i];
    for (unsigned i = 0; i < m.count; i++)
        if (m.locations[i].place[from->seen[i]] > m.locations[i].place[to->seen[i]])
            to->seen[i] = from->seen[i];
}

static uint64_t read_message(unsigned thread, location *l, unsigned id, int order)
{
    knowledge *k = &m.knows[thread];
    message *from = &l->messages[id];
    if (l->place[id] > l->place[k->seen[l - m.locations]])
        k->seen[l - m.locations] = (uint8_t)id;
    if (acquires(order))
        join(k, &from->says);
    m.history[thread] = mix(m.history[thread], (uint64_t)from->writer << 16 | from->op);
    return from->value;
}

/* At `place` in modification order; `carries` is what the message it changed said, or NULL. */
static void write_message(unsigned thread, location *l, unsigned place, uint64_t value, int order,
                          const knowledge *carries)
{
    if (l->count == MESSAGES)
        explore_give_up("too many stores to one object");
    unsigned id = l->count++, index = (unsigned)(l - m.locations);
    for (unsigned i = id; i > place; i--) {
        l->order[i] = l->order[i - 1];
        l->place[l->order[i]] = (uint8_t)i;
    }
    l->order[place] = (uint8_t)id;
    l->place[id] = (uint8_t)place;
    knowledge *k = &m.knows[thread];
    message *to = &l->messages[id];
    to->value = value;
    to->writer = (uint8_t)thread;
    to->op = k->clock[thread];
    to->taken = 0;
    k->seen[index] = (uint8_t)id;
    if (carries != NULL)
        to->says = *carries;
    else
        memset(&to->says, 0, sizeof to->says);
    if (releases(order))
        join(&to->says, k);
    to->says.seen[index] = (uint8_t)id;
    if (place == id)
        set_memory(l->at, l->size, value); /* the newest: what plain code would see */
    m.history[thread] = mix(m.history[thread], 1);
    reprint(l);
    learn(l->at, value, thread);
    fulfil(thread, l, id);
}

static outcome load(unsigned thread, const operation *op, location *l)
{
    unsigned oldest = l->place[m.knows[thread].seen[l - m.locations]], there = l->count - oldest;
    uint64_t values[LATE_MAX * VALUES];
    unsigned late = op->order == __ATOMIC_RELAXED ? guessable(l->at, thread, values) : 0;
    unsigned choice = search_choose(there + late);
    if (choice < there)
        return (outcome){read_message(thread, l, l->order[l->count - 1 - choice], op->order), 0};
    guess *g = &m.guesses[m.guessed++];
    *g = (guess){l->at,
                 values[choice - there],
                 thread,
                 m.knows[thread].clock[thread],
                 m.knows[thread].seen[l - m.locations],
                 1};
    m.history[thread] = mix(m.history[thread], mix(GUESSED, g->value));
    search_tell("    a guess: nobody has written that yet");
    return (outcome){g->value, 0};
}

static outcome store(unsigned thread, const operation *op, location *l)
{
    unsigned places[MESSAGES], n = 0;
    for (unsigned p = l->count; p > l->place[m.knows[thread].seen[l - m.locations]]; p--)
        if (!l->messages[l->order[p - 1]].taken)
            places[n++] = p;
    write_message(thread, l, places[search_choose(n)], op->operand, op->order, NULL);
    return (outcome){0, 1};
}

static uint64_t changed(const operation *op, uint64_t before)
{
    switch (op->function) {
    case '+':
        return before + op->operand;
    case '-':
        return before - op->operand;
    case '|':
        return before | op->operand;
    case '&':
        return before & op->operand;
    case '^':
        return before ^ op->operand;
    default:
        return op->operand;
    }
}

static outcome change(unsigned thread, const operation *op, location *l)
{
    unsigned ids[MESSAGES], n = 0;
    for (unsigned p = l->count; p-- > l->place[m.knows[thread].seen[l - m.locations]];) {
        message *w = &l->messages[l->order[p]];
        /* A compare that fails is a load; one that succeeds has to be next to what it read. */
        if (!w->taken || (op->kind == COMPARE && w->value != op->expected))
            ids[n++] = l->order[p];
    }
    unsigned id = ids[search_choose(n)];
    message *from = &l->messages[id];
    if (op->kind == COMPARE && from->value != op->expected)
        return (outcome){read_message(thread, l, id, op->order_failed), 0};
    uint64_t before = read_message(thread, l, id, op->order);
    knowledge carries = from->says;
    uint64_t mask = op->size == 8 ? UINT64_MAX : ((uint64_t)1 << op->size * 8) - 1;
    from->taken = 1;
    write_message(thread, l, l->place[id] + 1U, changed(op, before) & mask, op->order, &carries);
    return (outcome){before, 1};
}

outcome machine_perform(unsigned thread, const operation *op)
{
    static const char *const kinds[] = {"load", "store", "change", "compare"};
    if (op->at < PAGE)
        search_fail("null pointer");
    stay_clear(thread, op->at);
    location *l = locate(op->at, op->size);
    m.knows[thread].clock[thread]++;
    search_tell("thread %u: %s %s", thread, kinds[op->kind], explore_name_of(op->at));
    outcome o = op->kind == LOAD    ? load(thread, op, l)
                : op->kind == STORE ? store(thread, op, l)
                                    : change(thread, op, l);
    if (op->kind != STORE)
        search_tell("    read %#llx", (unsigned long long)o.before);
    if (o.succeeded)
        search_tell("    now %#llx", (unsigned long long)memory_at(l->at, l->size));
    const char *race = shadow_atomic(thread, m.knows[thread].clock, op->at, op->size, o.succeeded);
    if (race != NULL)
        search_fail("data race: atomic access, %s", race);
    return o;
}
