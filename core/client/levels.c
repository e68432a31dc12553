#include "client/levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "exchange/rest_shapes.h"
#include "upbit-live/error.h"

#define PATIENCE_NS (500 * UPBIT__MS)    /* as for the market list: no command is held longer */
#define RETRY_NS    (30 * UPBIT__SECOND) /* between questions about one market */
#define FRESH_NS    (60 * UPBIT__SECOND) /* younger than this, its word is final */

struct upbit__level_set {
    char code[24];
    bool known, wanted, asked;  /* wanted: by the next question; asked: by the one on its way */
    int64_t known_ns, tried_ns; /* 0: never */
    uint32_t count;
    upbit_decimal levels[UPBIT__REST_LEVELS_MAX];
};

static void lost_patience(void *context)
{
    upbit__levels *l = context;
    l->give_up = true;
    l->settled(l->context);
}

void upbit__levels_init(upbit__levels *l, upbit__asking *asking, upbit__loop *loop, upbit__log *log,
                        void (*settled)(void *context), void *context)
{
    *l = (upbit__levels){.asking = asking,
                         .loop = loop,
                         .log = log,
                         .settled = settled,
                         .context = context,
                         .patience = {.callback = lost_patience, .context = l}};
}

void upbit__levels_finish(upbit__levels *l)
{
    upbit__timer_stop(&l->patience);
    upbit__ask_cancel(l->ask);
    l->ask = NULL;
    free(l->sets);
    l->sets = NULL;
    l->count = l->capacity = 0;
}

/* NULL: no memory. Few markets are ever grouped, and only commands look. */
static upbit__level_set *set_of(upbit__levels *l, const char *code)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->sets[i].code, code) == 0)
            return &l->sets[i];
    if (l->count == l->capacity) {
        size_t more = l->capacity == 0 ? 8 : l->capacity * 2;
        upbit__level_set *sets = realloc(l->sets, more * sizeof *sets);
        if (sets == NULL)
            return NULL;
        l->sets = sets;
        l->capacity = more;
    }
    upbit__level_set *s = &l->sets[l->count++];
    *s = (upbit__level_set){.known = false};
    memcpy(s->code, code, strlen(code) + 1);
    return s;
}

static bool supports(const upbit__level_set *s, const upbit_decimal *level)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (upbit_decimal_compare(&s->levels[i], level) == 0)
            return true;
    return s->count == 0; /* it does not say */
}

static upbit__listed refuse(const upbit__level_set *s, const upbit_decimal *level, char *detail,
                            size_t size)
{
    char text[UPBIT_DECIMAL_STRING_SIZE];
    upbit_decimal_to_string(level, text, sizeof text);
    int used = snprintf(detail, size, "%s: no book_level %s, but", s->code, text);
    for (uint32_t i = 0; i < s->count && used >= 0 && (size_t)used < size; i++) {
        upbit_decimal_to_string(&s->levels[i], text, sizeof text);
        used += snprintf(detail + used, size - (size_t)used, " %s", text);
    }
    return UPBIT__LISTED_NO;
}

upbit__listed upbit__levels_check(upbit__levels *l, const char *code, const upbit_decimal *level,
                                  char *detail, size_t size)
{
    int64_t now = upbit__clock_monotonic_ns();
    upbit__level_set *s = set_of(l, code);
    if (s == NULL || (s->known && supports(s, level)))
        return UPBIT__LISTED_YES;
    if (s->known && now - s->known_ns < FRESH_NS)
        return refuse(s, level, detail, size);
    if (s->asked && !l->give_up)
        return UPBIT__LISTED_WAIT;
    if (!s->asked && (s->tried_ns == 0 || now - s->tried_ns >= RETRY_NS)) {
        s->wanted = true;
        return UPBIT__LISTED_WAIT;
    }
    return s->known ? refuse(s, level, detail, size) : UPBIT__LISTED_YES;
}

static void learn(upbit__levels *l, const upbit__instrument *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < l->count; k++) {
            upbit__level_set *s = &l->sets[k];
            if (strcmp(s->code, list[i].code) != 0)
                continue;
            s->known = true;
            s->known_ns = upbit__clock_monotonic_ns();
            s->count = list[i].level_count;
            memcpy(s->levels, list[i].levels, sizeof s->levels);
        }
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__levels *l = context;
    l->ask = NULL;
    upbit__timer_stop(&l->patience);
    char reason[160] = "";
    snprintf(reason, sizeof reason, "%s", result->reason);
    upbit__instrument *list = NULL;
    size_t count = 0;
    if (result->error == 0 && result->http_status == 200 &&
        upbit__rest_instruments(&list, &count, result->body, result->length, reason,
                                sizeof reason) == 0) {
        learn(l, list, count);
        l->told = false;
    } else {
        if (!l->told)
            upbit__log_write(l->log, UPBIT_LOG_WARNING, "rest",
                             "the supported levels cannot be had, levels pass unchecked: "
                             "http_status=%d %s",
                             result->http_status, reason);
        l->told = true;
    }
    free(list);
    for (size_t i = 0; i < l->count; i++)
        l->sets[i].asked = false;
    l->settled(l->context);
}

bool upbit__levels_ask(upbit__levels *l)
{
    if (l->ask != NULL)
        return !l->give_up; /* what is wanted goes with the next one */
    const char *codes[UPBIT__REST_CODES_MAX];
    size_t count = 0;
    int64_t now = upbit__clock_monotonic_ns();
    for (size_t i = 0; i < l->count && count < UPBIT__REST_CODES_MAX; i++) {
        upbit__level_set *s = &l->sets[i];
        if (!s->wanted)
            continue;
        s->wanted = false;
        s->asked = true;
        s->tried_ns = now;
        codes[count++] = s->code;
    }
    upbit__buffer path = {0};
    int error = upbit__rest_path_instruments(&path, codes, count);
    if (error == 0)
        error = upbit__asking_get(l->asking, &l->ask, UPBIT__GROUP_ORDERBOOK, UPBIT__ASK_LISTING,
                                  (const char *)upbit__buffer_bytes(&path), 0, answered, l);
    upbit__buffer_finish(&path);
    l->give_up = false;
    if (error == 0 && upbit__timer_start(l->loop, &l->patience, now + PATIENCE_NS) == 0)
        return true;
    l->give_up = true;
    for (size_t i = 0; i < l->count && error != 0; i++)
        l->sets[i].asked = false;
    return false;
}
