/* Commands about keys, orders, balances and announcements: what happens to a user when a test wants
 * it to. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "private.h"

/* The pocket of ?access=, the first one when it is not given. NULL and a->wrong. */
static struct mock_pocket *pocket_of(struct mock_server *s, struct mock_args *a, size_t access)
{
    if (!a->at[access].given) {
        return s->private->pockets[0];
    }
    const struct mock_key *key = mock_keys_find(&s->private->keys, a->at[access].text);
    if (key == NULL) {
        mock_args_wrong(a, "access: no key has this name");
        return NULL;
    }
    return mock_private_pocket(s, key);
}

static bool key(struct mock_server *s, struct mock_args *a)
{
    struct mock_key *k = a->at[0].given ? mock_keys_find(&s->private->keys, a->at[0].text)
                                        : &s->private->keys.list[0];
    if (k == NULL) {
        return mock_args_wrong(a, "access: no key has this name");
    }
    struct mock_key changed = *k;
    if (a->at[1].given && !mock_key_scopes(&changed, a->at[1].text)) {
        return mock_args_wrong(a, "scopes must be some of assets,orders,trade or empty for none");
    }
    if (a->at[2].given && !mock_key_ips(&changed, a->at[2].text)) {
        return mock_args_wrong(a, "ips must be up to 10 addresses with commas, or empty for any");
    }
    k->scopes = changed.scopes;
    memcpy(k->ip, changed.ip, sizeof k->ip);
    k->ips = changed.ips;
    k->expired = a->at[3].given ? a->at[3].number == 1 : k->expired;
    k->revoked = a->at[4].given ? a->at[4].number == 1 : k->revoked;
    return true;
}

static bool auth(struct mock_server *s, struct mock_args *a)
{
    s->private->answer = (enum mock_auth_answer)a->at[0].number;
    return true;
}

/* As when their tokens have run out: how the exchange would end them nobody published. */
static bool expire(struct mock_server *s, struct mock_args *a)
{
    int64_t how = a->at[0].number, id = a->at[1].number;
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        if (!c->websocket || c->stream != MOCK_STREAM_PRIVATE || c->dead || c->close_sent ||
            (id != 0 && c->id != (uint64_t)id)) {
            continue;
        }
        if (how == 0) {
            mock_session_unauthorized(s, c);
        } else if (how == 1) {
            mock_session_close(s, c, 1000, "");
        } else {
            c->dead = true;
        }
    }
    return true;
}

static bool orders(struct mock_server *s, struct mock_args *a)
{
    s->private->rate = (double)a->at[0].number;
    return true;
}

/* The order that is meant: the one of this uuid, or the oldest open one. NULL and a->wrong. */
static struct mock_order *order_of(struct mock_args *a, struct mock_pocket *p, size_t uuid)
{
    struct mock_order *found = NULL;
    for (struct mock_order *o = p->orders; o != NULL; o = o->next) {
        bool this =
            a->at[uuid].given ? strcmp(o->wish.uuid, a->at[uuid].text) == 0 : o->state == MOCK_WAIT;
        found = this ? o : found;
    }
    if (found == NULL || found->state != MOCK_WAIT) {
        mock_args_wrong(a, found == NULL ? "order: there is no such order"
                                         : "order: it is closed already");
        return NULL;
    }
    return found;
}

/* Parameters of `order`, in their order. */
enum { DO, CODE, SIDE, TYPE, PRICE, VOLUME, UUID, ACCESS, COUNT };

static bool decimal_of(int64_t *out, struct mock_args *a, size_t at)
{
    *out = 0;
    return !a->at[at].given || (mock_parse_units(out, a->at[at].text) && *out > 0) ||
           mock_args_wrong(a, "%s must be a decimal number above 0",
                           at == PRICE ? "price" : "volume");
}

static bool place(struct mock_server *s, struct mock_args *a, struct mock_pocket *p)
{
    const char *code = a->at[CODE].given ? a->at[CODE].text : "KRW-BTC";
    struct mock_order_wish w = {.market = mock_exchange_find(&s->exchange, code, strlen(code)),
                                .bid = a->at[SIDE].number == 0,
                                .type = (enum mock_ord_type)a->at[TYPE].number};
    w.tif = w.type == MOCK_BEST ? MOCK_IOC : MOCK_TIF_NONE;
    if (w.market == NULL) {
        return mock_args_wrong(a, "order: no such market");
    }
    if (!decimal_of(&w.price, a, PRICE) || !decimal_of(&w.volume, a, VOLUME)) {
        return false;
    }
    if (w.type == MOCK_LIMIT && w.price == 0) { /* five percent away from the market */
        w.price = mock_price_round(w.market, w.market->last_price / 100 * (w.bid ? 95 : 105));
    }
    if (w.type == MOCK_LIMIT && w.volume == 0 && w.price > 0) {
        w.volume = (int64_t)((mock_wide)30000 * MOCK_ONE * MOCK_ONE / w.price);
    }
    if (a->at[UUID].given && mock_order_find(p, a->at[UUID].text, NULL) != NULL) {
        return mock_args_wrong(a, "order: there is an order of this uuid");
    }
    if (a->at[UUID].given &&
        strspn(a->at[UUID].text, "0123456789abcdefABCDEF-") != strlen(a->at[UUID].text)) {
        return mock_args_wrong(a, "uuid must be of 0-9 a-f and -");
    }
    snprintf(w.uuid, sizeof w.uuid, "%s", a->at[UUID].text);
    const char *message, *name = mock_order_check(&message, p, &w);
    if (name != NULL) {
        return mock_args_wrong(a, "order: the exchange would not take it: %s", name);
    }
    struct mock_order *o = mock_order_place(s, p, &w);
    if (o == NULL) {
        return mock_args_wrong(a, "out of memory");
    }
    mock_order_meet(s, p, o);
    return true;
}

