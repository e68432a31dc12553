/* The mock exchange as a child process of a test: started on a free port, spoken to by /mock,
 * ended. */
#ifndef TESTS_SUPPORT_MOCK_H
#define TESTS_SUPPORT_MOCK_H

#include <sys/types.h>

typedef struct mock {
    pid_t pid;
    int port;
    char url[96]; /* of the public stream */
} mock;

/* Starts the program named by the environment's UPBIT_MOCK with --port 0 --parent-death and these
 * arguments (NULL-terminated), and waits for its line. Ends the test program if it cannot. */
void mock_start(mock *m, const char *const *arguments);
/* SIGTERM and wait. */
void mock_stop(mock *m);
void mock_pause(mock *m);  /* SIGSTOP */
void mock_resume(mock *m); /* SIGCONT */

/* For a mock that speaks TLS: sends a request over a socket and reads the answer to its end; how
 * long that is, -1. NULL: as it is. */
extern ssize_t (*mock_talk)(int fd, const char *request, size_t length, char *answer, size_t room);

/* One HTTP request to the mock, e.g. mock_call(m, "POST", "/mock/cut", ""); the answer's body in a
 * static buffer, its status returned, -1 when it did not answer. */
int mock_call(const mock *m, const char *method, const char *path, const char *body);
const char *mock_answer(void);
/* The integer behind "name": in /mock/stats; -1 if there is none. */
long mock_stat(const mock *m, const char *name);

#endif
