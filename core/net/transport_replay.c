/* A recording in place of a connection: no socket, no name, no network.
 *
 * Opens by itself, plays from the first message sent to it on (who wants what is known then), each
 * frame as long after the first as recorded, divided by the speed. Recorded pings and pongs were
 * between others and are only counted; our own pings are answered. A close frame or the end of the
 * file is the end of the connection, a line that cannot be read too: it is told with its number.
 * The file is read as it is played, one line in memory at a time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_detail.h"
#include "net/transport.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/recording.h"

#define TURN_MOST     ((size_t)256 * 1024) /* bytes in one turn, then the loop's others are served */
#define TURN_MESSAGES 512

typedef enum replay_state { OPENING, WAITING, PLAYING, CLOSING, FINISHED } replay_state;

typedef struct replay {
    upbit__transport base; /* first */
    upbit__loop *loop;
    upbit__log *log;
    double speed; /* <= 0: without waiting */
    size_t size_max;
    /* the loop's thread */
    replay_state state;
    int depth; /* calls from the loop on the stack: memory stays until they return */
    bool destroyed;
    upbit__timer due;  /* of the next frame */
    upbit__timer soon; /* something is to be told */
    FILE *file;
    char *path, *line;
    size_t line_room;
    uint64_t number; /* of the line */
    upbit__recording_kind kind;
    upbit__recorded next; /* when has_next */
    bool has_next, has_first, ponging;
    bool ended;                 /* told as soon as what came before it has been */
    int64_t first_ns, start_ns; /* of the recording, of the playing */
    size_t pong_length;
    uint8_t pong[UPBIT__CONTROL_MAX];
    upbit__transport_info info;
    upbit__close_info close;
} replay;

static void let_go(replay *r)
{
    upbit__timer_stop(&r->due);
    upbit__timer_stop(&r->soon);
    if (r->file != NULL)
        fclose(r->file);
    r->file = NULL;
}

static void release(replay *r)
{
    let_go(r);
    free(r->path);
    free(r->line);
    free(r);
}

static bool alive(const replay *r)
{
    return !r->destroyed && r->state != FINISHED;
}

static void finish(replay *r)
{
    if (!alive(r))
        return;
    let_go(r);
    r->state = FINISHED;
    r->close.body = "";
    upbit__log_write(r->log, UPBIT_LOG_DEBUG, "stream", "recording over: error=%s reason=\"%s\"",
                     upbit_error_name(r->close.error), r->close.reason);
    r->base.events.closed(r->base.context, &r->close);
}

static void arm(replay *r, upbit__timer *timer, int64_t at_ns)
{
    if (upbit__timer_start(r->loop, timer, at_ns) == 0)
        return;
    r->close.error = UPBIT_ERROR_NO_MEMORY;
    snprintf(r->close.reason, sizeof r->close.reason, "out of memory");
    finish(r);
}

/* The recording cannot be read on. */
static void spoiled(replay *r, int error, const char *why)
{
    size_t length = strlen(r->path), most = 100;
    r->close.error = error;
    snprintf(r->close.reason, sizeof r->close.reason, "%s%s line %llu: %s",
             length > most ? "..." : "", r->path + (length > most ? length - most : 0),
             (unsigned long long)r->number, why);
    r->ended = true;
}

/* The end of the file is the server's good-bye. */
static void over(replay *r)
{
    if (!feof(r->file)) { /* or there is no memory for the line */
        spoiled(r, UPBIT_ERROR_SYSTEM, "the file cannot be read");
    } else if (r->kind == UPBIT__RECORDING_UNKNOWN) {
        spoiled(r, UPBIT_ERROR_PROTOCOL, "the file is empty");
    } else {
        r->close.close_code = r->close.sent_code = 1000;
        r->close.clean = true;
        snprintf(r->close.reason, sizeof r->close.reason, "the end of the recording");
        r->ended = true;
    }
}

