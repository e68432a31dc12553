/* What neither cache nor stream has. */
#include "client/snapshot.h"

void upbit__snapshot_ask(upbit__snapshot *s)
{
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].state == UPBIT__PART_OPEN)
            upbit__snapshot_fail(s, &s->parts[i], UPBIT_ERROR_UNAVAILABLE,
                                 "not streamed, and REST is not built yet");
    upbit__snapshot_check(s);
}
