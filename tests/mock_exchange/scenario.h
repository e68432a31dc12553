/* A timeline of commands: what goes wrong and when, in a file or in the body of a request. Either a
 * line for each step, or one object {"steps":[...]}; a step is
 * {"at_ms":1500,"do":"cut","how":"fin"} with the command's parameters as members. */
#ifndef MOCK_SCENARIO_H
#define MOCK_SCENARIO_H

#include "commands.h"

struct mock_scenario;

/* NULL and the sentence when a step is wrong; none of it is done then. Times count from `now_ns`.
 * An empty text is a timeline without steps. */
struct mock_scenario *mock_scenario_read(char wrong[400], const char *text, size_t len,
                                         int64_t now_ns);
/* The same from a file; what is wrong goes to stderr. */
struct mock_scenario *mock_scenario_load(const char *path, int64_t now_ns);
void mock_scenario_free(struct mock_scenario *scenario);
/* Does what is due; the ms until the next step is, -1 for none. */
int mock_scenario_run(struct mock_server *s, struct mock_scenario *scenario);
void mock_scenario_put(struct mock_buf *out, const struct mock_scenario *scenario);

#endif
