/* See received.h. */
#include "received.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_CAP ((size_t)64 << 10)

static void forget_oldest(struct mock_received *r)
{
    struct mock_receipt *e = &r->ring[r->first++ % MOCK_RECEIVED];
    r->bytes -= e->text != NULL ? e->len : 0;
    free(e->text);
    e->text = NULL;
}

void mock_received_add(struct mock_received *r, const struct mock_receipt *entry)
{
    if (r->ring == NULL) {
        r->ring = calloc(MOCK_RECEIVED, sizeof *r->ring);
        r->first = r->next = 1;
    }
    if (r->ring == NULL) {
        return;
    }
    size_t len = entry->len < TEXT_CAP ? entry->len : TEXT_CAP;
    while (r->next > r->first &&
           (r->next - r->first == MOCK_RECEIVED || r->bytes + len > MOCK_RECEIVED_BYTES)) {
        forget_oldest(r);
    }
    struct mock_receipt *e = &r->ring[r->next++ % MOCK_RECEIVED];
    *e = *entry;
    e->len = len;
    e->text = len > 0 ? malloc(len) : NULL;
    if (e->text != NULL) {
        memcpy(e->text, entry->text, len);
        r->bytes += len;
    }
}

static void put_entry(struct mock_buf *out, uint64_t number, const struct mock_receipt *e)
{
    mock_buf_printf(out, "{\"n\":%llu,\"ms\":%lld,\"conn\":%llu,\"what\":\"%s\"",
                    (unsigned long long)number, (long long)e->ms, (unsigned long long)e->conn,
                    e->what);
    if (e->status != 0) {
        mock_buf_puts(out, ",\"method\":");
        mock_buf_json_string(out, e->method, strlen(e->method));
        mock_buf_printf(out, ",\"status\":%d", e->status);
    }
    mock_buf_puts(out, e->status != 0 ? ",\"path\":" : ",\"text\":");
    mock_buf_json_string(out, e->text != NULL ? e->text : "", e->text != NULL ? e->len : 0);
    mock_buf_putc(out, '}');
}

void mock_received_put(struct mock_buf *out, const struct mock_received *r, uint64_t since,
                       uint64_t limit)
{
    uint64_t end = r->next > 0 ? r->next : 1, first = r->first > 0 ? r->first : 1;
    uint64_t from = since > first ? since : first;
    from = from < end ? from : end;
    uint64_t to = end - from < limit ? end : from + limit;
    mock_buf_printf(out, "{\"first\":%llu,\"next\":%llu,\"newest\":%llu,\"received\":[",
                    (unsigned long long)first, (unsigned long long)to,
                    (unsigned long long)(end - 1));
    for (uint64_t n = from; n < to; n++) {
        mock_buf_puts(out, n == from ? "\n" : ",\n");
        put_entry(out, n, &r->ring[n % MOCK_RECEIVED]);
    }
    mock_buf_puts(out, "]}\n");
}

void mock_received_finish(struct mock_received *r)
{
    while (r->ring != NULL && r->next > r->first) {
        forget_oldest(r);
    }
    free(r->ring);
    *r = (struct mock_received){0};
}
