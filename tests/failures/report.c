#include "report.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 96
#define LINE_SIZE 1000

static const ElfW(Sym) * symbols;
static size_t symbol_count;
static const char *strings;
static uintptr_t bias; /* where the program lies, less where it was linked to lie */

static int first_object(struct dl_phdr_info *info, size_t size, void *to)
{
    (void)size;
    *(uintptr_t *)to = info->dlpi_addr;
    return 1; /* the program itself comes first */
}

void report_start(void)
{
    inject_pause();
    struct stat s;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const char *file = fd < 0 || fstat(fd, &s) != 0
                           ? MAP_FAILED
                           : mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED) {
        perror("failures: /proc/self/exe");
        _exit(99);
    }
    close(fd);
    inject_resume();
    const ElfW(Ehdr) *head = (const void *)file;
    const ElfW(Shdr) *sections = (const void *)(file + head->e_shoff);
    for (size_t i = 0; i < head->e_shnum; i++)
        if (sections[i].sh_type == SHT_SYMTAB) {
            symbols = (const void *)(file + sections[i].sh_offset);
            symbol_count = sections[i].sh_size / sizeof *symbols;
            strings = file + sections[sections[i].sh_link].sh_offset;
        }
    dl_iterate_phdr(first_object, &bias);
}

/* The function, and how far in it the call lies; of a library its name alone. Two builds differ
 * where the function itself does. */
static size_t name_of(const void *frame, char *out)
{
    uintptr_t at = (uintptr_t)frame - 1 - bias; /* the call lies before where it returns to */
    for (size_t i = 0; i < symbol_count; i++) {
        const ElfW(Sym) *s = &symbols[i];
        if ((s->st_info & 15) != STT_FUNC || at - s->st_value >= s->st_size)
            continue;
        const char *name = strings + s->st_name;
        snprintf(out, NAME_SIZE, "%.*s", (int)strcspn(name, "."), name); /* not "x.part.0" */
        return at - s->st_value;
    }
    Dl_info object;
    if (dladdr(frame, &object) != 0 && (uintptr_t)object.dli_fbase != bias) {
        const char *base = strrchr(object.dli_fname, '/');
        snprintf(out, NAME_SIZE, "%s", base != NULL ? base + 1 : object.dli_fname);
        return 0;
    }
    snprintf(out, NAME_SIZE, "?"); /* stripped */
    return at;
}

uint32_t way_identity(const way *w)
{
    char name[NAME_SIZE];
    uint32_t hash = 2166136261u;
    snprintf(name, sizeof name, "%s", w->name);
    size_t place = 0;
    for (int i = 0;; i++) {
        for (const char *c = name; *c != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * 16777619u;
        hash = (hash ^ (uint32_t)place) * 16777619u;
        if (i == w->depth)
            break;
        place = name_of(w->frames[i], name);
    }
    return hash ^ hash >> 16;
}

void report(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    printf("# %s\n", line);
    fflush(stdout);
    fprintf(stderr, "# %s\n", line);
}

/* What addr2line makes of the addresses in this program; not for machines without it. */
static void print_places(const way *w)
{
    char command[1200];
    int n = snprintf(command, sizeof command, "addr2line -s -f -p -e /proc/%d/exe", (int)getpid());
    for (int i = 0; i < w->depth; i++)
        n += snprintf(command + n, sizeof command - (size_t)n, " 0x%zx",
                      (size_t)((uintptr_t)w->frames[i] - 1 - bias));
    snprintf(command + n, sizeof command - (size_t)n,
             " 2>/dev/null | grep '^[a-z_]' | sed 's/^/    /' >&2");
    if (system(command) != 0)
        fprintf(stderr, "    (addresses unknown)\n");
}

void way_report(const way *w)
{
    char line[LINE_SIZE], name[NAME_SIZE];
    int n = snprintf(line, sizeof line, "%s", w->name);
    for (int i = 0; i < w->depth && n < (int)(sizeof line - sizeof name); i++) {
        name_of(w->frames[i], name);
        n += snprintf(line + n, sizeof line - (size_t)n, "%s%s", i == 0 ? " by " : " < ", name);
    }
    report("  %s", line);
    print_places(w);
}
