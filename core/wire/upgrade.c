/* The answer's reader. Strict where a lenient reader could be made to see other headers than the
 * sender's proxies did: lines end in CRLF, no folding, no space before a colon, no control
 * bytes. */
#include "wire/upgrade.h"

#include <string.h>
#include <strings.h>

#include "upbit-live/error.h"

#define CHUNK_LINE_MAX 64u

void upbit__upgrade_finish(upbit__upgrade *u)
{
    upbit__buffer_finish(&u->line);
    upbit__buffer_finish(&u->headers);
}

static int fail(upbit__upgrade *u, const char *why)
{
    u->why = why;
    u->state = UPBIT__UPGRADE_OVER;
    return UPBIT_ERROR_UPGRADE;
}

const char *upbit__upgrade_header(const upbit__upgrade *u, const char *name, unsigned *count)
{
    const char *found = NULL;
    unsigned seen = 0;
    const char *at = u->headers.length == 0 ? NULL : (const char *)upbit__buffer_bytes(&u->headers);
    const char *end = at == NULL ? NULL : at + u->headers.length;
    while (at != end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0) {
            if (seen++ == 0)
                found = value;
        }
        at = value + strlen(value) + 1;
    }
    if (count != NULL)
        *count = seen;
    return found;
}

static bool has_token(const upbit__upgrade *u, const char *name, const char *token)
{
    const char *at = u->headers.length == 0 ? NULL : (const char *)upbit__buffer_bytes(&u->headers);
    const char *end = at == NULL ? NULL : at + u->headers.length;
    while (at != end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0 && upbit__http_has_token(value, token))
            return true;
        at = value + strlen(value) + 1;
    }
    return false;
}

static int status_line(upbit__upgrade *u, const char *line)
{
    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return fail(u, "the answer is not HTTP/1.1");
    u->http_1_1 = line[7] == '1';
    const char *digits = line + 9;
    if (strspn(digits, "0123456789") != 3 || (digits[3] != ' ' && digits[3] != '\0'))
        return fail(u, "a malformed status line");
    u->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (u->status < 100 || u->status > 599)
        return fail(u, "a status code that does not exist");
    if (!u->http_1_1 && u->status < 200)
        return fail(u, "an upgrade over HTTP/1.0");
    upbit__buffer_clear(&u->headers);
    u->header_count = 0;
    u->state = UPBIT__UPGRADE_HEADERS;
    return 0;
}

static int header_line(upbit__upgrade *u, char *line, size_t length)
{
    char *colon = strchr(line, ':');
    if (line[0] == ' ' || line[0] == '\t')
        return fail(u, "a folded header");
    if (colon == NULL)
        return fail(u, "a header without a colon");
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    char *end = line + length;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    if (!upbit__http_name_valid(line) || !upbit__http_value_valid(value))
        return fail(u, "a malformed header");
    if (++u->header_count > UPBIT__UPGRADE_HEADERS_MAX)
        return fail(u, "too many headers");
    if (upbit__buffer_append(&u->headers, line, strlen(line) + 1) != 0 ||
        upbit__buffer_append(&u->headers, value, strlen(value) + 1) != 0)
        return UPBIT_ERROR_NO_MEMORY;
    return 0;
}

/* The 101 is complete: does it mean what we asked for? */
static int check_101(upbit__upgrade *u)
{
    unsigned count;
    const char *value = upbit__upgrade_header(u, "Upgrade", &count);
    if (count != 1 || strcasecmp(value, "websocket") != 0)
        return fail(u, "no single 'Upgrade: websocket'");
    if (!has_token(u, "Connection", "upgrade"))
        return fail(u, "no 'Connection: Upgrade'");
    value = upbit__upgrade_header(u, "Sec-WebSocket-Accept", &count);
    if (count != 1 || strcmp(value, u->accept) != 0)
        return fail(u, "not the one right Sec-WebSocket-Accept");
    value = upbit__upgrade_header(u, "Sec-WebSocket-Extensions", &count);
    const char *why = count > 1 ? "more than one Sec-WebSocket-Extensions" : NULL;
    if (count == 1)
        upbit__deflate_answer_read(&u->deflate, &u->offer, value, &why);
    if (why != NULL) {
        u->deflate = (upbit__deflate_terms){0};
        u->deflate_fault = u->offer.on;
        return fail(u, why);
    }
    if (upbit__upgrade_header(u, "Sec-WebSocket-Protocol", NULL) != NULL)
        return fail(u, "a sub-protocol that was not asked for");
    if (upbit__upgrade_header(u, "Transfer-Encoding", NULL) != NULL)
        return fail(u, "a 101 with a body");
    value = upbit__upgrade_header(u, "Content-Length", NULL);
    if (value != NULL && strcmp(value, "0") != 0)
        return fail(u, "a 101 with a body");
    u->state = UPBIT__UPGRADE_OVER;
    return UPBIT__UPGRADE_ACCEPTED;
}

static int refused(upbit__upgrade *u)
{
    u->body[u->body_length] = '\0';
    u->state = UPBIT__UPGRADE_OVER;
    return UPBIT__UPGRADE_REFUSED;
}

