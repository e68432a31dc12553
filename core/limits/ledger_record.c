#include "limits/ledger_record.h"

#include <string.h>

#include "base/clock.h"
#include "limits/ban.h"

/* No time in the file is later than this after now. */
#define CLOSED_MAX_NS (UPBIT__BAN_MAX_MS * UPBIT__MS + 60 * UPBIT__SECOND)

#define MARKED_MAX_NS (60 * UPBIT__SECOND)

static const char magic[8] = "UPBITLIM";

static void put(uint8_t *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static int64_t get_time(const uint8_t *at)
{
    return (int64_t)get(at, 8);
}

/* FNV-1a, 64 bits: against torn and foreign bytes, not against malice; the file is the user's. */
static uint64_t checksum(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static bool is_empty(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* 0 in the file is long ago. */
static int64_t of_file(int64_t ns)
{
    return ns > 0 ? ns : UPBIT__LONG_AGO;
}

static uint64_t to_file(int64_t ns)
{
    return ns > 0 ? (uint64_t)ns : 0;
}

enum { VERSION = 8, GROUPS = 12, BOOT = 16, BANNED = 32, WALL = 40, BANS = 48, HEAD_SUM = 64 };

void upbit__ledger_put_head(uint8_t *bytes, const upbit__ledger_head *head,
                            const uint8_t boot_id[16])
{
    memset(bytes, 0, UPBIT__LEDGER_HEAD_SIZE);
    memcpy(bytes, magic, sizeof magic);
    put(bytes + VERSION, UPBIT__LEDGER_VERSION, 4);
    put(bytes + GROUPS, UPBIT__GROUPS, 4);
    memcpy(bytes + BOOT, boot_id, 16);
    put(bytes + BANNED, to_file(head->banned_ns), 8);
    put(bytes + WALL, to_file(head->banned_wall_ms), 8);
    put(bytes + BANS, head->bans, 4);
    put(bytes + HEAD_SUM, checksum(bytes, HEAD_SUM), 8);
}

upbit__record_state upbit__ledger_get_head(const uint8_t *bytes, upbit__ledger_head *head,
                                           const uint8_t boot_id[16], int64_t now_ns,
                                           int64_t wall_ms)
{
    *head = (upbit__ledger_head){.banned_ns = UPBIT__LONG_AGO, .marked_ns = UPBIT__LONG_AGO};
    if (is_empty(bytes, UPBIT__LEDGER_MARK_OFFSET))
        return UPBIT__RECORD_EMPTY;
    if (memcmp(bytes, magic, sizeof magic) != 0 ||
        get(bytes + HEAD_SUM, 8) != checksum(bytes, HEAD_SUM))
        return UPBIT__RECORD_DAMAGED;
    if (get(bytes + VERSION, 4) > UPBIT__LEDGER_VERSION)
        return UPBIT__RECORD_NEWER;
    int64_t left_ms = get_time(bytes + WALL) > wall_ms ? get_time(bytes + WALL) - wall_ms : 0;
    if (memcmp(bytes + BOOT, boot_id, 16) != 0) {
        if (left_ms > 0 && left_ms <= UPBIT__BAN_MAX_MS) {
            head->banned_ns = now_ns + left_ms * UPBIT__MS;
            head->banned_wall_ms = wall_ms + left_ms;
            head->bans = (uint32_t)get(bytes + BANS, 4);
        }
        return UPBIT__RECORD_REBOOTED;
    }
    if (get_time(bytes + BANNED) > now_ns + CLOSED_MAX_NS)
        return UPBIT__RECORD_DAMAGED;
    head->banned_ns = of_file(get_time(bytes + BANNED));
    head->banned_wall_ms = get_time(bytes + WALL);
    head->bans = (uint32_t)get(bytes + BANS, 4);
    int64_t marked_ns = get_time(bytes + UPBIT__LEDGER_MARK_OFFSET);
    if (marked_ns <= now_ns + MARKED_MAX_NS)
        head->marked_ns = of_file(marked_ns);
    return UPBIT__RECORD_GOOD;
}

void upbit__ledger_put_mark(uint8_t bytes[8], int64_t until_ns)
{
    put(bytes, to_file(until_ns), 8);
}

enum { NAME = 0, LIMIT = 16, STRIKES = 20, CLOSED = 24, WINDOW = 32, SLOTS = 40, SLOT = 16 };
#define RECORD_SUM (SLOTS + SLOT * UPBIT__SLOTS)

void upbit__ledger_put_record(uint8_t *bytes, upbit__group group, const upbit__counter *c)
{
    const upbit__group_limit *limit = &upbit__group_limits[group];
    memset(bytes, 0, UPBIT__LEDGER_RECORD_SIZE);
    memcpy(bytes + NAME, limit->name, strlen(limit->name)); /* at most 16, its zero is cut then */
    put(bytes + LIMIT, limit->limit, 4);
    put(bytes + STRIKES, c->strikes, 4);
    put(bytes + CLOSED, to_file(c->closed_ns), 8);
    put(bytes + WINDOW, (uint64_t)limit->window_ns, 8);
    for (uint32_t i = 0; i < limit->limit; i++) {
        uint8_t *slot = bytes + SLOTS + (size_t)SLOT * i;
        put(slot, to_file(c->slots[i].free_ns), 8);
        put(slot + 8, c->slots[i].owner, 4);
        put(slot + 12, c->slots[i].held, 4);
    }
    put(bytes + RECORD_SUM, checksum(bytes, RECORD_SUM), 8);
}

upbit__record_state upbit__ledger_get_record(const uint8_t *bytes, upbit__group group,
                                             upbit__counter *out, int64_t now_ns)
{
    const upbit__group_limit *limit = &upbit__group_limits[group];
    upbit__counter_init(out);
    if (is_empty(bytes, UPBIT__LEDGER_RECORD_SIZE))
        return UPBIT__RECORD_EMPTY;
    int64_t latest = now_ns + limit->window_ns + UPBIT__WINDOW_MARGIN_NS + UPBIT__HELD_MAX_NS;
    if (get(bytes + RECORD_SUM, 8) != checksum(bytes, RECORD_SUM) ||
        strncmp((const char *)bytes, limit->name, 16) != 0 ||
        get_time(bytes + CLOSED) > now_ns + CLOSED_MAX_NS)
        return UPBIT__RECORD_DAMAGED;
    out->strikes = (uint32_t)get(bytes + STRIKES, 4);
    out->closed_ns = of_file(get_time(bytes + CLOSED));
    /* A version that knows more slots than we use: what it granted in those counts all the same. */
    for (uint32_t i = 0; i < UPBIT__SLOTS; i++) {
        const uint8_t *slot = bytes + SLOTS + (size_t)SLOT * i;
        upbit__slot s = {.free_ns = of_file(get_time(slot)),
                         .owner = (uint32_t)get(slot + 8, 4),
                         .held = get(slot + 12, 4) != 0};
        if (s.free_ns > latest)
            return UPBIT__RECORD_DAMAGED;
        if (i < limit->limit)
            out->slots[i] = s;
        else
            upbit__counter_add(out, group, s);
    }
    return UPBIT__RECORD_GOOD;
}