static bool lives(struct mock_server *s, struct mock_args *a, struct mock_pocket *p)
{
    for (int64_t i = 0; i < a->at[COUNT].number; i++) {
        if (!mock_autopilot_life(s, p)) {
            return mock_args_wrong(a, "order: nothing left to trade with");
        }
    }
    return true;
}

static bool order(struct mock_server *s, struct mock_args *a)
{
    struct mock_pocket *p = pocket_of(s, a, ACCESS);
    int64_t what = a->at[DO].number, volume;
    if (p == NULL) {
        return false;
    }
    if (what < 2) {
        return what == 0 ? lives(s, a, p) : place(s, a, p);
    }
    struct mock_order *o = order_of(a, p, UUID);
    if (o == NULL || !decimal_of(&volume, a, VOLUME)) {
        return false;
    }
    if (what == 2) {
        mock_order_fill(s, p, o, volume > 0 ? volume : INT64_MAX);
    } else if (what == 3) {
        mock_order_cancel(s, p, o);
    } else {
        mock_order_prevent(s, p, o);
    }
    return true;
}

static bool deposit(struct mock_server *s, struct mock_args *a)
{
    struct mock_pocket *p = pocket_of(s, a, 2);
    mock_wide amount;
    const char *currency = a->at[0].given ? a->at[0].text : "KRW";
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (p == NULL) {
        return false;
    }
    if (!mock_parse_amount(&amount, a->at[1].text) || *currency == '\0' ||
        strspn(currency, allowed) != strlen(currency)) {
        return mock_args_wrong(a, "deposit needs an amount with up to 20 decimals, and a currency "
                                  "of A-Z 0-9");
    }
    struct mock_balance *b = mock_balance_of(p, currency);
    const mock_wide most = (mock_wide)1000000000000 * 1000000000000 * 10000000000; /* 10^14 */
    if (b == NULL || b->free + amount < 0 || b->free + amount > most) {
        return mock_args_wrong(a, b == NULL ? "deposit: no room for one more currency"
                                            : "deposit: there is not that much, or too much");
    }
    b->free += amount;
    mock_private_asset(s, p, b, mock_private_now(s, p), 0);
    return true;
}

static bool announce(struct mock_server *s, struct mock_args *a)
{
    static const char *const events[] = {"CREATED", "UPDATED"};
    static const char *const categories[] = {"trade",         "notice", "wallet",  "maintenance",
                                             "digital_asset", "nft",    "service", "event"};
    char uuid[24];
    snprintf(uuid, sizeof uuid, "%llu",
             (unsigned long long)(562593104 + s->private->last_announcement++));
    struct mock_announcement news = {.event = events[a->at[0].number],
                                     .category = categories[a->at[1].number],
                                     .title = a->at[2].given ? a->at[2].text : "[거래] 안내",
                                     .uuid = a->at[3].given ? a->at[3].text : uuid,
                                     .body = a->body_len > 0 ? a->body : NULL,
                                     .body_len = a->body_len};
    mock_private_announce(s, &news);
    return true;
}

const struct mock_command mock_private_commands[] = {
    {"key",
     NULL,
     key,
     {MOCK_TEXT("access", 128), MOCK_TEXT("scopes", 60), MOCK_TEXT("ips", 470),
      MOCK_NUMBER("expired", 1, 0, 1), MOCK_NUMBER("revoked", 1, 0, 1)}},
    {"auth", NULL, auth, {MOCK_WORD("answer", "frame request http")}},
    {"expire", NULL, expire, {MOCK_WORD("how", "error close cut"), MOCK_ID}},
    {"orders", NULL, orders, {MOCK_NUMBER("rate", 2, 0, 10000)}},
    {"order",
     NULL,
     order,
     {MOCK_WORD("do", "lives place fill cancel prevent"), MOCK_CODE, MOCK_WORD("side", "bid ask"),
      MOCK_WORD("type", "limit price market best"), MOCK_TEXT("price", 40), MOCK_TEXT("volume", 40),
      MOCK_TEXT("uuid", 36), MOCK_TEXT("access", 128), MOCK_NUMBER("count", 1, 1, 100000)}},
    {"deposit",
     NULL,
     deposit,
     {MOCK_TEXT("currency", 12), MOCK_TEXT("amount", 40), MOCK_TEXT("access", 128)}},
    {"announce",
     NULL,
     announce,
     {MOCK_WORD("event", "CREATED UPDATED"),
      MOCK_WORD("category", "trade notice wallet maintenance digital_asset nft service event"),
      MOCK_TEXT("title", 200), MOCK_TEXT("uuid", 23)}},
    {0},
};
