#!/usr/bin/python3
"""upbit-mock goes wrong on command, and right again: connections, subscriptions, listings, time, and
the journal of it all. Argument: the program. Prints TAP."""
import json
import os
import re
import time

from exchange import MESSAGES, PING, Mock, fails, journal, run

BTC, ETH = "KRW-BTC", "KRW-ETH"
TYPE = {"type": "ticker", "codes": [BTC, ETH]}


def refused(mock):
    try:
        mock.connect(timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


def ids(mock):
    return [c["id"] for c in mock.stats()["websocket_connections"] if c["open"]]


def held(ws):
    """What the connection holds, as LIST_SUBSCRIPTIONS tells it."""
    ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}])
    rows = ws.until(lambda m: m.get("method") == "LIST_SUBSCRIPTIONS")["result"]
    return sorted((row["type"], code) for row in rows for code in row["codes"])


def test_wrong_parameters_are_told_what_is_allowed():
    cases = [
        ("cut?how=axe", "how must be one of: rst fin silence"),
        ("cut?id=x", "id must be a whole number from 1"),
        ("cut?id=99", "no WebSocket has the id 99"),
        ("cut?when=now", "cut has no parameter when; it takes how, id, stream, for_ms"),
        ("cut?for_ms=-1", "for_ms must be a whole number from 1 to 600000"),
        ("delay?ms=", "ms must be a whole number"), ("delay?ms=5x", "ms must be a whole number"),
        ("delay?ms=99999999999999999999", "ms must be a whole number"),
        ("delay?ms=1&what=tcp", "what must be one of: all ws http"),
        ("reject", "reject needs a type, a code or both"),
        ("reject?type=candle.2m", "type must be ticker, trade"),
        ("reject?code=BTC", "code must be one like KRW-BTC"),
        ("reject?code=KRW-" + "X" * 30, "code must not be longer than 23"),
        ("reject?type=trade&name=NOPE", "name must be one of the exchange's (WRONG_FORMAT"),
        ("forget", "forget needs a type, a code or both"),
        ("forget?type=trade&id=7", "no WebSocket has the id 7"),
        ("list", "list needs add, remove or both"), ("list?add=EUR-BTC", "codes like KRW-NEW"),
        ("list?add=KRW-", "codes like KRW-NEW"), ("list?add=KRW-lower", "codes like KRW-NEW"),
        ("list?remove=KRW-NOPE", "KRW-NOPE is not listed"),
        ("reset?x=1", "it takes none"),
        ("key?access=nobody", "no key has this name"),
        ("key?scopes=money", "scopes must be some of assets,orders,trade"),
        ("key?ips=" + "1.1.1.1," * 11, "ips must be up to 10 addresses"),
        ("key?ips=1.1.1.1,,", "ips must be up to 10 addresses"),
        ("order?do=fill&uuid=00", "there is no such order"),
        ("order?do=place&price=0&volume=1", "price must be a decimal number above 0"),
        ("order?do=place&price=1&volume=1", "the exchange would not take it"),
        ("order?do=place&code=KRW-NOPE", "no such market"),
        ("order?do=place&uuid=%22", "uuid must be of 0-9 a-f and -"),
        ("order?access=nobody", "no key has this name"),
        ("deposit?amount=-1e9", "deposit needs an amount"),
        ("deposit?amount=-99999999999", "there is not that much"),
        ("deposit?amount=1&currency=won", "deposit needs an amount"),
        ("limit?group=orders", "group must be one of: all market ticker orderbook trades candles"),
        ("refuse?status=200", "status must be a whole number from 400 to 599"),
        ("send?op=ping", "a ping or pong holds at most 125 bytes"),
    ]
    with Mock("--codes", 5, "--rate", 0) as mock:
        for path, words in cases:
            body = b"x" * 126 if path.startswith("send") else b""
            assert words in fails(mock, path, body), (path, fails(mock, path, body))
        assert mock.http("/mock/cut")[0] == 405 and mock.http("/mock/stats", "POST")[0] == 405
        assert mock.http("/mock/nope", "POST")[0] == 404
        assert mock.http("/mock/journal?since=x")[0] == 400
        with mock.ws() as ws:  # and nothing of all that did anything
            ws.want(TYPE)
            assert [m["code"] for m in ws.messages(2)] == [BTC, ETH]


