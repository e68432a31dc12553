/* See websocket.h. */
#include "websocket.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int mock_ws_read(struct mock_ws_event *event, struct mock_ws_reader *reader, struct mock_buf *in,
                 size_t message_cap)
{
    for (;;) {
        const unsigned char *p = (const unsigned char *)mock_buf_front(in);
        size_t have = mock_buf_pending(in);
        if (have < 2) {
            return 0;
        }
        bool fin = (p[0] & 0x80) != 0;
        int op = p[0] & 0x0F;
        bool control = op >= 8;
        reader->unmasked = (p[1] & 0x80) == 0;
        /* The first two bytes are judged before waiting for more of a frame that is wrong. */
        bool rsv1 = (p[0] & 0x40) != 0;
        if ((p[0] & 0x30) != 0 ||
            (rsv1 && (reader->deflate == NULL || control || op == MOCK_OP_CONTINUE)) ||
            (op > 2 && op < 8) || op > 10 || (p[1] & 0x80) == 0) {
            return -1002;
        }
        uint64_t len = p[1] & 0x7F;
        if (control && (!fin || len > 125)) {
            return -1002;
        }
        if (!control && (op == MOCK_OP_CONTINUE) != (reader->op != 0)) {
            return -1002;
        }
        if (!control && reader->op == 0) {
            mock_buf_clear(&reader->message);
            reader->packed = rsv1;
        }
        size_t head = len == 126 ? 4 : len == 127 ? 10 : 2;
        if (have < head) {
            return 0;
        }
        if (len >= 126) {
            len = 0;
            for (size_t i = 2; i < head; i++) {
                len = len << 8 | p[i];
            }
            if (len >> 63 != 0 || len < (head == 4 ? 126u : 65536u)) {
                return -1002; /* lengths have to be spelt as short as possible */
            }
        }
        if (!control && len > message_cap - mock_buf_pending(&reader->message)) {
            return -1009;
        }
        if (have < head + 4 + len) {
            return 0;
        }
        unsigned char mask[4];
        memcpy(mask, p + head, 4);
        reader->mask_repeated |= reader->masked && memcmp(mask, reader->mask, 4) == 0;
        reader->masked = true;
        memcpy(reader->mask, mask, 4);
        unsigned char *payload = (unsigned char *)mock_buf_front(in) + head + 4;
        for (size_t i = 0; i < len; i++) {
            payload[i] ^= mask[i & 3];
        }
        if (control) {
            *event = (struct mock_ws_event){op, (const char *)payload, (size_t)len};
            in->head += head + 4 + (size_t)len; /* the payload stays readable until the next call */
            return 1;
        }
        if (reader->op == 0) {
            reader->op = op;
        }
        mock_buf_put(&reader->message, payload, (size_t)len);
        mock_buf_consume(in, head + 4 + (size_t)len);
        if (reader->message.failed) {
            return -1011;
        }
        if (!fin) {
            continue;
        }
        *event = (struct mock_ws_event){reader->op, mock_buf_front(&reader->message),
                                        mock_buf_pending(&reader->message)};
        if (reader->packed) {
            int code = mock_deflate_unpack(reader->deflate, &reader->plain, event->data, event->len,
                                           message_cap);
            if (code != 0) {
                return -code;
            }
            event->data = mock_buf_front(&reader->plain);
            event->len = mock_buf_pending(&reader->plain);
        }
        if (event->data == NULL) {
            event->data = "";
        }
        reader->op = 0;
        if (event->op == MOCK_OP_TEXT && !mock_utf8_valid(event->data, event->len)) {
            return -1007;
        }
        return 1;
    }
}

void mock_ws_write(struct mock_buf *out, int op, const void *data, size_t len)
{
    unsigned char head[10];
    size_t size = 2;
    head[0] = (unsigned char)(0x80 | op);
    if (len < 126) {
        head[1] = (unsigned char)len;
    } else if (len < 65536) {
        head[1] = 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)(len & 0xFF);
        size = 4;
    } else {
        head[1] = 127;
        for (int i = 0; i < 8; i++) {
            head[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i) & 0xFF);
        }
        size = 10;
    }
    if (mock_buf_reserve(out, size + len) != NULL) {
        mock_buf_put(out, head, size);
        mock_buf_put(out, data, len);
    }
}

int mock_ws_close_code(const char *data, size_t len)
{
    if (len == 0) {
        return 1005;
    }
    if (len == 1) {
        return -1002;
    }
    int code = (unsigned char)data[0] << 8 | (unsigned char)data[1];
    bool good = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                (code >= 3000 && code <= 4999);
    if (!good) {
        return -1002;
    }
    return mock_utf8_valid(data + 2, len - 2) ? code : -1007;
}

bool mock_ws_accept(char accept[29], const char *key)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strlen(key) != 24 || strspn(key, alphabet) != 22 || strcmp(key + 22, "==") != 0) {
        return false;
    }
    char joined[64];
    int len = snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(joined, (size_t)len, digest, &size, EVP_sha1(), NULL) != 1 || size != 20) {
        return false;
    }
    return EVP_EncodeBlock((unsigned char *)accept, digest, 20) == 28;
}
