#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PEER_BEAST
#define PEER_BEAST NULL
#endif
#ifndef PEER_LWS
#define PEER_LWS NULL
#endif
#ifndef PEER_QT
#define PEER_QT NULL
#endif
#define PYTHON "/usr/bin/python3"

const peer peers[PEER_COUNT] = {
    {"beast", PEER_BEAST, NULL, NULL, "libboost-dev and rapidjson-dev", 1, 3.2, "P4"},
    {"beast-blocking", PEER_BEAST, NULL, "blocking", "libboost-dev and rapidjson-dev", 1, 0, NULL},
    {"libwebsockets", PEER_LWS, NULL, NULL, "libwebsockets-dev and libsimdjson-dev", 1, 4, "P4"},
    {"qt", PEER_QT, NULL, NULL, "Qt and libqt5websockets5-dev", 2, 6, "P3"},
    {"pyqt", PYTHON, FOLDER "/peer_pyqt.py", NULL, "python3", 2, 5, "P3"},
    {"python", PYTHON, FOLDER "/peer_websockets.py", NULL, "python3", 2, 5.5, "P3"},
    {"process", PYTHON, FOLDER "/peer_process.py", NULL, "python3", 4, 12, "P3"},
    {"node", "node", FOLDER "/peer_ws.cjs", NULL, "nodejs", 2, 3.5, "P3"},
    {"ccxt", "node", FOLDER "/peer_ccxt.cjs", NULL, "nodejs", 4, 45, "P3"},
};

_Noreturn void peer_run(const peer *p, const flood *f, size_t count)
{
    char url[64], number[24];
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    snprintf(number, sizeof number, "%zu", count);
    setenv("BENCH_CCXT", CCXT_FOLDER, 0);
    setenv("QT_QPA_PLATFORM", "offscreen", 0);
    if (p->program != NULL && p->script != NULL)
        execlp(p->program, p->program, p->script, url, f->ca_file, number, p->word, (char *)NULL);
    else if (p->program != NULL)
        execlp(p->program, p->program, url, f->ca_file, number, p->word, (char *)NULL);
    fprintf(stderr, "%s: needs %s\n", p->name, p->needs);
    _exit(77);
}
