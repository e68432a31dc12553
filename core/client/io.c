/* The I/O thread: one loop, all state.
 *
 * A turn: what the loop has (the stream's messages are decoded and pushed as they are read), then
 * the commands, then one commit of all that was pushed and one notification per waiter. It ends
 * when it is asked to: commands are sealed, the connection is closed in order until the deadline,
 * every proxy gets CLOSED, everything that belongs to this thread is given back. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/acquire.h"
#include "client/measure.h"
#include "client/private.h"
#include "client/resync.h"
#include "client/snapshot.h"
#include "client/trace.h"
#include "queue/pool.h"
#include "wire/http.h"

#define BATCH_NS                                                                                   \
    (1 * UPBIT__MS) /* of work: then what is pushed is shown, though more can be read */
#define EPISODE_NS      (60 * UPBIT__SECOND) /* bad messages nearer than this are one episode */
#define AGAIN_NS        (100 * UPBIT__MS)    /* while there is no memory to tell something */
#define WALL_NS         (10 * UPBIT__MS)     /* so long two clocks go by what they were apart */
#define RESYNC_FIRST_MS 10
#define RESYNC_LAST_MS  160

static void deliver(void *context, upbit__session *session, upbit_event *e)
{
    upbit_manager *m = context;
    if (e->type == UPBIT_TYPE_RAW) {
        upbit__raw_deliver(m, session, e);
    } else if (upbit__is_private(e->type)) {
        upbit__account_heard(&m->account_rest.account, e);
    } else {
        if (e->type == UPBIT_TYPE_TICKER)
            upbit__follow_ticker(m, e);
        upbit__fanout_event(&m->fanout, e);
    }
}

static void on_event(void *context, upbit_event *e)
{
    upbit_manager *m = context;
    upbit__session *session = m->source;
    e->epoch = session->epoch;
    e->received_ns = m->received_ns;
    e->received_wall_ns = m->received_wall_ns;
    e->received_ms = m->received_wall_ns / UPBIT__MS;
    upbit__count(&m->counters.events_decoded, 1);
    upbit__measure_event(&m->counters, e);
    if (session->by_next) {
        upbit__renewal_event(session, e);
        return;
    }
    switch (e->type) {
    case UPBIT_TYPE_STATUS:
        upbit__count(&m->counters.messages_ignored, 1);
        break;
    case UPBIT_TYPE_SUBSCRIPTIONS:
        upbit__session_listed(session, (const void *)e);
        break;
    case UPBIT_TYPE_ERROR:
        upbit__count(&m->counters.exchange_errors, 1);
        upbit__blame(m, session, (const void *)e);
        break;
    default:
        deliver(m, session, e);
        return;
    }
    upbit__event_unref_io(m->pool, e);
}

static upbit_event *allocate(void *context, size_t size)
{
    upbit_manager *m = context;
    return upbit__fanout_allocate(&m->fanout, size);
}

static void discard(void *context, upbit_event *block)
{
    upbit_manager *m = context;
    upbit__event_unref_io(m->pool, block);
}

static void on_refused(void *context, const upbit_event *event)
{
    upbit_manager *m = context;
    upbit__count(&m->counters.events_refused, 1);
    upbit__backfill_release(&m->backfill); /* in the lanes what is held can make room */
    if (event != NULL && upbit__is_private(event->type))
        upbit__fanout_private_refused(&m->fanout, event, UPBIT__TO_ALL);
    else if (event != NULL)
        upbit__fanout_refused(&m->fanout, event);
}

static void bad_message(upbit_manager *m, const char *reason)
{
    upbit__count(&m->counters.decode_errors, 1);
    upbit__session_garbled(m->source);
    bool again = m->decode_told && m->received_ns - m->decode_bad_ns < EPISODE_NS;
    m->decode_bad_ns = m->received_ns;
    if (again)
        return;
    m->decode_told = true;
    upbit__log_write(&m->log, UPBIT_LOG_WARNING, "stream", "bad message, skipped: %s", reason);
    upbit__tell_error(m, NULL, m->source->endpoint.id, UPBIT_ERROR_DECODE, 0, "", reason);
}

