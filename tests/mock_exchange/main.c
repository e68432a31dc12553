/* upbit-mock: a stand-in for Upbit on this machine, for tests, demonstrations and work on a train.
 * It shares no code with the library it tests. docs/MOCK.md describes it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server.h"

static bool follow_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        perror("upbit-mock: prctl");
        return false;
    }
    /* The parent may have ended before the line above; then nobody would ever tell. */
    return getppid() == parent;
}

int main(int argc, char **argv)
{
    static struct mock_server server;
    pid_t parent = getppid();
    int status;
    if (mock_options_read(&server.options, &status, argc, argv) != 0) {
        return status;
    }
    /* Process 1 is a parent like any other where it started this program itself, as in a container
     * whose first process runs the tests; elsewhere it is who adopts orphans. */
    bool orphan = parent == 1 && getsid(0) != getsid(1);
    if (server.options.parent_death && (orphan || !follow_parent(parent))) {
        fprintf(stderr, "upbit-mock: the parent has ended already\n");
        return 1;
    }
    status = 1;
    if (mock_server_open(&server)) {
        bool six = strchr(server.options.host, ':') != NULL;
        printf("listening %s://%s%s%s:%d/websocket/v1\n", server.tls != NULL ? "wss" : "ws",
               six ? "[" : "", server.options.host, six ? "]" : "", server.port);
        status = fflush(stdout) == 0 ? mock_server_run(&server) : 1;
    }
    mock_server_finish(&server);
    return status;
}