def test_the_document_knows_all_orders_and_their_parameters():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 3, "docs", "MOCK.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    told = {}
    for name, query in re.findall(r"^\| `([a-z]+)(?:\?([^`]*))?` \|", text, re.M):
        told[name] = {p.split("=")[0] for p in query.split("&") if p}
    told["garbage"].add("every")
    told["forget"].add("requests")
    with Mock("--codes", 2, "--rate", 0) as mock:
        known = re.search("there is (.*)", fails(mock, "scenario", b'{"at_ms":0,"do":"?"}'))
        names = known.group(1).split(", ")
        assert len(names) > 20
        for name in names:
            words = fails(mock, name + "?nonsense=1").split("it takes ")[1]
            takes = set() if words == "none" else set(words.split(", "))
            assert takes == told[name], (name, takes, told[name])


def test_one_connection_is_cut_and_the_other_goes_on():
    with Mock("--codes", 5) as mock, mock.ws() as one, mock.ws() as two:
        first, second = sorted(ids(mock))
        mock.control(f"cut?how=fin&id={first}")
        assert one.end() == (None, b"")
        two.want(TYPE)
        assert two.message()["code"] == BTC and ids(mock) == [second]


def test_a_connection_goes_silent_without_an_end():
    with Mock("--codes", 5, "--rate", 5000) as mock, mock.ws() as ws, mock.ws() as other:
        ws.want(TYPE)
        ws.messages(20)
        mock.control(f"cut?how=silence&id={min(ids(mock))}")
        time.sleep(0.1)
        ws.sock.setblocking(False)
        try:
            while True:
                ws.stream.more()
        except BlockingIOError:
            ws.stream.bytes.clear()
        asked = mock.stats()["requests"]
        ws.frame(PING, b"are you there")
        ws.want(TYPE)
        ws.frame(8, b"\x03\xe8")
        mock.control("send", b"hello")
        ws.quiet(0.3)
        assert mock.stats()["requests"] == asked
        assert other.read() == (2, b"hello")
        other.want(TYPE)
        other.messages(3)
        mock.control("reset")
        ws.read()


def test_an_outage_refuses_connections_and_ends():
    with Mock("--codes", 5) as mock:
        with mock.ws() as ws, mock.ws() as other:
            mock.control("cut?how=rst&for_ms=700")
            began = time.monotonic()
            for one in (ws, other):
                assert one.end() == (None, b"")
            tries = 0
            while refused(mock):
                tries += 1
                time.sleep(0.05)
                assert time.monotonic() - began < 20
            assert tries >= 2 and time.monotonic() - began > 0.5
        with mock.ws() as ws:
            ws.want(TYPE)
            assert ws.message()["code"] == BTC


def test_an_outage_alone_leaves_who_is_there():
    with Mock("--codes", 5, "--rate", 2000) as mock, mock.ws() as ws:
        ws.want(TYPE)
        mock.control("outage?for_ms=400")
        assert refused(mock)
        ws.messages(10)
        while refused(mock):
            time.sleep(0.05)
        assert mock.http("/v1/market/all")[0] == 200


def test_a_poisoned_want_is_refused_as_long_as_it_stands():
    trade = {"type": "trade", "codes": [BTC, ETH]}
    with Mock("--codes", 5, "--rate", 0, "--time-scale", 10) as mock:
        mock.control("reject?type=trade&code=KRW-ETH")
        for _ in range(3):
            with mock.ws() as ws:
                ws.want(TYPE, trade)
                error = ws.message()["error"]
                assert error == {"name": "INVALID_PARAM",
                                 "message": f"{ETH} 은 지원하지 않는 타입입니다."}, error
                assert ws.end()[0] == 1000
        with mock.ws() as ws:  # the type alone, or the code alone, is no poison
            ws.want(TYPE, {"type": "trade", "codes": [BTC]})
            assert [(m["type"], m["code"]) for m in ws.messages(3)] == \
                [("ticker", BTC), ("ticker", ETH), ("trade", BTC)]
            assert len(held(ws)) == 3
            ws.want(trade)
            assert ws.message()["error"]["name"] == "INVALID_PARAM" and ws.end()[0] == 1000
        assert mock.stats()["rejected"] == 4
        mock.control("reject?type=trade&code=KRW-ETH&on=0")
        with mock.ws() as ws:
            ws.want(trade)
            assert ws.messages(2)[1]["code"] == ETH


def test_a_poison_has_any_of_the_exchanges_names():
    with Mock("--codes", 5, "--rate", 0, "--time-scale", 10) as mock:
        for name, text in MESSAGES.items():
            mock.control(f"reject?code=KRW-BTC&name={name}")
            with mock.ws() as ws:
                ws.want({"type": "orderbook", "codes": ["KRW-BTC.5"]})
                assert ws.message()["error"] == {"name": name, "message": text}
        mock.control("reject?code=KRW-BTC&name=NEW_NAME&message=says%20%22who%22")
        with mock.ws() as ws:
            ws.want(TYPE)
            assert ws.message()["error"] == {"name": "NEW_NAME", "message": 'says "who"'}
        mock.control("reject?type=candle.1m")
        mock.control("reject?on=0&code=KRW-BTC")
        with mock.ws() as ws:
            ws.want(TYPE)
            ws.messages(2)
            ws.want({"type": "candle.1m", "codes": [BTC]})
            assert ws.message()["error"]["message"].startswith("candle.1m ")


