/* See journal.h. */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>

#include "numbers.h"
#include "request.h"

bool mock_journal_init(struct mock_journal *j, size_t cap)
{
    *j = (struct mock_journal){.cap = cap, .next = 1};
    /* Untouched pages of a long ring cost nothing until they are written. */
    j->ring = cap == 0 ? NULL : calloc(cap, sizeof *j->ring);
    return cap == 0 || j->ring != NULL;
}

void mock_journal_finish(struct mock_journal *j)
{
    free(j->ring);
    *j = (struct mock_journal){0};
}

void mock_journal_add(struct mock_journal *j, uint64_t conn, int64_t ms,
                      const struct mock_about *about)
{
    if (j->cap > 0) {
        j->ring[j->next++ % j->cap] = (struct mock_entry){*about, conn, ms};
    }
}

static void put_values(struct mock_buf *out, const struct mock_about *a)
{
    mock_buf_puts(out, ",\"values\":\"");
    for (int i = 0; i < a->values; i++) {
        mock_buf_puts(out, i == 0 ? "" : " ");
        /* As upbit_decimal_to_string writes them: a text that can be compared as it is. */
        mock_put_plain(out, a->value[i], 8, 0);
    }
    mock_buf_putc(out, '"');
}

static void put_entry(struct mock_buf *out, uint64_t number, const struct mock_entry *e)
{
    const struct mock_about *a = &e->about;
    mock_buf_printf(out,
                    "{\"n\":%llu,\"ms\":%lld,\"conn\":%llu,\"type\":\"%s\",\"code\":\"%s\","
                    "\"stream\":\"%s\"",
                    (unsigned long long)number, (long long)e->ms, (unsigned long long)e->conn,
                    mock_kind_name(a->kind), a->code,
                    a->rest       ? "REST"
                    : a->snapshot ? "SNAPSHOT"
                                  : "REALTIME");
    if (a->id != 0) {
        mock_buf_printf(out, ",\"id\":%lld", (long long)a->id);
    }
    if (a->window != 0) {
        mock_buf_printf(out, ",\"window\":%lld", (long long)a->window);
    }
    if (a->depth != 0) {
        mock_buf_printf(out, ",\"depth\":%d,\"level\":", a->depth);
        mock_put_stripped(out, a->level, 8, 0);
    }
    if (a->values != 0) {
        put_values(out, a);
    }
    mock_buf_printf(out, ",\"timestamp\":%lld%s%s%s}", (long long)a->timestamp,
                    a->late ? ",\"late\":true" : "", a->repeated ? ",\"repeated\":true" : "",
                    a->held ? ",\"held\":true" : "");
}

void mock_journal_put(struct mock_buf *out, const struct mock_journal *j, uint64_t since,
                      uint64_t limit)
{
    uint64_t first = j->next > j->cap ? j->next - j->cap : 1;
    uint64_t from = since > first ? since : first;
    from = from < j->next ? from : j->next;
    uint64_t to = j->next - from < limit ? j->next : from + limit;
    mock_buf_printf(out, "{\"first\":%llu,\"next\":%llu,\"newest\":%llu,\"messages\":[",
                    (unsigned long long)first, (unsigned long long)to,
                    (unsigned long long)(j->next - 1));
    for (uint64_t n = from; n < to; n++) {
        mock_buf_puts(out, n == from ? "\n" : ",\n");
        put_entry(out, n, &j->ring[n % j->cap]);
    }
    mock_buf_puts(out, "]}\n");
}
