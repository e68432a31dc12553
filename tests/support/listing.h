/* A market list of a test's own: a thread that answers the library's REST questions, so that codes
 * can come, go, or not be had, whatever the mock exchange streams. */
#ifndef TESTS_SUPPORT_LISTING_H
#define TESTS_SUPPORT_LISTING_H

#include <pthread.h>

typedef struct listing {
    int socket;
    pthread_t thread;
    char url[64]; /* for upbit_options.rest_url */
    pthread_mutex_t mutex;
    /* under the mutex */
    int status, asked, instruments_asked;
    char markets[8192]; /* the body of /market/all */
    char instruments[2048];
} listing;

/* codes: "KRW-BTC,KRW-ETH". Ends the test program if there is no socket. */
void listing_start(listing *l, const char *codes);
void listing_stop(listing *l);
/* What is answered from now on; a status other than 200 to every question. */
void listing_set(listing *l, int status, const char *codes);
/* The body of /orderbook/instruments; without one it is answered 404. */
void listing_instruments(listing *l, const char *body);
int listing_asked(listing *l); /* how often the list was asked for */
int listing_instruments_asked(listing *l);

#endif
