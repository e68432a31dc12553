#include "support/mock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char answer[262144];

static void give_up(const char *what)
{
    fprintf(stderr, "mock exchange: %s\n", what);
    exit(99);
}

void mock_start(mock *m, const char *const *arguments)
{
    const char *program = getenv("UPBIT_MOCK");
    if (program == NULL)
        give_up("UPBIT_MOCK does not name the program");
    int out[2];
    if (pipe(out) != 0)
        give_up("no pipe");
    *m = (mock){.pid = fork()};
    if (m->pid == 0) {
        const char *argv[32] = {program, "--port", "0", "--parent-death"};
        size_t n = 4;
        for (; *arguments != NULL && n < 31; arguments++)
            argv[n++] = *arguments;
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execv(program, (char *const *)argv);
        _exit(127);
    }
    close(out[1]);
    FILE *from = fdopen(out[0], "r");
    char line[160] = "";
    if (from == NULL || fgets(line, sizeof line, from) == NULL ||
        sscanf(line, "listening %95s", m->url) != 1)
        give_up("no listening line");
    fclose(from);
    const char *colon = strrchr(m->url, ':');
    m->port = colon != NULL ? atoi(colon + 1) : 0;
}

void mock_stop(mock *m)
{
    if (m->pid <= 0)
        return;
    kill(m->pid, SIGCONT);
    kill(m->pid, SIGTERM);
    waitpid(m->pid, NULL, 0);
    m->pid = 0;
}

void mock_pause(mock *m)
{
    kill(m->pid, SIGSTOP);
}

void mock_resume(mock *m)
{
    kill(m->pid, SIGCONT);
}

ssize_t (*mock_talk)(int fd, const char *request, size_t length, char *answer, size_t room);

static ssize_t talk_plainly(int fd, const char *request, size_t length, char *to, size_t room)
{
    if (write(fd, request, length) != (ssize_t)length)
        return -1;
    size_t all = 0;
    ssize_t got;
    while (all < room && (got = read(fd, to + all, room - all)) > 0)
        all += (size_t)got;
    return (ssize_t)all;
}

int mock_call(const mock *m, const char *method, const char *path, const char *body)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)m->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    size_t room = strlen(path) + strlen(body) + 256;
    char *request = malloc(room);
    if (request == NULL)
        abort();
    int n = snprintf(request, room,
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, path, strlen(body), body);
    ssize_t length = (mock_talk != NULL ? mock_talk : talk_plainly)(fd, request, (size_t)n, answer,
                                                                    sizeof answer - 1);
    free(request);
    close(fd);
    if (length < 0)
        return -1;
    answer[length] = '\0';
    int status = -1;
    sscanf(answer, "HTTP/1.1 %d", &status);
    char *end = strstr(answer, "\r\n\r\n");
    if (end != NULL)
        memmove(answer, end + 4, strlen(end + 4) + 1);
    return status;
}

const char *mock_answer(void)
{
    return answer;
}

long mock_stat(const mock *m, const char *name)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":", name);
    if (mock_call(m, "GET", "/mock/stats", "") != 200)
        return -1;
    const char *at = strstr(answer, key);
    return at != NULL ? strtol(at + strlen(key), NULL, 10) : -1;
}