/* Consumers that emptied an overflowed lane get their fresh state in the batch at hand; as nobody
 * says that they did, who is behind is looked at again, less and less often while nothing moves. */
static void resync(upbit_manager *m)
{
    if (m->fanout.behind == NULL)
        return;
    bool behind = upbit__resync_run(&m->fanout);
    bool moved = m->fanout.behind_moved;
    m->fanout.behind_moved = false;
    if (!behind) {
        upbit__timer_stop(&m->resync_timer);
    } else if (moved || !upbit__timer_running(&m->resync_timer)) {
        m->resync_ms = moved ? RESYNC_FIRST_MS : m->resync_ms * 2;
        if (m->resync_ms > RESYNC_LAST_MS)
            m->resync_ms = RESYNC_LAST_MS;
        upbit__timer_start(m->loop, &m->resync_timer,
                           upbit__clock_monotonic_ns() + m->resync_ms * UPBIT__MS);
    }
}

/* The turn that the timer ends commits, and that is all there is to do. */
static void on_resync_due(void *context)
{
    (void)context;
}

/* The counters first: who is woken by the commit finds them up to date. */
static void commit(upbit_manager *m)
{
    resync(m);
    upbit__batch_unstage(&m->batch);
    atomic_store_explicit(&m->counters.events_delivered, m->batch.delivered, memory_order_relaxed);
    atomic_store_explicit(&m->counters.events_dropped, m->batch.dropped, memory_order_relaxed);
    atomic_store_explicit(&m->counters.events_coalesced, m->batch.coalesced, memory_order_relaxed);
    upbit__count_keys(m);
    upbit__count(&m->counters.notifications, (uint64_t)upbit__batch_commit(&m->batch));
    m->batch_ns = 0;
}

static void on_message(void *context, upbit__session *session, const uint8_t *data, size_t length,
                       int64_t received_ns)
{
    upbit_manager *m = context;
    const upbit__decode_output out = {.context = m,
                                      .allocate = allocate,
                                      .event = on_event,
                                      .refused = on_refused,
                                      .discard = discard};
    char reason[160] = "";
    if (m->batch_ns == 0) {
        m->batch_ns = received_ns;
        if (received_ns - m->wall_compared_ns >= WALL_NS) {
            m->wall_compared_ns = upbit__clock_monotonic_ns();
            m->wall_ahead_ns = upbit__clock_wall_ns() - m->wall_compared_ns;
        }
    } else if (received_ns - m->batch_ns > BATCH_NS) {
        commit(m);
    }
    upbit__pace_message(&m->pace, received_ns);
    m->received_ns = received_ns;
    m->received_wall_ns = received_ns + m->wall_ahead_ns;
    m->source = session;
    upbit__count(&m->counters.messages_received, 1);
    upbit__count(&m->counters.bytes_decoded, length);
    if (upbit__decode(m->decoder, (const char *)data, length, &out, reason, sizeof reason) < 0)
        bad_message(m, reason);
}

static void on_batch(void *context)
{
    commit(context);
}

static void on_state(void *context, upbit__session *session)
{
    upbit_manager *m = context;
    if (session->state == UPBIT_STATE_LIVE)
        session->refusal_told[0] = '\0';
    upbit__health_compression(m, session);
    upbit__tell_state(m, session, NULL);
    if (session->restored)
        upbit__tell_restored(m, session);
    upbit__health_look(m);
    if (session != &m->session) {
        upbit__private_state(m);
        return;
    }
    if (!upbit__session_open(session))
        upbit__snapshots_stream_lost(m);
    if (session->state == UPBIT_STATE_RECONNECTING)
        upbit__once_stream_lost(m);
}

/* What to do about a connection that fails; its own text tells only what happened. */
static const char *remedy_of(int error)
{
    switch (error) {
    case UPBIT_ERROR_RESOLVE:
    case UPBIT_ERROR_CONNECT:
    case UPBIT_ERROR_TLS:
    case UPBIT_ERROR_UPGRADE:
    case UPBIT_ERROR_PROTOCOL:
    case UPBIT_ERROR_TIMEOUT:
        return strchr(upbit_error_string(error), ':') + 2;
    default:
        return NULL;
    }
}

