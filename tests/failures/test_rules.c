/* The rules of the fan-out, of the account and of the upgrade while memory ends at every call in
 * turn, for one call, for some, for all that follow: whoever misses something has a GAP for it, and
 * when there is memory again the next word says how things stand. */
#include <stdarg.h>

#include "inject.h"
#include "unit/client/account_rig.h"
#include "wire/upgrade.h"

#define MANY 64

/* What a consumer was told, numbers looked at. */
typedef struct book_keeper {
    uint64_t number[UPBIT_TYPE_ANNOUNCEMENT + 1]; /* by lane */
    uint64_t missing;                             /* by GAPs */
    uint32_t count;
    char seen[MANY][48]; /* what each was */
} book_keeper;

__attribute__((format(printf, 2, 3))) static void add(book_keeper *k, const char *format, ...)
{
    va_list list;
    ck_assert_uint_lt(k->count, MANY);
    va_start(list, format);
    vsnprintf(k->seen[k->count++], sizeof k->seen[0], format, list);
    va_end(list);
}

static void note_gap(book_keeper *k, const upbit_delivery *d, const upbit_gap *gap)
{
    uint64_t *number = &k->number[gap->lane_type];
    k->missing += gap->count > 0 ? gap->count : 1;
    if (gap->count > 0)
        ck_assert_uint_eq(gap->first, *number + 1);
    *number = gap->count > 0 ? gap->last : d->number;
}

static void note(book_keeper *k, const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    const upbit_my_order *order = upbit_event_my_order(e);
    const upbit_my_asset *balances = upbit_event_my_asset(e);
    const upbit_orderbook *rows = upbit_event_orderbook(e);
    if (upbit_event_gap(e) != NULL) {
        note_gap(k, d, upbit_event_gap(e));
        return;
    }
    if (e->type > UPBIT_TYPE_ANNOUNCEMENT)
        return;
    if (d->number != 0) { /* a latest lane has none */
        ck_assert_uint_eq(d->number, k->number[e->type] + 1);
        k->number[e->type] = d->number;
    }
    const char *stands = e->stream == UPBIT_STREAM_SNAPSHOT ? "=" : "";
    if (order != NULL)
        add(k, "%s%s %d %lld", stands, order->uuid, order->state, (long long)order->trades_count);
    for (uint32_t i = 0; balances != NULL && i < balances->asset_count; i++)
        add(k, "%s%s %lld", stands, balances->assets[i].currency,
            (long long)balances->assets[i].balance.lo);
    if (upbit_event_trade(e) != NULL)
        add(k, "trade %lld", (long long)upbit_event_trade(e)->sequential_id);
    if (rows != NULL)
        add(k, "%u rows %lld", rows->ask_count, (long long)rows->asks[0].size.lo);
}

static book_keeper keep(side *s)
{
    book_keeper k = {0};
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (; upbit__inbox_next(s->client.inbox, &d) == 1; upbit_event_unref(d.event))
        note(&k, &d);
    return k;
}

static bool was_told(const book_keeper *k, const char *what)
{
    for (uint32_t i = 0; i < k->count; i++)
        if (strcmp(k->seen[i], what) == 0)
            return true;
    return false;
}

/* Everything that was told when memory lasted, unless something is told to be missing. */
static void same_or_missing(const book_keeper *k, const book_keeper *whole, uint32_t at)
{
    for (uint32_t i = 0; k->missing == 0 && i < whole->count; i++)
        ck_assert_msg(was_told(k, whole->seen[i]), "call %u: neither %s nor a GAP", at,
                      whole->seen[i]);
}

/* The scenario, with memory that ends at its first call, its second, ... until it lasts. The first
 * time it lasts from the beginning, to see how things are then. */
static void at_every_call(void (*scenario)(uint32_t at, uint32_t lacking))
{
    static const uint32_t lengths[] = {1, 3, UINT32_MAX};
    scenario(UINT32_MAX, 0);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint32_t at = 0;
        do
            scenario(at++, lengths[i]);
        while (inject_failed() > 0);
        ck_assert_uint_gt(at, 3);
    }
}

static void pay_attention(upbit__entry *entry)
{
    entry->due = entry->asked = true;
}

/* ---- orders ---- */

