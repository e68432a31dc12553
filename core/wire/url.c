/* URLs are checked here, by one reader, before libcurl's reader sees them: what reaches it can no
 * longer be read in two ways. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "upbit-live/error.h"
#include "wire/http.h"

static int wrong(const char **why, const char *text)
{
    *why = text;
    return UPBIT_ERROR_INVALID_ARGUMENT;
}

/* Letters, digits, '-', '.', '_'; no empty part, none longer than the DNS has them. */
static int read_name(const char *host, const char **why)
{
    size_t label = 0;
    for (const char *at = host; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '.' && label > 0)
            label = 0;
        else if (letter || c == '-' || c == '_')
            label++;
        else
            return wrong(why, "the URL's host is no host name");
        if (label > 63)
            return wrong(why, "a part of the URL's host has more than 63 characters");
    }
    return label > 0 ? 0 : wrong(why, "the URL's host is no host name");
}

static int read_host(upbit__url *out, const char *text, size_t length, const char **why)
{
    unsigned char address[16];
    bool bracket = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (bracket) {
        text++;
        length -= 2;
    }
    if (length > 1 && !bracket && text[length - 1] == '.')
        length--;
    if (length == 0)
        return wrong(why, "no host in the URL");
    if (length >= sizeof out->host)
        return wrong(why, "the URL's host is too long");
    memcpy(out->host, text, length);
    out->host[length] = '\0';
    if (bracket) {
        out->address = true;
        if (inet_pton(AF_INET6, out->host, address) != 1)
            return wrong(why, "the URL's host is not an IPv6 address");
        return 0;
    }
    out->address = inet_pton(AF_INET, out->host, address) == 1;
    int rc = read_name(out->host, why);
    if (rc != 0)
        return rc;
    /* 127.1, 0x7f000001 and 2130706433 would be addresses for some readers and names for others. */
    const char *last = strrchr(out->host, '.');
    last = last == NULL ? out->host : last + 1;
    bool number = *last >= '0' && *last <= '9';
    if (!out->address && number)
        return wrong(why, "the URL's host is a malformed address");
    return 0;
}

static int read_port(upbit__url *out, const char *text, size_t length, const char **why)
{
    unsigned long port = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || port > 65535)
            return wrong(why, "the URL's port is not a number");
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    if (length == 0 || port == 0 || port > 65535)
        return wrong(why, "the URL's port is not in 1 to 65535");
    out->port = (uint16_t)port;
    return 0;
}

static const char *read_scheme(upbit__url *out, const char *schemes, const char *text)
{
    size_t length = strlen(schemes);
    if (strncasecmp(text, schemes, length) != 0)
        return NULL;
    text += length;
    out->secure = *text == 's' || *text == 'S';
    if (out->secure)
        text++;
    return strncmp(text, "://", 3) == 0 ? text + 3 : NULL;
}

int upbit__url_parse(upbit__url *out, const char *schemes, const char *text, const char **why)
{
    *out = (upbit__url){0};
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c <= 0x20 || c >= 0x7f || c == '\\')
            return wrong(why, "a space, control or non-ASCII character in the URL");
        if (c == '#')
            return wrong(why, "a fragment (#) in the URL");
    }
    const char *authority = read_scheme(out, schemes, text);
    if (authority == NULL)
        return wrong(why, schemes[0] == 'w' ? "the URL does not begin with ws:// or wss://"
                                            : "the URL does not begin with http:// or https://");
    size_t length = strcspn(authority, "/?");
    if (memchr(authority, '@', length) != NULL)
        return wrong(why, "a user or password in the URL");
    const char *bracket = memchr(authority, ']', length);
    const char *from = bracket != NULL ? bracket : authority;
    const char *colon = memchr(from, ':', length - (size_t)(from - authority));
    size_t host = colon != NULL ? (size_t)(colon - authority) : length;
    int rc = read_host(out, authority, host, why);
    if (rc != 0)
        return rc;
    uint16_t usual = out->secure ? 443 : 80;
    out->port = usual;
    if (colon != NULL && (rc = read_port(out, colon + 1, length - host - 1, why)) != 0)
        return rc;
    const char *path = authority + length;
    bool slash = *path == '/';
    if (strlen(path) + 2 > sizeof out->path)
        return wrong(why, "the URL's path is too long");
    snprintf(out->path, sizeof out->path, "%s%s", slash ? "" : "/", path);
    const char *open = strchr(out->host, ':') != NULL ? "[" : "";
    const char *close = *open != '\0' ? "]" : "";
    if (out->port == usual)
        snprintf(out->authority, sizeof out->authority, "%s%s%s", open, out->host, close);
    else
        snprintf(out->authority, sizeof out->authority, "%s%s%s:%u", open, out->host, close,
                 out->port);
    return 0;
}

int upbit__proxy_check(const char *text, const char **why)
{
    static const char *const schemes[] = {"http://", "socks5://", "socks5h://"};
    const char *authority = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            authority = text + strlen(schemes[i]);
    }
    if (authority == NULL)
        return wrong(why, "the proxy's URL does not begin with http://, socks5:// or socks5h://");
    for (const char *at = authority; *at != '\0'; at++) {
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || *at == '\\')
            return wrong(why, "a space, control or non-ASCII character in the proxy's URL");
    }
    size_t length = strcspn(authority, "/?#");
    if (authority[length] != '\0' && strcmp(authority + length, "/") != 0)
        return wrong(why, "a path in the proxy's URL");
    const char *host = authority;
    for (size_t i = 0; i < length; i++) {
        if (authority[i] == '@')
            host = authority + i + 1;
    }
    if (host != authority && memchr(authority, '@', (size_t)(host - authority) - 1) != NULL)
        return wrong(why, "an '@' in the proxy's password: write it as %40");
    length -= (size_t)(host - authority);
    const char *colon = host;
    for (size_t i = 0; i < length; i++) {
        if (host[i] == ':')
            colon = host + i;
    }
    if (colon == host || (length > 0 && host[length - 1] == ']'))
        return wrong(why, "no port in the proxy's URL");
    upbit__url parsed = {0};
    size_t before = (size_t)(colon - host);
    int rc = read_host(&parsed, host, before, why);
    return rc != 0 ? rc : read_port(&parsed, colon + 1, length - before - 1, why);
}

bool upbit__url_is_local(const upbit__url *url)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (!url->address)
        return strcasecmp(url->host, "localhost") == 0; /* libcurl never asks the DNS for it */
    if (inet_pton(AF_INET, url->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, url->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
