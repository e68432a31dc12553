#include "exchange/auth_error.h"

#include <ctype.h>
#include <stddef.h>

/* Short enough for upbit_reply.detail with a code and the name before it. */
static const upbit__auth_error errors[] = {
    {"INVALID_AUTH", "check both keys, their expiry, permissions and addresses", true, false},
    {"invalid_access_key", "the exchange does not know this access key", true, true},
    {"jwt_verification", "check the secret key: it does not fit the access key", true, true},
    {"expired_access_key", "make a new key at the exchange", true, true},
    {"nonce_used", "try again: the next token is a new one", false, false},
    {"no_authorization_ip", "add this machine's address to the key's at the exchange", true, false},
    {"no_authorization_token", "give API keys", false, false},
    {"out_of_scope", "give the key the permission \"view assets\" or \"view orders\"", false,
     false},
    {"invalid_query_payload", "something on the way changes requests: a proxy?", false, false},
};

static bool same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !isalnum((unsigned char)*a))
            a++;
        while (*b != '\0' && !isalnum((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

const upbit__auth_error *upbit__auth_error_find(const char *name)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (same_name(name, errors[i].name))
            return &errors[i];
    return NULL;
}

const char *upbit__auth_advice(const char *name)
{
    const upbit__auth_error *e = upbit__auth_error_find(name);
    return e != NULL ? e->advice : NULL;
}
