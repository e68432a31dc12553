#!/usr/bin/python3
"""upbit-mock's exchange half of REST: what each call answers, orders as a client places them, and the
limits of a pocket. Argument: the program. Prints TAP."""
import json
import time
from decimal import Decimal

from exchange import Mock, parse, run

QUIET = ("--codes", 60, "--rate", 0, "--private-rate", 0)
ROW = ["market", "uuid", "side", "ord_type", "price", "state", "created_at", "volume", "remaining_volume",
       "executed_volume", "executed_funds", "reserved_fee", "remaining_fee", "paid_fee", "locked",
       "prevented_volume", "prevented_locked", "trades_count"]


def place(mock, want=201, **order):
    status, headers, body = mock.call("POST", "/v1/orders", body={"market": "KRW-BTC", **order})
    assert status == want, (order, status, body)
    assert headers["remaining-req"].startswith("group=order; min=720; sec=")
    return body if status == 201 else body["error"]["name"]


def order_of(mock, uuid):
    status, _, body = mock.call("GET", "/v1/order", [("uuid", uuid)])
    assert status == 200, body
    return body


def money(mock, currency="KRW"):
    row, = [r for r in mock.call("GET", "/v1/accounts")[2] if r["currency"] == currency]
    return Decimal(row["balance"]), Decimal(row["locked"])


def test_accounts_are_strings():
    with Mock(*QUIET) as mock:
        status, headers, rows = mock.call("GET", "/v1/accounts")
        assert status == 200 and headers["remaining-req"] == "group=default; min=1800; sec=29"
        assert [r["currency"] for r in rows] == ["KRW", "BTC", "ETH", "XRP", "USDT"]
        for r in rows:
            assert list(r) == ["currency", "balance", "locked", "avg_buy_price", "avg_buy_price_modified",
                               "unit_currency"] and r["unit_currency"] == "KRW"
            for name in ("balance", "locked", "avg_buy_price"):
                assert isinstance(r[name], str) and "E" not in r[name]
        # More digits than a double has.
        assert len(rows[0]["balance"].replace(".", "")) > 20, rows[0]
        assert mock.http("/v1/accounts", "POST")[0] == 404


def test_lists_of_orders():
    with Mock(*QUIET) as mock:
        def ask(path, *params):
            status, _, body = mock.call("GET", "/v1/orders/" + path, list(params))
            return body if status == 200 else (status, body["error"]["name"])
        rows = ask("open")
        assert len(rows) == 3 and all(list(r) == ROW for r in rows), rows
        assert [r["created_at"] for r in rows] == sorted((r["created_at"] for r in rows), reverse=True)
        assert all(r["created_at"].endswith("+09:00") and r["state"] == "wait" for r in rows)
        assert ask("open", ("order_by", "asc")) == rows[::-1]
        assert ask("open", ("limit", 2)) == rows[:2]
        assert ask("open", ("limit", 2), ("page", 2)) == rows[2:]
        assert ask("open", ("states[]", "wait"), ("states[]", "watch")) == rows
        assert ask("open", ("state", "watch")) == []
        one = [r for r in rows if r["market"] == rows[0]["market"]]
        assert ask("open", ("market", rows[0]["market"])) == one
        closed = ask("closed")
        assert {r["state"] for r in closed} == {"done", "cancel"} and len(closed) == 4
        done = [r for r in closed if r["state"] == "done"]
        assert ask("closed", ("state", "done")) == done == ask("closed", ("states[]", "done"))
        assert ask("closed", ("limit", 1)) == closed[:1]
        now = int(time.time() * 1000)
        assert ask("closed", ("start_time", now - 7200000), ("end_time", now)) == closed
        assert ask("closed", ("start_time", now - 86400000 * 3)) == closed
        assert ask("closed", ("end_time", now - 7200000)) == []
        iso = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 9 * 3600 - 7200)) + "+09:00"
        assert ask("closed", ("start_time", iso)) == closed
        uuids = [closed[1]["uuid"], "nobody", rows[0]["uuid"]]
        assert ask("uuids", *(("uuids[]", u) for u in uuids)) == [closed[1], rows[0]]
    for path, params, want in [
            ("open", [("market", "KRW-NOPE")], (404, "notfoundmarket")), ("open", [("state", "done")], 400),
            ("open", [("limit", 101)], 400), ("open", [("page", 0)], 400), ("open", [("limit", "x")], 400),
            ("open", [("order_by", "up")], 400), ("closed", [("limit", 1001)], 400),
            ("closed", [("states[]", "wait")], 400), ("closed", [("start_time", "monday")], 400),
            ("closed", [("start_time", 1), ("end_time", 86400000 * 8)], 400), ("uuids", [], 400),
            ("closed", [("start_time", 2), ("end_time", 1)], 400),
            ("uuids", [("uuids[]", "a"), ("identifiers[]", "b")], 400)]:
        with Mock(*QUIET) as mock:
            got = mock.call("GET", "/v1/orders/" + path, params)
            want = want if isinstance(want, tuple) else (want, "validation_error")
            assert (got[0], got[2]["error"]["name"]) == want, (path, params, got)


