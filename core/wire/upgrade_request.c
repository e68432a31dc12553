/* The client's half of the upgrade: what is asked, and what must never stand in it. */
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "base/random.h"
#include "upbit-live/error.h"
#include "upbit-live/version.h"
#include "wire/upgrade.h"

int upbit__upgrade_header_check(const upbit__header *header, const char **why)
{
    /* Origin: the exchange drops a client that sends one to one request in ten seconds. */
    static const char *const ours[] = {
        "Host",   "Upgrade", "Connection", "Origin", "Content-Length", "Transfer-Encoding",
        "Expect", "TE",      "Trailer"};
    *why = NULL;
    if (header->name == NULL || header->value == NULL || !upbit__http_name_valid(header->name))
        *why = "a header's name is not a token";
    else if (!upbit__http_value_valid(header->value))
        *why = "a control character in a header's value";
    else if (strncasecmp(header->name, "Sec-WebSocket-", 14) == 0)
        *why = "a header that belongs to the upgrade itself";
    for (size_t i = 0; *why == NULL && i < sizeof ours / sizeof ours[0]; i++) {
        if (strcasecmp(header->name, ours[i]) == 0)
            *why = "a header that must not be set";
    }
    return *why == NULL ? 0 : UPBIT_ERROR_INVALID_ARGUMENT;
}

static size_t length_of(const char *const *texts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += strlen(texts[i]);
    return length;
}

static char *put(char *to, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, texts[i]);
    return to;
}

int upbit__upgrade_key(char key[UPBIT__UPGRADE_KEY_SIZE])
{
    uint8_t nonce[16];
    int rc = upbit__random_bytes(nonce, sizeof nonce);
    if (rc == 0)
        EVP_EncodeBlock((unsigned char *)key, nonce, sizeof nonce);
    return rc;
}

int upbit__upgrade_write(upbit__buffer *out, char key[UPBIT__UPGRADE_KEY_SIZE],
                         const upbit__upgrade_request *request)
{
    const char *why;
    for (size_t i = 0; i < request->header_count; i++) {
        int rc = upbit__upgrade_header_check(&request->headers[i], &why);
        if (rc != 0)
            return rc;
    }
    char offer[UPBIT__DEFLATE_TEXT_SIZE];
    upbit__deflate_offer_write(offer, &request->deflate);
    int rc = upbit__upgrade_key(key);
    if (rc != 0)
        return rc;
    const char *const head[] = {
        "GET ",
        request->path,
        " HTTP/1.1\r\nHost: ",
        request->authority,
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ",
        key,
        "\r\nSec-WebSocket-Version: 13\r\nUser-Agent: upbit-live/",
        UPBIT_VERSION_STRING,
        "\r\n",
        request->deflate.on ? "Sec-WebSocket-Extensions: " : "",
        offer,
        request->deflate.on ? "\r\n" : ""};
    /* All the room at once: a header may be a secret, and a buffer that grows leaves copies
     * behind. */
    const size_t head_count = sizeof head / sizeof head[0];
    size_t room = length_of(head, head_count) + sizeof "\r\n";
    for (size_t i = 0; i < request->header_count; i++)
        room += strlen(request->headers[i].name) + strlen(request->headers[i].value) + 4;
    char *begin = (char *)upbit__buffer_reserve(out, room);
    if (begin == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    char *to = put(begin, head, head_count);
    for (size_t i = 0; i < request->header_count; i++) {
        const upbit__header *h = &request->headers[i];
        to = put(to, (const char *const[]){h->name, ": ", h->value, "\r\n"}, 4);
    }
    to = stpcpy(to, "\r\n");
    upbit__buffer_commit(out, (size_t)(to - begin));
    return 0;
}

/* What the server must answer to our key. */
static bool accept_of(char out[32], const char *key)
{
    char text[128];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int length = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    if (length >= (int)sizeof text)
        return false;
    if (EVP_Digest(text, (size_t)length, digest, &size, EVP_sha1(), NULL) != 1)
        return false;
    EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
    return true;
}

int upbit__upgrade_init(upbit__upgrade *u, const char *key, const upbit__deflate_offer *offer)
{
    *u = (upbit__upgrade){0};
    if (offer != NULL)
        u->offer = *offer;
    return accept_of(u->accept, key) ? 0 : UPBIT_ERROR_NO_MEMORY;
}
