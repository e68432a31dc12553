/* What code compiled with -fsanitize=thread calls for each of its accesses, answered by the
 * explorer in place of ThreadSanitizer; and the few library functions that litmus programs use
 * (names.h).
 *
 * Memory from malloc is never used twice within an execution, so an access after free is seen. */
#include "instrument.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "explore.h"
#include "machine.h"
#include "search.h"

enum { HEAP = 1 << 18, BLOCKS = 64, FILES = 4, NOT_A_FILE = 1000, SHARED = 1024, MUTEXES = 4 };

/* One heap per thread: addresses do not depend on the order of execution. */
static struct {
    _Alignas(64) unsigned char bytes[HEAP];
    size_t used, count;
    struct {
        size_t from, size;
        int live;
    } blocks[BLOCKS];
} heaps[THREADS_MAX];

static struct {
    const void *mutex;
    int is_free;
} mutexes[MUTEXES];
static unsigned mutexes_count;
static uint64_t files[FILES]; /* the counters of eventfds */
static int files_count;

void instrument_reset(void)
{
    mutexes_count = 0;
    files_count = 0;
    for (unsigned t = 0; t < THREADS_MAX; t++)
        heaps[t].used = heaps[t].count = 0;
}

void instrument_check_leaks(void)
{
    for (unsigned t = 0; t < THREADS_MAX; t++)
        for (size_t i = 0; i < heaps[t].count; i++)
            if (heaps[t].blocks[i].live)
                search_fail("leak: block %u of thread %u", (unsigned)i, t);
}

/* The block an address lies in: *heap, and its index; -1: none of ours. */
static int block_of(uintptr_t at, unsigned *heap)
{
    for (unsigned t = 0; t < THREADS_MAX; t++) {
        uintptr_t from = (uintptr_t)heaps[t].bytes;
        if (at < from || at >= from + HEAP)
            continue;
        *heap = t;
        for (size_t i = heaps[t].count; i-- > 0;)
            if (at - from >= heaps[t].blocks[i].from)
                return (int)i;
    }
    return -1;
}

static void check_live(uintptr_t at)
{
    unsigned heap;
    int i = block_of(at, &heap);
    if (i >= 0 && !heaps[heap].blocks[i].live)
        search_fail("use after free: block %d of thread %u", i, heap);
}

static void plain(const volatile void *at, uintptr_t size, int is_write)
{
    check_live((uintptr_t)at);
    machine_plain(search_thread(), (uintptr_t)at, size, is_write);
}

/* Objects that more than one thread has used, in any execution so far: only there does it matter
 * who comes first. main runs before and after the others, so it does not count. */
static struct {
    uintptr_t at;
    unsigned users;
} objects[SHARED];
static unsigned objects_count;
static int found_shared;

static int is_shared(uintptr_t at, unsigned thread)
{
    unsigned i = (unsigned)(at >> 2) % SHARED, user = thread == MAIN ? 0 : 1U << thread;
    while (objects[i].at != 0 && objects[i].at != at)
        i = (i + 1) % SHARED;
    if (objects[i].at == 0 && ++objects_count > SHARED / 2)
        explore_give_up("too many atomic objects");
    int was = (objects[i].users & (objects[i].users - 1)) != 0;
    objects[i].at = at;
    objects[i].users |= user;
    int is = (objects[i].users & (objects[i].users - 1)) != 0;
    found_shared |= is != was;
    return is;
}

int instrument_found_shared(void)
{
    int found = found_shared;
    found_shared = 0;
    return found;
}

static outcome atomically(const operation *op)
{
    if (is_shared(op->at, search_thread()))
        search_step();
    check_live(op->at);
    return machine_perform(search_thread(), op);
}

/* ---- library ---- */

typedef unsigned long thread_id;

void *explore_aligned_alloc(size_t alignment, size_t size);
void *explore_malloc(size_t size);
void *explore_calloc(size_t count, size_t size);
void explore_free(void *p);
int explore_create(thread_id *out, const void *attributes, void *(*body)(void *), void *argument);
int explore_join(thread_id thread, void **result);
thread_id explore_self(void);
int explore_mutex_init(void *mutex, const void *attributes);
int explore_mutex_lock(void *mutex);
int explore_mutex_unlock(void *mutex);
int explore_mutex_destroy(void *mutex);
int explore_eventfd(unsigned count, int flags);
ssize_t explore_read(int fd, void *to, size_t size);
ssize_t explore_write(int fd, const void *from, size_t size);
int explore_close(int fd);
_Noreturn void explore_assert_fail(const char *what, const char *file, unsigned line,
                                   const char *function);

