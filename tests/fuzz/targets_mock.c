/* What clients send to the mock exchange. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mock_exchange/http.h"
#include "../mock_exchange/json.h"
#include "../mock_exchange/keys.h"
#include "../mock_exchange/params.h"
#include "../mock_exchange/request.h"
#include "../mock_exchange/websocket.h"
#include "targets.h"

void fuzz_mock_http(const uint8_t *data, size_t size)
{
    struct mock_buf in = {0};
    mock_buf_put(&in, data, size);
    for (int i = 0; i < 4; i++) {
        struct mock_http_request r;
        bool expect = false;
        int rc = mock_http_parse(&r, &expect, &in);
        if (rc != 1) {
            FUZZ_REQUIRE(rc == 0 || (rc <= -400 && rc > -600));
            break;
        }
        FUZZ_REQUIRE(r.total > 0 && r.total <= mock_buf_pending(&in));
        char value[64];
        (void)mock_http_query(value, sizeof value, &r, "market");
        (void)mock_http_has_token(&r, "Connection", "upgrade");
        struct mock_call_params p;
        (void)mock_call_params_read(&p, &r);
        (void)mock_call_param(&p, "states", 0);
        mock_call_params_finish(&p);
        mock_buf_consume(&in, r.total);
    }
    mock_buf_finish(&in);
}

void fuzz_mock_request(const uint8_t *data, size_t size)
{
    struct mock_request request;
    struct mock_buf error = {0};
    for (int private_stream = 0; private_stream < 2; private_stream++) {
        char *text = (char *)fuzz_exact(data, size);
        int rc = mock_request_read(&request, &error, text, size, private_stream);
        FUZZ_REQUIRE(rc == 0 || mock_buf_pending(&error) > 0);
        if (rc == 0) {
            struct mock_buf out = {0};
            mock_list_frame(&out, &request, "t", request.format);
            mock_buf_finish(&out);
            mock_request_finish(&request);
        }
        mock_buf_clear(&error);
        free(text);
    }
    mock_buf_finish(&error);
}

void fuzz_mock_frames(const uint8_t *data, size_t size)
{
    struct mock_ws_reader reader = {0};
    struct mock_ws_event event;
    struct mock_buf in = {0};
    int rc = 0;
    for (size_t at = 0; at < size && rc >= 0;) {
        size_t n = 1 + data[at] % 37u;
        n = n < size - at ? n : size - at;
        mock_buf_put(&in, data + at, n);
        at += n;
        while ((rc = mock_ws_read(&event, &reader, &in, 4096)) == 1) {
            FUZZ_REQUIRE(event.len <= 4096);
            if (event.op == MOCK_OP_CLOSE)
                (void)mock_ws_close_code(event.data, event.len);
        }
    }
    FUZZ_REQUIRE(rc >= 0 || (rc <= -1000 && rc > -5000));
    mock_buf_finish(&in);
    mock_buf_finish(&reader.message);
    mock_buf_finish(&reader.plain);
}

/* By the environment, which takes the same lines as the file. By putenv, because what setenv copies
 * is never let go of. */
void fuzz_mock_keys(const uint8_t *data, size_t size)
{
    struct mock_keys keys;
    char *lines = fuzz_text(data, size), *text;
    FUZZ_REQUIRE(asprintf(&text, "UPBIT_MOCK_KEYS=%s", lines) >= 0);
    FUZZ_REQUIRE(putenv(text) == 0);
    if (mock_keys_load(&keys, NULL))
        for (size_t i = 0; i < keys.count; i++)
            FUZZ_REQUIRE(mock_keys_find(&keys, keys.list[i].access) != NULL);
    FUZZ_REQUIRE(getenv("UPBIT_MOCK_KEYS") == NULL); /* so that text is nobody's */
    mock_keys_finish(&keys);
    free(text);
    free(lines);
}
