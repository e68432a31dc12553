#!/usr/bin/python3
"""upbit-mock's private streams: what they say and when, and that orders, balances and REST tell one
story whose sums agree to the last digit. Argument: the program. Prints TAP."""
import json
import os
import time
from decimal import Decimal

from exchange import Closed, Mock, fails, journal, parse, run

QUIET = ("--codes", 60, "--rate", 0, "--private-rate", 0)
ORDER, ASSET = {"type": "myOrder"}, {"type": "myAsset"}
ORDER_KEYS = {
    "type": "ty", "code": "cd", "uuid": "uid", "ask_bid": "ab", "order_type": "ot", "state": "s",
    "trade_uuid": "tuid", "price": "p", "avg_price": "ap", "volume": "v", "remaining_volume": "rv",
    "executed_volume": "ev", "trades_count": "tc", "reserved_fee": "rsf", "remaining_fee": "rmf",
    "paid_fee": "pf", "locked": "l", "executed_funds": "ef", "time_in_force": "tif", "trade_fee": "tf",
    "is_maker": "im", "identifier": "id", "smp_type": "smpt", "prevented_volume": "pv",
    "prevented_locked": "pl", "trade_timestamp": "ttms", "order_timestamp": "otms", "timestamp": "tms",
    "stream_type": "st"}
ASSET_KEYS = {"type": "ty", "asset_uuid": "astuid", "assets": "ast", "asset_timestamp": "asttms",
              "timestamp": "tms", "stream_type": "st"}
NEWS_KEYS = {"type": "ty", "event_type": "et", "uuid": "uid", "title": "tt", "category": "cat", "url": "url",
             "first_listed_at": "flat", "listed_at": "lat", "timestamp": "tms", "stream_type": "st"}


def answered(ws):
    """LIST_SUBSCRIPTIONS, which is also the only proof that a request was taken."""
    ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}])
    return ws.until(lambda m: "result" in m)["result"]


def events(ws, count):
    return ws.messages(count)


def accounts(mock):
    return {row["currency"]: row for row in mock.call("GET", "/v1/accounts")[2]}


def refusal(mock, *objects, raw=None, **key):
    with mock.private(**key) as ws:
        if raw is not None:
            ws.say(raw)
        else:
            ws.want(*objects)
        error = ws.message()["error"]
        assert ws.end()[0] == 1000
        return error["name"], error["message"]


def test_nothing_comes_until_something_happens():
    with Mock(*QUIET) as mock, mock.private() as ws:
        ws.want(ORDER, ASSET, {"type": "announcement"})
        assert answered(ws) == [ORDER, ASSET, {"type": "announcement"}]
        ws.quiet(0.3)
        mock.control("order?do=place")
        assert [m["type"] for m in events(ws, 2)] == ["myOrder", "myAsset"]
        with mock.private() as other:  # there is no snapshot to have
            other.want({"type": "myOrder", "is_only_snapshot": True},
                       {"type": "myAsset", "is_only_realtime": True})
            answered(other)
            mock.control("order?do=place")
            assert other.message()["type"] == "myAsset"


def test_orders_by_a_timeline():
    steps = [{"at_ms": 0, "do": "order", "what": "place", "code": "KRW-ETH", "uuid": "e1"},
             {"at_ms": 20, "do": "order", "what": "fill", "uuid": "e1", "volume": "0.001"},
             {"at_ms": 40, "do": "order", "what": "cancel"},
             {"at_ms": 50, "do": "deposit", "currency": "NEW", "amount": "0.00000000000000000001"}]
    with Mock(*QUIET) as mock, mock.private() as ws:
        mock.control("order?do=cancel")
        ws.want(ORDER, ASSET)
        answered(ws)
        mock.control("scenario", json.dumps({"steps": steps}).encode())
        got = events(ws, 8)
        assert [m["state"] for m in got if m["type"] == "myOrder"] == ["wait", "trade", "cancel"], got
        assert got[-1]["assets"] == [{"currency": "NEW", "balance": Decimal("1e-20"), "locked": 0}]
        for _ in range(10):
            mock.control("deposit?amount=9000000000000")
        assert "too much" in fails(mock, "deposit?amount=9999999999999")
        assert "line 1" in fails(mock, "scenario", b'{"at_ms":0,"do":"order","what":"nothing"}')


