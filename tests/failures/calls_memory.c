/* Memory that core asks the C library for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *block);

#define NEW(name, call)                                                                            \
    if (inject_here(name)) {                                                                       \
        errno = ENOMEM;                                                                            \
        return NULL;                                                                               \
    }                                                                                              \
    void *made = call;                                                                             \
    memory_note(made);                                                                             \
    return made

void *__wrap_malloc(size_t size)
{
    NEW("malloc", __real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    NEW("calloc", __real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (inject_here("realloc")) {
        errno = ENOMEM;
        return NULL;
    }
    memory_forget(old);
    void *made = __real_realloc(old, size);
    memory_note(made != NULL ? made : old);
    return made;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    NEW("aligned_alloc", __real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    NEW("strdup", __real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size)
{
    NEW("strndup", __real_strndup(text, size));
}

void __wrap_free(void *block)
{
    memory_forget(block);
    __real_free(block);
}
