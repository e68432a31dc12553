#include "client/credentials.h"

#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "client/manager.h"
#include "exchange/auth_error.h"
#include "wire/http.h"

#define HEADER "Authorization: Bearer "
#define ASK_AGAIN_NS                                                                               \
    (5 * UPBIT__SECOND) /* of a provider that had none; it may wait for a password */

static const char none[] = "no API keys: set UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, or call "
                           "upbit_manager_set_credentials";
static const char not_provided[] = "no API keys: the credentials function of the options gave none";
static const char not_known[] = "API keys are asked for when they are first needed";

static void set_state(upbit__credentials *c, int state, const char *reason)
{
    atomic_store_explicit(&c->reason, reason, memory_order_relaxed);
    atomic_store_explicit(&c->state, state, memory_order_relaxed);
}

int upbit__credentials_state(const upbit__credentials *c, const char **reason)
{
    if (reason != NULL)
        *reason = atomic_load_explicit(&c->reason, memory_order_relaxed);
    return atomic_load_explicit(&c->state, memory_order_relaxed);
}

uint32_t upbit__credentials_generation(const upbit__credentials *c)
{
    return atomic_load_explicit(&c->generation, memory_order_relaxed);
}

static void tell_lacks(upbit__credentials *c)
{
    unsigned lacks = c->keys->lacks;
    if (lacks == 0 || c->lacks_told)
        return;
    c->lacks_told = true;
    upbit__log_write(c->log, UPBIT_LOG_WARNING, "auth",
                     "this machine gives no fully safe memory for the keys:%s%s%s",
                     lacks & UPBIT__SECRET_NOT_LOCKED
                         ? " it may be swapped out (see the limit on locked memory, ulimit -l)"
                         : "",
                     lacks & UPBIT__SECRET_DUMPABLE ? " a core dump may hold it" : "",
                     lacks & UPBIT__SECRET_KEPT_ON_FORK ? " forked children inherit it" : "");
}

/* What there is without keys. */
static void set_without(upbit__credentials *c)
{
    if (c->provider != NULL)
        set_state(c, 0, not_known);
    else
        set_state(c, UPBIT_ERROR_UNAVAILABLE, none);
}

/* The first half of a hash: nobody gets the key out of it, and two keys get two names. */
static void name_scope(upbit__credentials *c)
{
    char hash[UPBIT__QUERY_HASH_SIZE] = "";
    if (upbit__query_hash(hash, c->keys->access) != 0)
        hash[0] = '\0'; /* no memory: counted with other such keys */
    memcpy(c->scope, hash, sizeof c->scope - 1);
    c->scope[sizeof c->scope - 1] = '\0';
}

static void take_over(upbit__credentials *c, upbit__keys *keys)
{
    upbit__keys_destroy(c->keys);
    c->keys = keys;
    c->final = false;
    atomic_fetch_add_explicit(&c->generation, 1, memory_order_relaxed);
    if (keys == NULL) {
        set_without(c);
        return;
    }
    name_scope(c);
    set_state(c, 1, "");
    tell_lacks(c);
}

int upbit__credentials_init(upbit__credentials *c, upbit_manager *m, const upbit__config *config,
                            upbit__log *log, void (*changed)(upbit_manager *m))
{
    *c = (upbit__credentials){.log = log,
                              .algorithm = config->token_algorithm,
                              .provider = config->credentials,
                              .manager = m,
                              .changed = changed,
                              .asked_ns = INT64_MIN};
    set_without(c);
    upbit__keys *keys = NULL;
    int error = config->environment_keys ? upbit__keys_from_environment(&keys) : 0;
    if (error == 0 && keys != NULL)
        take_over(c, keys);
    return error;
}

void upbit__credentials_finish(upbit__credentials *c)
{
    upbit__keys_destroy(c->keys);
    c->keys = NULL;
    set_state(c, UPBIT_ERROR_CLOSED, upbit_error_string(UPBIT_ERROR_CLOSED));
}

void upbit__credentials_replace(upbit__credentials *c, upbit__keys *keys)
{
    c->provided = false;
    if (keys == NULL && c->keys == NULL && c->provider == NULL)
        return;
    take_over(c, keys);
    upbit__log_write(c->log, UPBIT_LOG_INFO, "auth", "keys %s", keys != NULL ? "set" : "cleared");
    c->changed(c->manager);
}

