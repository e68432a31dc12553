/* The commands of /mock: one list for HTTP and for scenarios. */
#ifndef MOCK_COMMANDS_H
#define MOCK_COMMANDS_H

#include "args.h"
#include "server.h"

struct mock_command {
    const char *name;
    /* Judges without doing anything; may be NULL. False and a->wrong. */
    bool (*check)(struct mock_args *a);
    /* Does it. False and a->wrong when it cannot be done now. */
    bool (*run)(struct mock_server *s, struct mock_args *a);
    struct mock_param params[MOCK_PARAMS];
};

/* NULL when there is none. */
const struct mock_command *mock_command_find(const char *name);
/* The names, for a sentence. */
void mock_command_names(char *out, size_t size);

/* commands_stream.c, commands_traffic.c, commands_service.c, commands_private.c, hostile.c: each a
 * list that ends with a NULL name */
extern const struct mock_command mock_stream_commands[];
extern const struct mock_command mock_service_commands[];
extern const struct mock_command mock_private_commands[];
extern const struct mock_command mock_hostile_commands[];
extern const struct mock_command mock_deflate_commands[];
extern const struct mock_command mock_traffic_commands[];

/* ?type= and ?code= into a filter. False and a->wrong. */
bool mock_args_filter(struct mock_filter *f, struct mock_args *a, size_t type, size_t code);
/* Whether ?name= is an error of the exchange or comes with a ?message=. False and a->wrong. */
bool mock_args_error_name(struct mock_args *a, size_t name, size_t message);
/* Calls `each` for the WebSockets that the MOCK_WHO from parameter `who` on means, without any for
 * all; how many there were. */
size_t mock_each_websocket(struct mock_server *s, const struct mock_args *a, size_t who,
                           void (*each)(struct mock_server *s, struct mock_conn *c, void *arg),
                           void *arg);

/* Descriptions of parameters. */
#define MOCK_NUMBER(name, standard, least, most)                                                   \
    {                                                                                              \
        name, MOCK_ARG_NUMBER, standard, least, most, NULL                                         \
    }
#define MOCK_WORD(name, words)                                                                     \
    {                                                                                              \
        name, MOCK_ARG_WORD, 0, 0, 0, words                                                        \
    }
#define MOCK_TEXT(name, most)                                                                      \
    {                                                                                              \
        name, MOCK_ARG_TEXT, 0, 0, most, NULL                                                      \
    }
#define MOCK_ID     MOCK_NUMBER("id", 0, 1, INT64_MAX)
#define MOCK_STREAM MOCK_WORD("stream", "all public private")
#define MOCK_WHO    MOCK_ID, MOCK_STREAM /* two parameters */
#define MOCK_ON     MOCK_NUMBER("on", 1, 0, 1)
#define MOCK_TYPE   MOCK_TEXT("type", 12)
#define MOCK_CODE   MOCK_TEXT("code", 23)

#endif
