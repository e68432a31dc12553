/* The rows of the exchange half: decimals are strings, what is not set is left out. */
#include "messages.h"
#include "rest_orders.h"

static void text(struct mock_buf *b, const char *name, const char *value)
{
    mock_buf_printf(b, ",\"%s\":\"%s\"", name, value);
}

static void decimal(struct mock_buf *b, const char *name, mock_wide value, int scale)
{
    mock_buf_printf(b, ",\"%s\":\"", name);
    mock_put_plain(b, value, scale, 1);
    mock_buf_putc(b, '"');
}

static void created(struct mock_buf *b, int64_t ms)
{
    mock_buf_puts(b, ",\"created_at\":\"");
    mock_put_time(b, ms + mock_stamp_offset_ms + 9 * 3600000, MOCK_DATE_TIME);
    mock_buf_puts(b, "+09:00\"");
}

static void put_trades(struct mock_buf *b, const struct mock_order *o)
{
    mock_buf_puts(b, ",\"trades\":[");
    for (size_t i = o->count; i > 0; i--) {
        const struct mock_fill *f = &o->fills[i - 1];
        mock_buf_printf(b, "%s{\"market\":\"%s\"", i == o->count ? "" : ",", o->wish.market->code);
        text(b, "uuid", f->uuid);
        decimal(b, "price", f->price, 8);
        decimal(b, "volume", f->volume, 8);
        decimal(b, "funds", f->funds, MOCK_FINE);
        text(b, "trend", o->wish.bid == f->maker ? "down" : "up");
        created(b, f->ms);
        text(b, "side", o->wish.bid ? "bid" : "ask");
        mock_buf_putc(b, '}');
    }
    mock_buf_putc(b, ']');
}

void mock_row_order(struct mock_buf *b, const struct mock_order *o, bool trades)
{
    const struct mock_order_wish *w = &o->wish;
    bool by_amount = mock_order_by_amount(o);
    mock_buf_printf(b, "{\"market\":\"%s\"", w->market->code);
    text(b, "uuid", w->uuid);
    text(b, "side", w->bid ? "bid" : "ask");
    text(b, "ord_type", mock_ord_type_names[w->type]);
    if (w->price != 0) {
        decimal(b, "price", w->price, 8);
    }
    text(b, "state", mock_ord_state_names[o->state]);
    created(b, o->created_ms);
    if (!by_amount) {
        decimal(b, "volume", w->volume, 8);
        decimal(b, "remaining_volume", w->volume - o->executed, 8);
    }
    decimal(b, "executed_volume", o->executed, 8);
    decimal(b, "executed_funds", o->funds, MOCK_FINE);
    decimal(b, "reserved_fee", o->reserved_fee, MOCK_FINE);
    decimal(b, "remaining_fee", o->remaining_fee, MOCK_FINE);
    decimal(b, "paid_fee", o->paid, MOCK_FINE);
    decimal(b, "locked", o->locked, MOCK_FINE);
    decimal(b, "prevented_volume", o->prevented, 8);
    decimal(b, "prevented_locked", o->prevented_locked, MOCK_FINE);
    mock_buf_printf(b, ",\"trades_count\":%zu", o->count);
    if (mock_tif_names[w->tif] != NULL) {
        text(b, "time_in_force", mock_tif_names[w->tif]);
    }
    if (w->smp[0] != '\0') {
        text(b, "smp_type", w->smp);
    }
    if (w->identifier[0] != '\0') {
        text(b, "identifier", w->identifier);
    }
    if (trades) {
        put_trades(b, o);
    }
    mock_buf_putc(b, '}');
}