def test_requests_and_what_is_wrong_with_them():
    korean = "{} 은 지원하지 않는 {}입니다."
    with Mock(*QUIET, "--time-scale", 10) as mock:
        cases = [
            ([{"type": "ticker", "codes": ["KRW-BTC"]}], "INVALID_PARAM", korean.format("ticker", "타입")),
            ([ORDER, {"type": "nope"}], "INVALID_PARAM", korean.format("nope", "타입")),
            ([{"type": "myAsset", "codes": ["KRW-BTC"]}], "WRONG_FORMAT", None),
            ([{"type": "myAsset", "codes": []}], "WRONG_FORMAT", None),
            ([{"type": "myOrder", "codes": "KRW-BTC"}], "WRONG_FORMAT", None),
            ([{"type": "myOrder", "codes": [1]}], "WRONG_FORMAT", None),
            ([{"type": "announcement", "categories": ["trading"]}], "INVALID_PARAM",
             korean.format("trading", "카테고리")),
            ([{"type": "announcement", "include_body": "yes"}], "WRONG_FORMAT", None)]
        for objects, name, message in cases:
            got = refusal(mock, *objects)
            assert got[0] == name and message in (None, got[1]), (objects, got)
        assert refusal(mock, raw="hello")[0] == "WRONG_FORMAT"
        assert refusal(mock, raw="[]")[0] == "NO_TICKET"
        for kind in ("myOrder", "myAsset", "announcement"):
            with mock.ws() as ws:
                ws.want({"type": kind})
                assert ws.message()["error"]["message"] == korean.format(kind, "타입")
        with mock.private() as ws:
            ws.want({"type": "myOrder", "codes": []}, {"type": "announcement", "categories": ["trade", "nft"]},
                    form="SIMPLE")
            assert answered(ws) == [{"type": "myOrder"},
                                    {"type": "announcement", "categories": ["trade", "nft"]}]


def test_a_bad_token_is_told_in_three_ways():
    with Mock(*QUIET, "--time-scale", 10) as mock:
        with mock.private(secret="wrong") as ws:
            assert ws.status == 101 and ws.message()["error"]["name"] == "INVALID_AUTH"
            assert ws.end() == (1000, b"")
        mock.control("auth?answer=request")
        with mock.private(secret="wrong") as ws:
            ws.quiet(0.2)
            ws.want(ORDER)
            assert ws.message()["error"]["name"] == "INVALID_AUTH" and ws.end() == (1000, b"")
        mock.control("auth?answer=http")
        with mock.private(secret="wrong") as ws:
            assert (ws.status, parse(ws.body)["error"]["name"]) == (401, "jwt_verification")
        with mock.private(headers=[]) as ws:
            assert (ws.status, parse(ws.body)["error"]["name"]) == (401, "no_authorization_token")
        mock.control("key?ips=10.9.9.9")
        with mock.private() as ws:
            assert parse(ws.body) == {"error": {"name": "no_authorization_ip",
                                                "message": "This is not a verified IP."}}
        mock.control("reset")
        with mock.private() as ws:
            ws.want(ORDER)
            assert answered(ws) == [ORDER]


def test_a_scope_that_is_not_there():
    with Mock(*QUIET, "--time-scale", 10) as mock:
        mock.control("key?scopes=assets")
        assert refusal(mock, ORDER)[0] == "INVALID_AUTH"
        assert refusal(mock, ASSET, ORDER)[0] == "INVALID_AUTH"
        with mock.private() as ws:
            ws.want(ASSET, {"type": "announcement"})
            assert len(answered(ws)) == 2
        mock.control("key?scopes=orders")
        assert refusal(mock, ASSET)[0] == "INVALID_AUTH"
        with mock.private() as ws:
            ws.want(ORDER)
            assert answered(ws) == [ORDER]


