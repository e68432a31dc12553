/* An exchange that does what the test says: it refuses requests that hold a certain word, forgets a
 * code, keeps silent about LIST_SUBSCRIPTIONS. It answers each code of a request with one SNAPSHOT
 * and sends nothing by itself. One connection at a time; it has no REST. */
#ifndef TESTS_INTEGRATION_CLIENT_PUPPET_H
#define TESTS_INTEGRATION_CLIENT_PUPPET_H

#include "../net/server.h"
#include "support/stream.h"

typedef enum puppet_list {
    PUPPET_TRUE,
    PUPPET_MUTE,
    PUPPET_REFUSE,
    PUPPET_OTHER_TICKET,
    PUPPET_LATE /* answers when the next request has come, but of the set before it */
} puppet_list;

typedef struct puppet {
    server server;
    mock address; /* only the URL: for stream_manager */
    pthread_mutex_t mutex;
    /* under the mutex; the test writes with puppet_say */
    char poison[32];    /* requests that hold this are answered with `error`, then closed */
    char error[48];     /* its name; default WRONG_FORMAT */
    char silent[32];    /* this code gets no frame */
    char forgotten[32]; /* this code is left out of the next list, and out of all lists if ... */
    char extra[32];     /* this code is in every list */
    puppet_list list;
    bool stubborn; /* a new request does not bring the forgotten code back */
    bool deaf;     /* answers no ping */
    bool stays;    /* does not close after an error frame */
    int connections, requests, lists;
    int in_last;         /* codes in the last request */
    char last[65536];    /* the last request that was no list */
    char last_list[512]; /* the last question */
    bool late;           /* it waits for its answer */
} puppet;

void puppet_start(puppet *p);
void puppet_stop(puppet *p);
/* stream_manager with a REST address that refuses at once: codes pass unchecked. */
upbit_manager *puppet_manager(puppet *p, void (*change)(upbit_options *options));

void puppet_lock(puppet *p);
void puppet_unlock(puppet *p);
#define puppet_say(p, field, value)                                                                \
    do {                                                                                           \
        puppet_lock(p);                                                                            \
        (p)->field = (value);                                                                      \
        puppet_unlock(p);                                                                          \
    } while (0)
void puppet_word(puppet *p, char *field, const char *word);
int puppet_count(puppet *p, const int *field);
/* Waits until the counter is at least `least`; what it then is. */
int puppet_wait(puppet *p, const int *field, int least, double seconds);
/* Whether the last request holds the text. */
bool puppet_asked(puppet *p, const char *text);

#endif
