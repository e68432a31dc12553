/* What proxies count, each for itself and all together. Any thread. */
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "client/proxy_inside.h"
#include "client/statistics.h"

void upbit__latency_of(upbit_latency *out, const upbit__distribution *d)
{
    *out = (upbit_latency){.count = d->count,
                           .sum_us = d->sum_us,
                           .p50_us = upbit__distribution_quantile(d, 500),
                           .p99_us = upbit__distribution_quantile(d, 990),
                           .p999_us = upbit__distribution_quantile(d, 999),
                           .max_us = d->max_us};
}

void upbit__inbox_full_stats(upbit__inbox *in, upbit_proxy_stats *out)
{
    upbit__distribution lag = {0};
    upbit__inbox_stats(in, out);
    upbit__distribution_add(&lag, upbit__inbox_lag(in));
    upbit__latency_of(&out->lag, &lag);
}

int upbit_proxy_get_stats(upbit_proxy *p, upbit_proxy_stats *out, size_t size)
{
    if (p == NULL || out == NULL || size == 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    upbit_proxy_stats s = {0};
    upbit__inbox_full_stats(p->inbox, &s);
    memset(out, 0, size);
    memcpy(out, &s, size < sizeof s ? size : sizeof s);
    return 0;
}

void upbit__proxies_sum(upbit_manager *m, upbit__proxy_sums *sums)
{
    *sums = (upbit__proxy_sums){0};
    if (upbit__manager_forked(m)) /* the mutex may have been held when it was copied */
        return;
    pthread_mutex_lock(&m->mutex);
    sums->lag = m->closed_lag;
    for (int i = 0; i < UPBIT__ID_BUCKETS; i++)
        for (const upbit_proxy *p = m->ids[i]; p != NULL; p = p->next_id) {
            upbit_proxy_stats s;
            upbit__inbox_stats(p->inbox, &s);
            sums->queued += s.queued;
            sums->queued_peak =
                s.queued_peak > sums->queued_peak ? s.queued_peak : sums->queued_peak;
            sums->memory += upbit__inbox_memory(p->inbox);
            upbit__distribution_add(&sums->lag, upbit__inbox_lag(p->inbox));
        }
    pthread_mutex_unlock(&m->mutex);
}

int upbit__proxies_list(upbit_manager *m, upbit__proxy_row **out, size_t *count)
{
    size_t open = 0, n = 0;
    *out = NULL;
    *count = 0;
    pthread_mutex_lock(&m->mutex);
    for (int i = 0; i < UPBIT__ID_BUCKETS; i++)
        for (const upbit_proxy *p = m->ids[i]; p != NULL; p = p->next_id)
            open++;
    upbit__proxy_row *rows = calloc(open > 0 ? open : 1, sizeof *rows);
    for (int i = 0; i < UPBIT__ID_BUCKETS && rows != NULL; i++)
        for (const upbit_proxy *p = m->ids[i]; p != NULL; p = p->next_id, n++) {
            memcpy(rows[n].client_id, p->client_id, sizeof rows[n].client_id);
            upbit__inbox_full_stats(p->inbox, &rows[n].stats);
        }
    pthread_mutex_unlock(&m->mutex);
    if (rows == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    *out = rows;
    *count = n;
    return 0;
}