void upbit__credentials_want(upbit__credentials *c)
{
    int64_t now = upbit__clock_monotonic_ns();
    bool refused = upbit__credentials_state(c, NULL) == UPBIT_ERROR_AUTH && c->provided;
    if (c->provider == NULL || c->asking || (c->keys != NULL && !refused) ||
        (c->asked_ns != INT64_MIN && now - c->asked_ns < ASK_AGAIN_NS))
        return;
    c->asking = true;
    if (c->keys == NULL)
        set_state(c, 0, not_known);
    int error =
        upbit__provider_ask(c->manager, c->provider, c->manager->config.credentials_context);
    if (error == 0)
        return;
    /* Whoever called looks at the state next. */
    c->asking = false;
    c->asked_ns = now;
    if (c->keys == NULL)
        set_state(c, UPBIT_ERROR_UNAVAILABLE, not_provided);
    upbit__log_write(c->log, UPBIT_LOG_ERROR, "auth", "the credentials function was not called: %s",
                     upbit_error_string(error));
}

void upbit__credentials_provided(upbit__credentials *c, upbit__keys *keys, int error)
{
    c->asking = false;
    c->asked_ns = upbit__clock_monotonic_ns();
    if (keys != NULL && c->keys != NULL && (!c->provided || upbit__keys_equal(keys, c->keys))) {
        /* Set by call meanwhile: that is newer. Or the refused ones once more: still refused. */
        upbit__keys_destroy(keys);
    } else if (keys != NULL) {
        take_over(c, keys);
        c->provided = true;
        upbit__log_write(c->log, UPBIT_LOG_INFO, "auth", "keys provided");
    } else if (c->keys == NULL) {
        set_state(c, UPBIT_ERROR_UNAVAILABLE, not_provided);
        upbit__log_write(c->log, UPBIT_LOG_WARNING, "auth",
                         "the credentials function of the options gave no keys: %s",
                         upbit_error_name(error));
    }
    c->changed(c->manager);
}

int upbit__credentials_bearer(upbit__credentials *c, const char *query, char *out, size_t room)
{
    char nonce[UPBIT__NONCE_SIZE];
    const size_t head = sizeof HEADER - 1;
    if (c->keys == NULL)
        return UPBIT_ERROR_UNAVAILABLE;
    if (room <= head)
        return UPBIT_ERROR_LIMIT;
    int result = upbit__nonce(nonce);
    if (result != 0)
        return result;
    memcpy(out, HEADER, head);
    result = upbit__jwt_build(out + head, room - head, c->algorithm, c->keys->access, nonce, query,
                              c->keys->secret, strlen(c->keys->secret));
    return result < 0 ? result : result + (int)head;
}

bool upbit__credentials_refused(upbit__credentials *c, uint32_t generation, const char *name)
{
    const upbit__auth_error *e = upbit__auth_error_find(name);
    if (e == NULL || c->keys == NULL || generation != upbit__credentials_generation(c))
        return false;
    /* What is wrong with one question says nothing of the next one. */
    if (!e->refuses_keys)
        return false;
    if (upbit__credentials_state(c, NULL) != UPBIT_ERROR_AUTH)
        upbit__log_write(c->log, UPBIT_LOG_WARNING, "auth", "%s: %s", e->name, e->advice);
    set_state(c, UPBIT_ERROR_AUTH, e->advice);
    c->final = c->final || e->final;
    return e->final;
}

void upbit__credentials_accepted(upbit__credentials *c, uint32_t generation)
{
    if (c->keys != NULL && generation == upbit__credentials_generation(c) &&
        upbit__credentials_state(c, NULL) != 1) {
        c->final = false;
        set_state(c, 1, "");
    }
}

int upbit__credentials_check_url(const char *url, const char *proxy, const char **why)
{
    upbit__url parsed;
    const char *unused;
    if (upbit__url_parse(&parsed, "http", url, &unused) != 0 &&
        upbit__url_parse(&parsed, "ws", url, why) != 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (parsed.secure)
        return 0;
    /* Through a proxy even "this machine" is the proxy's. */
    if (proxy == NULL && upbit__url_is_local(&parsed))
        return 0;
    *why = "no tokens without encryption: use https:// and wss:// (or 127.0.0.1, no proxy)";
    return UPBIT_ERROR_INVALID_ARGUMENT;
}