static void on_failure(void *context, upbit__session *session, int error, int http_status,
                       const char *name, const char *message)
{
    upbit_manager *m = context;
    const char *text = *message != '\0' ? message : upbit_error_string(error);
    upbit__log_write(&m->log, UPBIT_LOG_WARNING, "stream", "session=%s error=%s http_status=%d: %s",
                     session->endpoint.name, upbit_error_name(error), http_status, text);
    if (session->refused != 0) /* it was told with its name when it came */
        return;
    char both[sizeof((upbit_error_event *)0)->message];
    const char *remedy = remedy_of(error);
    if (remedy != NULL && *message != '\0' &&
        snprintf(both, sizeof both, "%s: %s", text, remedy) < (int)sizeof both)
        text = both;
    upbit__tell_error(m, NULL, session->endpoint.id, error, http_status, name, text);
}

/* Orders or balances have to be told to somebody as they stand. */
static void on_stale(void *context, int type)
{
    upbit_manager *m = context;
    upbit__account_rest_need(&m->account_rest, type);
}

static void on_list_changed(void *context, const upbit__markets *before, const upbit__markets *now)
{
    upbit__follow_list(context, before, now);
}

static void on_list_settled(void *context)
{
    upbit_manager *m = context;
    upbit__orders_release_held(m);
}

/* Stream and REST of one exchange are one host to it. A URL that cannot be read is a name too: what
 * uses it will tell what is wrong with it. */
static int budget_of(upbit__budget **out, upbit_manager *m, const char *schemes, const char *url,
                     const char *scope)
{
    const upbit__config *c = &m->config;
    upbit__url parsed;
    const char *why;
    bool good = upbit__url_parse(&parsed, schemes, url, &why) == 0;
    bool shared = c->limit_sharing == UPBIT_ON ||
                  (c->limit_sharing == UPBIT_AUTO && good && !upbit__url_is_local(&parsed));
    const upbit__budget_place place = {.host = good ? parsed.authority : url,
                                       .scope = scope,
                                       .percent = c->limit_percent,
                                       .shared = shared,
                                       .log = &m->log};
    return upbit__budget_get(out, &place, upbit__clock_monotonic_ns());
}

/* What is signed is counted by the pocket its key belongs to: a seat for each key, by a name that
 * gives nothing away. Without memory for one it is counted with the rest. */
static void take_pocket(upbit_manager *m)
{
    upbit__budget *before = m->pocket_budget;
    m->pocket_budget = NULL;
    char group[sizeof m->config.limit_group + 2];
    snprintf(group, sizeof group, "g.%s", m->config.limit_group);
    const char *scope = m->config.limit_group[0] != '\0' ? group : m->credentials.scope;
    if (m->credentials.keys != NULL &&
        budget_of(&m->pocket_budget, m, "http", m->config.rest_url, scope) != 0)
        upbit__log_write(&m->log, UPBIT_LOG_ERROR, "limit", "no memory for the keys' budget");
    upbit__asking_set_pocket(&m->asking, m->pocket_budget);
    m->private_session.budget = m->pocket_budget != NULL ? m->pocket_budget : m->stream_budget;
    upbit__budget_release(before);
}

/* There are other keys, or none any more. */
static void on_keys_changed(upbit_manager *m)
{
    take_pocket(m);
    upbit__snapshots_keys_changed(m);
    upbit__private_keys_changed(m);
}

static void on_clock_changed(void *context)
{
    upbit__health_clock(context);
}

