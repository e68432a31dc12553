#include "client/private.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "base/secret.h"
#include "client/wanted.h"
#include "exchange/auth_error.h"
#include "exchange/rest_account.h"

#define HEADER   "Authorization: "
#define FRESH_NS (15 * UPBIT__SECOND) /* a polled answer this young shows that polling works */

/* ---- tokens ---- */

int upbit__private_authorize(void *manager, char *value, size_t size)
{
    upbit_manager *m = manager;
    char line[UPBIT__BEARER_SIZE];
    const char *why;
    if (upbit__credentials_check_url(m->config.private_url, m->config.proxy, &why) != 0)
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE, "private_url: %s", why);
    upbit__credentials_want(&m->credentials);
    m->token_generation = upbit__credentials_generation(&m->credentials);
    int length = upbit__credentials_bearer(&m->credentials, NULL, line, sizeof line);
    const size_t head = sizeof HEADER - 1;
    int error = length < 0 ? length : (size_t)length - head >= size ? UPBIT_ERROR_LIMIT : 0;
    if (error == 0)
        memcpy(value, line + head, (size_t)length - head + 1);
    upbit__wipe(line, sizeof line);
    return error;
}

bool upbit__private_refused(void *manager, const char *name, char *message, size_t size)
{
    upbit_manager *m = manager;
    const char *advice = upbit__auth_advice(name);
    size_t length = strlen(message);
    if (advice != NULL)
        snprintf(message + length, size - length, "%s%s", length > 0 ? ": " : "", advice);
    const upbit__auth_error *e = upbit__auth_error_find(name);
    (void)upbit__credentials_refused(&m->credentials, m->token_generation, name);
    return e == NULL || e->refuses_keys;
}

/* ---- whether it can be had ---- */

/* Wherever the exchange is: may a token go there at all? */
static bool may_sign(const upbit_manager *m, const char **why)
{
    if (m->config.transport == UPBIT_TRANSPORT_REPLAY) {
        *why = "a recording is played: nobody signs in";
        return false;
    }
    return upbit__credentials_check_url(m->config.private_url, m->config.proxy, why) == 0;
}

int upbit__private_check(upbit_manager *m, char *detail, size_t size)
{
    const char *why = "";
    int error = 0;
    if (may_sign(m, &why)) {
        upbit__credentials_want(&m->credentials);
        if (upbit__credentials_state(&m->credentials, &why) == UPBIT_ERROR_UNAVAILABLE)
            error = UPBIT_ERROR_UNAVAILABLE;
    } else {
        error = UPBIT_ERROR_UNAVAILABLE;
    }
    snprintf(detail, size, "%s", error != 0 ? why : "");
    return error;
}

static bool is_live(const upbit_manager *m)
{
    return m->private_session.state == UPBIT_STATE_LIVE ||
           m->private_session.state == UPBIT_STATE_STALE;
}

static void describe(upbit_manager *m, int type, upbit_capability *c)
{
    static const char *const permissions[] = {
        [UPBIT_TYPE_MY_ORDER] = "view orders", [UPBIT_TYPE_MY_ASSET] = "view assets"};
    const upbit__session *s = &m->private_session;
    const upbit__account_rest *r = &m->account_rest;
    bool polled = type != UPBIT_TYPE_ANNOUNCEMENT;
    const upbit__inquiry *q =
        &r->of[type == UPBIT_TYPE_MY_ASSET ? UPBIT__SUBJECT_ASSETS : UPBIT__SUBJECT_ORDERS];
    const char *why = "";
    *c = (upbit_capability){.origin = UPBIT_ORIGIN_STREAM};
    if (polled)
        snprintf(c->permission, sizeof c->permission, "%s", permissions[type]);
    int keys = upbit__credentials_state(&m->credentials, &why);
    if (!may_sign(m, &why)) {
        c->available = UPBIT_ERROR_UNAVAILABLE;
    } else if (keys != 1 && keys != UPBIT_ERROR_AUTH) {
        (void)upbit__credentials_state(&m->credentials, &why);
        c->available = keys;
    } else if (polled && q->denied_ns != 0) {
        c->available = UPBIT_ERROR_AUTH;
        why = q->why;
    } else if (is_live(m)) {
        c->available = 1;
        why = "";
    } else if (polled && r->polling && q->error == 0 && q->good_ns != 0 &&
               upbit__clock_monotonic_ns() - q->good_ns < FRESH_NS) {
        c->available = 1;
        c->origin = UPBIT_ORIGIN_REST;
        why = "no private connection: polled";
    } else if (keys == UPBIT_ERROR_AUTH) {
        c->available = UPBIT_ERROR_AUTH;
        (void)upbit__credentials_state(&m->credentials, &why);
    } else if (s->error != 0 && (!polled || q->error != 0)) {
        c->available = polled ? q->error : s->error;
        why = polled ? q->why : upbit_error_string(s->error);
    } else {
        why = s->registry->key_count > 0 ? "connecting" : "nothing has been asked for yet";
    }
    snprintf(c->reason, sizeof c->reason, "%s", why);
}

