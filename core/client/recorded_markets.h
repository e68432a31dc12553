/* Which markets a recording has frames of: what KRW-* means while one is played, since nobody can
 * be asked then. The file is looked through once, a piece in each turn of the loop, before its
 * first frame is played. I/O thread only. */
#ifndef UPBIT_CLIENT_RECORDED_MARKETS_H
#define UPBIT_CLIENT_RECORDED_MARKETS_H

#include "base/log.h"
#include "exchange/markets.h"
#include "net/loop.h"

typedef struct upbit__recorded_markets upbit__recorded_markets;

/* 0 or NO_MEMORY. `done` is called once, in a later turn, unless destroyed before; `markets` is the
 * callee's, NULL: the file cannot be read, or has none (playing it tells what is wrong with it).
 * The scan stays to be destroyed, inside `done` too. */
int upbit__recorded_markets_start(upbit__recorded_markets **out, upbit__loop *loop,
                                  const char *path,
                                  void (*done)(void *context, upbit__markets *markets),
                                  void *context);
void upbit__recorded_markets_destroy(upbit__recorded_markets *s); /* NULL allowed */

#endif