def test_all_formats_say_the_same():
    with Mock(*QUIET) as mock:
        got = {}
        sockets = {form: mock.private() for form in ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST")}
        for form, ws in sockets.items():
            ws.want(ORDER, ASSET, {"type": "announcement", "include_body": True}, form=form)
            ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}, {"format": form}])
            ws.message()
        mock.control("order?do=lives&count=2")
        mock.control("announce?title=%EA%B1%B0%EB%9E%98", "본문 \"x\"".encode())
        for form, ws in sockets.items():
            got[form] = events(ws, 19)
            ws.sock.close()

        def long(message):
            kind = {"myOrder": ORDER_KEYS, "myAsset": ASSET_KEYS}.get(message["ty"], {**NEWS_KEYS, "body": "bd"})
            assert list(message) == list(kind.values()), message
            full = {name: message[brief] for name, brief in kind.items()}
            if "assets" in full:
                full["assets"] = [{"currency": a["cu"], "balance": a["b"], "locked": a["l"]}
                                  for a in full["assets"]]
            return full
        plain = got["DEFAULT"]
        assert {m["type"] for m in plain} == {"myOrder", "myAsset", "announcement"}
        assert plain[-1]["title"] == "거래" and plain[-1]["body"] == '본문 "x"'
        assert [long(m) for m in got["SIMPLE"]] == plain
        assert [m for (m,) in got["JSON_LIST"]] == plain
        assert [long(m) for (m,) in got["SIMPLE_LIST"]] == plain
        for m in plain[:-1]:
            assert list(m) == list(ORDER_KEYS if m["type"] == "myOrder" else ASSET_KEYS)


def test_the_life_of_a_limit():
    with Mock(*QUIET) as mock, mock.private() as ws:
        ws.want(ORDER, ASSET)
        answered(ws)
        before = accounts(mock)
        mock.control("order?do=place&code=KRW-XRP&side=bid&price=500&volume=100&uuid=ab")
        mock.control("order?do=fill&uuid=ab&volume=40")
        mock.control("order?do=fill&uuid=ab")
        wait, krw, one, krw1, xrp1, two, done, krw2, xrp2 = events(ws, 9)
        ws.quiet(0.1)
        fee = Decimal("0.0005")
        assert [m["state"] for m in (wait, one, two, done)] == ["wait", "trade", "trade", "done"]
        assert (wait["price"], wait["volume"], wait["remaining_volume"], wait["executed_volume"]) == (500, 100, 100, 0)
        assert wait["locked"] == 50025 and wait["reserved_fee"] == wait["remaining_fee"] == 25
        assert wait["trade_uuid"] is wait["trade_timestamp"] is wait["trade_fee"] is wait["is_maker"] is None
        assert (one["price"], one["volume"], one["remaining_volume"], one["executed_volume"]) == (500, 40, 60, 40)
        assert (one["locked"], one["remaining_fee"], one["paid_fee"], one["trade_fee"]) == (30015, 15, 10, 10)
        assert one["executed_funds"] == 20000 and one["avg_price"] == 500 and one["is_maker"] is True
        assert (two["volume"], two["executed_volume"], two["trades_count"], two["locked"]) == (60, 100, 2, 0)
        assert (done["price"], done["volume"], done["remaining_volume"], done["paid_fee"]) == (500, 100, 0, 25)
        assert one["trade_uuid"] != two["trade_uuid"] and done["trade_uuid"] is None
        for m in (wait, one, two, done):
            assert m["uuid"] == "ab" and m["ask_bid"] == "BID" and m["order_timestamp"] % 1000 == 0
        had = Decimal(before["KRW"]["balance"]), Decimal(before["KRW"]["locked"])
        coins = Decimal(before["XRP"]["balance"])
        for m, currency, balance, locked in (
                (krw, "KRW", had[0] - 50025, had[1] + 50025), (krw1, "KRW", had[0] - 50025, had[1] + 30015),
                (xrp1, "XRP", coins + 40, 0), (krw2, "KRW", had[0] - 50025, had[1]), (xrp2, "XRP", coins + 100, 0)):
            assert m["assets"] == [{"currency": currency, "balance": balance, "locked": locked}], m
        assert krw1["asset_timestamp"] == xrp1["asset_timestamp"]
        assert xrp1["timestamp"] == krw1["timestamp"] + 1
        after = accounts(mock)
        assert Decimal(after["XRP"]["balance"]) == coins + 100
        paid = (Decimal(before["XRP"]["avg_buy_price"]) * coins + 50000) / (coins + 100)
        assert abs(Decimal(after["XRP"]["avg_buy_price"]) - paid) < Decimal("0.00000002"), fee


