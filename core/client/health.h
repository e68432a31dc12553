/* How a session is doing, in one word, with reasons and with what is done about it. Pure.
 *
 * The I/O thread gathers the signs; the verdict follows from them alone, so that a test can go
 * through all of them. */
#ifndef UPBIT_CLIENT_HEALTH_H
#define UPBIT_CLIENT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "upbit-live/control.h"
#include "upbit-live/manager.h"

typedef struct upbit__signs {
    upbit_session session;
    upbit_state state;
    int error;         /* why the last connection ended */
    bool replay;       /* a recording is played */
    bool uncompressed; /* compression was given up */
    bool limited;      /* the exchange wants no connection from us at present */
    bool polling;      /* private: REST stands in */
    bool unwanted;     /* private: nothing private is wanted */
    bool refused;      /* private: idle, because keys or permissions are missing */
    /* public: of the manager */
    int64_t clock_ahead_s;             /* how far this machine's clock is wrong; 0: it is right */
    uint64_t dropped, not_fitted, bad; /* events and messages in the last minute */
} upbit__signs;

/* Fills in level, reasons, doing, reason and action. */
void upbit__health_judge(upbit_health *out, const upbit__signs *signs);
/* About a clock that is wrong, for people. */
void upbit__health_clock_text(char *to, size_t size, int64_t ahead_s);

#endif