void *explore_aligned_alloc(size_t alignment, size_t size)
{
    unsigned t = search_thread();
    size_t from = (heaps[t].used + alignment - 1) / alignment * alignment, i = heaps[t].count;
    if (from + size > HEAP || i == BLOCKS)
        return NULL;
    heaps[t].used = from + size;
    heaps[t].blocks[i].from = from;
    heaps[t].blocks[i].size = size;
    heaps[t].blocks[i].live = 1;
    heaps[t].count++;
    memset(heaps[t].bytes + from, 0xa5, size);
    return heaps[t].bytes + from;
}

void *explore_malloc(size_t size)
{
    return explore_aligned_alloc(16, size);
}

void *explore_calloc(size_t count, size_t size)
{
    void *p = explore_aligned_alloc(64, count * size);
    return p == NULL ? NULL : memset(p, 0, count * size);
}

void explore_free(void *p)
{
    if (p == NULL)
        return;
    unsigned heap;
    int i = block_of((uintptr_t)p, &heap);
    if (i < 0 || !heaps[heap].blocks[i].live)
        search_fail("freed twice, or never allocated");
    machine_forget(search_thread(), (uintptr_t)p, heaps[heap].blocks[i].size);
    heaps[heap].blocks[i].live = 0;
}

int explore_create(thread_id *out, const void *attributes, void *(*body)(void *), void *argument)
{
    (void)attributes;
    *out = search_spawn(body, argument);
    return 0;
}

int explore_join(thread_id thread, void **result)
{
    (void)result;
    search_join((unsigned)thread);
    return 0;
}

/* A mutex is a row of read-modify-writes on its first word. */
static void change_mutex(void *mutex, uint32_t to)
{
    operation op = {CHANGE, (uintptr_t)mutex, 4, __ATOMIC_ACQ_REL, 0, to, 0, '='};
    machine_perform(search_thread(), &op);
}

static int *is_free(const void *mutex)
{
    for (unsigned i = 0; i < mutexes_count; i++)
        if (mutexes[i].mutex == mutex)
            return &mutexes[i].is_free;
    search_fail("a mutex that was not made");
}

int explore_mutex_init(void *mutex, const void *attributes)
{
    (void)attributes;
    if (mutexes_count == MUTEXES)
        explore_give_up("too many mutexes");
    mutexes[mutexes_count].mutex = mutex;
    mutexes[mutexes_count++].is_free = 1;
    return 0;
}

int explore_mutex_lock(void *mutex)
{
    int *free_now = is_free(mutex);
    search_step();
    search_wait(free_now);
    *free_now = 0;
    change_mutex(mutex, 1);
    return 0;
}

int explore_mutex_unlock(void *mutex)
{
    change_mutex(mutex, 0);
    *is_free(mutex) = 1;
    return 0;
}

int explore_mutex_destroy(void *mutex)
{
    if (!*is_free(mutex))
        search_fail("a mutex destroyed while it is locked");
    return 0;
}

int explore_eventfd(unsigned count, int flags)
{
    (void)flags;
    if (files_count == FILES)
        explore_give_up("too many eventfds");
    files[files_count] = count;
    return NOT_A_FILE + files_count++;
}

/* As the kernel does it, but without the order its lock would give: nobody may rely on that. */
static uint64_t change_file(int fd, char function, uint64_t by)
{
    operation op = {CHANGE,  (uintptr_t)&files[fd - NOT_A_FILE], 8, __ATOMIC_RELAXED, 0, by, 0,
                    function};
    return atomically(&op).before;
}

ssize_t explore_read(int fd, void *to, size_t size)
{
    uint64_t count = change_file(fd, '=', 0);
    errno = EAGAIN;
    memcpy(to, &count, size);
    return count == 0 ? -1 : (ssize_t)size;
}

ssize_t explore_write(int fd, const void *from, size_t size)
{
    uint64_t by;
    memcpy(&by, from, size);
    change_file(fd, '+', by);
    return (ssize_t)size;
}

int explore_close(int fd)
{
    (void)fd;
    return 0;
}

int explore_readable(int fd)
{
    operation op = {LOAD, (uintptr_t)&files[fd - NOT_A_FILE], 8, __ATOMIC_RELAXED, 0, 0, 0, 0};
    return atomically(&op).before != 0;
}

