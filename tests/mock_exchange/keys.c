/* See keys.h. A line of the file: ACCESS SECRET [scopes=..] [ips=..] [expires=..] [pocket=..]; the
 * environment holds the same lines, with `;` or line ends between them. */
#include "keys.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MAX 65536
#define NONCES_MAX                                                                                 \
    ((size_t)1 << 20) /* then all are forgotten: a test that long needs no memory of them */

static bool put(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len >= size) {
        return false;
    }
    memcpy(out, text, len + 1);
    return true;
}

/* Calls for each part of a list with commas. */
static bool each_part(struct mock_key *key, const char *text,
                      bool (*each)(struct mock_key *key, const char *part))
{
    while (*text != '\0') {
        char part[64];
        size_t len = strcspn(text, ",");
        if (len >= sizeof part) {
            return false;
        }
        memcpy(part, text, len);
        part[len] = '\0';
        if (!each(key, part)) {
            return false;
        }
        text += len + (text[len] == ',');
    }
    return true;
}

static bool add_scope(struct mock_key *key, const char *name)
{
    static const char *const names[] = {"assets", "orders", "trade"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            key->scopes |= 1u << i;
            return true;
        }
    }
    return false;
}

static bool add_ip(struct mock_key *key, const char *ip)
{
    return key->ips < MOCK_IPS_MAX && *ip != '\0' &&
           put(key->ip[key->ips++], sizeof key->ip[0], ip);
}

bool mock_key_scopes(struct mock_key *key, const char *text)
{
    struct mock_key changed = {0};
    bool good = each_part(&changed, text, add_scope);
    key->scopes = good ? changed.scopes : key->scopes;
    return good;
}

bool mock_key_ips(struct mock_key *key, const char *text)
{
    struct mock_key changed = {0};
    bool good = each_part(&changed, text, add_ip);
    if (good) {
        memcpy(key->ip, changed.ip, sizeof key->ip);
        key->ips = changed.ips;
    }
    return good;
}

static bool set_expiry(struct mock_key *key, const char *text)
{
    struct tm tm = {0};
    if (strcmp(text, "never") == 0) {
        key->expires_ms = 0;
        return true;
    }
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    key->expires_ms = (int64_t)timegm(&tm) * 1000;
    return rest != NULL && *rest == '\0';
}

static bool option(struct mock_key *key, const char *text)
{
    if (strncmp(text, "scopes=", 7) == 0) {
        return mock_key_scopes(key, text + 7);
    }
    if (strncmp(text, "ips=", 4) == 0) {
        return mock_key_ips(key, text + 4);
    }
    if (strncmp(text, "expires=", 8) == 0) {
        return set_expiry(key, text + 8);
    }
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return strncmp(text, "pocket=", 7) == 0 && text[7] != '\0' &&
           strspn(text + 7, allowed) == strlen(text + 7) &&
           put(key->pocket, sizeof key->pocket, text + 7);
}

/* NULL, or what is wrong with the line. It is cut into pieces. */
static const char *read_line(struct mock_keys *k, char *line)
{
    char *rest = NULL;
    const char *access = strtok_r(line, " \t\r", &rest);
    if (access == NULL || *access == '#') {
        return NULL;
    }
    const char *secret = strtok_r(NULL, " \t\r", &rest);
    if (secret == NULL) {
        return "an access key and no secret key";
    }
    if (k->count == MOCK_KEYS_MAX) {
        return "more than 64 keys";
    }
    struct mock_key *key = &k->list[k->count];
    *key = (struct mock_key){.scopes = MOCK_SCOPE_ALL, .pocket = "main"};
    if (!put(key->access, sizeof key->access, access) ||
        !put(key->secret, sizeof key->secret, secret)) {
        return "a key that is too long (128 bytes, secret 256)";
    }
    if (mock_keys_find(k, access) != NULL) {
        return "an access key that is there twice";
    }
    for (const char *o = strtok_r(NULL, " \t\r", &rest); o != NULL;
         o = strtok_r(NULL, " \t\r", &rest)) {
        if (!option(key, o)) {
            return "an option that is none of scopes=assets,orders,trade ips=A,B "
                   "expires=2027-01-01T00:00:00Z pocket=NAME";
        }
    }
    k->count++;
    return NULL;
}

static bool read_lines(struct mock_keys *k, char *text, const char *ends, const char *where)
{
    int number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strpbrk(line, ends);
        char *next = end == NULL ? NULL : end + 1;
        if (end != NULL) {
            *end = '\0';
        }
        const char *wrong = read_line(k, line);
        if (wrong != NULL) {
            /* Not the line itself: it may hold a secret. */
            fprintf(stderr, "upbit-mock: %s: line %d: %s\n", where, number, wrong);
            return false;
        }
        line = next;
    }
    if (k->count == 0) {
        fprintf(stderr, "upbit-mock: %s holds no key\n", where);
    }
    return k->count > 0;
}