int upbit__io_init(upbit_manager *m)
{
    static const upbit__session_events events = {.message = on_message,
                                                 .batch = on_batch,
                                                 .state = on_state,
                                                 .failure = on_failure,
                                                 .deliver = deliver};
    static const upbit__listing_events listing = {.changed = on_list_changed,
                                                  .settled = on_list_settled};
    int error = upbit__loop_create(&m->loop);
    if (error == 0)
        error = upbit__pool_create(&m->pool, m->config.memory_budget);
    if (error == 0)
        error = upbit__registry_init(&m->registry, m->pool);
    if (error == 0)
        error = upbit__registry_init(&m->private_registry, m->pool);
    if (error == 0)
        error = upbit__decoder_create(&m->decoder);
    if (error == 0)
        error = upbit__credentials_init(&m->credentials, m, &m->config, &m->log, on_keys_changed);
    if (error == 0)
        error = budget_of(&m->stream_budget, m, "ws", m->config.url, NULL);
    if (error == 0)
        error = budget_of(&m->rest_budget, m, "http", m->config.rest_url, NULL);
    if (error != 0)
        return error;
    m->private_registry.no_empty_request = true;
    upbit__batch_init(&m->batch, m->pool);
    m->held_last = &m->held;
    m->fanout = (upbit__fanout){.registry = &m->registry,
                                .private_registry = &m->private_registry,
                                .pool = m->pool,
                                .counters = &m->counters,
                                .batch = &m->batch,
                                .epoch = &m->session.epoch,
                                .private_epoch = &m->private_session.epoch,
                                .heard = upbit__quiet_heard,
                                .stale = on_stale,
                                .awaited = upbit__snapshot_arrived,
                                .unwanted = upbit__follow_unwanted,
                                .context = m};
    m->once_timer = (upbit__timer){.callback = upbit__once_due, .context = m};
    m->resync_timer = (upbit__timer){.callback = on_resync_due, .context = m};
    m->mark_timer = (upbit__timer){.callback = upbit__measure_mark, .context = m};
    m->quiet_timer = (upbit__timer){.callback = upbit__quiet_scan, .context = m};
    const upbit__endpoint public_endpoint = {.id = UPBIT_SESSION_PUBLIC,
                                             .name = "public",
                                             .url = m->config.url,
                                             .state = &m->counters.state,
                                             .epoch = &m->counters.epoch,
                                             .compression = &m->counters.compression};
    const upbit__endpoint private_endpoint = {.id = UPBIT_SESSION_PRIVATE,
                                              .name = "private",
                                              .url = m->config.private_url,
                                              .on_demand = true,
                                              .authorize = upbit__private_authorize,
                                              .refused = upbit__private_refused,
                                              .state = &m->counters.private_state,
                                              .epoch = &m->counters.private_epoch};
    upbit__session_init(&m->session, &public_endpoint, &m->config, m->loop, &m->log, &m->registry,
                        &m->counters, m->stream_budget, &events, m);
    upbit__session_init(&m->private_session, &private_endpoint, &m->config, m->loop, &m->log,
                        &m->private_registry, &m->counters, m->stream_budget, &events, m);
    upbit__exchange_clock_init(&m->exchange_clock, &m->log, &m->counters, on_clock_changed, m);
    upbit__asking_init(&m->asking, &m->config, m->loop, &m->log, &m->counters, m->rest_budget,
                       &m->credentials, &m->exchange_clock);
    take_pocket(m);
    upbit__account_rest_init(&m->account_rest, m);
    upbit__private_update(m);
    upbit__listing_init(&m->listing, &m->asking, m->loop, &m->log, &listing, m);
    upbit__levels_init(&m->levels, &m->asking, m->loop, &m->log, on_list_settled, m);
    upbit__backfill_rest_init(&m->backfill_rest, &m->asking, m->pool, m->decoder, &m->log);
    upbit__backfill_init(&m->backfill, &m->fanout, m->loop, &m->log, &m->session.epoch,
                         &upbit__backfill_from_rest, &m->backfill_rest);
    return 0;
}

void upbit__io_finish(upbit_manager *m)
{
    upbit__timer_stop(&m->quiet_timer);
    upbit__timer_stop(&m->mark_timer);
    upbit__timer_stop(&m->once_timer);
    upbit__timer_stop(&m->resync_timer);
    upbit__decoder_destroy(m->decoder);
    if (m->private_session.loop != NULL) { /* all of it was made */
        upbit__account_rest_finish(&m->account_rest);
        upbit__listing_finish(&m->listing);
        upbit__levels_finish(&m->levels);
        upbit__asking_finish(&m->asking);
        upbit__session_finish(&m->private_session);
        upbit__session_finish(&m->session);
    }
    upbit__registry_finish(&m->private_registry);
    upbit__registry_finish(&m->registry);
    m->decoder = NULL;
    upbit__credentials_finish(&m->credentials);
    upbit__budget_release(m->stream_budget);
    upbit__budget_release(m->rest_budget);
    upbit__budget_release(m->pocket_budget);
    m->stream_budget = m->rest_budget = m->pocket_budget = NULL;
}

