/* What the REST side has to know of a replay: which codes it speaks of. */
#ifndef MOCK_REPLAY_H
#define MOCK_REPLAY_H

#include "server.h"

size_t mock_replay_codes(const struct mock_replay *r);
const char *mock_replay_code(const struct mock_replay *r, size_t index);

#endif