static bool read_file(struct mock_keys *k, const char *file)
{
    char *text = malloc(FILE_MAX + 1);
    FILE *f = text == NULL ? NULL : fopen(file, "re");
    if (f == NULL) {
        fprintf(stderr, "upbit-mock: %s: %s\n", file, strerror(errno));
        free(text);
        return false;
    }
    setvbuf(f, NULL, _IONBF, 0); /* its buffer would keep the secrets */
    size_t got = fread(text, 1, FILE_MAX + 1, f);
    bool good = !ferror(f) && got <= FILE_MAX && memchr(text, '\0', got) == NULL;
    fclose(f);
    if (good) {
        text[got] = '\0';
        good = read_lines(k, text, "\n", file);
    } else {
        fprintf(stderr, "upbit-mock: %s: not a file of keys\n", file);
    }
    OPENSSL_cleanse(text, FILE_MAX + 1);
    free(text);
    return good;
}

bool mock_keys_load(struct mock_keys *k, const char *file)
{
    *k = (struct mock_keys){0};
    k->list = calloc(MOCK_KEYS_MAX, sizeof *k->list);
    k->loaded = calloc(MOCK_KEYS_MAX, sizeof *k->loaded);
    char *given = getenv("UPBIT_MOCK_KEYS");
    size_t len = given != NULL ? strlen(given) : 0;
    bool good = k->list != NULL && k->loaded != NULL;
    if (good && file != NULL) {
        good = read_file(k, file);
    } else if (good && given != NULL && *given != '\0') {
        good = read_lines(k, given, ";\n", "UPBIT_MOCK_KEYS");
    } else if (good) {
        char standard[] = "test-access test-secret";
        good = read_line(k, standard) == NULL;
    }
    if (given != NULL) {
        OPENSSL_cleanse(given, len); /* in place: it is what /proc shows */
        unsetenv("UPBIT_MOCK_KEYS");
    }
    for (size_t i = 0; good && i < k->count; i++) {
        k->loaded[i] = k->list[i];
        OPENSSL_cleanse(k->loaded[i].secret, sizeof k->loaded[i].secret);
    }
    return good;
}

void mock_keys_finish(struct mock_keys *k)
{
    if (k->list != NULL) {
        OPENSSL_cleanse(k->list, MOCK_KEYS_MAX * sizeof *k->list);
    }
    free(k->list);
    free(k->loaded);
    free(k->used);
    *k = (struct mock_keys){0};
}

void mock_keys_reset(struct mock_keys *k)
{
    for (size_t i = 0; i < k->count; i++) {
        struct mock_key *key = &k->list[i], *was = &k->loaded[i];
        key->scopes = was->scopes;
        memcpy(key->ip, was->ip, sizeof key->ip);
        key->ips = was->ips;
        key->expired = key->revoked = false;
    }
}

struct mock_key *mock_keys_find(const struct mock_keys *k, const char *access)
{
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->list[i].access, access) == 0) {
            return &k->list[i];
        }
    }
    return NULL;
}

/* The place of this digest, or the empty one where it belongs. */
static unsigned char *place(unsigned char (*table)[16], size_t cap, const unsigned char *digest)
{
    static const unsigned char none[16];
    size_t at;
    memcpy(&at, digest, sizeof at);
    for (at %= cap; memcmp(table[at], none, 16) != 0 && memcmp(table[at], digest, 16) != 0;) {
        at = (at + 1) % cap;
    }
    return table[at];
}

static bool make_room(struct mock_keys *k)
{
    if (k->used_count * 2 < k->used_cap) {
        return true;
    }
    size_t cap = k->used_cap == 0 ? 256 : k->used_cap * 2;
    bool forget = cap > NONCES_MAX;
    unsigned char(*table)[16] = calloc(forget ? 256 : cap, 16);
    if (table == NULL) {
        return false;
    }
    static const unsigned char none[16];
    for (size_t i = 0; i < k->used_cap && !forget; i++) {
        if (memcmp(k->used[i], none, 16) != 0) {
            memcpy(place(table, cap, k->used[i]), k->used[i], 16);
        }
    }
    free(k->used);
    k->used = table;
    k->used_cap = forget ? 256 : cap;
    k->used_count = forget ? 0 : k->used_count;
    return true;
}

bool mock_keys_nonce(struct mock_keys *k, const struct mock_key *key, const char *nonce)
{
    unsigned char digest[32];
    char text[300];
    int len = snprintf(text, sizeof text, "%s %s", key->access, nonce);
    if (len < 0 || (size_t)len >= sizeof text || !make_room(k)) {
        return false;
    }
    SHA256((const unsigned char *)text, (size_t)len, digest);
    unsigned char *at = place(k->used, k->used_cap, digest);
    if (memcmp(at, digest, 16) == 0) {
        return false;
    }
    memcpy(at, digest, 16);
    k->used_count++;
    return true;
}
