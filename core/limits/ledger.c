#include "limits/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "limits/ledger_record.h"
#include "upbit-live/error.h"

/* A file that was deleted while we had it open is left for the one that others make. */
#define STILL_THERE_NS UPBIT__SECOND

struct upbit__ledger {
    int fd; /* -1: not open */
    unsigned mended;
    int64_t looked_ns; /* when it was last seen to have a name */
    const char *reason;
    uint8_t boot_id[16];
    uint8_t head[UPBIT__LEDGER_HEAD_SIZE]; /* as it lies in the file */
    char name[NAME_MAX + 1];
};

int upbit__ledger_create(upbit__ledger **out, const char *name)
{
    static const char ending[] = ".budget";
    upbit__ledger *l = calloc(1, sizeof *l);
    *out = l;
    if (l == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    l->fd = -1;
    l->reason = "";
    size_t n = 0;
    for (; n < NAME_MAX - sizeof ending && name[n] != '\0'; n++) {
        char c = name[n];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    (c == '.' && n > 0) || c == '-';
        l->name[n] = (char)(!fits ? '_' : c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    memcpy(l->name + n, ending, sizeof ending);
    return 0;
}

static void close_file(upbit__ledger *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void upbit__ledger_destroy(upbit__ledger *l)
{
    if (l == NULL)
        return;
    close_file(l);
    free(l);
}

void upbit__ledger_forked(upbit__ledger *l)
{
    close_file(l);
}

const char *upbit__ledger_reason(const upbit__ledger *l)
{
    return l->reason;
}

unsigned upbit__ledger_mended(const upbit__ledger *l)
{
    return l->mended;
}

/* The directory at path, made if it is missing; -1 with the reason. */
static int own_directory(const char *path, const char **reason)
{
    struct stat st;
    *reason = "the directory of the shared budgets cannot be made or opened";
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
        return fd;
    *reason = "the directory of the shared budgets belongs to others or is open to them";
    close(fd);
    return -1;
}

int upbit__ledger_directory(const char **reason)
{
    char path[PATH_MAX];
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *tmp = getenv("TMPDIR");
    if (runtime != NULL && runtime[0] == '/') {
        if (snprintf(path, sizeof path, "%s/upbit-live", runtime) < (int)sizeof path) {
            int fd = own_directory(path, reason);
            if (fd >= 0)
                return fd;
        }
    }
    struct stat st;
    snprintf(path, sizeof path, "/run/user/%lu", (unsigned long)geteuid());
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid()) {
        snprintf(path, sizeof path, "/run/user/%lu/upbit-live", (unsigned long)geteuid());
        int fd = own_directory(path, reason);
        if (fd >= 0)
            return fd;
    }
    if (tmp == NULL || tmp[0] != '/')
        tmp = "/tmp";
    if (snprintf(path, sizeof path, "%s/upbit-live-%lu", tmp, (unsigned long)geteuid()) >=
        (int)sizeof path) {
        *reason = "TMPDIR is too long";
        return -1;
    }
    return own_directory(path, reason);
}

/* "0b6a5f2e-...": its digits. Zeros when the kernel does not say: then nothing outlives a reboot
 * that a later time would not show. */
static void read_boot_id(uint8_t id[16])
{
    char text[64] = "";
    memset(id, 0, 16);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    int digits = 0;
    for (ssize_t i = 0; i < n && digits < 32; i++) {
        const char *hex = "0123456789abcdef", *at = text[i] != '\0' ? strchr(hex, text[i]) : NULL;
        if (at == NULL)
            continue;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | (uint8_t)(at - hex));
        digits++;
    }
}

static bool open_file(upbit__ledger *l)
{
    struct stat st;
    int directory = upbit__ledger_directory(&l->reason);
    if (directory < 0)
        return false;
    l->fd =
        openat(directory, l->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    close(directory);
    if (l->fd < 0) {
        l->reason = "the file of the shared budgets cannot be opened";
        return false;
    }
    if (fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & 077) == 0) {
        read_boot_id(l->boot_id);
        return true;
    }
    l->reason = "the file of the shared budgets is not the user's own";
    close_file(l);
    return false;
}

static bool set_lock(upbit__ledger *l, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(l->fd, F_OFD_SETLK, &lock) == 0;
}

void upbit__ledger_unlock(upbit__ledger *l)
{
    set_lock(l, F_UNLCK);
}

/* What is not there reads as zeros. */
static bool read_at(const upbit__ledger *l, void *bytes, size_t size, int64_t offset)
{
    memset(bytes, 0, size);
    return pread(l->fd, bytes, size, offset) >= 0;
}

static bool write_at(const upbit__ledger *l, const void *bytes, size_t size, int64_t offset)
{
    return pwrite(l->fd, bytes, size, offset) == (ssize_t)size;
}

void upbit__ledger_write_head(upbit__ledger *l, const upbit__ledger_head *head)
{
    uint8_t bytes[UPBIT__LEDGER_HEAD_SIZE];
    upbit__ledger_put_head(bytes, head, l->boot_id);
    /* Others may set the mark meanwhile: it is not in what is written. */
    if (memcmp(bytes, l->head, UPBIT__LEDGER_MARK_OFFSET) == 0)
        return;
    memcpy(l->head, bytes, UPBIT__LEDGER_MARK_OFFSET);
    if (!write_at(l, bytes, UPBIT__LEDGER_MARK_OFFSET, 0))
        l->reason = "the file of the shared budgets cannot be written";
}

void upbit__ledger_mark(upbit__ledger *l, int64_t until_ns)
{
    uint8_t bytes[8];
    upbit__ledger_put_mark(bytes, until_ns);
    if (l->fd >= 0)
        (void)!write_at(l, bytes, sizeof bytes, UPBIT__LEDGER_MARK_OFFSET);
}

/* Nothing in the file can be believed: all groups are as good as used up. */
static void spoil(upbit__ledger *l, int64_t now_ns)
{
    upbit__counter full;
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        upbit__counter_init(&full);
        upbit__counter_fill(&full, (upbit__group)g, now_ns);
        upbit__ledger_write(l, (upbit__group)g, &full);
    }
}

/* Under the lock. What the file says of the future is judged by the clock of now: the caller's time
 * is older, and others have written since. */
static int64_t latest_now(int64_t now_ns)
{
    int64_t clock_ns = upbit__clock_boottime_ns();
    return clock_ns > now_ns ? clock_ns : now_ns;
}

/* Under the lock. */
static upbit__ledger_result look(upbit__ledger *l, upbit__ledger_head *head, int64_t now_ns)
{
    if (!read_at(l, l->head, sizeof l->head, 0)) {
        l->reason = "the file of the shared budgets cannot be read";
        return UPBIT__LEDGER_NONE;
    }
    upbit__record_state state = upbit__ledger_get_head(l->head, head, l->boot_id, now_ns,
                                                       upbit__clock_wall_ns() / UPBIT__MS);
    if (state == UPBIT__RECORD_NEWER) {
        l->reason = "the file of the shared budgets is a later version's";
        return UPBIT__LEDGER_UNKNOWN;
    }
    if (state == UPBIT__RECORD_GOOD)
        return UPBIT__LEDGER_LOCKED;
    if (state == UPBIT__RECORD_DAMAGED)
        l->mended++;
    if (ftruncate(l->fd, 0) != 0 || ftruncate(l->fd, UPBIT__LEDGER_SIZE) != 0) {
        l->reason = "the file of the shared budgets cannot be written";
        return UPBIT__LEDGER_NONE;
    }
    if (state == UPBIT__RECORD_DAMAGED)
        spoil(l, now_ns);
    upbit__ledger_write_head(l, head);
    return UPBIT__LEDGER_LOCKED;
}

static bool has_name(const upbit__ledger *l)
{
    struct stat st;
    return fstat(l->fd, &st) == 0 && st.st_nlink > 0;
}

upbit__ledger_result upbit__ledger_lock(upbit__ledger *l, upbit__ledger_head *head, int64_t now_ns)
{
    l->reason = "";
    if (l->fd >= 0 && (now_ns < l->looked_ns || now_ns - l->looked_ns >= STILL_THERE_NS)) {
        if (!has_name(l))
            close_file(l);
        l->looked_ns = now_ns;
    }
    if (l->fd < 0 && !open_file(l))
        return UPBIT__LEDGER_NONE;
    if (!set_lock(l, F_WRLCK)) {
        bool busy = errno == EAGAIN || errno == EACCES;
        l->reason = busy ? "another process holds the shared budgets and does not let go"
                         : "the file of the shared budgets cannot be locked";
        return busy ? UPBIT__LEDGER_BUSY : UPBIT__LEDGER_NONE;
    }
    upbit__ledger_result result = look(l, head, latest_now(now_ns));
    if (result != UPBIT__LEDGER_LOCKED)
        upbit__ledger_unlock(l);
    return result;
}

static int64_t offset_of(upbit__group group)
{
    return UPBIT__LEDGER_HEAD_SIZE + (int64_t)group * UPBIT__LEDGER_RECORD_SIZE;
}

void upbit__ledger_read(upbit__ledger *l, upbit__group group, upbit__counter *out, int64_t now_ns)
{
    uint8_t bytes[UPBIT__LEDGER_RECORD_SIZE];
    bool good = read_at(l, bytes, sizeof bytes, offset_of(group));
    now_ns = latest_now(now_ns);
    if (good && upbit__ledger_get_record(bytes, group, out, now_ns) != UPBIT__RECORD_DAMAGED)
        return;
    l->mended++;
    upbit__counter_init(out);
    upbit__counter_fill(out, group, now_ns);
}

void upbit__ledger_write(upbit__ledger *l, upbit__group group, const upbit__counter *c)
{
    uint8_t bytes[UPBIT__LEDGER_RECORD_SIZE];
    upbit__ledger_put_record(bytes, group, c);
    if (!write_at(l, bytes, sizeof bytes, offset_of(group)))
        l->reason = "the file of the shared budgets cannot be written";
}