def test_a_connection_forgets_and_its_list_shows_it():
    wants = (TYPE, {"type": "trade", "codes": [BTC, ETH]})
    both = [("ticker", BTC), ("ticker", ETH), ("trade", BTC), ("trade", ETH)]
    with Mock("--codes", 5, "--rate", 3000) as mock, mock.ws() as ws, mock.ws() as other:
        ws.want(*wants)
        other.want(*wants)
        assert held(ws) == both
        mock.control(f"forget?type=trade&code={BTC}&id={min(ids(mock))}")
        assert held(ws) == [w for w in both if w != ("trade", BTC)] and held(other) == both
        seen = {(m["type"], m["code"]) for m in ws.messages(400)}
        assert ("trade", BTC) not in seen and ("trade", ETH) in seen
        assert ("trade", BTC) in {(m["type"], m["code"]) for m in other.messages(400)}
        mock.control("forget?type=ticker")
        assert held(ws) == [("trade", ETH)] and held(other) == both[2:]
        ws.want(*wants)
        assert held(ws) == both
        mock.control("forget?code=KRW-ETH&requests=1")
        ws.want(*wants)
        assert held(ws) == [("ticker", BTC), ("trade", BTC)]
        ws.want(*wants)
        assert held(ws) == both


def markets(mock):
    return [r["market"] for r in mock.get("/v1/market/all")]


def test_markets_are_listed_and_taken_off():
    with Mock("--codes", 10, "--rate", 5000, "--time-scale", 10) as mock, mock.ws() as ws:
        before = markets(mock)
        wants = ({"type": "trade", "codes": [BTC, ETH, "KRW-NEW", "BTC-NEWER"]},
                 {"type": "orderbook", "codes": ["KRW-NEW"]})
        mock.control("list?add=KRW-NEW,BTC-NEWER,USDT-SOL&remove=KRW-ETH")
        assert markets(mock) == [c for c in before if c != ETH] + \
            ["KRW-NEW", "BTC-NEWER", "USDT-SOL"]
        ws.want(*wants)
        first = ws.messages(4)
        assert [(m["type"], m["code"]) for m in first] == \
            [("trade", BTC), ("trade", "KRW-NEW"), ("trade", "BTC-NEWER"),
             ("orderbook", "KRW-NEW")]
        ws.until(lambda m: m["code"] == "KRW-NEW" and m["type"] == "trade"
                 and m["stream_type"] == "REALTIME")
        assert mock.get("/v1/ticker?markets=KRW-NEW")[0]["trade_price"] > 0
        assert mock.http("/v1/ticker?markets=KRW-ETH")[0] == 404
        assert all(r["market"] != ETH for r in mock.get("/v1/ticker/all?quote_currencies=KRW"))
        mock.control("list?remove=KRW-NEW")
        after = journal(mock)[0]
        ws.until(lambda m: m["code"] == "BTC-NEWER" and m["stream_type"] == "REALTIME")
        assert all(m["code"] != "KRW-NEW" for m in journal(mock, after)[1])
        assert "KRW-NEW" not in markets(mock)
        mock.control("list?add=KRW-ETH")
        assert markets(mock)[:10] == before
        ws.want(*wants)
        snapshots = [ws.until(lambda m: m["stream_type"] == "SNAPSHOT") for _ in range(3)]
        assert [m["code"] for m in snapshots] == [BTC, ETH, "BTC-NEWER"]
        mock.control("list?add=" + ",".join(f"KRW-A{n}" for n in range(253)))
        assert "256 can be added" in fails(mock, "list?add=KRW-LAST")
        ws.want({"type": "trade", "codes": ["KRW-A252"]})
        ws.until(lambda m: m["code"] == "KRW-A252")


def test_a_market_without_a_listing_order_is_the_same_market():
    def books(*orders):
        with Mock("--codes", 20, "--rate", 0) as mock:
            for order in orders:
                mock.control(order)
            rows = mock.get("/v1/orderbook?markets=KRW-BTC,BTC-ETH")
            return [(r["orderbook_units"], r["total_ask_size"]) for r in rows]
    assert books() == books("list?add=KRW-NEW", "list?remove=KRW-NEW", "delay?ms=9", "reset")


def round_trip(ws):
    began = time.monotonic()
    ws.frame(PING, b"x")
    ws.read()
    return time.monotonic() - began


