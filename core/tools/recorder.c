#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBER_MAX 999999

static int fail(const char *what, const char *path, const char *why)
{
    fprintf(stderr, "upbit-record: %s %s: %s\n", what, path, why);
    return -1;
}

/* btc.jsonl with 3 -> btc.000003.jsonl; a point that begins a name is none. */
static int name_file(recorder *r, unsigned number)
{
    const char *slash = strrchr(r->name, '/'), *base = slash != NULL ? slash + 1 : r->name;
    const char *point = strrchr(base, '.');
    size_t stem = point == NULL || point == base ? strlen(r->name) : (size_t)(point - r->name);
    int length = r->rotate ? snprintf(r->path, sizeof r->path, "%.*s.%06u%s", (int)stem, r->name,
                                      number, r->name + stem)
                           : snprintf(r->path, sizeof r->path, "%s", r->name);
    snprintf(r->part, sizeof r->part, "%s.part", r->path);
    return length > 0 && (size_t)length < sizeof r->path ? 0
                                                         : fail("cannot name", r->name, "too long");
}

static bool exists(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

/* The first number from `from` on that nobody has. */
static int find_free(recorder *r, unsigned from)
{
    for (r->number = from; r->number <= NUMBER_MAX; r->number++) {
        if (name_file(r, r->number) != 0)
            return -1;
        bool taken = exists(r->path), unfinished = exists(r->part);
        if (!taken && !unfinished)
            return 0;
        if (!r->rotate)
            return fail("will not overwrite", taken ? r->path : r->part,
                        taken ? "there is such a file; choose another name"
                              : "left by a recording that was cut; rename it or remove it");
    }
    return fail("no number is free for", r->name, "there are 999999");
}

int recorder_check(recorder *r)
{
    const char *slash = strrchr(r->name, '/');
    char folder[4096] = ".";
    if (slash != NULL && (size_t)(slash - r->name) < sizeof folder)
        snprintf(folder, sizeof folder, "%.*s", slash == r->name ? 1 : (int)(slash - r->name),
                 r->name);
    if (access(folder, W_OK | X_OK) != 0)
        return fail("cannot write into", folder, strerror(errno));
    return find_free(r, 1);
}

static int open_file(recorder *r, double now)
{
    upbit_stats s;
    upbit_manager_get_stats(r->manager, &s, sizeof s);
    r->frames = s.trace_frames;
    r->failures = s.trace_failures;
    int error = upbit_manager_set_trace(r->manager, r->session, r->part);
    if (error != 0) {
        const char *detail = upbit_error_detail();
        return fail("cannot record to", r->part,
                    *detail != '\0' ? detail : upbit_error_string(error));
    }
    r->began = now;
    r->open = true;
    if (!r->quiet)
        fprintf(stderr, "upbit-record: recording to %s\n", r->part);
    return 0;
}

/* Names survive a power cut when their folder is on the disk. */
static void sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Not rename: that would overwrite what has appeared under the name meanwhile. */
static int give_name(const char *part, const char *path)
{
    if (link(part, path) == 0)
        return unlink(part);
    if (errno == EEXIST)
        return -1;
    return renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE); /* no hard links here */
}

/* The file is complete on the disk: set_trace has seen to that. `after` is of its end. */
static int complete(recorder *r, double now, const upbit_stats *after)
{
    struct stat s;
    if (stat(r->part, &s) != 0)
        return fail("cannot find", r->part, strerror(errno));
    if (s.st_size == 0) {
        unlink(r->part);
        if (!r->quiet)
            fprintf(stderr, "upbit-record: nothing came for %s; it is not kept\n", r->path);
    } else {
        if (give_name(r->part, r->path) != 0)
            return fail("cannot give the name to", r->part, strerror(errno));
        sync_folder(r->path);
        r->files++;
        char frames[40] = "";
        if (r->alone)
            snprintf(frames, sizeof frames, "%" PRIu64 " frames, ",
                     after->trace_frames - r->frames);
        if (!r->quiet)
            fprintf(stderr, "upbit-record: %s is complete: %s%" PRIu64 " bytes, %d s\n", r->path,
                    frames, (uint64_t)s.st_size, (int)(now - r->began + 0.5));
    }
    if (after->trace_failures != r->failures)
        return fail("could not write all of", r->path,
                    "the disk may be full; it ends with the last frame that fitted");
    return 0;
}

int recorder_start(recorder *r, double now)
{
    return find_free(r, 1) == 0 ? open_file(r, now) : -1;
}

static bool is_due(const recorder *r, double now)
{
    struct stat s;
    if (r->seconds_max > 0 && now - r->began >= r->seconds_max)
        return true;
    return r->size_max > 0 && stat(r->part, &s) == 0 && (uint64_t)s.st_size >= r->size_max;
}

int recorder_turn(recorder *r, double now)
{
    upbit_stats s;
    if (!r->open)
        return 0;
    upbit_manager_get_stats(r->manager, &s, sizeof s);
    if (s.trace_failures != r->failures)
        return recorder_finish(r, now);
    if (!r->rotate || !is_due(r, now))
        return 0;
    /* The next one is open before the last one ends: no frame is missing between the two. */
    recorder before = *r;
    if (find_free(r, r->number + 1) != 0 || open_file(r, now) != 0) {
        *r = before;
        recorder_finish(r, now);
        return -1;
    }
    s.trace_frames = r->frames; /* what came since belongs to the next one */
    int result = complete(&before, now, &s);
    r->files = before.files;
    return result;
}

int recorder_finish(recorder *r, double now)
{
    if (!r->open)
        return 0;
    r->open = false;
    int error = upbit_manager_set_trace(r->manager, r->session, NULL);
    upbit_stats s;
    upbit_manager_get_stats(r->manager, &s, sizeof s);
    int result = complete(r, now, &s);
    if (error != 0 && result == 0)
        return fail("could not complete", r->path, upbit_error_detail());
    return result;
}
