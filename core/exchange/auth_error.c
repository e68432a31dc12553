#include "exchange/auth_error.h"

#include <ctype.h>
#include <stddef.h>

static const upbit__auth_error errors[] = {
    {"INVALID_AUTH",
     "the exchange does not take this key: check both keys, that the key has not expired, its "
     "permissions and its allowed addresses",
     true, false},
    {"invalid_access_key",
     "the exchange does not know this access key: check it for a missing character, and that it "
     "was "
     "not deleted",
     true, true},
    {"jwt_verification",
     "the signature does not fit: check the secret key, it belongs to one access key and is not "
     "base64",
     true, true},
    {"expired_access_key", "the key has expired: make a new one at the exchange and give that",
     true, true},
    {"nonce_used", "a token was used twice: nothing to do, the next request has a new one", false,
     false},
    {"no_authorization_ip",
     "this address is not one the key allows: add it to the key's addresses at the exchange", true,
     false},
    {"no_authorization_token", "the request had no token: give API keys", false, false},
    {"out_of_scope",
     "the key lacks a permission: assets need \"view assets\", orders need \"view orders\"; make a "
     "key that has it",
     false, false},
    {"invalid_query_payload",
     "the token does not fit the query: something between here and the exchange changes requests",
     false, false},
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