def test_a_sale_a_cancel_and_a_prevention():
    with Mock(*QUIET) as mock, mock.private() as ws:
        ws.want(ORDER, ASSET)
        answered(ws)
        before = accounts(mock)
        mock.control("order?do=place&code=KRW-ETH&side=ask&price=90000000&volume=2&uuid=1")
        wait, eth = events(ws, 2)
        assert (wait["locked"], wait["reserved_fee"], wait["ask_bid"]) == (2, 0, "ASK")
        mock.control("order?do=fill&uuid=1&volume=0.5")
        trade, krw, _ = events(ws, 3)
        assert (trade["paid_fee"], trade["executed_funds"], trade["locked"]) == (22500, 45000000, Decimal("1.5"))
        assert krw["assets"][0]["balance"] == Decimal(before["KRW"]["balance"]) + 45000000 - 22500
        mock.control("order?do=cancel&uuid=1")
        cancel, eth = events(ws, 2)
        # Recorded: what was locked is still there in a cancel.
        assert (cancel["state"], cancel["locked"], cancel["remaining_volume"]) == ("cancel", Decimal("1.5"), Decimal("1.5"))
        assert eth["assets"][0]["balance"] == Decimal(before["ETH"]["balance"]) - Decimal("0.5")
        assert "closed already" in fails(mock, "order?do=cancel&uuid=1")
        mock.control("order?do=place&code=KRW-ETH&side=bid&price=1000&volume=20&uuid=2")
        mock.control("order?do=prevent&uuid=2")
        _, _, prevented, cancel, krw = events(ws, 5)
        assert (prevented["state"], prevented["prevented_volume"], prevented["prevented_locked"]) == ("prevented", 20, 20010)
        assert cancel["state"] == "cancel" and krw["assets"][0]["currency"] == "KRW"


def sums(mock):
    """What open orders hold by currency, and what the accounts say is held."""
    held = {}
    status, _, rows = mock.call("GET", "/v1/orders/open", [("limit", 100)])
    assert status == 200 and len(rows) < 100
    for row in rows:
        quote, base = row["market"].split("-")
        currency = quote if row["side"] == "bid" else base
        held[currency] = held.get(currency, 0) + Decimal(row["locked"])
    told = {c: Decimal(a["locked"]) for c, a in accounts(mock).items() if Decimal(a["locked"]) != 0}
    return held, told


def test_sums_agree_at_any_moment():
    with Mock("--codes", 60, "--rate", 0, "--private-rate", 0) as mock, mock.private() as ws:
        ws.want(ORDER, ASSET)
        answered(ws)
        mock.control("orders?rate=500")
        seen, balances = events(ws, 1200), {}
        mock.control("orders?rate=0")
        held, told = sums(mock)
        assert held == told, (held, told)
        known = accounts(mock)
        answer = []
        ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}])
        while not answer:
            m = ws.message()
            (answer if "result" in m else seen).append(m)
        orders = {}
        for m in seen:
            if m["type"] == "myAsset":
                balances[m["assets"][0]["currency"]] = m["assets"][0]
                continue
            o = orders.setdefault(m["uuid"], [])
            if o and m["state"] == "trade":
                assert m["executed_volume"] == o[-1]["executed_volume"] + m["volume"], (o[-1], m)
                assert m["executed_funds"] == o[-1]["executed_funds"] + m["volume"] * m["price"]
                assert m["trades_count"] == o[-1]["trades_count"] + 1
                assert m["paid_fee"] == o[-1]["paid_fee"] + m["trade_fee"]
                assert m["trade_fee"] == m["volume"] * m["price"] * Decimal("0.0005")
            assert not o or o[-1]["state"] in ("wait", "trade"), o
            o.append(m)
        assert len(orders) > 50
        for currency, last in balances.items():
            assert Decimal(known[currency]["balance"]) == last["balance"], currency
            assert Decimal(known[currency]["locked"]) == last["locked"], currency
        # Each event once, in their order, and none that is not in the list.
        listed = [(e["uuid"], e["state"], e["trade_uuid"] or None) for e in mock.events()[1]
                  if e["type"] == "myOrder" and e["sent"] == 1]
        assert [(m["uuid"], m["state"], m["trade_uuid"]) for m in seen if m["type"] == "myOrder"] == listed
        assert len(set(listed)) == len(listed)
        stamps = [m["timestamp"] for m in seen if m["type"] == "myOrder"]
        assert stamps == sorted(stamps)