/* Fills in `next`; false: there is none, it has ended. */
static bool read_next(replay *r)
{
    while (!r->has_next) {
        const char *why = NULL;
        ssize_t length = getline(&r->line, &r->line_room, r->file);
        if (length < 0) {
            over(r);
            return false;
        }
        r->number++;
        length -= length > 0 && r->line[length - 1] == '\n';
        int rc = upbit__recording_read(&r->next, &r->kind, r->line, (size_t)length, &why);
        if (rc < 0) {
            spoiled(r, UPBIT_ERROR_PROTOCOL, why);
            return false;
        }
        if (rc == 1 && r->next.length > r->size_max) {
            spoiled(r, UPBIT_ERROR_PROTOCOL, "a message larger than the limit");
            return false;
        }
        r->has_next = rc == 1 && r->next.in;
    }
    if (!r->has_first) {
        r->has_first = true;
        r->first_ns = r->next.t_ns;
    }
    return true;
}

/* When it is due; now, when that cannot be said. */
static int64_t due_ns(const replay *r, int64_t now)
{
    int64_t since;
    if (r->speed <= 0 || __builtin_sub_overflow(r->next.t_ns, r->first_ns, &since) || since <= 0)
        return now;
    double wait = (double)since / r->speed;
    return wait < 4e18 - (double)r->start_ns ? r->start_ns + (int64_t)wait : INT64_MAX;
}

static void play_close(replay *r)
{
    upbit__close_info *c = &r->close;
    bool coded = r->next.length >= 2;
    c->close_code = coded ? r->next.data[0] << 8 | r->next.data[1] : 1005;
    c->sent_code = c->close_code;
    c->clean = true;
    bool normal = c->close_code == 1000 || c->close_code == 1001 || c->close_code == 1005;
    c->error = normal ? 0 : UPBIT_ERROR_PROTOCOL;
    if (coded && upbit__utf8_valid(r->next.data + 2, r->next.length - 2))
        snprintf(c->reason, sizeof c->reason, "%.*s", (int)(r->next.length - 2),
                 (const char *)r->next.data + 2);
    r->ended = true;
}

static void play_frame(replay *r, int64_t now)
{
    const upbit__recorded *f = &r->next;
    r->has_next = false;
    r->base.counters.bytes_in += f->length;
    if (f->opcode == UPBIT__FRAME_CLOSE) {
        play_close(r);
    } else if (f->opcode == UPBIT__FRAME_PING) {
        r->base.counters.pings_in++;
    } else if (f->opcode != UPBIT__FRAME_PONG) {
        r->base.counters.messages_in++;
        if (r->base.events.message != NULL)
            r->base.events.message(r->base.context, f->opcode, f->data, f->length, now);
    }
}

static void tell_batch(replay *r)
{
    if (alive(r) && r->base.events.batch != NULL)
        r->base.events.batch(r->base.context);
}

static void play(replay *r)
{
    int64_t now = upbit__clock_monotonic_ns();
    uint64_t before = r->base.counters.bytes_in;
    int played = 0;
    while (alive(r) && r->state == PLAYING && !r->ended && played < TURN_MESSAGES &&
           r->base.counters.bytes_in - before < TURN_MOST) {
        if (!read_next(r))
            break;
        int64_t due = due_ns(r, now);
        if (due > now) {
            arm(r, &r->due, due);
            break;
        }
        play_frame(r, now);
        played++;
    }
    if (played > 0)
        tell_batch(r);
    if (alive(r) && r->ended)
        finish(r);
    if (alive(r) && r->state == PLAYING && !upbit__timer_running(&r->due))
        arm(r, &r->due, now);
}

static void leave(replay *r)
{
    if (--r->depth == 0 && r->destroyed)
        release(r);
}

static void on_due(void *context)
{
    replay *r = context;
    r->depth++;
    if (r->state == PLAYING)
        play(r);
    leave(r);
}

static void open_now(replay *r)
{
    r->info.connected_ns = r->info.upgraded_ns = upbit__clock_monotonic_ns();
    r->info.http_status = 101;
    if (r->base.events.connected != NULL)
        r->base.events.connected(r->base.context);
    if (!alive(r) || r->state != OPENING)
        return; /* closed in that event */
    r->state = WAITING;
    r->close.opened = true;
    if (r->base.events.opened != NULL)
        r->base.events.opened(r->base.context, &r->info);
}

static void on_soon(void *context)
{
    replay *r = context;
    r->depth++;
    if (r->state == CLOSING) {
        finish(r);
    } else if (r->state == OPENING) {
        open_now(r);
    } else if (r->ponging) {
        r->ponging = false;
        if (r->base.events.pong != NULL)
            r->base.events.pong(r->base.context, r->pong, r->pong_length);
        tell_batch(r);
    }
    leave(r);
}

