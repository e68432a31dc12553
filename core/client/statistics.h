/* Statistics as they are told: histograms made short, the proxies' sums. Any thread. */
#ifndef UPBIT_CLIENT_STATISTICS_H
#define UPBIT_CLIENT_STATISTICS_H

#include "base/histogram.h"
#include "client/counters.h"
#include "queue/inbox.h"
#include "upbit-live/proxy.h"

/* A session (upbit_session) was down for so long, up to now. */
uint64_t upbit__down_ms(const upbit__counters *c, int session);

void upbit__latency_of(upbit_latency *out, const upbit__distribution *d);

/* Everything upbit_proxy_get_stats tells. */
void upbit__inbox_full_stats(upbit__inbox *in, upbit_proxy_stats *out);

/* Of all open proxies; lag: of those that were closed, too. */
typedef struct upbit__proxy_sums {
    uint64_t queued, queued_peak, memory;
    upbit__distribution lag;
} upbit__proxy_sums;
void upbit__proxies_sum(upbit_manager *m, upbit__proxy_sums *sums);

typedef struct upbit__proxy_row {
    char client_id[65];
    upbit_proxy_stats stats;
} upbit__proxy_row;

/* A row for each open proxy, the caller's to free. 0 or NO_MEMORY. */
int upbit__proxies_list(upbit_manager *m, upbit__proxy_row **out, size_t *count);

#endif
