#include "support/listing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(listing *l, int fd)
{
    char request[4096] = "", head[160], body[sizeof l->markets];
    size_t have = 0;
    ssize_t got;
    while (strstr(request, "\r\n\r\n") == NULL && have < sizeof request - 1 &&
           (got = read(fd, request + have, sizeof request - 1 - have)) > 0) {
        have += (size_t)got;
        request[have] = '\0';
    }
    pthread_mutex_lock(&l->mutex);
    int status = l->status;
    if (strncmp(request, "GET /v1/market/all ", 19) == 0) {
        l->asked++;
        snprintf(body, sizeof body, "%s", l->markets);
    } else {
        l->instruments_asked += strstr(request, "/orderbook/instruments?") != NULL;
        snprintf(body, sizeof body, "%s", l->instruments);
        if (l->instruments[0] == '\0')
            status = 404;
    }
    pthread_mutex_unlock(&l->mutex);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     status, strlen(body));
    if (write(fd, head, (size_t)n) == n && write(fd, body, strlen(body)) >= 0)
        shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0) {
    }
    close(fd);
}

static void *serve(void *context)
{
    listing *l = context;
    for (int fd; (fd = accept(l->socket, NULL, NULL)) >= 0;)
        answer(l, fd);
    return NULL;
}

void listing_start(listing *l, const char *codes)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    *l = (listing){.mutex = PTHREAD_MUTEX_INITIALIZER};
    listing_set(l, 200, codes);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->socket < 0 || bind(l->socket, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(l->socket, 16) != 0 || getsockname(l->socket, (struct sockaddr *)&at, &size) != 0 ||
        pthread_create(&l->thread, NULL, serve, l) != 0) {
        fprintf(stderr, "no market list\n");
        exit(99);
    }
    snprintf(l->url, sizeof l->url, "http://127.0.0.1:%d/v1", ntohs(at.sin_port));
}

void listing_stop(listing *l)
{
    shutdown(l->socket, SHUT_RDWR); /* wakes accept */
    pthread_join(l->thread, NULL);
    close(l->socket);
}

void listing_set(listing *l, int status, const char *codes)
{
    char text[4096];
    size_t used = 1;
    char *rest = NULL;
    snprintf(text, sizeof text, "%s", codes);
    pthread_mutex_lock(&l->mutex);
    l->status = status;
    snprintf(l->markets, sizeof l->markets, "[");
    for (char *c = strtok_r(text, ",", &rest); c != NULL; c = strtok_r(NULL, ",", &rest))
        used += (size_t)snprintf(l->markets + used, sizeof l->markets - used,
                                 "%s{\"market\":\"%s\",\"korean_name\":\"\",\"english_name\":\"\"}",
                                 used > 1 ? "," : "", c);
    snprintf(l->markets + used, sizeof l->markets - used, "]");
    pthread_mutex_unlock(&l->mutex);
}

void listing_instruments(listing *l, const char *body)
{
    pthread_mutex_lock(&l->mutex);
    snprintf(l->instruments, sizeof l->instruments, "%s", body);
    pthread_mutex_unlock(&l->mutex);
}

static int look(listing *l, const int *counter)
{
    pthread_mutex_lock(&l->mutex);
    int n = *counter;
    pthread_mutex_unlock(&l->mutex);
    return n;
}

int listing_asked(listing *l)
{
    return look(l, &l->asked);
}

int listing_instruments_asked(listing *l)
{
    return look(l, &l->instruments_asked);
}