thread_id explore_self(void)
{
    return search_thread();
}

void explore_assert_fail(const char *what, const char *file, unsigned line, const char *function)
{
    (void)function;
    const char *name = strrchr(file, '/');
    search_fail("assertion: %s (%s:%u)", what, name == NULL ? file : name + 1, line);
}

/* ---- plain accesses ---- */

#define PLAIN(bytes)                                                                               \
    void __tsan_read##bytes(void *p);                                                              \
    void __tsan_write##bytes(void *p);                                                             \
    void __tsan_unaligned_read##bytes(void *p);                                                    \
    void __tsan_unaligned_write##bytes(void *p);                                                   \
    void __tsan_read##bytes(void *p)                                                               \
    {                                                                                              \
        plain(p, bytes, 0);                                                                        \
    }                                                                                              \
    void __tsan_write##bytes(void *p)                                                              \
    {                                                                                              \
        plain(p, bytes, 1);                                                                        \
    }                                                                                              \
    void __tsan_unaligned_read##bytes(void *p)                                                     \
    {                                                                                              \
        plain(p, bytes, 0);                                                                        \
    }                                                                                              \
    void __tsan_unaligned_write##bytes(void *p)                                                    \
    {                                                                                              \
        plain(p, bytes, 1);                                                                        \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void __tsan_read_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memmove(void *to, const void *from, size_t size);
void *__tsan_memset(void *to, int value, size_t size);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
    (void)pc;
}

void __tsan_func_exit(void)
{
}

void __tsan_read_range(void *p, size_t size)
{
    plain(p, size, 0);
}

void __tsan_write_range(void *p, size_t size)
{
    plain(p, size, 1);
}

void *__tsan_memcpy(void *to, const void *from, size_t size)
{
    return __tsan_memmove(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size)
{
    plain(from, size, 0);
    plain(to, size, 1);
    return memmove(to, from, size);
}

void *__tsan_memset(void *to, int value, size_t size)
{
    plain(to, size, 1);
    return memset(to, value, size);
}

/* ---- atomic accesses; gcc calls compare_exchange_strong and _weak, clang _val ---- */

#define ATOMIC(bits, type)                                                                         \
    type __tsan_atomic##bits##_load(const volatile type *p, int order);                            \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order);                         \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *e, type v,           \
                                                      int order, int failed);                      \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *e, type v, int order,  \
                                                    int failed);                                   \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type e, type v, int order,   \
                                                    int failed);                                   \
    type __tsan_atomic##bits##_load(const volatile type *p, int order)                             \
    {                                                                                              \
        operation op = {LOAD, (uintptr_t)p, bits / 8, order, 0, 0, 0, 0};                          \
        return (type)atomically(&op).before;                                                       \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order)                          \
    {                                                                                              \
        operation op = {STORE, (uintptr_t)p, bits / 8, order, 0, v, 0, 0};                         \
        atomically(&op);                                                                           \
    }                                                                                              \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type e, type v, int order,   \
                                                    int failed)                                    \
    {                                                                                              \
        operation op = {COMPARE, (uintptr_t)p, bits / 8, order, failed, v, e, 0};                  \
        return (type)atomically(&op).before;                                                       \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *e, type v,           \
                                                      int order, int failed)                       \
    {                                                                                              \
        type before = __tsan_atomic##bits##_compare_exchange_val(p, *e, v, order, failed);         \
        int same = before == *e;                                                                   \
        if (!same)                                                                                 \
            *e = before;                                                                           \
        return same;                                                                               \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *e, type v, int order,  \
                                                    int failed)                                    \
    {                                                                                              \
        return __tsan_atomic##bits##_compare_exchange_strong(p, e, v, order, failed);              \
    }                                                                                              \
    CHANGING(bits, type, exchange, '=')                                                            \
    CHANGING(bits, type, fetch_add, '+')                                                           \
    CHANGING(bits, type, fetch_sub, '-')                                                           \
    CHANGING(bits, type, fetch_or, '|')                                                            \
    CHANGING(bits, type, fetch_and, '&')                                                           \
    CHANGING(bits, type, fetch_xor, '^')
#define CHANGING(bits, type, name, function)                                                       \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order);                        \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order)                         \
    {                                                                                              \
        operation op = {CHANGE, (uintptr_t)p, bits / 8, order, 0, v, 0, function};                 \
        return (type)atomically(&op).before;                                                       \
    }
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
