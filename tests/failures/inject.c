#include "inject.h"

#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

#define SKIPPED    2 /* inject_here and the wrapper */
#define DEEP       64
#define BLOCKS_MAX (1 << 17)

typedef struct block {
    void *address;
    uint64_t way;
} block;

typedef struct shared {
    atomic_flag lock;
    size_t count;
    way ways[WAYS_MAX];
} shared;

static shared *all;
way *ways;

enum { NOTHING, LEARNING, FAILING, ONE_CALL };
static atomic_int
    mode; /* relaxed: it orders nothing, or it would hide what ThreadSanitizer looks for */
static _Atomic(const char *) one_call;
static atomic_bool no_memory, every_call;
static _Atomic uint32_t spare_calls, lacking_calls;
static uint64_t fail_hash;
static uint32_t fail_which, fail_burst;
static const char *fail_name;
static _Atomic uint32_t seen, failed;
static uint32_t counted[WAYS_MAX]; /* learning: of this session, under the lock */
static _Thread_local int paused;
static _Thread_local uint64_t last_way;
static _Thread_local int bottom; /* frames of the driver, below the session */

static pthread_mutex_t blocks_mutex = PTHREAD_MUTEX_INITIALIZER;
static block *blocks; /* open addressing; under the mutex */

void inject_start(void)
{
    void *first[1];
    backtrace(first, 1); /* loads what it needs */
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    blocks = mmap(NULL, BLOCKS_MAX * sizeof *blocks, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || blocks == MAP_FAILED) {
        fputs("failures: no memory\n", stderr);
        _exit(99);
    }
    ways = all->ways;
}

size_t ways_count(void)
{
    return all->count;
}

void inject_learn(void)
{
    atomic_store_explicit(&mode, LEARNING, memory_order_relaxed);
}

void inject_fail(uint64_t hash, uint32_t which, uint32_t burst)
{
    fail_hash = hash;
    fail_which = which;
    fail_burst = burst;
    atomic_store_explicit(&mode, FAILING, memory_order_relaxed);
}

void inject_fail_call(const char *name)
{
    atomic_store(&failed, 0);
    atomic_store(&one_call, name);
    atomic_store_explicit(&mode, ONE_CALL, memory_order_relaxed);
}

void inject_fail_calls(const char *name)
{
    inject_fail_call(name);
    atomic_store(&every_call, name != NULL);
}

void inject_no_memory(bool none)
{
    atomic_store(&no_memory, none);
    atomic_store_explicit(&mode, ONE_CALL, memory_order_relaxed);
}

void inject_memory_ends(uint32_t spare, uint32_t lacking)
{
    atomic_store(&failed, 0);
    atomic_store(&spare_calls, spare);
    atomic_store(&lacking_calls, lacking);
    atomic_store_explicit(&mode, ONE_CALL, memory_order_relaxed);
}

void inject_memory_lasts(void)
{
    atomic_store(&lacking_calls, 0);
}

static int mode_now(void)
{
    return atomic_load_explicit(&mode, memory_order_relaxed);
}

