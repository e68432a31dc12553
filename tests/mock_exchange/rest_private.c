/* The exchange half of REST: paths, tokens, scopes, limits. The limits are the pocket's, so an
 * answer to a token that is no good takes nothing from anybody. */
#include <stdio.h>
#include <string.h>

#include "rest.h"
#include "rest_orders.h"
#include "server.h"

static void accounts(struct mock_private_call *call)
{
    const struct mock_pocket *p = call->pocket;
    bool first = true;
    mock_buf_putc(&call->body, '[');
    for (size_t i = 0; i < p->balances; i++) {
        const struct mock_balance *b = &p->balance[i];
        mock_buf_printf(&call->body, "%s{\"currency\":\"%s\",\"balance\":\"", first ? "" : ",",
                        b->currency);
        mock_put_plain(&call->body, b->free, MOCK_FINE, 1);
        mock_buf_puts(&call->body, "\",\"locked\":\"");
        mock_put_plain(&call->body, b->locked, MOCK_FINE, 1);
        mock_buf_puts(&call->body, "\",\"avg_buy_price\":\"");
        mock_put_plain(&call->body, b->average, MOCK_FINE, 0);
        mock_buf_puts(&call->body,
                      "\",\"avg_buy_price_modified\":false,\"unit_currency\":\"KRW\"}");
        first = false;
    }
    mock_buf_putc(&call->body, ']');
}

static const struct route {
    const char *method, *path;
    enum mock_group group;
    unsigned scope;
    void (*run)(struct mock_private_call *call);
} routes[] = {
    {"GET", "/v1/accounts", MOCK_GROUP_DEFAULT, MOCK_SCOPE_ASSETS, accounts},
    {"GET", "/v1/orders/open", MOCK_GROUP_DEFAULT, MOCK_SCOPE_ORDERS, mock_call_orders_open},
    {"GET", "/v1/orders/closed", MOCK_GROUP_DEFAULT, MOCK_SCOPE_ORDERS, mock_call_orders_closed},
    {"GET", "/v1/orders/uuids", MOCK_GROUP_DEFAULT, MOCK_SCOPE_ORDERS, mock_call_orders_uuids},
    {"GET", "/v1/order", MOCK_GROUP_DEFAULT, MOCK_SCOPE_ORDERS, mock_call_order},
    {"POST", "/v1/orders", MOCK_GROUP_ORDER, MOCK_SCOPE_TRADE, mock_call_order_place},
    {"POST", "/v1/orders/test", MOCK_GROUP_ORDER_TEST, MOCK_SCOPE_TRADE, mock_call_order_test},
    {"DELETE", "/v1/order", MOCK_GROUP_DEFAULT, MOCK_SCOPE_TRADE, mock_call_order_cancel},
    {"DELETE", "/v1/orders/open", MOCK_GROUP_CANCEL_ALL, MOCK_SCOPE_TRADE, mock_call_cancel_open}};

static const struct route *route_of(const struct mock_http_request *r)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, r->path) == 0 && strcmp(routes[i].method, r->method) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

/* The call's answer, once its token is good and there is budget for it. */
static void run(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                const struct route *route, struct mock_pocket *p,
                const struct mock_call_params *params, const char *extra)
{
    struct mock_private_call call = {.server = s, .pocket = p, .params = params, .status = 200};
    route->run(&call);
    if (call.body.failed) {
        mock_call_fail(&call, 500, "internal_error", "out of memory");
    }
    if (call.name != NULL) {
        mock_private_refuse(c, call.status, call.name, call.message, extra, r->keep_alive);
    } else {
        mock_http_reply(&c->out, call.status, "application/json;charset=UTF-8", extra,
                        mock_buf_front(&call.body), mock_buf_pending(&call.body), r->keep_alive);
    }
    mock_buf_finish(&call.body);
}

bool mock_rest_is_private(const struct mock_http_request *r)
{
    return route_of(r) != NULL;
}

bool mock_rest_private(struct mock_server *s, struct mock_conn *c,
                       const struct mock_http_request *r)
{
    const struct route *route = route_of(r);
    if (route == NULL) {
        return false;
    }
    if (mock_fault_denied(s, c, MOCK_DENY_REST + (int)route->group, "", r->keep_alive)) {
        return true;
    }
    struct mock_call_params params;
    bool readable = mock_call_params_read(&params, r);
    struct mock_token token;
    enum mock_auth auth =
        mock_private_auth(s, c, &token, r, params.any ? mock_buf_front(&params.hashed) : NULL,
                          params.any ? mock_buf_front(&params.hashed_too) : NULL);
    if (auth == MOCK_AUTH_OK && (token.key->scopes & route->scope) == 0) {
        auth = MOCK_AUTH_SCOPE;
    }
    if (auth != MOCK_AUTH_OK) {
        mock_private_refuse(c, mock_auth_status(auth), mock_auth_name(auth),
                            mock_auth_message(auth), "", r->keep_alive);
    } else {
        struct mock_pocket *p = mock_private_pocket(s, token.key);
        struct mock_budget *b = &p->budget[route->group];
        char extra[96];
        bool blocked = mock_police_blocked(s, c, &p->guard, r->keep_alive);
        bool over = !blocked && mock_budget_take(b, route->group, s->now_ms);
        mock_budget_header(extra, sizeof extra, b, route->group);
        if (over) {
            mock_police_over(s, c, &p->guard, extra, r->keep_alive);
        } else if (!blocked && !readable) {
            mock_private_refuse(c, 400, "validation_error", "잘못된 API 요청입니다.", extra,
                                r->keep_alive);
        } else if (!blocked) {
            run(s, c, r, route, p, &params, extra);
        }
    }
    mock_call_params_finish(&params);
    return true;
}
