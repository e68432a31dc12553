/* What the tests of get_snapshot share: a mock with a manager, and answers taken whole. */
#ifndef TESTS_CLIENT_SNAPSHOT_RIG_H
#define TESTS_CLIENT_SNAPSHOT_RIG_H

#include "support/stream.h"

extern mock exchange;
extern upbit_manager *manager;

void begin(const char *rate, const char *codes); /* --rate, --codes */
void teardown(void);

/* One whole answer: its data in order, its REPLY. */
typedef struct answer {
    const upbit_event *events[4096];
    int count;
    int error; /* 1: none came */
    char detail[96];
} answer;

/* Takes until the REPLY of the request; asserts that once the answer has begun nothing stands
 * within it but an EPOCH. Other events before it are let go. */
void answer_read(answer *a, upbit_proxy *p, uint64_t id, double seconds);
void answer_drop(answer *a);

void ask(upbit_proxy *p, int type, const char *codes, uint32_t timeout_ms, uint64_t id);
void ask_full(upbit_proxy *p, upbit_want want, const char *codes, uint64_t id);
/* Cancels, and sees that the answer is CANCELLED, at once and once. */
void cancelled_once(upbit_proxy *p, uint64_t id);

/* Streams the codes of the type, and the stream is known to run. */
upbit_proxy *streaming(const char *id, int type, const char *codes);

uint64_t rest_requests(void);    /* what the manager asked by REST, the market list included */
long http_requests(void);        /* what the mock was asked, without this question */
long stream_requests(void);      /* what the mock was sent by stream */
void control(const char *order); /* POST /mock/... */
void wait_ms(int ms);

#endif
