/* The private streams' messages, in every format. Key order and numbers as documented and recorded:
 * decimals of BigDecimal without trailing zeros, more digits than a double holds. */
#include <string.h>

#include "messages.h"
#include "private.h"
#include "writer.h"

static void amount(struct mock_writer *w, const char *full, const char *brief, mock_wide value,
                   int scale)
{
    mock_writer_key(w, full, brief);
    mock_put_stripped(w->out, value, scale, 0);
}

static void null(struct mock_writer *w, const char *full, const char *brief)
{
    mock_writer_text(w, full, brief, NULL);
}

/* null for those of a purchase by amount that nobody knows yet. */
static void maybe(struct mock_writer *w, const char *full, const char *brief, bool known,
                  mock_wide value, int scale)
{
    if (known) {
        amount(w, full, brief, value, scale);
    } else {
        null(w, full, brief);
    }
}

void mock_put_my_order(struct mock_buf *out, const struct mock_order *o, enum mock_format format,
                       const char *state, const struct mock_fill *fill, int64_t now_ms)
{
    const struct mock_order_wish *wish = &o->wish;
    bool by_amount = mock_order_by_amount(o);
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "myOrder");
    mock_writer_word(&w, "code", "cd", wish->market->code);
    mock_writer_word(&w, "uuid", "uid", wish->uuid);
    mock_writer_word(&w, "ask_bid", "ab", wish->bid ? "BID" : "ASK");
    mock_writer_word(&w, "order_type", "ot", mock_ord_type_names[wish->type]);
    mock_writer_word(&w, "state", "s", state);
    mock_writer_text(&w, "trade_uuid", "tuid", fill != NULL ? fill->uuid : NULL);
    /* Of a trade they are the fill's, not the order's. */
    maybe(&w, "price", "p", fill != NULL || wish->price != 0,
          fill != NULL ? fill->price : wish->price, 8);
    amount(&w, "avg_price", "ap", mock_order_average(o), 16);
    maybe(&w, "volume", "v", fill != NULL || !by_amount, fill != NULL ? fill->volume : wish->volume,
          8);
    maybe(&w, "remaining_volume", "rv", !by_amount, mock_order_rest(o) + o->prevented, 8);
    maybe(&w, "executed_volume", "ev", !by_amount || o->count > 0, o->executed, 8);
    mock_writer_whole(&w, "trades_count", "tc", (int64_t)o->count);
    amount(&w, "reserved_fee", "rsf", o->reserved_fee, MOCK_FINE);
    amount(&w, "remaining_fee", "rmf", o->remaining_fee, MOCK_FINE);
    amount(&w, "paid_fee", "pf", o->paid, MOCK_FINE);
    amount(&w, "locked", "l", o->locked, MOCK_FINE);
    amount(&w, "executed_funds", "ef", o->funds, MOCK_FINE);
    mock_writer_text(&w, "time_in_force", "tif", mock_tif_names[wish->tif]);
    maybe(&w, "trade_fee", "tf", fill != NULL, fill != NULL ? fill->fee : 0, MOCK_FINE);
    mock_writer_key(&w, "is_maker", "im");
    mock_buf_puts(out, fill == NULL ? "null" : fill->maker ? "true" : "false");
    mock_writer_text(&w, "identifier", "id", wish->identifier[0] != '\0' ? wish->identifier : NULL);
    mock_writer_text(&w, "smp_type", "smpt", wish->smp[0] != '\0' ? wish->smp : NULL);
    maybe(&w, "prevented_volume", "pv", !by_amount, o->prevented, 8);
    amount(&w, "prevented_locked", "pl", o->prevented_locked, MOCK_FINE);
    if (fill != NULL) {
        mock_writer_stamp(&w, "trade_timestamp", "ttms", fill->ms);
    } else {
        null(&w, "trade_timestamp", "ttms");
    }
    mock_writer_stamp(&w, "order_timestamp", "otms", o->created_ms / 1000 * 1000);
    mock_writer_stamp(&w, "timestamp", "tms", now_ms);
    mock_writer_word(&w, "stream_type", "st", "REALTIME");
    mock_writer_end(&w);
}

void mock_put_my_asset(struct mock_buf *out, const struct mock_pocket *p,
                       const struct mock_balance *b, enum mock_format format, int64_t asset_ms,
                       int64_t now_ms)
{
    char uuid[37];
    mock_private_uuid(uuid, 3, p, (uint64_t)p->at);
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "myAsset");
    mock_writer_word(&w, "asset_uuid", "astuid", uuid);
    mock_writer_key(&w, "assets", "ast");
    mock_buf_puts(out, "[{");
    w.first = true;
    mock_writer_word(&w, "currency", "cu", b->currency);
    amount(&w, "balance", "b", b->free, MOCK_FINE);
    amount(&w, "locked", "l", b->locked, MOCK_FINE);
    mock_buf_puts(out, "}]");
    mock_writer_stamp(&w, "asset_timestamp", "asttms", asset_ms);
    mock_writer_stamp(&w, "timestamp", "tms", now_ms);
    mock_writer_word(&w, "stream_type", "st", "REALTIME");
    mock_writer_end(&w);
}

static void listed(struct mock_writer *w, const char *full, const char *brief, int64_t now_ms)
{
    mock_writer_key(w, full, brief);
    mock_buf_putc(w->out, '"');
    mock_put_time(w->out, now_ms + mock_stamp_offset_ms + 9 * 3600000, MOCK_DATE_TIME);
    mock_buf_puts(w->out, "+09:00\"");
}

void mock_put_announcement(struct mock_buf *out, const struct mock_announcement *a,
                           enum mock_format format, bool with_body, int64_t now_ms)
{
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "announcement");
    mock_writer_word(&w, "event_type", "et", a->event);
    mock_writer_text(&w, "uuid", "uid", a->uuid);
    mock_writer_text(&w, "title", "tt", a->title);
    mock_writer_text(&w, "category", "cat", a->category);
    mock_writer_key(&w, "url", "url");
    struct mock_buf url = {0};
    mock_buf_printf(&url, "https://www.upbit.com/service_center/notice?id=%s&view=share", a->uuid);
    mock_buf_json_string(out, url.failed ? "" : url.data, url.failed ? 0 : url.len);
    mock_buf_finish(&url);
    listed(&w, "first_listed_at", "flat", now_ms);
    listed(&w, "listed_at", "lat", now_ms);
    mock_writer_stamp(&w, "timestamp", "tms", now_ms);
    mock_writer_word(&w, "stream_type", "st", "REALTIME");
    if (with_body) {
        mock_writer_key(&w, "body", "bd");
        if (a->body != NULL) {
            mock_buf_json_string(out, a->body, a->body_len);
        } else {
            mock_buf_puts(out, "null");
        }
    }
    mock_writer_end(&w);
}
