#include "client/keys.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "base/secret.h"
#include "upbit-live/credentials.h"

#define ACCESS_VARIABLE "UPBIT_ACCESS_KEY"
#define SECRET_VARIABLE "UPBIT_SECRET_KEY"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static upbit__keys *taken; /* under the mutex */

void upbit__keys_before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

void upbit__keys_after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

upbit__keys *upbit__keys_create(void)
{
    unsigned lacks;
    upbit__keys *k = upbit__secret_create(sizeof *k, &lacks);
    if (k != NULL)
        k->lacks = lacks;
    return k;
}

void upbit__keys_destroy(upbit__keys *k)
{
    upbit__secret_destroy(k, sizeof *k);
}

/* Where it is wrong is told, what stands there is not. */
static int check(const char *text, size_t most, const char *refused, const char *name)
{
    size_t n = strnlen(text, most + 1);
    if (n == 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: is empty", name);
    if (n > most)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: is longer than %zu characters",
                                name, most);
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f || strchr(refused, text[i]) != NULL)
            return upbit__error_set(
                UPBIT_ERROR_INVALID_ARGUMENT, "%s: character %zu of %zu cannot be in a key%s", name,
                i + 1, n, i + 1 == n ? "; is there a line end or a blank behind it?" : "");
    return 0;
}

int upbit__keys_check(const upbit__keys *k, const char *access_name, const char *secret_name)
{
    int error = check(k->access, UPBIT__ACCESS_KEY_MAX, "\"\\", access_name);
    return error != 0 ? error : check(k->secret, UPBIT__SECRET_KEY_MAX, "", secret_name);
}

int upbit__keys_make(upbit__keys **out, const char *access, const char *secret,
                     const char *access_name, const char *secret_name)
{
    *out = NULL;
    if (access == NULL || secret == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: is missing, but %s is given",
                                access == NULL ? access_name : secret_name,
                                access == NULL ? secret_name : access_name);
    int error = check(access, UPBIT__ACCESS_KEY_MAX, "\"\\", access_name);
    if (error == 0)
        error = check(secret, UPBIT__SECRET_KEY_MAX, "", secret_name);
    if (error != 0)
        return error;
    upbit__keys *k = upbit__keys_create();
    if (k == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    memcpy(k->access, access, strlen(access) + 1);
    memcpy(k->secret, secret, strlen(secret) + 1);
    *out = k;
    return 0;
}

bool upbit__keys_equal(const upbit__keys *a, const upbit__keys *b)
{
    return CRYPTO_memcmp(a->access, b->access, sizeof a->access) == 0 &&
           CRYPTO_memcmp(a->secret, b->secret, sizeof a->secret) == 0;
}

/* A variable that is set to nothing is not set: shells do that. */
static char *variable(const char *name)
{
    char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static int read_environment(upbit__keys **out)
{
    const char *access = variable(ACCESS_VARIABLE), *secret = variable(SECRET_VARIABLE);
    *out = NULL;
    if (access == NULL && secret == NULL)
        return 0;
    return upbit__keys_make(out, access, secret, ACCESS_VARIABLE, SECRET_VARIABLE);
}

int upbit__keys_from_environment(upbit__keys **out)
{
    int error = 0;
    *out = NULL;
    pthread_mutex_lock(&mutex);
    if (taken != NULL && taken->access[0] != '\0') /* else a forked child's */
        error =
            upbit__keys_make(out, taken->access, taken->secret, ACCESS_VARIABLE, SECRET_VARIABLE);
    pthread_mutex_unlock(&mutex);
    return *out != NULL || error != 0 ? error : read_environment(out);
}

static void remove_variable(const char *name)
{
    char *value = getenv(name);
    if (value != NULL)
        upbit__wipe(value, strlen(value));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): whoever asks for it is told to do so before threads */
    unsetenv(name);
}

int upbit_environment_take_keys(void)
{
    upbit__keys *keys;
    upbit__error_set(0, "%s", "");
    int error = read_environment(&keys);
    remove_variable(ACCESS_VARIABLE);
    remove_variable(SECRET_VARIABLE);
    if (error != 0 || keys == NULL)
        return error;
    pthread_mutex_lock(&mutex);
    upbit__keys *before = taken;
    taken = keys;
    pthread_mutex_unlock(&mutex);
    upbit__keys_destroy(before);
    return 1;
}

void upbit_environment_drop_keys(void)
{
    pthread_mutex_lock(&mutex);
    upbit__keys *before = taken;
    taken = NULL;
    pthread_mutex_unlock(&mutex);
    upbit__keys_destroy(before);
}
