/* Bytes of a server. What comes out must not depend on how they are cut into reads. */
#include <stdlib.h>
#include <string.h>

#include "targets.h"
#include "upbit-live/error.h"
#include "wire/http.h"
#include "wire/message.h"
#include "wire/recording.h"
#include "wire/upgrade.h"

#define LIMIT 5000u

static uint64_t mix(uint64_t sum, const void *bytes, size_t count)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ b[i]) * 1099511628211u;
    return (sum ^ count) * 1099511628211u;
}

/* Lengths of reads, taken from the input itself. */
static size_t piece(const uint8_t *data, size_t size, size_t at, int how)
{
    size_t n = how == 0 ? size : how == 1 ? 1 : 1 + data[at] % 37u;
    return n < size - at ? n : size - at;
}

static uint64_t upgrade_sum(const uint8_t *data, size_t size, int how)
{
    const upbit__deflate_offer offer = {.on = true, .client_max_window_bits = true};
    upbit__upgrade u;
    FUZZ_REQUIRE(upbit__upgrade_init(&u, "dGhlIHNhbXBsZSBub25jZQ==", &offer) == 0);
    size_t at = 0;
    int rc = UPBIT__UPGRADE_MORE;
    while (at < size && rc == UPBIT__UPGRADE_MORE) {
        size_t n = piece(data, size, at, how), used = 0;
        uint8_t *bytes = fuzz_exact(data + at, n);
        rc = upbit__upgrade_feed(&u, bytes, n, &used);
        FUZZ_REQUIRE(used <= n && (used == n || rc != UPBIT__UPGRADE_MORE));
        free(bytes);
        at += used;
        /* A refused answer's body goes on until its end: how much of it was kept may differ. */
    }
    if (rc == UPBIT__UPGRADE_MORE)
        rc = upbit__upgrade_end(&u);
    uint64_t sum = mix(1, &rc, sizeof rc);
    FUZZ_REQUIRE(rc != UPBIT__UPGRADE_ACCEPTED || u.status == 101);
    FUZZ_REQUIRE(rc >= 0 || u.why != NULL);
    FUZZ_REQUIRE(u.body_length <= UPBIT__UPGRADE_BODY_MAX);
    if (rc == UPBIT__UPGRADE_ACCEPTED || rc == UPBIT__UPGRADE_REFUSED) {
        unsigned count = 0;
        const char *value = upbit__upgrade_header(&u, "retry-after", &count);
        sum = mix(sum, value != NULL ? value : "", value != NULL ? strlen(value) : 0);
        sum = mix(sum, &u.status, sizeof u.status);
        sum = mix(sum, u.body, u.body_length);
        if (rc == UPBIT__UPGRADE_ACCEPTED)
            sum = mix(sum, &at, sizeof at);
    }
    upbit__upgrade_finish(&u);
    return sum;
}

void fuzz_upgrade(const uint8_t *data, size_t size)
{
    uint64_t whole = upgrade_sum(data, size, 0);
    FUZZ_REQUIRE(upgrade_sum(data, size, 1) == whole);
    FUZZ_REQUIRE(upgrade_sum(data, size, 2) == whole);
}

static uint64_t frames_sum(const uint8_t *data, size_t size, int how,
                           const upbit__deflate_terms *terms)
{
    upbit__receiver r;
    upbit__item item;
    uint64_t sum = 1;
    int rc = 0;
    upbit__receiver_init(&r, LIMIT);
    if (terms->on)
        FUZZ_REQUIRE(upbit__receiver_deflate(&r, terms) == 0);
    for (size_t at = 0; at < size && rc >= 0;) {
        size_t n = piece(data, size, at, how), room = 0;
        uint8_t *to = upbit__receiver_room(&r, n, &room);
        FUZZ_REQUIRE(to != NULL && room >= n);
        memcpy(to, data + at, n);
        upbit__receiver_commit(&r, n);
        at += n;
        while ((rc = upbit__receiver_next(&r, &item)) == 1) {
            FUZZ_REQUIRE(item.kind != UPBIT__ITEM_MESSAGE || item.length <= LIMIT);
            FUZZ_REQUIRE(item.kind == UPBIT__ITEM_MESSAGE || item.length <= UPBIT__CONTROL_MAX);
            sum = mix(sum, &item.kind, sizeof item.kind);
            sum = mix(sum, item.data, item.length);
            if (item.kind == UPBIT__ITEM_CLOSE)
                sum = mix(sum, &item.close_code, sizeof item.close_code);
        }
    }
    if (rc < 0) {
        FUZZ_REQUIRE(rc == UPBIT_ERROR_PROTOCOL && r.why != NULL && r.close_code >= 1002);
        sum = mix(sum, &r.close_code, sizeof r.close_code);
    }
    upbit__receiver_finish(&r);
    return sum;
}

/* The first byte: the terms, and whether the rest is frames as it stands or the plan of good ones:
 * a byte of FIN, RSV1 and opcode, a byte of length, so many bytes of payload. */
void fuzz_frames(const uint8_t *data, size_t size)
{
    if (size < 1)
        return;
    const upbit__deflate_terms terms = {.on = (data[0] & 1) != 0,
                                        .server_no_context_takeover = (data[0] & 2) != 0,
                                        .server_max_window_bits = (uint8_t)(8 + (data[0] >> 2) % 8),
                                        .client_max_window_bits = 15};
    bool planned = (data[0] & 0x20) != 0;
    data++;
    size--;
    uint8_t *made = malloc(size * 2 + 4);
    FUZZ_REQUIRE(made != NULL);
    size_t length = 0;
    for (size_t at = 0; planned && at + 2 <= size;) {
        size_t n = data[at + 1] % 126u;
        n = n < size - at - 2 ? n : size - at - 2;
        made[length++] = data[at] & 0xcf;
        made[length++] = (uint8_t)n;
        memcpy(made + length, data + at + 2, n);
        length += n;
        at += 2 + n;
    }
    if (!planned) {
        memcpy(made, data, size);
        length = size;
    }
    uint64_t whole = frames_sum(made, length, 0, &terms);
    FUZZ_REQUIRE(frames_sum(made, length, 1, &terms) == whole);
    FUZZ_REQUIRE(frames_sum(made, length, 2, &terms) == whole);
    free(made);
}

