#include "relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Until the client goes. */
static void hang(peer *p)
{
    char bytes[256];
    while (peer_read(p, bytes, sizeof bytes) > 0)
        ;
}

static void tunnel(relay *r, peer *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
        atomic_fetch_add(&r->tunnels, 1);
        struct pollfd fds[2] = {{p->fd, POLLIN, 0}, {fd, POLLIN, 0}};
        peer other = {.fd = fd};
        char bytes[16384];
        long got;
        while (poll(fds, 2, -1) > 0) {
            if (fds[0].revents != 0 && ((got = peer_read(p, bytes, sizeof bytes)) <= 0 ||
                                        !peer_write(&other, bytes, (size_t)got)))
                break;
            if (fds[1].revents != 0 && ((got = peer_read(&other, bytes, sizeof bytes)) <= 0 ||
                                        !peer_write(p, bytes, (size_t)got)))
                break;
        }
    }
    if (fd >= 0)
        close(fd);
}

/* What a broken proxy does with the answer that would be right; true: it has been done. */
static bool misbehave(relay *r, peer *p, const char *right, size_t length)
{
    switch (r->mood) {
    case RELAY_GARBAGE:
        peer_text(p, "220 mail.example ESMTP ready\r\n\r\n");
        hang(p);
        return true;
    case RELAY_CLOSES_LATE:
        return true;
    case RELAY_HALF:
        peer_write(p, right, length / 2);
        return true;
    case RELAY_HANGS_HALF:
        peer_write(p, right, length / 2);
        hang(p);
        return true;
    default:
        return false;
    }
}

static void serve_connect(relay *r, peer *p)
{
    static const char right[] = "HTTP/1.1 200 Connection established\r\nVia: relay\r\n\r\n";
    if (!peer_request(p))
        return;
    snprintf(r->head, sizeof r->head, "%s", p->request);
    sscanf(p->request, "CONNECT %299s", r->asked);
    if (misbehave(r, p, right, sizeof right - 1))
        return;
    /* user:secret */
    bool known =
        strcasestr(p->request, "\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n") != NULL;
    if (r->mood == RELAY_REFUSES) {
        peer_text(p, "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!");
    } else if (r->mood == RELAY_WANTS_LOGIN && !known) {
        peer_text(p, "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                     "Content-Length: 0\r\n\r\n");
    } else if (r->mood == RELAY_ENDLESS) {
        bool on = peer_text(p, "HTTP/1.1 200 OK\r\n");
        while (on)
            on = peer_text(p, "X-Header: and so on\r\n");
    } else if (peer_text(p, right)) {
        tunnel(r, p);
    }
}

static bool login(peer *p)
{
    uint8_t bytes[600];
    return peer_write(p, "\x05\x02", 2) && peer_read_all(p, bytes, 2) && bytes[0] == 1 &&
           peer_read_all(p, bytes + 2, bytes[1] + 1u) &&
           peer_read_all(p, bytes + 3 + bytes[1], bytes[2 + bytes[1]]) && bytes[1] == 4 &&
           memcmp(bytes + 2, "user\6secret", 11) == 0 && peer_write(p, "\x01\x00", 2);
}

static void serve_socks(relay *r, peer *p)
{
    static const char right[] = "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50";
    uint8_t bytes[300];
    if (!peer_read_all(p, bytes, 2) || !peer_read_all(p, bytes + 2, bytes[1]))
        return;
    if (r->mood == RELAY_WANTS_LOGIN) {
        if (memchr(bytes + 2, 2, bytes[1]) == NULL) {
            peer_write(p, "\x05\xff", 2);
            return;
        }
        if (!login(p))
            return;
    } else if (r->mood == RELAY_GARBAGE || !peer_write(p, "\x05\x00", 2)) {
        misbehave(r, p, "", 0);
        return;
    }
    if (!peer_read_all(p, bytes, 5))
        return;
    r->by_name = bytes[3] == 3;
    size_t length = r->by_name ? bytes[4] : bytes[3] == 1 ? 3 : 15;
    if (!peer_read_all(p, bytes + 5, length + 2))
        return;
    unsigned port = bytes[5 + length] * 256u + bytes[6 + length];
    snprintf(r->asked, sizeof r->asked, "%.*s:%u", r->by_name ? (int)length : 0, (char *)bytes + 5,
             port);
    if (misbehave(r, p, right, sizeof right - 1))
        return;
    if (r->mood == RELAY_REFUSES)
        peer_write(p, "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    else if (r->mood == RELAY_ENDLESS)
        while (peer_write(p, "\x05\x00\x00\x07\xff\xff\xff\xff", 8)) /* no such address type */
            ;
    else if (peer_write(p, right, sizeof right - 1))
        tunnel(r, p);
}

void serve_relay(peer *p, void *context)
{
    relay *r = context;
    if (r->mood == RELAY_HANGS)
        hang(p);
    else if (r->mood != RELAY_CLOSES)
        (r->socks ? serve_socks : serve_connect)(r, p);
}
