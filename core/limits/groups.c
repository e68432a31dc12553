#include "limits/groups.h"

#include "base/clock.h"

const upbit__group_limit upbit__group_limits[UPBIT__GROUPS] = {
    [UPBIT__GROUP_CONNECT] = {"websocket-connect", 5, UPBIT__SECOND, false},
    [UPBIT__GROUP_MARKET] = {"market", 10, UPBIT__SECOND, true},
    [UPBIT__GROUP_TICKER] = {"ticker", 10, UPBIT__SECOND, true},
    [UPBIT__GROUP_TRADE] = {"trade", 10, UPBIT__SECOND, true},
    [UPBIT__GROUP_ORDERBOOK] = {"orderbook", 10, UPBIT__SECOND, true},
    [UPBIT__GROUP_CANDLE] = {"candle", 10, UPBIT__SECOND, true},
    [UPBIT__GROUP_DEFAULT] = {"default", 30, UPBIT__SECOND, true},
    [UPBIT__GROUP_ORDER] = {"order", 12, UPBIT__SECOND, true},
    [UPBIT__GROUP_ORDER_TEST] = {"order-test", 8, UPBIT__SECOND, true},
    [UPBIT__GROUP_ORDER_CANCEL_ALL] = {"order-cancel-all", 1, 2 * UPBIT__SECOND, true},
};