static uint64_t inflate_sum(const uint8_t *data, size_t size, int how,
                            const upbit__deflate_terms *terms)
{
    const char *why = NULL;
    uint64_t sum = 1;
    upbit__inflater *i = upbit__inflater_create(terms, LIMIT);
    FUZZ_REQUIRE(i != NULL);
    for (int message = 0; message < 2; message++) { /* the second may point back into the first */
        upbit__inflated rc = UPBIT__INFLATED;
        upbit__inflater_begin(i);
        for (size_t at = 0; at < size && rc == UPBIT__INFLATED;) {
            size_t n = piece(data, size, at, how);
            uint8_t *bytes = fuzz_exact(data + at, n);
            rc = upbit__inflater_feed(i, bytes, n, &why);
            free(bytes);
            at += n;
        }
        if (rc == UPBIT__INFLATED)
            rc = upbit__inflater_end(i, &why);
        FUZZ_REQUIRE(rc != UPBIT__INFLATE_CORRUPT || why != NULL);
        sum = mix(sum, &rc, sizeof rc);
        if (rc != UPBIT__INFLATED)
            break;
        size_t length;
        const uint8_t *bytes = upbit__inflater_bytes(i, &length);
        FUZZ_REQUIRE(length <= LIMIT);
        sum = mix(sum, bytes, length);
        upbit__inflater_rest(i);
    }
    upbit__inflater_destroy(i);
    return sum;
}

void fuzz_inflate(const uint8_t *data, size_t size)
{
    if (size < 1)
        return;
    const upbit__deflate_terms terms = {.on = true,
                                        .server_no_context_takeover = (data[0] & 1) != 0,
                                        .server_max_window_bits = (uint8_t)(8 + (data[0] >> 1) % 8),
                                        .client_max_window_bits = 15};
    uint64_t whole = inflate_sum(data + 1, size - 1, 0, &terms);
    FUZZ_REQUIRE(inflate_sum(data + 1, size - 1, 1, &terms) == whole);
    FUZZ_REQUIRE(inflate_sum(data + 1, size - 1, 2, &terms) == whole);
}

void fuzz_http(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *why = NULL;
    upbit__url url;
    for (int i = 0; i < 2; i++) {
        why = NULL;
        if (upbit__url_parse(&url, i == 0 ? "ws" : "http", text, &why) == 0) {
            FUZZ_REQUIRE(url.host[0] != '\0' && url.path[0] == '/' && url.port != 0);
            for (const char *c = url.authority; *c != '\0'; c++)
                FUZZ_REQUIRE(*c > ' ' && *c < 127 && *c != '@' && *c != '/');
            for (const char *c = url.path; *c != '\0'; c++)
                FUZZ_REQUIRE(*c > ' ' && *c < 127 && *c != '#');
            (void)upbit__url_is_local(&url);
        } else {
            FUZZ_REQUIRE(why != NULL);
        }
    }
    why = NULL;
    FUZZ_REQUIRE(upbit__proxy_check(text, &why) == 0 || why != NULL);
    FUZZ_REQUIRE(upbit__http_retry_after_ms(text, 1700000000000000000) <= 86400000u);
    FUZZ_REQUIRE(upbit__http_date_ms(text) >= 0);
    (void)upbit__http_has_token(text, "upgrade");
    upbit__header header = {"X-Test", text};
    if (upbit__upgrade_header_check(&header, &why) == 0)
        FUZZ_REQUIRE(strpbrk(text, "\r\n") == NULL);
    header = (upbit__header){text, "value"};
    if (upbit__upgrade_header_check(&header, &why) == 0)
        FUZZ_REQUIRE(text[0] != '\0' && strpbrk(text, "\r\n: ") == NULL);
    const upbit__deflate_offer offer = {
        .on = true, .client_max_window_bits = true, .server_max_window_bits = 12};
    upbit__deflate_terms terms;
    if (upbit__deflate_answer_read(&terms, &offer, text, &why) == 0 && terms.on)
        FUZZ_REQUIRE(terms.server_max_window_bits >= 8 && terms.server_max_window_bits <= 12 &&
                     terms.client_max_window_bits >= 8 && terms.client_max_window_bits <= 15);
    free(text);
}

void fuzz_recording(const uint8_t *data, size_t size)
{
    upbit__recording_kind kind = UPBIT__RECORDING_UNKNOWN;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t n = end != NULL ? (size_t)(end - data) - at : size - at;
        char *line = malloc(n + 1);
        FUZZ_REQUIRE(line != NULL);
        memcpy(line, data + at, n);
        line[n] = '\0';
        upbit__recorded frame;
        const char *why = NULL;
        int rc = upbit__recording_read(&frame, &kind, line, n, &why);
        FUZZ_REQUIRE(rc == 0 || rc == 1 || (rc == UPBIT_ERROR_PROTOCOL && why != NULL));
        if (rc == 1 && frame.length > 0)
            FUZZ_REQUIRE((const char *)frame.data >= line &&
                         (const char *)frame.data + frame.length <= line + n);
        free(line);
        at += n + 1;
    }
}
