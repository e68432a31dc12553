/* Orders by the clock, read from a file before anything begins: what is wrong there is told at
 * once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"

#define STEPS_MOST 10000

typedef struct step {
    int64_t at_ms;
    bool loop; /* from the first one again */
    order what;
} step;

struct script {
    step *steps;
    size_t count, next;
    int64_t begun_ns;
};

static bool add(struct script *s, const char *line, char *why, size_t size)
{
    char *end = NULL;
    errno = 0;
    step new = {.at_ms = strtoll(line, &end, 10)};
    if (end == line || errno != 0 || new.at_ms < 0) {
        snprintf(why, size, "a step begins with its time, in milliseconds from the start");
        return false;
    }
    int64_t before = s->count > 0 ? s->steps[s->count - 1].at_ms : 0;
    end += strspn(end, " \t");
    new.loop = strncmp(end, "loop", 4) == 0 && end[4 + strspn(end + 4, " \t\r\n")] == '\0';
    if (new.at_ms < before || s->count == STEPS_MOST) {
        snprintf(why, size, "%s",
                 s->count == STEPS_MOST ? "more than 10000 steps"
                                        : "it is earlier than the one before it");
        return false;
    }
    if (new.loop &&new.at_ms == 0) {
        snprintf(why, size, "a loop without an end");
        return false;
    }
    if (!new.loop && !order_read(&new.what, end, why, size))
        return false;
    step *more = realloc(s->steps, (s->count + 1) * sizeof *more);
    if (more == NULL) {
        snprintf(why, size, "out of memory");
        return false;
    }
    s->steps = more;
    s->steps[s->count++] = new;
    return true;
}

struct script *script_load(const char *path)
{
    FILE *f = fopen(path, "r");
    struct script *s = f != NULL ? calloc(1, sizeof *s) : NULL;
    if (s == NULL) {
        fprintf(stderr, "upbit-relay: %s: %s\n", path, strerror(errno));
        if (f != NULL)
            fclose(f);
        return NULL;
    }
    char line[512], why[320];
    bool good = true;
    for (int number = 1; good && fgets(line, sizeof line, f) != NULL; number++) {
        const char *text = line + strspn(line, " \t\r\n");
        if (*text == '\0' || *text == '#')
            continue;
        good = add(s, text, why, sizeof why);
        if (!good)
            fprintf(stderr, "upbit-relay: %s, line %d: %s\n", path, number, why);
    }
    if (good && ferror(f)) {
        fprintf(stderr, "upbit-relay: %s: %s\n", path, strerror(errno));
        good = false;
    }
    fclose(f);
    if (!good) {
        script_free(s);
        return NULL;
    }
    return s;
}

void script_free(struct script *s)
{
    if (s == NULL)
        return;
    free(s->steps);
    free(s);
}

int64_t script_run(relay *r, struct script *s)
{
    if (s->begun_ns == 0)
        s->begun_ns = r->start_ns;
    while (s->next < s->count) {
        const step *now = &s->steps[s->next];
        int64_t due = s->begun_ns + relay_scaled(r, now->at_ms);
        if (due > r->now_ns)
            return due;
        if (now->loop) {
            s->begun_ns = due;
            s->next = 0;
            continue;
        }
        char answer[320];
        if (!relay_apply(r, &now->what, answer, sizeof answer) || now->what.what == DEED_STATS)
            fprintf(stderr, "upbit-relay: %s\n", answer);
        relay_log(r, "step %zu at %lld ms", s->next + 1, (long long)now->at_ms);
        s->next++;
    }
    return INT64_MAX;
}
