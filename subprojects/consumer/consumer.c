/* A user's C program: that the installed headers and library belong together, the decoder works, and a
 * manager starts and ends its thread. Speaks to nobody. */
#include <stdio.h>
#include <string.h>

#include <upbit-live/upbit-live.h>

static void keep(void *context, const upbit_event *event)
{
    *(const upbit_event **)context = event;
}

int main(void)
{
    if (strcmp(upbit_version_string(), UPBIT_VERSION_STRING) != 0) {
        fprintf(stderr, "headers %s, library %s\n", UPBIT_VERSION_STRING, upbit_version_string());
        return 1;
    }

    static const char message[] =
        "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"timestamp\":1760000000123,"
        "\"trade_date\":\"2025-10-09\",\"trade_time\":\"08:53:20\",\"trade_timestamp\":1760000000100,"
        "\"trade_price\":1.16539E8,\"trade_volume\":0.00050000,\"ask_bid\":\"BID\","
        "\"prev_closing_price\":116000000,\"change\":\"RISE\",\"change_price\":539000,"
        "\"sequential_id\":17600000001000001,\"best_ask_price\":116540000,\"best_ask_size\":0.5,"
        "\"best_bid_price\":116539000,\"best_bid_size\":0.25,\"stream_type\":\"REALTIME\"}";
    const upbit_event *event = NULL;
    char reason[128] = "";
    int count = upbit_decode(message, sizeof message - 1, keep, &event, reason, sizeof reason);
    const upbit_trade *trade = upbit_event_trade(event);
    if (count != 1 || trade == NULL) {
        fprintf(stderr, "decode: %d %s\n", count, reason);
        return 1;
    }
    char price[UPBIT_DECIMAL_STRING_SIZE];
    upbit_decimal_to_string(&trade->trade_price, price, sizeof price);
    printf("%s %s\n", event->code, price);
    upbit_event_unref(event);

    upbit_options options = UPBIT_OPTIONS_INIT;
    options.url = "ws://127.0.0.1:9/websocket/v1"; /* the discard port: nobody listens */
    options.log_level = UPBIT_LOG_NONE;
    upbit_manager *manager;
    int error = upbit_manager_create(&manager, &options);
    if (error < 0) {
        fprintf(stderr, "manager: %s %s\n", upbit_error_string(error), upbit_error_detail());
        return 1;
    }
    error = upbit_manager_shutdown(manager, 0);
    upbit_manager_release(manager);
    return error < 0;
}