static bool is_memory(const char *name)
{
    static const char *const names[] = {"malloc",        "calloc", "realloc",
                                        "aligned_alloc", "strdup", "strndup"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool took_one(_Atomic uint32_t *calls)
{
    uint32_t left = atomic_load(calls);
    while (left > 0 && !atomic_compare_exchange_weak(calls, &left, left - 1))
        ;
    return left > 0;
}

/* Without a way. */
static bool fails_by_name(const char *name)
{
    const char *wanted = atomic_load(&one_call);
    bool fails = is_memory(name) &&
                 (atomic_load(&no_memory) || (!took_one(&spare_calls) && took_one(&lacking_calls)));
    if (!fails && wanted != NULL && strcmp(name, wanted) == 0)
        fails =
            atomic_load(&every_call) || atomic_compare_exchange_strong(&one_call, &wanted, NULL);
    if (fails)
        atomic_fetch_add(&failed, 1);
    return fails;
}

uint32_t inject_failed(void)
{
    return atomic_load(&failed);
}

void inject_begin(void)
{
    void *frames[DEEP];
    bottom = backtrace(frames, DEEP) - 1;
}

void inject_pause(void)
{
    paused++;
}

void inject_resume(void)
{
    paused--;
}

uint64_t inject_last_way(void)
{
    return last_way;
}

static void learn(const char *name, uint64_t hash, void *const *frames, int depth)
{
    while (atomic_flag_test_and_set(&all->lock))
        ;
    size_t i = 0;
    while (i < all->count && all->ways[i].hash != hash)
        i++;
    if (i == all->count && i < WAYS_MAX) {
        way *w = &all->ways[all->count++];
        *w = (way){.hash = hash, .name = name, .depth = depth};
        memcpy(w->frames, frames, (size_t)depth * sizeof *frames);
    }
    if (i < WAYS_MAX) {
        all->ways[i].sessions += counted[i]++ == 0;
        if (counted[i] > all->ways[i].calls)
            all->ways[i].calls = counted[i];
    }
    atomic_flag_clear(&all->lock);
}

bool inject_here(const char *name)
{
    int how = mode_now();
    if (how == NOTHING || paused > 0)
        return false;
    if (how == ONE_CALL)
        return fails_by_name(name);
    void *frames[DEEP];
    paused++;
    int depth = backtrace(frames, DEEP) - SKIPPED - bottom;
    paused--;
    depth = depth > WAY_DEPTH ? WAY_DEPTH : depth < 0 ? 0 : depth;
    uint64_t hash = 14695981039346656037u;
    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[SKIPPED + i]) * 1099511628211u;
    last_way = hash;
    if (how == LEARNING) {
        learn(name, hash, frames + SKIPPED, depth);
        return false;
    }
    uint32_t done = atomic_load(&failed);
    if (done > 0) {
        if (done >= fail_burst || strcmp(name, fail_name) != 0)
            return false;
    } else {
        if (hash != fail_hash || atomic_fetch_add(&seen, 1) + 1 != fail_which)
            return false;
        fail_name = name;
    }
    atomic_fetch_add(&failed, 1);
    return true;
}

static size_t place(const void *address)
{
    return ((uintptr_t)address >> 4) * 0x9E3779B97F4A7C15u >> (64 - 17);
}

void memory_note(void *address)
{
    int how = mode_now();
    if (address == NULL || how == NOTHING || how == ONE_CALL || paused > 0)
        return;
    pthread_mutex_lock(&blocks_mutex);
    size_t i = place(address);
    while (blocks[i].address != NULL)
        i = (i + 1) % BLOCKS_MAX;
    blocks[i] = (block){address, last_way};
    pthread_mutex_unlock(&blocks_mutex);
}

void memory_forget(void *address)
{
    int how = mode_now();
    if (address == NULL || how == NOTHING || how == ONE_CALL)
        return;
    pthread_mutex_lock(&blocks_mutex);
    size_t i = place(address);
    while (blocks[i].address != NULL && blocks[i].address != address)
        i = (i + 1) % BLOCKS_MAX;
    if (blocks[i].address != NULL) {
        /* Those behind move up, so that no hole hides them. */
        size_t hole = i;
        blocks[hole].address = NULL;
        for (i = (i + 1) % BLOCKS_MAX; blocks[i].address != NULL; i = (i + 1) % BLOCKS_MAX) {
            size_t home = place(blocks[i].address);
            if ((i - home) % BLOCKS_MAX >= (i - hole) % BLOCKS_MAX) {
                blocks[hole] = blocks[i];
                blocks[i].address = NULL;
                hole = i;
            }
        }
    }
    pthread_mutex_unlock(&blocks_mutex);
}

void memory_kept(kept_ways *out)
{
    for (size_t i = 0; i < BLOCKS_MAX; i++)
        if (blocks[i].address != NULL && out->count < sizeof out->hash / sizeof *out->hash)
            out->hash[out->count++] = blocks[i].way;
}

static bool is_kept(const kept_ways *kept, uint64_t hash)
{
    for (size_t i = 0; i < kept->count; i++)
        if (kept->hash[i] == hash)
            return true;
    return false;
}

size_t memory_leaked(const kept_ways *kept)
{
    size_t n = 0;
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        if (blocks[i].address == NULL || is_kept(kept, blocks[i].way))
            continue;
        n++;
        report("  not given back, allocated by");
        for (size_t w = 0; w < all->count; w++)
            if (all->ways[w].hash == blocks[i].way)
                way_report(&all->ways[w]);
    }
    return n;
}
