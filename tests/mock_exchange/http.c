/* See http.h. Nothing here trusts a length: the head is bounded, bodies have a bounded
 * Content-Length, and everything else is refused with the status that says why. */
#include "http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEAD_CAP ((size_t)64 << 10)
#define BODY_CAP ((size_t)16 << 20)

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool mock_http_decode(char *text, bool plus)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '%') {
            int high = hex(from[1]), low = high < 0 ? -1 : hex(from[2]);
            if (low < 0 || high * 16 + low == 0) {
                return false;
            }
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = plus && *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
    return true;
}

static bool token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        text[--len] = '\0';
    }
    return text;
}

static int parse_line(struct mock_http_request *r, char *line)
{
    char *space = strchr(line, ' ');
    char *last = strrchr(line, ' ');
    if (space == NULL || last == space || space == line) {
        return -400;
    }
    *space = *last = '\0';
    r->method = line;
    for (const char *c = line; *c != '\0'; c++) {
        if (!token_char(*c)) {
            return -400;
        }
    }
    if (strncmp(last + 1, "HTTP/", 5) != 0) {
        return -400;
    }
    if (strcmp(last + 1, "HTTP/1.1") != 0 && strcmp(last + 1, "HTTP/1.0") != 0) {
        return -505;
    }
    r->http11 = last[8] == '1';
    r->path = space + 1;
    if (r->path[0] != '/' || strpbrk(r->path, " \t#") != NULL) {
        return -400;
    }
    char *mark = strchr(r->path, '?');
    r->query = mark == NULL ? r->path + strlen(r->path) : mark + 1;
    if (mark != NULL) {
        *mark = '\0';
    }
    return mock_http_decode(r->path, false) ? 0 : -400;
}

static int parse_headers(struct mock_http_request *r, char *line)
{
    while (*line != '\0') {
        char *end = strstr(line, "\r\n");
        if (end == NULL) {
            return -400;
        }
        *end = '\0';
        char *colon = strchr(line, ':');
        if (colon == NULL || colon == line) {
            return -400;
        }
        *colon = '\0';
        for (const char *c = line; *c != '\0'; c++) {
            if (!token_char(*c)) {
                return -400;
            }
        }
        for (const char *c = colon + 1; *c != '\0'; c++) {
            if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f) {
                return -400;
            }
        }
        if (r->headers == MOCK_HTTP_HEADERS) {
            return -431;
        }
        r->header[r->headers++] = (struct mock_http_header){line, trim(colon + 1)};
        line = end + 2;
    }
    return 0;
}

/* What the request said about its body, without touching the buffer: it may have to be read again
 * when more of it is there. */
static int body_length(size_t *length, bool *expect, const char *head, size_t head_len)
{
    *length = 0;
    *expect = false;
    bool seen = false;
    const char *p = memmem(head, head_len, "\r\n", 2);
    const char *end = head + head_len;
    while (p != NULL && p + 2 < end) {
        p += 2;
        const char *next = memmem(p, (size_t)(end - p), "\r\n", 2);
        size_t len = next == NULL ? 0 : (size_t)(next - p);
        if (len >= 18 && strncasecmp(p, "transfer-encoding:", 18) == 0) {
            return -501;
        }
        if (len >= 7 && strncasecmp(p, "expect:", 7) == 0) {
            *expect = true;
        }
        if (len >= 15 && strncasecmp(p, "content-length:", 15) == 0) {
            const char *d = p + 15;
            size_t value = 0;
            while (d < next && (*d == ' ' || *d == '\t')) {
                d++;
            }
            if (d == next || seen) {
                return -400;
            }
            for (; d < next && *d >= '0' && *d <= '9'; d++) {
                value = value * 10 + (size_t)(*d - '0');
                if (value > BODY_CAP) {
                    return -413;
                }
            }
            while (d < next && (*d == ' ' || *d == '\t')) {
                d++;
            }
            if (d != next) {
                return -400;
            }
            *length = value;
            seen = true;
        }
        p = next;
    }
    return 0;
}

