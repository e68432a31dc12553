#include "support/relay.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char answer[1024];

static void give_up(const char *what, const char *more)
{
    fprintf(stderr, "upbit-relay: %s%s\n", what, more);
    exit(99);
}

void relay_start(relay *r, const char *server_url, const char *const *arguments)
{
    const char *program = getenv("UPBIT_RELAY"), *colon = strrchr(server_url, ':');
    if (program == NULL || colon == NULL)
        give_up("UPBIT_RELAY does not name the program, or no url: ", server_url);
    char to[8];
    const char *path = colon + 1 + strspn(colon + 1, "0123456789");
    snprintf(to, sizeof to, "%.*s", (int)(path - colon - 1), colon + 1);
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        give_up("no pipe", "");
    *r = (relay){.pid = fork()};
    if (r->pid == 0) {
        const char *argv[32] = {program, "--to", to, "--parent-death"};
        size_t n = 4;
        for (; *arguments != NULL && n < 31; arguments++)
            argv[n++] = *arguments;
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int i = 0; i < 2; i++) {
            close(in[i]);
            close(out[i]);
        }
        execv(program, (char *const *)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    r->to = fdopen(in[1], "w");
    r->from = fdopen(out[0], "r");
    if (r->to == NULL || r->from == NULL || fgets(answer, sizeof answer, r->from) == NULL ||
        sscanf(answer, "listening 127.0.0.1:%d", &r->port) != 1)
        give_up("no listening line", "");
    snprintf(r->url, sizeof r->url, "%.*s127.0.0.1:%d%s",
             strncmp(server_url, "wss:", 4) == 0 ? 6 : 5, server_url, r->port, path);
}

void relay_stop(relay *r)
{
    if (r->pid <= 0)
        return;
    kill(r->pid, SIGTERM);
    waitpid(r->pid, NULL, 0);
    fclose(r->to);
    fclose(r->from);
    *r = (relay){0};
}

void relay_order(relay *r, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(r->to, format, list);
    va_end(list);
    fputc('\n', r->to);
    if (fflush(r->to) != 0 || fgets(answer, sizeof answer, r->from) == NULL)
        give_up("it has ended", "");
    if (strncmp(answer, "ok", 2) != 0)
        give_up(format, answer);
}

long relay_stat(relay *r, const char *name)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":", name);
    relay_order(r, "stats");
    const char *at = strstr(answer, key);
    return at != NULL ? strtol(at + strlen(key), NULL, 10) : -1;
}
