/* What the library says about itself, as JSON. Data types are compared with Python by differential.py. */
#include "rig.h"
#include "upbit-live/control.h"
#include "upbit-live/manager.h"

static char text[2048];

static const char *json(void *event, int type)
{
    upbit_event *e = event;
    e->type = (uint16_t)type;
    e->origin = UPBIT_ORIGIN_LOCAL;
    e->epoch = 3;
    e->received_wall_ns = 1700000000123000000;
    size_t n = upbit_event_to_json(e, text, sizeof text);
    ck_assert_uint_eq(n, strlen(text));
    return text;
}

#define TAIL ",\"epoch\":3,\"origin\":\"local\",\"received_ns\":1700000000123000000}"

START_TEST(control_events)
{
    upbit_state_event state = {.state = UPBIT_STATE_RECONNECTING, .attempt = 2, .delay_ms = 700,
                               .error = UPBIT_ERROR_TLS, .tls = 1, .session = UPBIT_SESSION_PRIVATE};
    ck_assert_str_eq(json(&state, UPBIT_TYPE_STATE),
                     "{\"type\":\"state\",\"session\":\"private\",\"state\":\"reconnecting\",\"attempt\":2,"
                     "\"delay_ms\":700,\"down_ms\":0,\"error\":\"TLS\",\"tls\":true" TAIL);
    upbit_restored_event restored = {.down_ms = 1200, .attempts = 2, .times = 3};
    ck_assert_str_eq(json(&restored, UPBIT_TYPE_RESTORED),
                     "{\"type\":\"restored\",\"session\":\"public\",\"down_ms\":1200,"
                     "\"attempts\":2,\"times\":3" TAIL);
    upbit_health_event health = {.level = UPBIT_HEALTH_DEGRADED, .reason = "because"};
    ck_assert_str_eq(json(&health, UPBIT_TYPE_HEALTH),
                     "{\"type\":\"health\",\"session\":\"public\",\"level\":\"degraded\","
                     "\"reason\":\"because\"" TAIL);
    ck_assert_ptr_eq(upbit_event_health(&health.event), &health);
    ck_assert_ptr_null(upbit_event_health(&restored.event));
    ck_assert_str_eq(upbit_state_name(UPBIT_STATE_STALE), "stale");
    ck_assert_str_eq(upbit_state_name(UPBIT_STATE_STALE + 1), "unknown");
    upbit_epoch_event epoch = {.previous = 2};
    ck_assert_str_eq(json(&epoch, UPBIT_TYPE_EPOCH),
                     "{\"type\":\"epoch\",\"session\":\"public\",\"previous\":2" TAIL);
    upbit_reply reply = {.error = UPBIT_ERROR_UNKNOWN_CODE, .command = UPBIT_COMMAND_SUBSCRIBE,
                         .detail = "KRW-\"X\""};
    ck_assert_str_eq(json(&reply, UPBIT_TYPE_REPLY),
                     "{\"type\":\"reply\",\"command\":\"subscribe\",\"error\":\"UNKNOWN_CODE\","
                     "\"detail\":\"KRW-\\\"X\\\"\"" TAIL);
    upbit_gap gap = {.lane_type = UPBIT_TYPE_TRADE, .count = 5, .first = 7, .last = UINT64_MAX};
    ck_assert_str_eq(json(&gap, UPBIT_TYPE_GAP),
                     "{\"type\":\"gap\",\"lane\":\"trade\",\"count\":5,\"first\":7,"
                     "\"last\":18446744073709551615" TAIL);
    upbit_gap hole = {.event.code = "KRW-BTC", .lane_type = UPBIT_TYPE_TRADE,
                      .after_ms = 1700000000000, .before_ms = 1700000031000};
    ck_assert_str_eq(json(&hole, UPBIT_TYPE_GAP),
                     "{\"type\":\"gap\",\"code\":\"KRW-BTC\",\"lane\":\"trade\",\"count\":0,"
                     "\"first\":0,\"last\":0,\"after_ms\":1700000000000,"
                     "\"before_ms\":1700000031000" TAIL);
    upbit_error_event error = {.error = UPBIT_ERROR_UPGRADE, .http_status = 429, .count = 1,
                               .message = "too\nmany"};
    ck_assert_str_eq(json(&error, UPBIT_TYPE_ERROR),
                     "{\"type\":\"error\",\"error\":{\"name\":\"\",\"message\":\"too\\nmany\"},"
                     "\"reason\":\"UPGRADE\",\"session\":\"public\",\"http_status\":429,\"count\":1" TAIL);
    upbit_closed_event closed = {.error = 0};
    ck_assert_str_eq(json(&closed, UPBIT_TYPE_CLOSED), "{\"type\":\"closed\",\"error\":null" TAIL);
    upbit_overflow_event overflow = {.lane_type = UPBIT_TYPE_MY_ORDER};
    ck_assert_str_eq(json(&overflow, UPBIT_TYPE_OVERFLOW), "{\"type\":\"overflow\",\"lane\":\"myOrder\"" TAIL);
    upbit_key_event key = {.event.code = "KRW-BTC", .key_type = UPBIT_TYPE_CANDLE, .candle_unit = 60,
                           .age_ms = 61000};
    ck_assert_str_eq(json(&key, UPBIT_TYPE_STALE),
                     "{\"type\":\"stale\",\"code\":\"KRW-BTC\",\"key\":\"candle.1m\",\"level\":\"0\","
                     "\"age_ms\":61000" TAIL);
}
END_TEST

START_TEST(json_is_cut_like_snprintf_does)
{
    upbit_closed_event closed = {.error = 0};
    json(&closed, UPBIT_TYPE_CLOSED);
    char small[8];
    ck_assert_uint_eq(upbit_event_to_json(&closed.event, small, sizeof small), strlen(text));
    ck_assert_str_eq(small, "{\"type\"");
    ck_assert_uint_eq(upbit_event_to_json(&closed.event, NULL, 0), strlen(text));
    ck_assert_uint_eq(upbit_event_to_json(NULL, small, sizeof small), 0);
    ck_assert_str_eq(small, "");
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(upbit_type_name(UPBIT_TYPE_MY_ASSET), "myAsset");
    ck_assert_str_eq(upbit_type_name(12345), "unknown");
    ck_assert_str_eq(upbit_stream_name(UPBIT_STREAM_SNAPSHOT), "SNAPSHOT");
    ck_assert_str_eq(upbit_stream_name(UPBIT_STREAM_UNKNOWN), "");
    ck_assert_str_eq(upbit_origin_name(UPBIT_ORIGIN_BACKFILL), "backfill");
    ck_assert_str_eq(upbit_state_name(UPBIT_STATE_LIVE), "live");
    ck_assert_str_eq(upbit_state_name(99), "unknown");
    size_t count = 9;
    ck_assert_ptr_null(upbit_type_fields(UPBIT_TYPE_GAP, &count));
    ck_assert_uint_eq(count, 0);
    const upbit_field *f = upbit_type_fields(UPBIT_TYPE_TRADE, &count);
    ck_assert_str_eq(upbit_field_enum_name(&f[8], UPBIT_SIDE_BID), "BID");
    ck_assert_ptr_null(upbit_field_enum_name(&f[8], 0));
    ck_assert_ptr_null(upbit_field_enum_name(&f[8], 255));
    ck_assert_ptr_null(upbit_field_enum_name(&f[1], 1));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("event json");
    TCase *t = tcase_create("event json");
    tcase_add_test(t, control_events);
    tcase_add_test(t, json_is_cut_like_snprintf_does);
    tcase_add_test(t, names);
    suite_add_tcase(s, t);
    return check_main(s);
}