void upbit__private_update(upbit_manager *m)
{
    upbit_capabilities c = {0};
    describe(m, UPBIT_TYPE_MY_ORDER, &c.orders);
    describe(m, UPBIT_TYPE_MY_ASSET, &c.assets);
    describe(m, UPBIT_TYPE_ANNOUNCEMENT, &c.announcements);
    const upbit_capability *all[] = {&c.orders, &c.assets, &c.announcements};
    c.available = c.orders.available;
    for (int i = 0; i < 3; i++)
        if (all[i]->available == 1)
            c.available = 1;
    pthread_mutex_lock(&m->mutex);
    bool changed = c.available != m->capabilities.available;
    for (int i = 0; i < 3; i++) {
        const upbit_capability *before[] = {&m->capabilities.orders, &m->capabilities.assets,
                                            &m->capabilities.announcements};
        changed = changed || all[i]->available != before[i]->available ||
                  all[i]->origin != before[i]->origin;
    }
    m->capabilities = c;
    pthread_mutex_unlock(&m->mutex);
    if (changed) /* what there is besides the connection changes without it, too */
        upbit__tell_state(m, &m->private_session, NULL);
}

void upbit__private_capabilities(upbit_manager *m, upbit_capabilities *out)
{
    pthread_mutex_lock(&m->mutex);
    *out = m->capabilities;
    pthread_mutex_unlock(&m->mutex);
}

/* ---- what changes it ---- */

/* "name: text" where the name is told beside it. */
static const char *without_name(const char *name, const char *text)
{
    size_t n = strlen(name);
    bool twice = n > 0 && strncmp(text, name, n) == 0 && text[n] == ':' && text[n + 1] == ' ';
    return twice ? text + n + 2 : text;
}

/* To those who want anything private. */
static void tell_wanting(upbit_manager *m, int type, int error, const char *name, const char *text)
{
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        for (size_t i = 0; i < c->entry_count; i++) {
            int held = c->entries[i]->key->id.type;
            if (!upbit__is_private(held) || (type != 0 && held != type))
                continue;
            upbit__tell_error(m, c, UPBIT_SESSION_PRIVATE, error, 0, name,
                              without_name(name, text));
            break;
        }
}

void upbit__private_keys_changed(upbit_manager *m)
{
    const char *why;
    m->private_registry.denied = 0;
    m->private_registry.dirty = m->private_registry.key_count > 0;
    upbit__account_rest_forget(&m->account_rest);
    upbit__session_keys_changed(&m->private_session);
    upbit__account_rest_look(&m->account_rest);
    if (upbit__credentials_state(&m->credentials, &why) == UPBIT_ERROR_UNAVAILABLE)
        tell_wanting(m, 0, UPBIT_ERROR_UNAVAILABLE, "", why);
    upbit__private_update(m);
}

void upbit__private_state(upbit_manager *m)
{
    if (m->private_session.state == UPBIT_STATE_LIVE)
        upbit__credentials_accepted(&m->credentials, m->token_generation);
    upbit__account_rest_look(&m->account_rest);
    upbit__private_update(m);
}

int upbit__private_result(const upbit__rest_result *result, char *name, size_t name_size,
                          char *reason, size_t size)
{
    snprintf(name, name_size, "%s", "");
    if (result->error != 0) {
        snprintf(reason, size, "%s", result->reason);
        return result->error;
    }
    if (result->http_status == 200)
        return 0;
    upbit__rest_error_name(name, name_size, result->body, result->length);
    if (upbit__rest_error(result->body, result->length, reason, size) != UPBIT_ERROR_EXCHANGE)
        snprintf(reason, size, "HTTP status %d", result->http_status);
    return result->http_status == 401 || result->http_status == 403 ? UPBIT_ERROR_AUTH
                                                                    : UPBIT_ERROR_EXCHANGE;
}

bool upbit__private_out_of_scope(const char *name)
{
    return strcmp(name, "out_of_scope") == 0;
}

void upbit__private_told_by_rest(upbit_manager *m, const char *name, const char *why)
{
    const upbit__auth_error *e = upbit__auth_error_find(name);
    if (e == NULL || !e->refuses_keys || e == m->account_rest.refusal_told)
        return;
    m->account_rest.refusal_told = e;
    tell_wanting(m, 0, UPBIT_ERROR_AUTH, e->name, why);
}

static void retry_without(upbit_manager *m)
{
    upbit__session *s = &m->private_session;
    m->private_registry.dirty = true;
    if (upbit__session_open(s))
        upbit__session_wants_changed(s);
    else
        upbit__session_keys_changed(s);
}

void upbit__private_denied(upbit_manager *m, int type, const char *why)
{
    if ((m->private_registry.denied >> type & 1u) != 0)
        return;
    m->private_registry.denied |= 1u << type;
    tell_wanting(m, type, UPBIT_ERROR_AUTH, "out_of_scope", why);
    retry_without(m);
}

void upbit__private_granted(upbit_manager *m, int type)
{
    if ((m->private_registry.denied >> type & 1u) == 0)
        return;
    m->private_registry.denied &= ~(1u << type);
    retry_without(m);
}
