#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

long peer_read(peer *p, void *bytes, size_t room)
{
    long got;
    if (p->ssl != NULL) {
        got = SSL_read(p->ssl, bytes, (int)room);
    } else {
        do
            got = recv(p->fd, bytes, room, 0);
        while (got < 0 && errno == EINTR);
    }
    if (got > 0 && p->requests != NULL)
        atomic_fetch_add(p->requests, (int)got);
    return got;
}

bool peer_read_all(peer *p, void *bytes, size_t length)
{
    uint8_t *to = bytes;
    while (length > 0) {
        long got = peer_read(p, to, length);
        if (got <= 0)
            return false;
        to += got;
        length -= (size_t)got;
    }
    return true;
}

bool peer_write(peer *p, const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        long put;
        if (p->ssl != NULL)
            put = SSL_write(p->ssl, from, (int)length);
        else
            put = send(p->fd, from, length, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        from += put;
        length -= (size_t)put;
    }
    return true;
}

bool peer_text(peer *p, const char *text)
{
    return peer_write(p, text, strlen(text));
}

bool peer_request(peer *p)
{
    size_t at = 0;
    while (at + 1 < sizeof p->request) {
        if (peer_read(p, p->request + at, 1) != 1)
            return false;
        p->request[++at] = '\0';
        if (at >= 4 && strcmp(p->request + at - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

void peer_accept_value(const peer *p, char out[32])
{
    char text[128];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const char *key = strstr(p->request, "Sec-WebSocket-Key: ");
    out[0] = '\0';
    if (key == NULL)
        return;
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
             key + strlen("Sec-WebSocket-Key: "));
    EVP_Digest(text, strlen(text), digest, &size, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
}

bool peer_upgrade(peer *p)
{
    char accept[32], answer[512];
    if (!peer_request(p))
        return false;
    peer_accept_value(p, accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "remaining-req: group=websocket; min=300; sec=3\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    return peer_text(p, answer);
}

bool peer_frame(peer *p, uint8_t first, const void *payload, size_t length)
{
    uint8_t head[10] = {first};
    size_t size = 2;
    if (length < 126) {
        head[1] = (uint8_t)length;
    } else if (length < 65536) {
        head[1] = 126;
        head[2] = (uint8_t)(length >> 8);
        head[3] = (uint8_t)length;
        size = 4;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
        size = 10;
    }
    return peer_write(p, head, size) && (length == 0 || peer_write(p, payload, length));
}

int peer_read_frame(peer *p, uint8_t **payload, size_t *length)
{
    uint8_t head[2], extended[8], mask[4];
    *payload = NULL;
    *length = 0;
    if (!peer_read_all(p, head, 2) || (head[1] & 0x80) == 0)
        return -1;
    uint64_t size = head[1] & 0x7f;
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (more > 0) {
        if (!peer_read_all(p, extended, more))
            return -1;
        size = 0;
        for (size_t i = 0; i < more; i++)
            size = size << 8 | extended[i];
    }
    if (!peer_read_all(p, mask, 4))
        return -1;
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL || !peer_read_all(p, bytes, size)) {
        free(bytes);
        return -1;
    }
    for (uint64_t i = 0; i < size; i++)
        bytes[i] ^= mask[i & 3];
    bytes[size] = 0;
    *payload = bytes;
    *length = size;
    return head[0] & 0x0f;
}

void peer_finish(peer *p)
{
    uint8_t *payload;
    size_t length;
    int opcode;
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0) {
        if (opcode == 8)
            peer_frame(p, 0x88, payload, length);
        free(payload);
        if (opcode == 8)
            break;
    }
}

static void serve_one(server *s, int fd)
{
    peer p = {.fd = fd, .requests = &s->requests};
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bool ok = true;
    if (s->tls != NULL) {
        p.ssl = SSL_new(s->tls);
        SSL_set_fd(p.ssl, fd);
        ok = SSL_accept(p.ssl) == 1;
        if (ok)
            atomic_fetch_add(&s->handshakes, 1);
    }
    if (ok)
        s->serve(&p, s->context);
    if (p.ssl != NULL) {
        if (ok)
            SSL_shutdown(p.ssl);
        SSL_free(p.ssl);
    }
}

static void *run(void *context)
{
    server *s = context;
    while (!atomic_load(&s->stopping)) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        atomic_fetch_add(&s->accepted, !atomic_load(&s->stopping));
        atomic_store(&s->current, fd);
        if (!atomic_load(&s->stopping))
            serve_one(s, fd);
        atomic_store(&s->current, -1);
        close(fd);
    }
    return NULL;
}

void server_start(server *s, SSL_CTX *tls, serve_function serve, void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    *s = (server){.tls = tls, .serve = serve, .context = context};
    atomic_store(&s->current, -1);
    signal(SIGPIPE, SIG_IGN); /* SSL_write has no flag for it */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(s->listener, 16) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &size) != 0)
        abort();
    s->port = ntohs(address.sin_port);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        abort();
}

void server_stop(server *s)
{
    atomic_store(&s->stopping, true);
    shutdown(s->listener, SHUT_RDWR);
    int fd = atomic_load(&s->current);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
}
