#include "client/compression.h"

#include <stdio.h>

#include "base/clock.h"

void upbit__compression_init(upbit__compression *c, bool wanted, upbit__counters *counters,
                             _Atomic uint32_t *gauge)
{
    *c = (upbit__compression){.wanted = wanted, .counters = counters, .gauge = gauge};
}

static void show(const upbit__compression *c, uint32_t window_bits)
{
    if (c->gauge != NULL)
        atomic_store_explicit(c->gauge, window_bits, memory_order_relaxed);
}

upbit__deflate_offer upbit__compression_offer(upbit__compression *c, int64_t now_ns)
{
    if (c->retry_ns != 0 && now_ns >= c->retry_ns) {
        c->retry_ns = 0;
        c->faults = UPBIT__COMPRESSION_FAULTS - 1; /* on trial */
    }
    /* Without the second, servers that are told to save memory take no offer; the window it bounds
     * is one that we do not use. */
    return (upbit__deflate_offer){.on = c->wanted && c->retry_ns == 0,
                                  .client_max_window_bits = true};
}

void upbit__compression_opened(upbit__compression *c, const upbit__deflate_terms *terms,
                               int64_t now_ns)
{
    c->terms = *terms;
    c->opened_ns = now_ns;
    c->garbled = 0;
    c->garbled_at = 0;
    c->seen = (upbit__transport_counters){0};
    show(c, terms->on ? terms->server_max_window_bits : 0u);
}

void upbit__compression_count(upbit__compression *c, const upbit__transport_counters *now)
{
    upbit__count(&c->counters->messages_compressed, now->compressed_in - c->seen.compressed_in);
    upbit__count(&c->counters->bytes_compressed, now->packed_in - c->seen.packed_in);
    upbit__count(&c->counters->bytes_inflated, now->inflated_in - c->seen.inflated_in);
    c->seen = *now;
}

bool upbit__compression_garbled(upbit__compression *c, const upbit__transport_counters *now)
{
    if (!c->terms.on || now->compressed_last != now->messages_in)
        return false; /* this one was not compressed */
    c->garbled = now->compressed_in == c->garbled_at + 1 ? c->garbled + 1 : 1;
    c->garbled_at = now->compressed_in;
    c->fault |= c->garbled >= UPBIT__COMPRESSION_GARBLED;
    return c->fault;
}

bool upbit__compression_closed(upbit__compression *c, int64_t now_ns)
{
    bool fault = c->fault;
    c->fault = false;
    bool good = c->terms.on && c->seen.compressed_in > 0 &&
                now_ns - c->opened_ns > UPBIT__COMPRESSION_GOOD_NS;
    if (good)
        c->faults = 0;
    c->terms = (upbit__deflate_terms){0};
    c->seen = (upbit__transport_counters){0};
    show(c, 0);
    if (!fault)
        return false;
    upbit__count(&c->counters->compression_faults, 1);
    if (++c->faults < UPBIT__COMPRESSION_FAULTS)
        return false;
    c->retry_ns = now_ns + UPBIT__COMPRESSION_RETRY_NS;
    return true;
}

void upbit__compression_text(const upbit__compression *c, char out[UPBIT__COMPRESSION_TEXT],
                             int64_t now_ns)
{
    if (c->terms.on) {
        upbit__deflate_terms_write(out, &c->terms);
    } else if (!c->wanted) {
        snprintf(out, UPBIT__COMPRESSION_TEXT, "off");
    } else if (c->retry_ns != 0) {
        int64_t minutes = (c->retry_ns - now_ns + 60 * UPBIT__SECOND - 1) / (60 * UPBIT__SECOND);
        snprintf(out, UPBIT__COMPRESSION_TEXT,
                 "given up after faults; asked for again by the first connection after %d min",
                 (int)(minutes > 0 ? minutes : 0));
    } else {
        snprintf(out, UPBIT__COMPRESSION_TEXT, "none");
    }
}