int mock_http_parse(struct mock_http_request *r, bool *expect, struct mock_buf *in)
{
    *expect = false;
    char *data = mock_buf_front(in);
    size_t have = mock_buf_pending(in);
    if (data == NULL || have == 0) {
        return 0;
    }
    size_t look = have < HEAD_CAP ? have : HEAD_CAP;
    char *end = memmem(data, look, "\r\n\r\n", 4);
    if (end == NULL) {
        return have >= HEAD_CAP ? -431 : 0;
    }
    size_t head_len = (size_t)(end - data) + 2;
    if (memchr(data, '\0', head_len) != NULL) {
        return -400;
    }
    size_t body;
    int bad = body_length(&body, expect, data, head_len);
    if (bad < 0) {
        return bad;
    }
    if (have < head_len + 2 + body) {
        return 0;
    }
    *r = (struct mock_http_request){.body = end + 4, .body_len = body};
    r->total = head_len + 2 + body;
    end[2] = '\0'; /* the headers end with their CR LF and then the string ends */
    char *line_end = strstr(data, "\r\n");
    *line_end = '\0';
    bad = parse_line(r, data);
    if (bad == 0) {
        bad = parse_headers(r, line_end + 2);
    }
    if (bad < 0) {
        return bad;
    }
    r->keep_alive = r->http11 ? !mock_http_has_token(r, "connection", "close")
                              : mock_http_has_token(r, "connection", "keep-alive");
    return 1;
}

const char *mock_http_header(const struct mock_http_request *r, const char *name)
{
    for (int i = 0; i < r->headers; i++) {
        if (strcasecmp(r->header[i].name, name) == 0) {
            return r->header[i].value;
        }
    }
    return NULL;
}

bool mock_http_has_token(const struct mock_http_request *r, const char *name, const char *token)
{
    size_t want = strlen(token);
    for (int i = 0; i < r->headers; i++) {
        if (strcasecmp(r->header[i].name, name) != 0) {
            continue;
        }
        for (const char *p = r->header[i].value; *p != '\0';) {
            p += strspn(p, " \t,");
            size_t len = strcspn(p, ",");
            size_t bare = len;
            while (bare > 0 && (p[bare - 1] == ' ' || p[bare - 1] == '\t')) {
                bare--;
            }
            if (bare == want && strncasecmp(p, token, want) == 0) {
                return true;
            }
            p += len;
        }
    }
    return false;
}

char *mock_http_query_alloc(const struct mock_http_request *r, const char *name)
{
    size_t want = strlen(name);
    for (const char *p = r->query; *p != '\0';) {
        size_t len = strcspn(p, "&");
        if (len > want && memcmp(p, name, want) == 0 && p[want] == '=') {
            char *value = strndup(p + want + 1, len - want - 1);
            if (value != NULL && !mock_http_decode(value, true)) {
                value[0] = '\0';
            }
            return value;
        }
        p += len + (p[len] == '&' ? 1 : 0);
    }
    return NULL;
}

bool mock_http_query(char *out, size_t size, const struct mock_http_request *r, const char *name)
{
    char *value = mock_http_query_alloc(r, name);
    bool there = value != NULL;
    if (there) {
        snprintf(out, size, "%s", value);
    }
    free(value);
    return there;
}

const char *mock_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {{101, "Switching Protocols"},
                 {200, "OK"},
                 {201, "Created"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {307, "Temporary Redirect"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {413, "Content Too Large"},
                 {418, "I'm a teapot"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {504, "Gateway Timeout"},
                 {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status) {
            return known[i].reason;
        }
    }
    return "Unknown";
}

int64_t mock_http_date_ms;

void mock_http_put_date(struct mock_buf *out)
{
    time_t seconds = (time_t)(mock_http_date_ms / 1000);
    struct tm tm;
    char text[64];
    if (gmtime_r(&seconds, &tm) != NULL &&
        strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm) > 0) {
        mock_buf_puts(out, text);
    }
}

void mock_http_reply(struct mock_buf *out, int status, const char *type, const char *extra,
                     const void *body, size_t len, bool keep_alive)
{
    mock_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, mock_http_reason(status));
    mock_http_put_date(out);
    mock_buf_printf(out,
                    "Content-Type: %s\r\nContent-Length: %zu\r\n%s"
                    "Connection: %s\r\n\r\n",
                    type, len, extra, keep_alive ? "keep-alive" : "close");
    mock_buf_put(out, body, len);
}