def test_what_was_sent_is_in_the_journal():
    with Mock(*QUIET) as mock, mock.private() as one, mock.private() as two, mock.ws() as public:
        public.want({"type": "trade", "codes": ["KRW-BTC"]})
        public.message()
        start, sent = mock.events()[0], journal(mock)[0]
        one.want({"type": "myOrder", "codes": ["KRW-ETH"]})
        two.want(ORDER, ASSET)
        answered(one)
        answered(two)
        mock.control("order?do=place&code=KRW-BTC")
        mock.control("order?do=place&code=KRW-ETH&side=ask")
        assert one.message()["code"] == "KRW-ETH"
        assert [m["type"] for m in events(two, 4)] == ["myOrder", "myAsset"] * 2
        _, happened = mock.events(start)
        assert [(e["type"], e["code"], e["sent"]) for e in happened] == [
            ("myOrder", "KRW-BTC", 1), ("myAsset", "KRW", 1), ("myOrder", "KRW-ETH", 2), ("myAsset", "ETH", 1)]
        rows = journal(mock, sent)[1]
        assert [(r["type"], r["code"], r["id"]) for r in rows] == [
            (e["type"], e["code"], e["n"]) for e in happened for _ in range(e["sent"])]
        public.quiet(0.05)
        conns = {c["id"]: c for c in mock.stats()["websocket_connections"]}
        assert {conns[r["conn"]]["stream"] for r in rows} == {"private"}
        assert len({c["auth"]["nonce"] for c in conns.values() if "auth" in c}) == 2


def test_announcements():
    with Mock(*QUIET) as mock, mock.private() as one, mock.private() as two:
        one.want({"type": "announcement", "categories": ["wallet"]})
        two.want({"type": "announcement", "include_body": True})
        answered(one)
        answered(two)
        mock.control("announce?category=trade&title=a&uuid=77&event=UPDATED", b"text")
        mock.control("announce?category=wallet&title=b")
        assert one.message()["title"] == "b"
        first, second = events(two, 2)
        assert list(first) == [*NEWS_KEYS, "body"] and first["body"] == "text"
        assert (first["event_type"], first["uuid"], first["category"]) == ("UPDATED", "77", "trade")
        assert first["url"].endswith("?id=77&view=share") and first["listed_at"].endswith("+09:00")
        assert second["body"] is None and "body" not in mock.events()[1][-1]
        one.quiet(0.05)


def test_types_nobody_knows_by_command():
    with Mock(*QUIET) as mock, mock.private() as ws, mock.ws() as public:
        public.want({"type": "ticker", "codes": ["KRW-BTC"]})
        public.message()
        ws.want(ORDER)
        answered(ws)
        mock.control("send?stream=private", b'{"type":"myThing","x":1}')
        assert ws.raw() == '{"type":"myThing","x":1}'
        mock.control("send?stream=public", b'{"type":"news"}')
        assert public.raw() == '{"type":"news"}'
        mock.control("garbage?kind=nulls&stream=private")
        assert ws.message()["type"] in ("myOrder", "myAsset")
        ws.quiet(0.05)
        public.quiet(0.05)


def test_faults_of_one_stream_alone():
    with Mock(*QUIET, "--time-scale", 10) as mock:
        with mock.private() as ws, mock.ws() as public:
            public.want({"type": "ticker", "codes": ["KRW-BTC"]})
            public.message()
            mock.control("cut?stream=private")
            assert ws.end() == (None, b"")
            mock.control("refuse?stream=private&count=2&status=503")
            for _ in range(2):
                with mock.private() as other:
                    assert other.status == 503
            with mock.ws() as other:
                assert other.status == 101
            mock.control("refuse?stream=public")
            with mock.private() as other:
                assert other.status == 101
                mock.control("error?when=now&stream=private&name=INVALID_AUTH")
                assert other.message()["error"]["name"] == "INVALID_AUTH" and other.end()[0] == 1000
            with mock.ws() as other:
                assert other.status == 503
            for how, ends in (("error", [1000]), ("close", [1000]), ("cut", [None])):
                with mock.private() as other:
                    other.want(ORDER)
                    answered(other)
                    mock.control("expire?how=" + how)
                    if how == "error":
                        assert other.message()["error"]["name"] == "INVALID_AUTH"
                    try:
                        raise AssertionError(other.read())
                    except Closed as closed:
                        assert [closed.code] == ends, (how, closed)
            with mock.private() as other:
                other.want(ORDER, ASSET)
                answered(other)
                mock.control("mute?type=myAsset&code=KRW")
                mock.control("order?do=place&side=bid")
                mock.control("order?do=place&side=ask")
                assert [m["type"] for m in events(other, 3)] == ["myOrder", "myOrder", "myAsset"]
                mock.control("forget?type=myOrder")
                assert answered(other) == [ASSET]
                mock.control("order?do=place&side=ask")
                assert other.message()["type"] == "myAsset"
                mock.control("reject?type=myOrder")
                other.want(ORDER)
                assert other.message()["error"]["name"] == "INVALID_PARAM"
            public.want({"type": "ticker", "codes": ["KRW-BTC"]})
            assert public.message()["type"] == "ticker"  # it never heard of all that