static void orders(uint32_t at, uint32_t lacking)
{
    static book_keeper whole, whole_new;
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT), *new = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    rest(order("b", "wait", 0, ""), now_ns, 1, false);
    upbit__entry *newcomer = hold(new, UPBIT_TYPE_MY_ORDER, "", 0);
    inject_memory_ends(at, lacking);
    stream(order("a", "wait", 0, ""));
    pay_attention(newcomer);
    upbit__account_hold(&account, true);
    int64_t asked = now_ns + 1;
    stream(order("a", "trade", 1, "t1"));
    stream(order("c", "wait", 0, ""));
    stream(order("d", "cancel", 0, ""));
    rest(order("a", "wait", 0, ""), asked, 2, true); /* the stream has overtaken it */
    rest(order("b", "wait", 1, ""), now_ns, 2, true);
    rest(order("e", "wait", 0, ""), now_ns, 2, true);
    upbit__account_hold(&account, false);
    newcomer->asked = false; /* answers that follow are nothing to it */
    stream(order("a", "done", 3, ""));
    inject_memory_lasts();
    rest(order("b", "wait", 1, ""), now_ns, 3, false);
    rest(order("e", "wait", 0, ""), now_ns, 3, false);
    stream(order("z", "wait", 0, ""));
    book_keeper told = keep(s), told_new = keep(new);
    if (at == UINT32_MAX) {
        ck_assert_uint_eq(told.missing + told_new.missing, 0);
        ck_assert_uint_eq(told.count, 9);
        whole = told;
        whole_new = told_new;
    }
    same_or_missing(&told, &whole, at);
    same_or_missing(&told_new, &whole_new, at);
    ck_assert_uint_eq(account.order_count - (upbit__account_find(&account, "d") != NULL) -
                          (upbit__account_find(&account, "c") != NULL) -
                          (upbit__account_find(&account, "a") != NULL),
                      3); /* b, e and z, which came when there was memory */
    drop_side(new);
    drop_side(s);
    end();
}

START_TEST(of_orders_without_memory)
{
    at_every_call(orders);
}
END_TEST

/* ---- balances ---- */

static const char *assets(const char *list)
{
    static char text[600];
    snprintf(text, sizeof text,
             "{\"type\":\"myAsset\",\"asset_uuid\":\"u\",\"assets\":[%s],\"asset_timestamp\":"
             "1710146517259,\"timestamp\":1710146517267,\"stream_type\":\"REALTIME\"}",
             list);
    return text;
}

#define ASSET(name, amount) "{\"currency\":\"" name "\",\"balance\":" #amount ",\"locked\":0}"

static void balances(uint32_t at, uint32_t lacking)
{
    static book_keeper whole_new;
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT), *new = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    upbit__entry *newcomer = hold(new, UPBIT_TYPE_MY_ASSET, "", 0);
    newcomer->due = true;
    inject_memory_ends(at, lacking);
    stream(assets(ASSET("KRW", 5)));
    rest(assets(ASSET("KRW", 5) "," ASSET("BTC", 1)), now_ns, 1, false);
    stream(assets(ASSET("KRW", 4)));
    pay_attention(newcomer);
    rest(assets(ASSET("KRW", 4) "," ASSET("ETH", 2)), now_ns, 2, true); /* BTC is spent */
    newcomer->asked = false; /* answers that follow are nothing to it */
    stream(assets(ASSET("XRP", 9)));
    inject_memory_lasts();
    rest(assets(ASSET("KRW", 4) "," ASSET("ETH", 2) "," ASSET("XRP", 9)), now_ns, 3, false);
    stream(assets(ASSET("KRW", 3)));
    book_keeper told = keep(s), told_new = keep(new);
    if (at == UINT32_MAX) {
        ck_assert_uint_eq(told.missing + told_new.missing, 0);
        whole_new = told_new;
    }
    if (told.missing == 0) { /* what came and went between two answers is told by neither */
        ck_assert_msg(was_told(&told, "KRW 5") && was_told(&told, "KRW 4"), "call %u", at);
        ck_assert_msg(was_told(&told, "ETH 2") && was_told(&told, "XRP 9"), "call %u", at);
        ck_assert_msg(was_told(&told, "BTC 1") == was_told(&told, "BTC 0"), "call %u", at);
    }
    same_or_missing(&told_new, &whole_new, at);
    drop_side(new);
    drop_side(s);
    end();
}

START_TEST(of_balances_without_memory)
{
    at_every_call(balances);
}
END_TEST

/* ---- what the market tells ---- */