/* Another final status: how far does its body go? */
static int begin_body(upbit__upgrade *u)
{
    const char *length = upbit__upgrade_header(u, "Content-Length", NULL);
    u->state = UPBIT__UPGRADE_BODY;
    u->body_left = -1;
    if (u->status == 204 || u->status == 304)
        return refused(u);
    if (has_token(u, "Transfer-Encoding", "chunked")) {
        u->chunked = true;
        u->state = UPBIT__UPGRADE_CHUNK_SIZE;
    } else if (length != NULL && strspn(length, "0123456789") == strlen(length)) {
        /* More digits than these say more than is kept anyway. */
        u->body_left = 0;
        for (size_t i = 0; length[i] != '\0' && u->body_left < 1000000; i++)
            u->body_left = u->body_left * 10 + (length[i] - '0');
        if (u->body_left == 0)
            return refused(u);
    }
    return 0;
}

static int head_complete(upbit__upgrade *u)
{
    if (u->status == 101)
        return check_101(u);
    if (u->status >= 200)
        return begin_body(u);
    if (++u->interim > UPBIT__UPGRADE_INTERIM_MAX)
        return fail(u, "too many 1xx answers");
    u->state = UPBIT__UPGRADE_STATUS_LINE;
    return 0;
}

/* One byte of a head. The line is handled at its LF. */
static int head_byte(upbit__upgrade *u, uint8_t c)
{
    if (++u->head > UPBIT__UPGRADE_HEAD_MAX)
        return fail(u, "headers without end");
    if (c == '\r' && !u->carriage_return) {
        u->carriage_return = true;
        return 0;
    }
    if (u->carriage_return != (c == '\n') || c == '\0')
        return fail(u, "a NUL, or a line that does not end in CR LF");
    if (c != '\n') {
        if (u->line.length >= UPBIT__UPGRADE_LINE_MAX)
            return fail(u, "a header line without end");
        if (u->state == UPBIT__UPGRADE_STATUS_LINE && u->line.length < 5 &&
            c != (uint8_t) "HTTP/"[u->line.length])
            return fail(u, "the answer is not HTTP");
        return upbit__buffer_append(&u->line, &c, 1);
    }
    u->carriage_return = false;
    size_t length = u->line.length;
    if (upbit__buffer_append(&u->line, "", 1) != 0)
        return UPBIT_ERROR_NO_MEMORY;
    char *line = (char *)u->line.data + u->line.start;
    int rc;
    if (u->state == UPBIT__UPGRADE_STATUS_LINE)
        rc = status_line(u, line);
    else
        rc = length == 0 ? head_complete(u) : header_line(u, line, length);
    upbit__buffer_clear(&u->line);
    return rc;
}

/* One byte of a chunk's frame. What is malformed only ends the collecting: the status is known. */
static int chunk_byte(upbit__upgrade *u, uint8_t c)
{
    if (u->state == UPBIT__UPGRADE_CHUNK_END) {
        if (c == '\n')
            u->state = UPBIT__UPGRADE_CHUNK_SIZE;
        return c == '\r' || c == '\n' ? 0 : refused(u);
    }
    if (c != '\n') {
        if (u->line.length >= CHUNK_LINE_MAX)
            return refused(u);
        return upbit__buffer_append(&u->line, &c, 1);
    }
    int64_t size = 0;
    const uint8_t *line = upbit__buffer_bytes(&u->line);
    for (size_t i = 0; i < u->line.length && size < 1000000; i++) {
        const char *digits = "0123456789abcdef";
        int lower = line[i] >= 'A' && line[i] <= 'F' ? line[i] + 32 : line[i];
        const char *digit = lower == 0 ? NULL : strchr(digits, lower);
        if (digit == NULL)
            break;
        size = size * 16 + (digit - digits);
    }
    upbit__buffer_clear(&u->line);
    if (size == 0)
        return refused(u);
    u->body_left = size;
    u->state = UPBIT__UPGRADE_BODY;
    return 0;
}

static int body_byte(upbit__upgrade *u, uint8_t c)
{
    u->body[u->body_length++] = (char)c;
    if (u->body_length == UPBIT__UPGRADE_BODY_MAX)
        return refused(u);
    if (u->body_left > 0 && --u->body_left == 0) {
        if (!u->chunked)
            return refused(u);
        u->state = UPBIT__UPGRADE_CHUNK_END;
    }
    return 0;
}

int upbit__upgrade_feed(upbit__upgrade *u, const uint8_t *bytes, size_t count, size_t *used)
{
    *used = 0;
    while (*used < count && u->state != UPBIT__UPGRADE_OVER) {
        uint8_t c = bytes[(*used)++];
        int rc;
        if (u->state == UPBIT__UPGRADE_STATUS_LINE || u->state == UPBIT__UPGRADE_HEADERS)
            rc = head_byte(u, c);
        else if (u->state == UPBIT__UPGRADE_BODY)
            rc = body_byte(u, c);
        else
            rc = chunk_byte(u, c);
        if (rc != 0)
            return rc;
    }
    return UPBIT__UPGRADE_MORE;
}

int upbit__upgrade_end(upbit__upgrade *u)
{
    if (u->state == UPBIT__UPGRADE_BODY || u->state == UPBIT__UPGRADE_CHUNK_SIZE ||
        u->state == UPBIT__UPGRADE_CHUNK_END)
        return refused(u);
    return fail(u, u->status >= 100 ? "the answer is incomplete" : "no answer");
}