def test_one_order_with_its_trades():
    with Mock(*QUIET) as mock:
        row = mock.call("GET", "/v1/orders/closed", [("state", "done"), ("limit", 1)])[2][0]
        whole = order_of(mock, row["uuid"])
        trades = whole.pop("trades")
        assert whole == row and len(trades) == 2 == row["trades_count"]
        assert sum(Decimal(t["volume"]) for t in trades) == Decimal(row["executed_volume"])
        assert sum(Decimal(t["funds"]) for t in trades) == Decimal(row["executed_funds"])
        assert Decimal(row["executed_funds"]) * Decimal("0.0005") == Decimal(row["paid_fee"])
        assert list(trades[0]) == ["market", "uuid", "price", "volume", "funds", "trend", "created_at", "side"]
        assert mock.call("GET", "/v1/order", [("uuid", "x")])[2]["error"]["name"] == "order_not_found"
        assert mock.call("GET", "/v1/order")[0] == 400
        mine = place(mock, side="bid", ord_type="limit", price="1000000", volume="0.01", identifier="my-1")
        assert mine["identifier"] == "my-1"
        assert mock.call("GET", "/v1/order", [("identifier", "my-1")])[2]["uuid"] == mine["uuid"]
        assert mock.call("GET", "/v1/orders/uuids", [("identifiers[]", "my-1")])[2][0]["uuid"] == mine["uuid"]


def test_a_limit_rests_and_is_cancelled():
    with Mock(*QUIET) as mock:
        before = money(mock)
        order = place(mock, side="bid", ord_type="limit", price="100000000", volume="0.001", smp_type="reduce")
        assert (order["state"], order["locked"], order["reserved_fee"], order["smp_type"]) == \
            ("wait", "100050.0", "50.0", "reduce")
        assert money(mock) == (before[0] - 100050, before[1] + 100050)
        status, headers, gone = mock.call("DELETE", "/v1/order", [("uuid", order["uuid"])])
        assert status == 200 and gone["state"] == "wait" and "group=default" in headers["remaining-req"]
        assert money(mock) == before and order_of(mock, order["uuid"])["state"] == "cancel"
        again = mock.call("DELETE", "/v1/order", [("uuid", order["uuid"])])
        assert (again[0], again[2]["error"]["name"]) == (400, "order_already_closed")


