/* The signed half of REST: paths to the letter, what of them is hashed, rows as events. */
#include "exchange/rest_account.h"

#include "rest_rig.h"
#include "upbit-live/account.h"

#define ORDER UPBIT_TYPE_MY_ORDER, 0
#define ASSET UPBIT_TYPE_MY_ASSET, 0

static answer a;
static upbit__buffer out;

static void clear(void)
{
    answer_free(&a);
    upbit__buffer_finish(&out);
}

static void path_is(int result, const char *want, const char *hashed)
{
    char query[512];
    ck_assert_int_eq(result, 0);
    ck_assert_str_eq((const char *)upbit__buffer_bytes(&out), want);
    ck_assert_uint_eq(out.length, strlen(want));
    ck_assert_int_eq(upbit__query_decode(query, sizeof query, want), 0);
    ck_assert_str_eq(query, hashed);
    upbit__buffer_clear(&out);
}

static void is_refused(int result)
{
    ck_assert_int_eq(result, UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_uint_eq(out.length, 0);
}

START_TEST(paths_and_what_is_hashed_of_them)
{
    path_is(upbit__rest_path_accounts(&out), "/accounts", "");
    path_is(upbit__rest_path_orders_open(&out, NULL, 1),
            "/orders/open?states%5B%5D=wait&states%5B%5D=watch&page=1&limit=100",
            "states[]=wait&states[]=watch&page=1&limit=100");
    path_is(upbit__rest_path_orders_open(&out, "KRW-BTC", 12),
            "/orders/open?market=KRW-BTC&states%5B%5D=wait&states%5B%5D=watch&page=12&limit=100",
            "market=KRW-BTC&states[]=wait&states[]=watch&page=12&limit=100");
    path_is(upbit__rest_path_orders_closed(&out, "", 1000, 0, 0),
            "/orders/closed?states%5B%5D=done&states%5B%5D=cancel&limit=1000",
            "states[]=done&states[]=cancel&limit=1000");
    path_is(upbit__rest_path_orders_closed(&out, "BTC-1INCH", 1, 1785395043779, 1785395043780),
            "/orders/closed?market=BTC-1INCH&states%5B%5D=done&states%5B%5D=cancel"
            "&start_time=1785395043779&end_time=1785395043780&limit=1",
            "market=BTC-1INCH&states[]=done&states[]=cancel&start_time=1785395043779"
            "&end_time=1785395043780&limit=1");
    path_is(upbit__rest_path_orders_closed_since(&out, 1785395043779),
            "/orders/closed?states%5B%5D=done&states%5B%5D=cancel&start_time=1785395043779"
            "&limit=1000&order_by=asc",
            "states[]=done&states[]=cancel&start_time=1785395043779&limit=1000&order_by=asc");
    path_is(upbit__rest_path_order(&out, "cdd92199-2897-4e14-9448-f923320408ad", NULL),
            "/order?uuid=cdd92199-2897-4e14-9448-f923320408ad",
            "uuid=cdd92199-2897-4e14-9448-f923320408ad");
    path_is(upbit__rest_path_order(&out, NULL, "my order+1&uuid=x%41/\xec\xa3\xbc"),
            "/order?identifier=my%20order%2B1%26uuid%3Dx%2541%2F%EC%A3%BC",
            "identifier=my order+1&uuid=x%41/\xec\xa3\xbc");
}
END_TEST

/* Nothing that is given can end the path, add a parameter or a header. */
START_TEST(paths_refuse_what_could_break_out)
{
    static const char *const uuids[] = {"", "a b", "a&b", "a\r\nX: y", "a%41", "a/b", "a.b", "a#"};
    static const char *const identifiers[] = {"", "a\r\nX: y", "a\n", "\x7f", "\x1f"};
    char text[UPBIT__REST_IDENTIFIER_MAX + 2];
    for (size_t i = 0; i < sizeof uuids / sizeof uuids[0]; i++)
        is_refused(upbit__rest_path_order(&out, uuids[i], NULL));
    for (size_t i = 0; i < sizeof identifiers / sizeof identifiers[0]; i++)
        is_refused(upbit__rest_path_order(&out, NULL, identifiers[i]));
    memset(text, 'x', sizeof text);
    text[UPBIT__REST_IDENTIFIER_MAX + 1] = '\0';
    is_refused(upbit__rest_path_order(&out, NULL, text));
    text[UPBIT__REST_IDENTIFIER_MAX] = '\0';
    ck_assert_int_eq(upbit__rest_path_order(&out, NULL, text), 0);
    upbit__buffer_clear(&out);
    text[65] = '\0';
    is_refused(upbit__rest_path_order(&out, text, NULL));
    is_refused(upbit__rest_path_order(&out, NULL, NULL));
    is_refused(upbit__rest_path_order(&out, "a", "b"));
    is_refused(upbit__rest_path_orders_open(&out, "krw-btc", 1));
    is_refused(upbit__rest_path_orders_open(&out, "KRW-BTC&x=y", 1));
    is_refused(upbit__rest_path_orders_open(&out, NULL, 0));
    is_refused(upbit__rest_path_orders_closed_since(&out, 0));
    is_refused(upbit__rest_path_orders_closed_since(&out, 4102444800000));
    is_refused(upbit__rest_path_orders_closed(&out, NULL, 0, 0, 0));
    is_refused(upbit__rest_path_orders_closed(&out, NULL, 1001, 0, 0));
    is_refused(upbit__rest_path_orders_closed(&out, NULL, 1, 5, 4));
    is_refused(upbit__rest_path_orders_closed(&out, NULL, 1, -1, 4));
    is_refused(upbit__rest_path_orders_closed(&out, NULL, 1, 0, 4102444800000));
}
END_TEST

START_TEST(queries_are_decoded_within_their_room)
{
    char query[8];
    ck_assert_int_eq(upbit__query_decode(query, sizeof query, "/a?1234567"), 0);
    ck_assert_int_eq(upbit__query_decode(query, sizeof query, "/a?12345678"), UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(upbit__query_decode(query, sizeof query, "/a?%41%4%zz"), 0);
    ck_assert_str_eq(query, "A%4%zz");
    ck_assert_int_eq(upbit__query_decode(query, 0, "/a"), UPBIT_ERROR_LIMIT);
}
END_TEST

START_TEST(accounts_are_one_event)
{
    answer_text(
        &a, ASSET,
        "[{\"currency\":\"KRW\",\"balance\":\"1386929.37231066771348207123\",\"locked\":"
        "\"10329.670127489597585685\",\"avg_buy_price\":\"0\",\"avg_buy_price_modified\":"
        "true,\"unit_currency\":\"KRW\"}, {\"currency\":\"BTC\",\"balance\":\"0.00000001\","
        "\"locked\":\"0.0\",\"avg_buy_price\":\"101000.5\",\"avg_buy_price_modified\":false,"
        "\"unit_currency\":\"KRW\",\"new\":[1,{}]},{\"balance\":\"1\",\"locked\":\"2\","
        "\"currency\":\"X\\u0041\"}]");
    ck_assert_msg(a.result == 1 && a.bad == 0 && a.count == 1, "%s", a.reason);
    const upbit_my_asset *m = upbit_event_my_asset(a.events[0]);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->asset_count, 3);
    ck_assert_int_eq(m->event.stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_int_eq(m->event.exchange_ms, 0);
    ck_assert_int_eq(m->asset_timestamp, 0);
    ck_assert_ptr_null(m->asset_uuid);
    ck_assert_str_eq(m->event.code, "");
    ck_assert_str_eq(m->assets[0].currency, "KRW");
    ck_assert_str_eq(rig_decimal(&m->assets[0].balance), "1386929.37231066771348207123");
    ck_assert_str_eq(rig_decimal(&m->assets[0].locked), "10329.670127489597585685");
    ck_assert_str_eq(rig_decimal(&m->assets[1].balance), "0.00000001");
    ck_assert_str_eq(m->assets[2].currency, "XA");
    ck_assert_ptr_nonnull(m->costs);
    ck_assert_str_eq(rig_decimal(&m->costs[1].avg_buy_price), "101000.5");
    ck_assert_str_eq(m->costs[1].unit_currency, "KRW");
    ck_assert_int_eq(m->costs[0].avg_buy_price_modified, 1);
    ck_assert_int_eq(m->costs[1].avg_buy_price_modified, 0);
    ck_assert(upbit_decimal_is_null(&m->costs[2].avg_buy_price));
    ck_assert_ptr_null(m->costs[2].unit_currency);
    char *json = rig_json(a.events[0]);
    ck_assert_ptr_nonnull(strstr(json,
                                 "{\"currency\":\"BTC\",\"balance\":\"0.00000001\",\"locked\":"
                                 "\"0\",\"avg_buy_price\":\"101000.5\",\"avg_buy_price_"
                                 "modified\":false,\"unit_currency\":\"KRW\"}"));
    ck_assert_ptr_nonnull(strstr(json, "{\"currency\":\"XA\",\"balance\":\"1\",\"locked\":\"2\"}"));
    free(json);
    /* A copy does not point into the block it was made of. */
    upbit_event *copy = upbit__event_copy(a.events[0], rig_allocate, NULL);
    memset(a.events[0], 0x5A, a.events[0]->size);
    m = upbit_event_my_asset(copy);
    ck_assert_str_eq(m->costs[1].unit_currency, "KRW");
    ck_assert_str_eq(rig_decimal(&m->costs[1].avg_buy_price), "101000.5");
    ck_assert_str_eq(m->assets[1].currency, "BTC");
    free(copy);
}
END_TEST

/* More rows than the scratch has room for at first, each with its own text. */
START_TEST(an_account_can_be_large)
{
    size_t room = 400 * 200;
    char *body = malloc(room), currency[16];
    size_t n = (size_t)sprintf(body, "[");
    for (int i = 0; i < 400; i++)
        n += (size_t)sprintf(body + n,
                             "%s{\"currency\":\"C%03d\",\"balance\":\"%d\",\"locked\":\"0\","
                             "\"avg_buy_price\":\"%d.5\",\"unit_currency\":\"U%03d\"}",
                             i > 0 ? "," : "", i, i, i, i);
    sprintf(body + n, "]");
    answer_text(&a, ASSET, body);
    free(body);
    ck_assert_msg(a.result == 1, "%s", a.reason);
    const upbit_my_asset *m = upbit_event_my_asset(a.events[0]);
    ck_assert_uint_eq(m->asset_count, 400);
    for (int i = 0; i < 400; i++) {
        sprintf(currency, "C%03d", i);
        ck_assert_str_eq(m->assets[i].currency, currency);
        currency[0] = 'U';
        ck_assert_str_eq(m->costs[i].unit_currency, currency);
    }
    answer_text(&a, ASSET, "[]");
    ck_assert_int_eq(a.result, 1);
    m = upbit_event_my_asset(a.events[0]);
    ck_assert_uint_eq(m->asset_count, 0);
    ck_assert_ptr_null(m->costs);
    /* What the stream brings next has none of it. */
    decoded d;
    const upbit_event *e =
        rig_one(&d, "{\"type\":\"myAsset\",\"asset_uuid\":\"u\",\"assets\":[{\"currency\":\"KRW\","
                    "\"balance\":1,\"locked\":0}],\"asset_timestamp\":1710146517267,\"timestamp\":"
                    "1710146517294,\"stream_type\":\"REALTIME\"}");
    ck_assert_ptr_null(upbit_event_my_asset(e)->costs);
    rig_free(&d);
}
END_TEST

#define LIMIT_ORDER                                                                                \
    "{\"uuid\":\"cdd92199-2897-4e14-9448-f923320408ad\",\"side\":\"ask\",\"ord_type\":\"limit\","  \
    "\"price\":\"140000000.0\",\"state\":\"wait\",\"market\":\"KRW-BTC\",\"created_at\":"          \
    "\"2025-07-04T15:00:00+09:00\",\"volume\":\"1.0\",\"remaining_volume\":\"0.7\","               \
    "\"prevented_volume\":\"0\",\"prevented_locked\":\"0\",\"reserved_fee\":\"70000.0\","          \
    "\"remaining_fee\":\"70000.0\",\"paid_fee\":\"0.0\",\"locked\":\"1.0\",\"executed_volume\":"   \
    "\"0.3\",\"executed_funds\":\"42000000.0\",\"trades_count\":2,\"time_in_force\":\"ioc\","      \
    "\"identifier\":\"mine\",\"smp_type\":\"reduce\"}"

static void is_limit_order(const upbit_event *e)
{
    const upbit_my_order *o = upbit_event_my_order(e);
    ck_assert_ptr_nonnull(o);
    ck_assert_str_eq(o->uuid, "cdd92199-2897-4e14-9448-f923320408ad");
    ck_assert_str_eq(o->event.code, "KRW-BTC");
    ck_assert_int_eq(o->event.stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_int_eq(o->ask_bid, UPBIT_SIDE_ASK);
    ck_assert_int_eq(o->order_type, UPBIT_ORDER_TYPE_LIMIT);
    ck_assert_int_eq(o->state, UPBIT_ORDER_STATE_WAIT);
    ck_assert_int_eq(o->time_in_force, UPBIT_TIF_IOC);
    ck_assert_int_eq(o->smp_type, UPBIT_SMP_REDUCE);
    ck_assert_int_eq(o->order_timestamp, 1751608800000);
    ck_assert_int_eq(o->event.exchange_ms, 0);
    ck_assert_int_eq(o->trades_count, 2);
    ck_assert_str_eq(o->identifier, "mine");
    ck_assert_ptr_null(o->trade_uuid);
    ck_assert_str_eq(rig_decimal(&o->price), "140000000");
    ck_assert_str_eq(rig_decimal(&o->remaining_volume), "0.7");
    ck_assert_str_eq(rig_decimal(&o->executed_funds), "42000000");
    ck_assert(upbit_decimal_is_null(&o->avg_price));
    ck_assert_ptr_null(e->extra);
}

START_TEST(orders_are_those_of_the_stream)
{
    answer_text(&a, ORDER, "[" LIMIT_ORDER "," LIMIT_ORDER "]");
    ck_assert_msg(a.result == 2 && a.bad == 0, "%s", a.reason);
    is_limit_order(a.events[0]);
    is_limit_order(a.events[1]);
    char *json = rig_json(a.events[0]);
    ck_assert_ptr_nonnull(strstr(json, "\"ask_bid\":\"ASK\""));
    ck_assert_ptr_nonnull(strstr(json, "\"order_timestamp\":1751608800000"));
    ck_assert_ptr_null(strstr(json, "\"timestamp\""));
    free(json);
    answer_text(&a, ORDER, "[]");
    ck_assert_int_eq(a.result, 0);
}
END_TEST

START_TEST(one_order_is_no_array)
{
    answer_text(&a, ORDER, " " LIMIT_ORDER "\n");
    ck_assert_msg(a.result == 1 && a.bad == 0, "%s", a.reason);
    is_limit_order(a.events[0]);
    /* A market buy of an amount: no volume, and fills the stream would have told one by one. */
    answer_text(&a, ORDER,
                "{\"market\":\"KRW-XRP\",\"uuid\":\"b\",\"side\":\"bid\",\"ord_type\":\"price\","
                "\"price\":\"5000\",\"state\":\"cancel\",\"created_at\":\"2025-07-04T06:00:00.5Z\","
                "\"trades_count\":1,\"trades\":[{\"market\":\"KRW-XRP\",\"uuid\":\"t\",\"price\":"
                "\"3000.0\",\"volume\":\"1\",\"funds\":\"3000\",\"trend\":\"up\",\"created_at\":"
                "\"2025-07-04T15:00:00+09:00\",\"side\":\"bid\"}]}");
    ck_assert_msg(a.result == 1 && a.bad == 0, "%s", a.reason);
    const upbit_my_order *o = upbit_event_my_order(a.events[0]);
    ck_assert_int_eq(o->ask_bid, UPBIT_SIDE_BID);
    ck_assert_int_eq(o->order_type, UPBIT_ORDER_TYPE_PRICE);
    ck_assert_int_eq(o->state, UPBIT_ORDER_STATE_CANCEL);
    ck_assert_int_eq(o->order_timestamp, 1751608800500);
    ck_assert(upbit_decimal_is_null(&o->volume));
    ck_assert_str_eq(o->uuid, "b"); /* not the fill's */
    ck_assert_ptr_nonnull(strstr(o->event.extra, "\"trades\":[{\"market\":\"KRW-XRP\",\"uuid\":"));
    answer_text(&a, ORDER, "{\"error\":{\"name\":\"order_not_found\",\"message\":\"none\"}}");
    ck_assert_int_eq(a.result, UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(a.reason, "order_not_found: none");
    answer_text(&a, ORDER, "{}");
    ck_assert_int_eq(a.result, UPBIT_ERROR_DECODE);
    answer_text(&a, ORDER, LIMIT_ORDER "x");
    ck_assert_int_eq(a.result, UPBIT_ERROR_DECODE);
}
END_TEST

#define WITH(side, time)                                                                           \
    "[{\"market\":\"KRW-BTC\",\"uuid\":\"b\",\"side\":" side ",\"ord_type\":\"limit\",\"state\":"  \
    "\"wait\"" time "},{\"market\":\"KRW-BTC\",\"uuid\":\"c\",\"side\":\"ask\",\"ord_type\":"      \
    "\"new_type\",\"state\":\"new_state\",\"created_at\":\"2025-07-04T06:00:00-00:30\",\"smp_"     \
    "type\":\"none\",\"locked\":\"much\"}]"

/* Values this version does not know are carried on; a row that says nothing costs only itself. */
START_TEST(strange_orders)
{
    static const char *const times[] = {
        WITH("\"bid\"", ""),
        WITH("\"bid\"", ",\"created_at\":null"),
        WITH("\"bid\"", ",\"created_at\":\"yesterday\""),
        WITH("\"bid\"", ",\"created_at\":\"2025-07-04T15:00:00\""),
        WITH("\"bid\"", ",\"created_at\":\"2025-13-04T15:00:00+09:00\""),
        WITH("\"bid\"", ",\"created_at\":\"2025-07-04T15:00:00+9:00\""),
        WITH("\"bid\"", ",\"created_at\":\"2025-07-04T15:00:00+09:61\""),
        WITH("\"bid\"", ",\"created_at\":\"2025-07-04T15:00:00+24:00\""),
        WITH("\"bid\"", ",\"created_at\":{}"),
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        answer_text(&a, ORDER, times[i]);
        ck_assert_msg(a.result == 1 && a.bad == 1, "%zu: %d %zu", i, a.result, a.bad);
        ck_assert_msg(strstr(a.reason, "row 1: created_at") != NULL, "%s", a.reason);
        const upbit_my_order *o = upbit_event_my_order(a.events[0]);
        ck_assert_str_eq(o->uuid, "c");
        ck_assert_int_eq(o->order_type, UPBIT_ORDER_TYPE_UNKNOWN);
        ck_assert_int_eq(o->state, UPBIT_ORDER_STATE_UNKNOWN);
        ck_assert_int_eq(o->smp_type, UPBIT_SMP_NONE);
        ck_assert_int_eq(o->order_timestamp, 1751610600000);
        ck_assert_ptr_nonnull(strstr(o->event.extra, "\"order_type\":\"new_type\""));
        ck_assert_ptr_nonnull(strstr(o->event.extra, "\"locked\":\"much\""));
    }
    answer_text(&a, ORDER, WITH("\"both\"", ",\"created_at\":1751608800000"));
    ck_assert_msg(a.result == 2 && a.bad == 0, "%s", a.reason);
    const upbit_my_order *o = upbit_event_my_order(a.events[0]);
    ck_assert_int_eq(o->ask_bid, 255);
    ck_assert_str_eq(o->event.extra, "{\"ask_bid\":\"both\"}");
    ck_assert_int_eq(o->order_timestamp, 1751608800000);
    answer_text(&a, ORDER, WITH("7", ",\"created_at\":1751608800000"));
    ck_assert_msg(a.result == 1 && a.bad == 1, "%s", a.reason);
    ck_assert_ptr_nonnull(strstr(a.reason, "ask_bid is not a text"));
}
END_TEST

START_TEST(strange_accounts)
{
    static const char *const bodies[] = {
        "[{\"currency\":\"KRW\",\"balance\":\"x\",\"locked\":\"0\"}]",
        "[{\"currency\":\"KRW\",\"locked\":\"0\"}]",
        "[{\"currency\":null,\"balance\":\"1\",\"locked\":\"0\"}]",
        "[1]",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        answer_text(&a, ASSET, bodies[i]);
        ck_assert_msg(a.result == 0 && a.bad == 1 && a.count == 0, "%zu", i);
        ck_assert_ptr_nonnull(strstr(a.reason, "assets[0]"));
    }
    answer_text(&a, ASSET, "[{\"currency\":\"KRW\",\"balance\":\"1\",\"locked\":\"0\"},");
    ck_assert_int_eq(a.result, UPBIT_ERROR_DECODE);
    answer_text(&a, ASSET, "{\"uuid\":\"x\"}");
    ck_assert_int_eq(a.result, UPBIT_ERROR_DECODE);
    answer_text(&a, ASSET,
                "[{\"currency\":\"KRW\",\"balance\":1,\"locked\":0,\"avg_buy_price\":\"dear\","
                "\"unit_currency\":5}]");
    ck_assert_msg(a.result == 1, "%s", a.reason);
    ck_assert(upbit_decimal_is_null(&upbit_event_my_asset(a.events[0])->costs[0].avg_buy_price));
    ck_assert_ptr_null(upbit_event_my_asset(a.events[0])->costs[0].unit_currency);
}
END_TEST

START_TEST(names_of_errors)
{
    static const struct {
        const char *body, *name;
    } cases[] = {
        {"{\"error\":{\"name\":\"invalid_access_key\",\"message\":\"a: b\"}}",
         "invalid_access_key"},
        {"{\"error\":{\"message\":\"m\",\"name\":\"nonce_used\"}}", "nonce_used"},
        {"{\"error\":{\"name\":404,\"message\":\"x\"}}", "404"},
        {"<html>", ""},
        {"[]", ""},
        {"", ""},
    };
    char name[48];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        upbit__rest_error_name(name, sizeof name, cases[i].body, strlen(cases[i].body));
        ck_assert_str_eq(name, cases[i].name);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rest account");
    TCase *t = tcase_create("rest account");
    tcase_add_checked_fixture(t, NULL, clear);
    tcase_add_test(t, paths_and_what_is_hashed_of_them);
    tcase_add_test(t, paths_refuse_what_could_break_out);
    tcase_add_test(t, queries_are_decoded_within_their_room);
    tcase_add_test(t, accounts_are_one_event);
    tcase_add_test(t, an_account_can_be_large);
    tcase_add_test(t, orders_are_those_of_the_stream);
    tcase_add_test(t, one_order_is_no_array);
    tcase_add_test(t, strange_orders);
    tcase_add_test(t, strange_accounts);
    tcase_add_test(t, names_of_errors);
    suite_add_tcase(s, t);
    int failed = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return failed;
}
