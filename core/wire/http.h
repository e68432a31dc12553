/* The small parts of HTTP that the upgrade, the REST calls and their configuration share. Pure. */
#ifndef UPBIT_WIRE_HTTP_H
#define UPBIT_WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct upbit__header {
    const char *name, *value;
} upbit__header;

/* May this byte stand in a header's name (RFC 9110 tchar)? */
bool upbit__http_tchar(unsigned char c);
/* A name is one or more tchars; a value has no control character but the tab. What CR, LF or NUL
 * in a header could add to a request is the reason. */
bool upbit__http_name_valid(const char *name);
bool upbit__http_value_valid(const char *value);

/* Does a comma-separated list hold this token, in any case? */
bool upbit__http_has_token(const char *list, const char *token);

/* Retry-After in ms: seconds or an HTTP date (against wall_ns); 0 when neither or past; at most
 * a day. */
uint32_t upbit__http_retry_after_ms(const char *value, int64_t wall_ns);

/* An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT") as Unix ms; 0 when it is none. */
int64_t upbit__http_date_ms(const char *value);

/* Where a URL points. */
typedef struct upbit__url {
    bool secure;  /* wss, https */
    bool address; /* host is an IP address */
    uint16_t port;
    char host[256];      /* name or address, without brackets or a last dot */
    char authority[272]; /* as the Host header has it: port only when it is not the scheme's */
    char path[2048];     /* begins with '/', with the query */
} upbit__url;

/* `schemes` is "ws" (ws, wss) or "http" (http, https). 0 or INVALID_ARGUMENT with *why a static
 * text: another scheme, a user or password, a fragment, a space or control or non-ASCII
 * character, a host or port that can be none, too long. */
int upbit__url_parse(upbit__url *out, const char *schemes, const char *text, const char **why);

/* Does it name this machine, without asking anybody? localhost, 127.0.0.0/8, ::1. */
bool upbit__url_is_local(const upbit__url *url);

/* Is this http://, socks5:// or socks5h://[user[:password]@]host:port[/], so that nobody can read
 * it in another way? The port has to be there: libcurl's default is 1080 for all of them, which
 * nobody expects of http. 0 or INVALID_ARGUMENT with *why a static text. */
int upbit__proxy_check(const char *text, const char **why);

#endif