def test_orders_take_what_the_book_shows():
    with Mock(*QUIET) as mock:
        units = mock.get("/v1/orderbook?markets=KRW-BTC")[0]["orderbook_units"]
        asks = [(u["ask_price"], u["ask_size"]) for u in units]
        bids = [(u["bid_price"], u["bid_size"]) for u in units]
        krw, coins = money(mock)[0], money(mock, "BTC")[0]
        # A limit over two levels and a half of the next would cost: at their prices, not at its own.
        price = asks[2][0]
        mock.control("deposit?amount=9000000000000")
        krw += 9000000000000
        volume = asks[0][1] + asks[1][1] + asks[2][1] / 2
        order = place(mock, side="bid", ord_type="limit", price=f"{price:f}", volume=f"{volume.quantize(Decimal('1e-8')):f}")
        assert order["state"] == "wait" and order["trades_count"] == 0
        got = order_of(mock, order["uuid"])
        volume = Decimal(got["volume"])
        funds = asks[0][0] * asks[0][1] + asks[1][0] * asks[1][1] + price * (volume - asks[0][1] - asks[1][1])
        assert (got["state"], got["trades_count"], Decimal(got["executed_funds"])) == ("done", 3, funds), (got, funds)
        assert Decimal(got["paid_fee"]) == funds * Decimal("0.0005")
        assert money(mock) == (krw - funds * Decimal("1.0005"), money(mock)[1])
        assert money(mock, "BTC")[0] == coins + volume
        # The market does not feel it.
        assert mock.get("/v1/orderbook?markets=KRW-BTC")[0]["orderbook_units"] == units
        sale = order_of(mock, place(mock, side="ask", ord_type="market", volume="0.00005")["uuid"])
        assert sale["state"] == "done" and Decimal(sale["executed_funds"]) == bids[0][0] * Decimal("0.00005")
        assert "price" not in sale
        amount = order_of(mock, place(mock, side="bid", ord_type="price", price="10000.5")["uuid"])
        bought = Decimal(amount["executed_volume"])
        assert amount["state"] == "cancel" and "volume" not in amount and "remaining_volume" not in amount
        assert bought == (Decimal("10000.5") / asks[0][0]).quantize(Decimal("1e-8"), "ROUND_DOWN")
        exact = asks[0][0] * Decimal("0.0001")
        got = order_of(mock, place(mock, side="bid", ord_type="price", price=f"{exact:f}")["uuid"])
        assert got["state"] == "done" and Decimal(got["executed_volume"]) == Decimal("0.0001")
        best = order_of(mock, place(mock, side="ask", ord_type="best", volume="0.0001", time_in_force="ioc")["uuid"])
        assert best["state"] == "done" and best["time_in_force"] == "ioc"
        huge = f"{sum(a[1] for a in asks) + 1:f}"
        fok = order_of(mock, place(mock, side="bid", ord_type="limit", price=f"{asks[-1][0]:f}", volume=huge,
                                   time_in_force="fok")["uuid"])
        assert (fok["state"], fok["trades_count"]) == ("cancel", 0)
        ioc = order_of(mock, place(mock, side="bid", ord_type="limit", price=f"{asks[-1][0]:f}", volume=huge,
                                   time_in_force="ioc")["uuid"])
        assert ioc["state"] == "cancel" and Decimal(ioc["executed_volume"]) == Decimal(huge) - 1
        post = place(mock, side="bid", ord_type="limit", price=f"{bids[5][0]:f}", volume="0.001",
                     time_in_force="post_only")
        assert order_of(mock, post["uuid"])["state"] == "wait"


