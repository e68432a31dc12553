/* What programs and other processes give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/config.h"
#include "client/keys.h"
#include "exchange/jwt.h"
#include "limits/ledger_record.h"
#include "targets.h"

static const char *const names[] = {
    "UPBIT_URL",        "UPBIT_PRIVATE_URL", "UPBIT_REST_URL",       "UPBIT_CA_FILE",
    "UPBIT_PROXY",      "UPBIT_LOG_LEVEL",   "UPBIT_LIMIT_STRATEGY", "UPBIT_LIMIT_SHARING",
    "UPBIT_LIMIT_GROUP"};
enum { NAMES = sizeof names / sizeof *names };

/* A line for each name, as far as there are some; an empty one leaves it out. By putenv, because
 * what setenv copies is never let go of. */
static void set_environment(char *kept[NAMES], char *text)
{
    for (size_t i = 0; i < NAMES; i++) {
        char *end = text != NULL ? strchr(text, '\n') : NULL;
        if (end != NULL)
            *end = '\0';
        kept[i] = NULL;
        if (text != NULL && *text != '\0') {
            FUZZ_REQUIRE(asprintf(&kept[i], "%s=%s", names[i], text) >= 0);
            FUZZ_REQUIRE(putenv(kept[i]) == 0);
        }
        text = end != NULL ? end + 1 : NULL;
    }
}

static void clear_environment(char *kept[NAMES])
{
    for (size_t i = 0; i < NAMES; i++) {
        unsetenv(names[i]);
        free(kept[i]);
    }
}

void fuzz_options(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *kept[NAMES];
    upbit__config c;
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = text;
    int rc = upbit__config_init(&c, &o);
    FUZZ_REQUIRE(rc == 0 || rc == UPBIT_ERROR_INVALID_ARGUMENT || rc == UPBIT_ERROR_UNAVAILABLE);
    if (rc == 0) {
        FUZZ_REQUIRE(c.url != NULL && c.private_url != NULL && c.rest_url != NULL);
        upbit__config_finish(&c);
    }
    set_environment(kept, text);
    rc = upbit__config_init_from_environment(&c);
    FUZZ_REQUIRE(rc == 0 || rc == UPBIT_ERROR_INVALID_ARGUMENT || rc == UPBIT_ERROR_UNAVAILABLE);
    if (rc == 0)
        upbit__config_finish(&c);
    else
        FUZZ_REQUIRE(upbit_error_detail()[0] != '\0');
    clear_environment(kept);
    free(text);
    /* The numbers, in a struct that is as long as the caller says. */
    o = (upbit_options)UPBIT_OPTIONS_INIT;
    size_t from = offsetof(upbit_options, connect_timeout_ms);
    size_t to = offsetof(upbit_options, credentials);
    memcpy((char *)&o + from, data, size < to - from ? size : to - from);
    if (size > 0)
        o.struct_size = data[0] > 200 ? sizeof o : data[0];
    if (upbit__config_init(&c, &o) == 0) {
        FUZZ_REQUIRE(c.connect_timeout_ms > 0);
        upbit__config_finish(&c);
    }
}

void fuzz_keys(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *second = strchr(text, '\n');
    if (second != NULL)
        *second++ = '\0';
    upbit__keys *keys = NULL;
    int rc = upbit__keys_make(&keys, text, second, "access_key", "secret_key");
    FUZZ_REQUIRE((rc == 0) == (keys != NULL));
    if (rc == 0) {
        char token[UPBIT__JWT_SIZE];
        int made = upbit__jwt_build(token, sizeof token, UPBIT__JWT_HS512, keys->access, "n", text,
                                    keys->secret, strlen(keys->secret));
        FUZZ_REQUIRE(made < 0 ||
                     strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_.") == strlen(token));
    } else {
        /* What is said about a key is not the key. */
        FUZZ_REQUIRE(rc == UPBIT_ERROR_INVALID_ARGUMENT);
        FUZZ_REQUIRE(strlen(text) < 30 || strstr(upbit_error_detail(), text) == NULL);
    }
    upbit__keys_destroy(keys);
    free(text);
}

static uint64_t checksum(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static void put_sum(uint8_t *bytes, size_t at)
{
    uint64_t sum = checksum(bytes, at);
    for (int i = 0; i < 8; i++)
        bytes[at + (size_t)i] = (uint8_t)(sum >> 8 * i);
}

/* The first byte: which group; do the sums hold. Others may write this file, too. */
void fuzz_ledger(const uint8_t *data, size_t size)
{
    enum { HEAD_SUM = 64, SLOTS_AT = 40 };
    static const uint8_t boot_id[16] = {1, 2, 3};
    const int64_t now = 1000 * UPBIT__SECOND, wall_ms = 1700000000000;
    uint8_t head_bytes[UPBIT__LEDGER_HEAD_SIZE] = {0}, bytes[UPBIT__LEDGER_RECORD_SIZE] = {0};
    if (size < 1)
        return;
    upbit__group group = (upbit__group)(data[0] % (unsigned)UPBIT__GROUPS);
    bool sums = data[0] >= 128;
    data++;
    size--;
    upbit__ledger_head head;
    upbit__ledger_put_head(head_bytes, &(upbit__ledger_head){0}, boot_id);
    size_t n = size < 56 ? size : 56;
    for (size_t i = 0; i < n; i++)
        head_bytes[8 + i] ^= data[i];
    if (sums)
        put_sum(head_bytes, HEAD_SUM);
    upbit__record_state state = upbit__ledger_get_head(head_bytes, &head, boot_id, now, wall_ms);
    if (state == UPBIT__RECORD_GOOD || state == UPBIT__RECORD_REBOOTED)
        FUZZ_REQUIRE(head.banned_ns < now + 48 * 3600 * UPBIT__SECOND);
    upbit__counter c;
    upbit__counter_init(&c);
    upbit__ledger_put_record(bytes, group, &c);
    size_t sum_at = SLOTS_AT + 16 * UPBIT__SLOTS;
    for (size_t i = 0; n + i < size && 20 + i < sum_at; i++)
        bytes[20 + i] ^= data[n + i];
    if (sums)
        put_sum(bytes, sum_at);
    if (upbit__ledger_get_record(bytes, group, &c, now) != UPBIT__RECORD_GOOD)
        return;
    uint32_t allowed = upbit__group_limits[group].limit;
    int64_t next = upbit__counter_take(&c, group, allowed, 7, now);
    FUZZ_REQUIRE(next == 0 || next > now);
    upbit__counter_settle(&c, group, 7, now);
    int64_t until = upbit__counter_refused(&c, group, 1000, now);
    FUZZ_REQUIRE(until == 0 || until > now);
    upbit__counter own = c;
    upbit__counter_adopt(&own, &c, group, 7);
    (void)upbit__counter_idle(&own, group, now);
    upbit__ledger_put_record(bytes, group, &own);
}
