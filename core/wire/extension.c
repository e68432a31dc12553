#include "wire/extension.h"

#include <stdio.h>
#include <string.h>

#include "upbit-live/error.h"
#include "wire/http.h"

#define NAME       "permessage-deflate"
#define VALUE_SIZE 4 /* "15", and one more to see that it is too long */

enum { SERVER_TAKEOVER, CLIENT_TAKEOVER, SERVER_BITS, CLIENT_BITS, PARAMETERS };
static const char *const parameters[PARAMETERS] = {
    "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
    "client_max_window_bits"};

/* "; name" or "; name=bits". */
static void add(char *out, int parameter, unsigned bits)
{
    size_t length = strlen(out);
    char value[12] = "";
    if (bits != 0)
        snprintf(value, sizeof value, "=%u", bits);
    snprintf(out + length, UPBIT__DEFLATE_TEXT_SIZE - length, "; %s%s", parameters[parameter],
             value);
}

void upbit__deflate_offer_write(char out[UPBIT__DEFLATE_TEXT_SIZE],
                                const upbit__deflate_offer *offer)
{
    snprintf(out, UPBIT__DEFLATE_TEXT_SIZE, "%s", offer->on ? NAME : "");
    if (!offer->on)
        return;
    if (offer->server_no_context_takeover)
        add(out, SERVER_TAKEOVER, 0);
    if (offer->client_no_context_takeover)
        add(out, CLIENT_TAKEOVER, 0);
    if (offer->server_max_window_bits != 0)
        add(out, SERVER_BITS, offer->server_max_window_bits);
    if (offer->client_max_window_bits)
        add(out, CLIENT_BITS, 0);
}

void upbit__deflate_terms_write(char out[UPBIT__DEFLATE_TEXT_SIZE],
                                const upbit__deflate_terms *terms)
{
    snprintf(out, UPBIT__DEFLATE_TEXT_SIZE, "%s", terms->on ? NAME : "");
    if (!terms->on)
        return;
    if (terms->server_no_context_takeover)
        add(out, SERVER_TAKEOVER, 0);
    if (terms->client_no_context_takeover)
        add(out, CLIENT_TAKEOVER, 0);
    if (terms->server_max_window_bits != 15)
        add(out, SERVER_BITS, terms->server_max_window_bits);
    if (terms->client_max_window_bits != 15)
        add(out, CLIENT_BITS, terms->client_max_window_bits);
}

static int wrong(const char **why, const char *text)
{
    *why = text;
    return UPBIT_ERROR_UPGRADE;
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t");
}

static size_t token(const char *at)
{
    size_t length = 0;
    while (upbit__http_tchar((unsigned char)at[length]))
        length++;
    return length;
}

static bool is(const char *at, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(at, name, length) == 0;
}

/* A token, or one in quotes (RFC 6455 section 9.1); what does not fit is cut, and is no number
 * then. NULL: neither. */
static const char *read_value(char out[VALUE_SIZE], const char *at)
{
    size_t used = 0;
    bool quoted = *at == '"';
    for (at += quoted; quoted || upbit__http_tchar((unsigned char)*at); at++) {
        if (quoted && *at == '"')
            break;
        if (quoted && *at == '\\')
            at++;
        if (!upbit__http_tchar((unsigned char)*at))
            return NULL;
        if (used < VALUE_SIZE - 1)
            out[used++] = *at;
    }
    out[used] = '\0';
    return used == 0 ? NULL : at + quoted;
}

/* 8 to 15 without leading zeros; 0: it is not. */
static uint8_t window_bits(const char *text)
{
    static const char *const valid[] = {"8", "9", "10", "11", "12", "13", "14", "15"};
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        if (strcmp(text, valid[i]) == 0)
            return (uint8_t)(8 + i);
    }
    return 0;
}

/* One parameter, found by its name. value: NULL when it has none. */
static int apply(upbit__deflate_terms *out, const upbit__deflate_offer *offer, int parameter,
                 const char *value, const char **why)
{
    bool number = parameter == SERVER_BITS || parameter == CLIENT_BITS;
    if (number && value == NULL)
        return wrong(why, "permessage-deflate: a window without its size");
    if (!number && value != NULL)
        return wrong(why, "permessage-deflate: a value where none belongs");
    uint8_t bits = number ? window_bits(value) : 0;
    if (number && bits == 0)
        return wrong(why, "permessage-deflate: a window that is not 8 to 15");
    switch (parameter) {
    case SERVER_TAKEOVER:
        out->server_no_context_takeover = true;
        break;
    case CLIENT_TAKEOVER:
        out->client_no_context_takeover = true;
        break;
    case SERVER_BITS:
        if (offer->server_max_window_bits != 0 && bits > offer->server_max_window_bits)
            return wrong(why, "permessage-deflate: a larger window than asked for");
        out->server_max_window_bits = bits;
        break;
    default:
        if (!offer->client_max_window_bits)
            return wrong(why, "permessage-deflate: client_max_window_bits was not offered");
        out->client_max_window_bits = bits;
        break;
    }
    return 0;
}

int upbit__deflate_answer_read(upbit__deflate_terms *out, const upbit__deflate_offer *offer,
                               const char *value, const char **why)
{
    bool seen[PARAMETERS] = {false};
    *out = (upbit__deflate_terms){
        .on = true, .server_max_window_bits = 15, .client_max_window_bits = 15};
    const char *at = skip_space(value);
    size_t length = token(at);
    if (!offer->on || !is(at, length, NAME))
        return wrong(why, "an extension that was not asked for");
    for (at = skip_space(at + length); *at == ';'; at = skip_space(at)) {
        const char *name = skip_space(at + 1);
        length = token(name);
        int parameter = 0;
        while (parameter < PARAMETERS && !is(name, length, parameters[parameter]))
            parameter++;
        if (parameter == PARAMETERS)
            return wrong(why, "permessage-deflate: an unknown parameter");
        if (seen[parameter])
            return wrong(why, "permessage-deflate: a parameter twice");
        seen[parameter] = true;
        char text[VALUE_SIZE];
        at = skip_space(name + length);
        bool has_value = *at == '=';
        if (has_value && (at = read_value(text, skip_space(at + 1))) == NULL)
            return wrong(why, "permessage-deflate: a malformed value");
        int rc = apply(out, offer, parameter, has_value ? text : NULL, why);
        if (rc != 0)
            return rc;
    }
    if (*at == ',')
        return wrong(why, "a second extension");
    if (*at != '\0')
        return wrong(why, "a malformed list of extensions");
    if (offer->server_no_context_takeover && !seen[SERVER_TAKEOVER])
        return wrong(why, "permessage-deflate: server_no_context_takeover was asked for");
    if (offer->server_max_window_bits != 0 && !seen[SERVER_BITS])
        return wrong(why, "permessage-deflate: server_max_window_bits was asked for");
    return 0;
}