static int replay_send(upbit__transport *base, int opcode, const void *bytes, size_t length)
{
    replay *r = (replay *)base;
    (void)bytes;
    if (opcode != UPBIT__OPCODE_TEXT && opcode != UPBIT__OPCODE_BINARY)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (r->state == OPENING)
        return UPBIT_ERROR_ILLEGAL_STATE;
    if (r->state > PLAYING)
        return UPBIT_ERROR_CLOSED;
    base->counters.messages_out++;
    base->counters.bytes_out += length;
    if (r->state == PLAYING)
        return 0;
    r->start_ns = upbit__clock_monotonic_ns();
    int rc = upbit__timer_start(r->loop, &r->due, r->start_ns);
    if (rc == 0)
        r->state = PLAYING;
    return rc;
}

static int replay_ping(upbit__transport *base, const void *payload, size_t length)
{
    replay *r = (replay *)base;
    if (length > UPBIT__CONTROL_MAX)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (r->state == OPENING)
        return UPBIT_ERROR_ILLEGAL_STATE;
    if (r->state > PLAYING)
        return UPBIT_ERROR_CLOSED;
    /* The latest is answered; the others may be left out. */
    r->pong_length = length;
    if (length > 0)
        memcpy(r->pong, payload, length);
    r->ponging = true;
    return upbit__timer_start(r->loop, &r->soon, 0);
}

static int replay_close(upbit__transport *base, int code, const char *reason, int64_t deadline_ns)
{
    replay *r = (replay *)base;
    (void)deadline_ns;
    if (!upbit__transport_may_close(code, reason))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (r->state > PLAYING)
        return UPBIT_ERROR_CLOSED;
    bool opened = r->state != OPENING;
    int rc = upbit__timer_start(r->loop, &r->soon, 0);
    if (rc != 0)
        return rc;
    upbit__timer_stop(&r->due);
    r->state = CLOSING;
    r->close.error = opened ? 0 : UPBIT_ERROR_CANCELLED;
    r->close.clean = opened;
    r->close.close_code = r->close.sent_code = opened ? code : 0;
    if (!opened)
        snprintf(r->close.reason, sizeof r->close.reason, "closed before it was open");
    return 0;
}

static void replay_destroy(upbit__transport *base)
{
    replay *r = (replay *)base;
    if (r->destroyed)
        return;
    let_go(r);
    r->destroyed = true;
    if (r->depth == 0)
        release(r);
}

static size_t replay_pending(const upbit__transport *base)
{
    (void)base;
    return 0;
}

static const char *replay_header(const upbit__transport *base, const char *name)
{
    (void)base;
    (void)name;
    return NULL;
}

static const upbit__transport_operations operations = {
    .send = replay_send,
    .ping = replay_ping,
    .close = replay_close,
    .destroy = replay_destroy,
    .pending = replay_pending,
    .header = replay_header,
};

int upbit__transport_replay_open(upbit__transport **out, upbit__loop *loop,
                                 const upbit__transport_config *config,
                                 const upbit__transport_events *events, void *context)
{
    *out = NULL;
    if (config->replay_file == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "no recording to play");
    replay *r = calloc(1, sizeof *r);
    if (r == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    r->base = (upbit__transport){.operations = &operations, .events = *events, .context = context};
    r->loop = loop;
    r->log = config->log;
    r->speed = config->replay_speed == 0 ? 1 : config->replay_speed;
    r->size_max = config->message_size_max != 0 ? config->message_size_max : 16u * 1024 * 1024;
    r->due = (upbit__timer){.callback = on_due, .context = r};
    r->soon = (upbit__timer){.callback = on_soon, .context = r};
    r->info.started_ns = upbit__clock_monotonic_ns();
    r->path = strdup(config->replay_file);
    r->file = fopen(config->replay_file, "re");
    int rc = 0;
    if (r->file == NULL) {
        char why[80];
        rc = upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "the recording %.120s: %s",
                              config->replay_file, strerror_r(errno, why, sizeof why));
    } else if (r->path == NULL) {
        rc = UPBIT_ERROR_NO_MEMORY;
    } else {
        rc = upbit__timer_start(loop, &r->soon, 0);
    }
    if (rc != 0) {
        release(r);
        return rc;
    }
    *out = &r->base;
    return 0;
}