def test_a_life_for_connections():
    with Mock(*QUIET, "--token-life", 20, "--time-scale", 50) as mock:
        with mock.private() as ws, mock.ws() as public:
            ws.want(ORDER)
            began = time.monotonic()
            assert ws.message()["error"]["name"] == "INVALID_AUTH" and ws.end()[0] == 1000
            assert 0.2 < time.monotonic() - began < 10
            public.want({"type": "ticker", "codes": ["KRW-BTC"]})
            assert public.message()["type"] == "ticker"
    with Mock(*QUIET, "--token-life", 1000) as mock:
        mock.control("auth?answer=http")
        with mock.private(iat=time.time() - 3600) as ws:
            assert ws.status == 401
        with mock.private(iat=time.time()) as ws:
            assert ws.status == 101


def test_pockets_do_not_see_each_other():
    keys = "a a-key pocket=one;b b-key pocket=two;c c-key pocket=one"
    with Mock(*QUIET, env={"UPBIT_MOCK_KEYS": keys}) as mock:
        one, two, three = (mock.private(access=k, secret=k + "-key") for k in "abc")
        for ws in (one, two, three):
            ws.want(ORDER)
            answered(ws)
        mock.control("order?do=place&access=b")
        mock.control("order?do=place&access=a&side=ask")
        assert two.message()["ask_bid"] == "BID"
        assert one.message() == three.message()
        for ws in (one, two, three):
            ws.quiet(0.05)
            ws.sock.close()
        uuids = [{o["uuid"] for o in mock.call("GET", "/v1/orders/open", access=k, secret=k + "-key")[2]}
                 for k in "abc"]
        assert uuids[0] == uuids[2] and not uuids[0] & uuids[1]
        assert [e["pocket"] for e in mock.events()[1] if e["sent"]] == ["two", "one"]


def test_things_move_by_themselves():
    with Mock("--codes", 60, "--rate", 0, "--private-rate", 100) as mock, mock.private() as ws:
        ws.want(ORDER)
        states = {ws.until(lambda m: m.get("type") == "myOrder")["state"] for _ in range(60)}
        assert states == {"wait", "trade", "done", "cancel"}, states
        mock.control("orders?rate=0")
        answered(ws)
        ws.quiet(0.2)
    with Mock("--codes", 60, "--rate", 2000, "--private-rate", 0) as mock:
        # What rests is met by the market: at the best price but one.
        with mock.private() as ws:
            ws.want(ORDER)
            answered(ws)
            book = mock.get("/v1/orderbook?markets=KRW-BTC")[0]["orderbook_units"]
            price = book[0]["bid_price"]
            mock.control(f"order?do=place&side=bid&price={price:f}&volume=0.001")
            assert ws.until(lambda m: m["state"] == "done")["avg_price"] <= price


def test_a_long_run_stays_small():
    with Mock("--codes", 10, "--rate", 0, "--private-rate", 0) as mock:
        def size():
            with open(f"/proc/{mock.process.pid}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for _ in range(4):
            mock.control("order?do=lives&count=5000")
        first = size()
        for _ in range(4):
            mock.control("order?do=lives&count=5000")
        # Nothing is kept for ever; sanitizers keep what was freed for a while.
        assert size() - first < (256 if os.environ.get("MOCK_SANITIZED") else 4) << 20, size() - first
        at, rows = mock.events()
        assert len(rows) == 65536 and rows[-1]["n"] == at - 1
        assert json.loads(mock.http(f"/mock/events?since={at - 3}&limit=2")[2])["next"] == at - 1
        held, told = sums(mock)
        assert held == told


run(globals())