def test_orders_that_are_not_taken():
    limit = {"side": "bid", "ord_type": "limit", "price": "1000000", "volume": "0.01"}
    cases = [
        ({**limit, "side": None}, "validation_error"), ({**limit, "ord_type": "stop"}, "validation_error"),
        ({**limit, "price": "-1"}, "validation_error"), ({**limit, "volume": "0"}, "validation_error"),
        ({**limit, "volume": "1e-9"}, "validation_error"), ({**limit, "time_in_force": "gtc"}, "validation_error"),
        ({**limit, "smp_type": "x"}, "validation_error"), ({**limit, "identifier": "\"x"}, "validation_error"),
        ({**limit, "identifier": "x" * 65}, "validation_error"),
        ({k: v for k, v in limit.items() if k != "volume"}, "create_bid_error"),
        ({**limit, "ord_type": "price"}, "create_bid_error"), ({**limit, "ord_type": "market"}, "create_bid_error"),
        ({**limit, "side": "ask", "ord_type": "market"}, "create_ask_error"),
        ({**limit, "ord_type": "best"}, "create_bid_error"),
        ({**limit, "price": "1000000.5"}, "invalid_price_bid"),
        ({**limit, "side": "ask", "price": "1000001"}, "invalid_price_ask"),
        ({**limit, "volume": "0.004"}, "under_min_total_bid"),
        ({"side": "ask", "ord_type": "market", "volume": "0.00000001"}, "under_min_total_ask"),
        ({**limit, "volume": "1000"}, "insufficient_funds_bid"),
        ({**limit, "price": "9000000000", "volume": "9000000000"}, "insufficient_funds_bid"),
        ({**limit, "price": "92233720368", "volume": "0.00000001"}, "create_bid_error"),
        ({**limit, "side": "ask", "volume": "3"}, "insufficient_funds_ask"),
        ({**limit, "side": "ask", "time_in_force": "post_only"}, "invalid_post_only"),
        ({**limit, "market": "KRW-NOPE"}, "notfoundmarket")]
    with Mock(*QUIET, "--time-scale", 2000, "--idle-timeout", 0) as mock:
        before = mock.call("GET", "/v1/accounts")[2], mock.events()[0]
        for order, name in cases:
            order = {k: v for k, v in order.items() if v is not None}
            for path in ("/v1/orders", "/v1/orders/test"):
                got = mock.call("POST", path, body={"market": "KRW-BTC", **order})
                assert (got[0], got[2]["error"]["name"]) == (404 if "not" in name else 400, name) or \
                    got[0] == 400 and name == "invalid_post_only" == got[2]["error"]["name"], (order, got)
        assert mock.call("POST", "/v1/orders/test", body={"market": "KRW-BTC", **limit})[0] == 201
        assert before == (mock.call("GET", "/v1/accounts")[2], mock.events()[0])
        assert place(mock, **limit, identifier="one")["state"] == "wait"
        assert place(mock, 400, **limit, identifier="one") == "validation_error"


def test_all_open_ones_are_cancelled():
    with Mock(*QUIET, "--time-scale", 10) as mock:
        mock.control("order?do=place&side=ask")
        bids = [o["uuid"] for o in mock.call("GET", "/v1/orders/open")[2] if o["side"] == "bid"]
        status, headers, body = mock.call("DELETE", "/v1/orders/open", [("cancel_side", "bid")])
        assert status == 200 and headers["remaining-req"] == "group=order-cancel-all; min=30; sec=0"
        assert [o["uuid"] for o in body["success"]["orders"]] == bids and body["success"]["count"] == len(bids)
        got = mock.call("DELETE", "/v1/orders/open")
        began = time.monotonic()
        while got[0] == 429:
            assert time.monotonic() - began < 10
            got = mock.call("DELETE", "/v1/orders/open")
        assert got[0] == 200 and mock.call("GET", "/v1/orders/open")[2] == []
        for row in mock.call("GET", "/v1/accounts")[2]:
            assert row["locked"] == "0.0", row


def burst(mock, count, call):
    return [call(mock)[0] for _ in range(count)]