def test_everything_sent_is_late_by_so_much_and_in_order():
    with Mock("--codes", 3, "--rate", 3000) as mock, mock.ws() as still:
        assert round_trip(still) < 0.2
        mock.control("delay?ms=300&jitter_ms=100")
        assert 0.29 < round_trip(still) < 4
        began = time.monotonic()
        with mock.ws() as ws:
            assert 0.29 < time.monotonic() - began < 4
            ws.want({"type": "trade", "codes": [BTC]})
            got = [int(m["sequential_id"]) for m in ws.messages(200)]
            assert got[1:] == sorted(got[1:]) and len(set(got[1:])) == 199
        began = time.monotonic()
        assert mock.http("/v1/market/all")[0] == 200 and time.monotonic() - began > 0.29
        began = time.monotonic()
        mock.control("delay?ms=300&what=http")
        assert time.monotonic() - began < 0.25  # /mock itself is never late
        assert round_trip(still) < 0.2
        mock.control("delay")
        began = time.monotonic()
        assert mock.http("/v1/market/all")[0] == 200 and time.monotonic() - began < 0.25


def test_requests_are_answered_after_a_while_and_in_order():
    with Mock("--codes", 3, "--rate", 0, "--answer-ms", 170) as mock, mock.ws() as ws:
        began = time.monotonic()
        ws.want(TYPE)
        ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}])
        ws.want({"type": "trade", "codes": [BTC]})
        ws.message()
        assert 0.16 < time.monotonic() - began < 3
        ws.message()
        assert len(ws.message()["result"][0]["codes"]) == 2
        assert ws.message()["type"] == "trade"
        mock.control("answer?ms=300")
        ws.want(TYPE)
        mock.control("answer")  # what waits is not overtaken
        ws.want({"type": "trade", "codes": [BTC]})
        assert [m["type"] for m in ws.messages(3)] == ["ticker", "ticker", "trade"]
        mock.control("answer?ms=60000")
        ws.want(TYPE)
        ws.quiet(0.3)
        assert round_trip(ws) < 0.2
        mock.control("answer")
        with mock.ws() as other:
            began = time.monotonic()
            other.want(TYPE)
            other.message()
            assert time.monotonic() - began < 0.16


def test_the_journal_is_what_was_sent():
    wants = ({"type": "ticker", "codes": [BTC]}, {"type": "trade", "codes": [BTC, ETH]},
             {"type": "orderbook", "codes": [BTC + ".5"], "level": 10000},
             {"type": "candle.1s", "codes": [BTC]})
    with Mock("--codes", 3, "--rate", 2000, "--time-scale", 5) as mock, mock.ws() as ws:
        ws.want(*wants)
        got = ws.messages(1500)
        ident = min(ids(mock))
        rows = [r for r in journal(mock)[1] if r["conn"] == ident][:1500]
        assert len(rows) == 1500
        for sent, row in zip(got, rows):
            assert (sent["type"], sent["code"], sent["stream_type"]) == \
                (row["type"], row["code"], row["stream"]), (sent, row)
            if sent["type"] == "trade":
                assert sent["sequential_id"] == row["id"], (sent, row)
                assert sent["trade_timestamp"] == row["timestamp"]
            else:
                assert sent["timestamp"] == row["timestamp"], (sent, row)
            if sent["type"] == "orderbook":
                assert (row["depth"], row["level"]) == (5, 10000), row
        assert [r["n"] for r in rows] == sorted({r["n"] for r in rows})
        at = journal(mock)[0]
        ticks = mock.get("/v1/trades/ticks?market=KRW-BTC&count=7")
        rest = [r for r in journal(mock, at)[1] if r["stream"] == "REST"]
        assert [r["id"] for r in rest] == [t["sequential_id"] for t in ticks]


def test_the_journal_is_bounded():
    with Mock("--codes", 3, "--rate", 0, "--journal", 5) as mock, mock.ws() as ws:
        for _ in range(4):
            ws.want(TYPE)
            ws.messages(2)
        answer = json.loads(mock.http("/mock/journal")[2])
        assert (answer["first"], answer["next"], answer["newest"]) == (4, 9, 8), answer
        assert [r["n"] for r in answer["messages"]] == [4, 5, 6, 7, 8]
        answer = json.loads(mock.http("/mock/journal?since=6&limit=2")[2])
        assert [r["n"] for r in answer["messages"]] == [6, 7] and answer["next"] == 8
        assert json.loads(mock.http("/mock/journal?since=50")[2])["messages"] == []
    with Mock("--codes", 3, "--rate", 0, "--journal", 0) as mock, mock.ws() as ws:
        ws.want(TYPE)
        ws.messages(2)
        assert json.loads(mock.http("/mock/journal")[2])["messages"] == []


run(globals())