static void market(uint32_t at, uint32_t lacking)
{
    static book_keeper whole[3];
    setup();
    side *sides[3];
    for (int i = 0; i < 3; i++)
        sides[i] = side_open(UPBIT_POLICY_LOSSLESS);
    want(sides[0], UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1, 0);
    want(sides[1], UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    want(sides[2], UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__key *trades = sides[2]->client.entries[0]->key;
    inject_memory_ends(at, lacking);
    for (int i = 1; i <= 3; i++) {
        receive(book("KRW-BTC", 1730336862000 + i, i == 1 ? "1" : i == 2 ? "2" : "3", "REALTIME"));
        receive(trade("KRW-BTC", i, "REALTIME"));
    }
    upbit__fanout_gap(&fanout, trades, 1, ++trades->lost, 0, 0);
    inject_memory_lasts();
    receive(book("KRW-BTC", 1730336862010, "4", "REALTIME")); /* a GAP stands before something */
    receive(trade("KRW-BTC", 9, "REALTIME"));
    for (int i = 0; i < 3; i++) {
        book_keeper told = keep(sides[i]);
        if (at == UINT32_MAX)
            whole[i] = told;
        ck_assert_msg(i != 2 || told.missing > 0, "call %u: the hole is not told", at);
        if (i < 2)
            same_or_missing(&told, &whole[i], at);
        else
            ck_assert_uint_eq(told.count + told.missing, 5); /* four trades and a hole */
        ck_assert_msg(i == 2 ||
                          strcmp(told.seen[told.count - 1], i == 0 ? "1 rows 4" : "3 rows 4") == 0,
                      "call %u: the last book is %s", at, told.seen[told.count - 1]);
    }
    for (int i = 0; i < 3; i++)
        side_close(sides[i]);
    teardown();
}

START_TEST(of_the_market_without_memory)
{
    at_every_call(market);
}
END_TEST

/* ---- the upgrade ---- */

/* Buffers begin with 256 bytes. */
#define PIECE "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww" /* 60 */

/* Request and answer, which both are there whole or not at all. The long header fills its line to
 * the last byte, and what is kept of all up to its value. */
static void upgrade(uint32_t at, uint32_t lacking)
{
    static const upbit__header header = {"Authorization", "Bearer x"};
    const upbit__upgrade_request request = {.authority = "x",
                                            .path = "/",
                                            .headers = &header,
                                            .header_count = 1,
                                            .deflate = {.on = true}};
    static const char refusal[] = "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n"
                                  "Long-name: 12345" PIECE PIECE PIECE PIECE "\r\n\r\n"
                                  "5;a\r\nhello\r\n0\r\n\r\n";
    upbit__buffer out = {0};
    upbit__upgrade u = {0};
    char key[UPBIT__UPGRADE_KEY_SIZE];
    size_t used = 0;
    inject_memory_ends(at, lacking);
    int written = upbit__upgrade_write(&out, key, &request);
    int begun = written == 0 ? upbit__upgrade_init(&u, key, &request.deflate) : written;
    int answered =
        begun == 0 ? upbit__upgrade_feed(&u, (const uint8_t *)refusal, sizeof refusal - 1, &used)
                   : begun;
    inject_memory_lasts();
    ck_assert(written == 0 ? out.length > 100 : out.length == 0);
    ck_assert_msg(answered ==
                      (inject_failed() > 0 ? UPBIT_ERROR_NO_MEMORY : UPBIT__UPGRADE_REFUSED),
                  "call %u: %d", at, answered);
    ck_assert_str_eq(u.body, inject_failed() > 0 ? "" : "hello");
    upbit__upgrade_finish(&u);
    upbit__buffer_finish(&out);
}

START_TEST(of_an_upgrade_without_memory)
{
    at_every_call(upgrade);
}
END_TEST

START_TEST(of_an_upgrade_without_chance)
{
    upbit__buffer out = {0};
    char key[UPBIT__UPGRADE_KEY_SIZE];
    inject_fail_call("getrandom");
    int rc =
        upbit__upgrade_write(&out, key, &(upbit__upgrade_request){.authority = "x", .path = "/"});
    ck_assert_int_eq(rc, UPBIT_ERROR_SYSTEM);
    ck_assert_uint_eq(out.length, 0); /* no key that could be guessed */
    upbit__buffer_finish(&out);
}
END_TEST

/* No answer is right while it is not known which one would be. */
START_TEST(of_an_upgrade_without_a_digest)
{
    upbit__upgrade u;
    inject_fail_call("EVP_Digest");
    ck_assert_int_eq(upbit__upgrade_init(&u, "dGhlIHNhbXBsZSBub25jZQ==", NULL),
                     UPBIT_ERROR_NO_MEMORY);
    ck_assert_str_eq(u.accept, "");
    upbit__upgrade_finish(&u);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules without memory");
    TCase *t = tcase_create("rules");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, of_orders_without_memory);
    tcase_add_test(t, of_balances_without_memory);
    tcase_add_test(t, of_the_market_without_memory);
    tcase_add_test(t, of_an_upgrade_without_memory);
    tcase_add_test(t, of_an_upgrade_without_chance);
    tcase_add_test(t, of_an_upgrade_without_a_digest);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