def test_the_limits_of_a_pocket():
    order = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "price": "1000", "volume": "1"}
    groups = [
        ("default", 30, lambda m: m.call("GET", "/v1/accounts")),
        ("order", 12, lambda m: m.call("POST", "/v1/orders", body=order)),
        ("order-test", 8, lambda m: m.call("POST", "/v1/orders/test", body=order)),
        ("order-cancel-all", 1, lambda m: m.call("DELETE", "/v1/orders/open"))]
    # A second of the exchange that lasts as long as it takes.
    with Mock(*QUIET, "--time-scale", 0.02) as mock:
        for group, limit, call in groups:
            got = burst(mock, limit + 3, call)
            assert got[limit:] == [429] * 3 and 429 not in got[:limit], (group, got)
            status, headers, body = call(mock)
            assert body == {"error": {"name": "too_many_requests", "message": "Too many API requests."}}
            assert status == 429 and headers["remaining-req"].endswith("sec=0")
        # One of the others has budget; who has no good token takes none from anybody.
        assert mock.http("/v1/market/all")[0] == 200
        busiest = mock.stats()["busiest_second"]
        assert {g: busiest[g] for g, _, _ in groups} == {g: n + 4 for g, n, _ in groups} and busiest["market"] == 1
        assert mock.http("/v1/accounts")[0] == 401
    with Mock(*QUIET, "--time-scale", 0.02) as mock:
        for _ in range(40):
            assert mock.http("/v1/accounts")[0] == 401
        assert mock.call("GET", "/v1/accounts")[1]["remaining-req"].endswith("sec=29")
        mock.control("limit?group=default&count=2&status=429&retry_after=3")
        got = mock.http("/v1/accounts")
        assert got[0] == 429 and got[1]["retry-after"] == "3"
        assert mock.call("POST", "/v1/orders/test", body=order)[0] == 400
        assert mock.call("GET", "/v1/orders/open")[0] == 429
        assert mock.call("GET", "/v1/orders/open")[0] == 200


def test_who_goes_on_is_blocked_longer_each_time():
    keys = "a a-key pocket=one;b b-key pocket=two"
    with Mock(*QUIET, "--police", "--time-scale", 5, env={"UPBIT_MOCK_KEYS": keys}) as mock:
        def test(key="a"):
            return mock.call("DELETE", "/v1/orders/open", access=key, secret=key + "-key")

        def until_blocked():
            got = test()
            while got[0] != 418:
                assert got[0] in (200, 429), got
                got = test()
            return got[2]["error"]["message"]
        assert until_blocked() == "Too many API requests. Blocked for 10 seconds."
        assert test("b")[0] == 200 and mock.http("/v1/market/all")[0] == 200
        status, _, body = mock.call("GET", "/v1/accounts", access="a", secret="a-key")
        assert status == 418 and body["error"]["name"] == "too_many_requests"
        at = mock.events()[0]
        order = {"market": "KRW-BTC", "side": "ask", "ord_type": "market", "volume": "0.001"}
        assert mock.call("POST", "/v1/orders", body=order, access="a", secret="a-key")[0] == 418
        assert mock.events()[0] == at  # and nothing came of it
        began = time.monotonic()
        while mock.call("GET", "/v1/accounts", access="a", secret="a-key")[0] == 418:
            time.sleep(0.05)
            assert time.monotonic() - began < 20
        assert time.monotonic() - began > 1.5
        assert until_blocked() == "Too many API requests. Blocked for 20 seconds."
        assert mock.stats()["violations"]["blocked"] > 2


def test_private_upgrades_have_a_budget_of_their_own():
    with Mock(*QUIET, "--police") as mock:
        def status(private):
            with (mock.private() if private else mock.ws()) as ws:
                return ws.status
        assert [status(True) for _ in range(5)] == [101] * 5
        assert [status(False) for _ in range(5)] == [101] * 5
        assert status(True) in (101, 429) and mock.stats()["busiest_second"]["connect_private"] >= 3


def test_the_numbers_of_a_seed_are_the_same_with_orders_and_without():
    def trades(order):
        with Mock("--codes", 20, "--rate", 0, "--private-rate", 0) as mock:
            if order:
                place(mock, side="ask", ord_type="market", volume="1")
                mock.control("order?do=lives&count=50")
            book = mock.get("/v1/orderbook?markets=KRW-BTC,KRW-ETH")
            mock.control("burst?rate=1000&ms=100")
            time.sleep(0.3)
            rows = json.loads(mock.http("/v1/trades/ticks?market=KRW-BTC&count=20")[2])
            return ([[(u["ask_price"], u["ask_size"]) for u in b["orderbook_units"]] for b in book],
                    [(r["trade_price"], r["trade_volume"]) for r in rows])
    assert trades(False) == trades(True)


run(globals())
