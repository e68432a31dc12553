/* The fuzz targets without a fuzzer: every file of the corpus, and a fixed number of damaged copies
 * of it, always the same ones, every fourth damaged in the target's own way. What ends the program
 * is left in the file fuzz-input. A directory of the corpus is named like its target.
 *
 *     replay CORPUS [ROUNDS]     TAP, a case per target
 *     replay --target NAME FILE  one input, as libFuzzer wrote it down */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mutate.h"
#include "targets.h"

#define FILE_MAX ((size_t)1 << 20)

static const struct {
    const char *name;
    void (*run)(const uint8_t *data, size_t size);
} targets[] = {
#define FUZZ_ROW(name) {#name, fuzz_##name},
    FUZZ_TARGETS(FUZZ_ROW)
#undef FUZZ_ROW
};
enum { TARGETS = sizeof targets / sizeof *targets };

static uint64_t seed;
static const uint8_t *input; /* of the call under way */
static size_t input_size;

/* What did it is kept. */
static void on_crash(int number)
{
    int fd = open("fuzz-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, input, input_size) < 0)
        _exit(3);
    signal(number, SIG_DFL);
    raise(number);
}

static size_t next(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MAX);
    if (f == NULL || bytes == NULL) {
        perror(path);
        exit(2);
    }
    *size = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    return bytes;
}

static void run(int k, const uint8_t *bytes, size_t size)
{
    input = bytes;
    input_size = size;
    targets[k].run(bytes, size);
}

/* A few bytes changed, lost, doubled or cut off. */
static size_t damage(uint8_t *bytes, size_t size, size_t most)
{
    for (size_t i = 1 + next(4); i > 0 && size > 0; i--) {
        size_t at = next(size), n = 1 + next(size - at < 16 ? size - at : 16);
        switch (next(4)) {
        case 0:
            bytes[at] = (uint8_t)next(256);
            break;
        case 1:
            bytes[at] ^= (uint8_t)(1u << next(8));
            break;
        case 2:
            memmove(bytes + at, bytes + at + n, size - at - n);
            size -= n;
            break;
        default:
            if (size + n > most)
                break;
            memmove(bytes + at + n, bytes + at, size - at);
            size += n;
        }
    }
    return size;
}

static int run_directory(int k, const char *corpus, long rounds)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", corpus, targets[k].name);
    DIR *d = opendir(path);
    int files = 0;
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", corpus, targets[k].name, e->d_name);
        size_t size;
        uint8_t *bytes = read_file(path, &size), *copy = malloc(FILE_MAX);
        if (copy == NULL)
            exit(2);
        run(k, bytes, size);
        seed = 88172645463325252u;
        fuzz_mutate *own = fuzz_mutator(targets[k].name);
        for (long i = 0; i < rounds; i++) {
            memcpy(copy, bytes, size);
            size_t most = size + 4096 < FILE_MAX ? size + 4096 : FILE_MAX;
            size_t now = own != NULL && i % 4 == 0 ? own(copy, size, most, seed, damage)
                                                   : damage(copy, size, most);
            run(k, copy, now);
        }
        free(copy);
        free(bytes);
        files++;
    }
    if (d != NULL)
        closedir(d);
    return files;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--target") == 0) {
        for (int k = 0; k < TARGETS; k++) {
            if (strcmp(argv[2], targets[k].name) != 0)
                continue;
            size_t size;
            uint8_t *bytes = read_file(argv[3], &size);
            targets[k].run(bytes, size);
            free(bytes);
            return 0;
        }
        fprintf(stderr, "replay: no target %s\n", argv[2]);
        return 2;
    }
    if (argc < 2)
        return 2;
    int bad = 0;
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    printf("1..%d\n", TARGETS);
    for (int k = 0; k < TARGETS; k++) {
        fflush(stdout);
        /* What the mock says about each bad key is not asked for here. */
        if (strcmp(targets[k].name, "mock_keys") == 0 && freopen("/dev/null", "w", stderr) == NULL)
            return 2;
        int files = run_directory(k, argv[1], rounds);
        bad += files == 0;
        printf("%s %d - %s: %d files\n", files > 0 ? "ok" : "not ok", k + 1, targets[k].name,
               files);
    }
    return bad > 0;
}