static void turn(upbit_manager *m)
{
    int64_t wait_ns = m->untold ? AGAIN_NS : -1;
    int64_t rest_ns = upbit__pace_rest(&m->pace);
    if (!upbit__command_arm(&m->commands))
        wait_ns = 0;
    else if (rest_ns > 0)
        upbit__loop_rest(m->loop, rest_ns);
    if (upbit__loop_turn(m->loop, wait_ns) < 0) {
        /* The kernel refuses to wait: nothing can be read, but commands still can be served. */
        upbit__log_write(&m->log, UPBIT_LOG_ERROR, "stream", "the event loop cannot wait");
        nanosleep(&(struct timespec){.tv_nsec = 100 * UPBIT__MS}, NULL);
    }
    int64_t apart_ns = upbit__clock_boottime_ns() - upbit__loop_woke_ns(m->loop);
    upbit__session_check_sleep(&m->session, apart_ns);
    upbit__session_check_sleep(&m->private_session, apart_ns);
    upbit__command *commands = upbit__command_take_all(&m->commands);
    if (commands != NULL)
        upbit__orders_run(m, commands);
    if (m->untold)
        upbit__tell_again(m);
    commit(m);
    upbit__trace_flush(m->session.trace);
    upbit__trace_flush(m->private_session.trace);
    upbit__measure_turn(m);
}

static void close_in_order(upbit_manager *m)
{
    int64_t deadline = atomic_load_explicit(&m->deadline_ns, memory_order_relaxed);
    if (deadline == 0)
        deadline = upbit__clock_monotonic_ns() + UPBIT__SECOND / 2;
    m->account_rest.stop = true;
    upbit__session_stop(&m->private_session, deadline);
    upbit__session_stop(&m->session, deadline);
    while ((m->session.state != UPBIT_STATE_CLOSED ||
            m->private_session.state != UPBIT_STATE_CLOSED) &&
           !atomic_load_explicit(&m->cut, memory_order_relaxed)) {
        int64_t left = deadline - upbit__clock_monotonic_ns();
        if (left <= 0)
            break;
        upbit__loop_turn(m->loop, left);
    }
    m->session.state = m->private_session.state = UPBIT_STATE_CLOSED;
    atomic_store_explicit(&m->counters.private_state, UPBIT_STATE_CLOSED, memory_order_relaxed);
    atomic_store_explicit(&m->counters.state, UPBIT_STATE_CLOSED, memory_order_relaxed);
    upbit__health_look(m);
}

void *upbit__io_main(void *manager)
{
    upbit_manager *m = manager;
    upbit__pool_adopt(m->pool);
    while (!atomic_load_explicit(&m->stop, memory_order_relaxed))
        turn(m);
    /* Commands that came in time are done; later ones are answered CLOSED by the queue itself. */
    upbit__orders_run(m, upbit__command_seal(&m->commands));
    upbit__orders_drop_held(m, NULL);
    upbit__snapshots_close(m);
    upbit__acquires_close(m);
    close_in_order(m);
    upbit__backfill_release(&m->backfill);
    if (m->untold)
        upbit__tell_again(m);
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        upbit__tell_closed(m, c);
    commit(m);
    while (m->clients != NULL)
        upbit__client_drop(m, m->clients);
    upbit__stop_leave(m);
    upbit__io_finish(m);
    upbit__log_flush(&m->log);
    atomic_store_explicit(&m->counters.io_cpu_ns, (uint64_t)upbit__clock_thread_cpu_ns(),
                          memory_order_relaxed);
    pthread_mutex_lock(&m->mutex);
    m->ended = true;
    pthread_cond_broadcast(&m->ended_cond);
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}
