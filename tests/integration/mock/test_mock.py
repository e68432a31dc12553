#!/usr/bin/python3
"""upbit-mock says and does what was seen of Upbit's stream. Argument: the program. Prints TAP."""
import calendar
import re
import time

from exchange import BINARY, MESSAGES, PING, PONG, Closed, Mock, run

UNITS = ["1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"]
ORDER = {
    "ticker": "type code opening_price high_price low_price trade_price prev_closing_price "
              "acc_trade_price change change_price signed_change_price change_rate "
              "signed_change_rate ask_bid trade_volume acc_trade_volume trade_date trade_time "
              "trade_timestamp acc_ask_volume acc_bid_volume highest_52_week_price "
              "highest_52_week_date lowest_52_week_price lowest_52_week_date market_state "
              "is_trading_suspended delisting_date market_warning timestamp acc_trade_price_24h "
              "acc_trade_volume_24h stream_type",
    "trade": "type code timestamp trade_date trade_time trade_timestamp trade_price trade_volume "
             "ask_bid prev_closing_price change change_price sequential_id best_ask_price "
             "best_ask_size best_bid_price best_bid_size stream_type",
    "orderbook": "type code timestamp total_ask_size total_bid_size orderbook_units stream_type "
                 "level",
    "candle.1m": "type code candle_date_time_utc candle_date_time_kst opening_price high_price "
                 "low_price trade_price candle_acc_trade_volume candle_acc_trade_price timestamp "
                 "stream_type",
}
BRIEF = {
    "ticker": "ty cd op hp lp tp pcp atp c cp scp cr scr ab tv atv tdt ttm ttms aav abv h52wp "
              "h52wdt l52wp l52wdt ms its dd mw tms atp24h atv24h st",
    "trade": "ty cd tms td ttm ttms tp tv ab pcp c cp sid bap bas bbp bbs st",
    "orderbook": "ty cd tms tas tbs obu st lv",
    "candle.1m": "ty cd cdttmu cdttmk op hp lp tp catv catp tms st",
}


def test_the_upgrade_says_what_upbit_says():
    with Mock("--codes", 10) as mock, mock.ws() as ws:
        assert ws.status == 101
        assert ws.headers["upgrade"] == "websocket"
        assert re.fullmatch(r"group=websocket; min=300; sec=\d", ws.headers["remaining-req"])
        assert ws.headers["limit-by-ip"] == "Yes"
        assert "sec-websocket-extensions" not in ws.headers
        assert "sec-websocket-extensions" not in ws.headers
        with mock.ws(headers=["Sec-WebSocket-Extensions: permessage-deflate"]) as other:
            assert other.status == 101
            assert other.headers["sec-websocket-extensions"] == "permessage-deflate"
        with mock.ws(headers=["Sec-WebSocket-Extensions: x-webkit-deflate-frame"]) as other:
            assert other.status == 101 and "sec-websocket-extensions" not in other.headers


def test_each_code_gets_a_snapshot_and_then_realtime():
    codes = ["KRW-BTC", "KRW-ETH"]
    with Mock("--codes", 5, "--rate", 2000) as mock, mock.ws() as ws:
        kinds = ["ticker", "trade", "orderbook", "candle.1s"]
        ws.want(*({"type": k, "codes": codes} for k in kinds))
        first = ws.messages(8)
        assert [(m["type"], m["code"]) for m in first] == [(k, c) for k in kinds for c in codes]
        assert all(m["stream_type"] == "SNAPSHOT" for m in first)
        left = {(k, c) for k in kinds for c in codes}
        while left:
            message = ws.message()
            assert message["stream_type"] == "REALTIME", message
            left.discard((message["type"], message["code"]))


def test_keys_in_the_order_of_the_wire_in_all_four_formats():
    with Mock("--codes", 3, "--rate", 0) as mock, mock.ws() as ws:
        for form in ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"):
            names = BRIEF if form.startswith("SIMPLE") else ORDER
            ws.want(*({"type": k, "codes": ["KRW-BTC"]} for k in ORDER), form=form)
            for kind in ORDER:
                message = ws.message()
                if form.endswith("LIST"):
                    assert isinstance(message, list) and len(message) == 1
                    message = message[0]
                assert list(message) == names[kind].split(), (form, list(message))
                assert message.get("type", message.get("ty")) == kind
                units = message.get("orderbook_units", message.get("obu"))
                if units:
                    want = "ap bp as bs" if form.startswith("SIMPLE") else \
                        "ask_price bid_price ask_size bid_size"
                    assert len(units) == 30 and list(units[0]) == want.split()


def test_every_unit_of_candles():
    with Mock("--codes", 3, "--rate", 0) as mock, mock.ws() as ws:
        ws.want(*({"type": "candle." + u, "codes": ["KRW-BTC"]} for u in UNITS))
        for unit, candle in zip(UNITS, ws.messages(len(UNITS))):
            assert candle["type"] == "candle." + unit
            start = calendar.timegm(time.strptime(candle["candle_date_time_utc"],
                                                  "%Y-%m-%dT%H:%M:%S"))
            seconds = int(unit[:-1]) * (60 if unit.endswith("m") else 1)
            assert start % seconds == 0 <= candle["timestamp"] - start * 1000 < seconds * 1000
            assert candle["candle_date_time_kst"] == time.strftime(
                "%Y-%m-%dT%H:%M:%S", time.gmtime(start + 9 * 3600))


def test_the_format_may_come_early_or_not_at_all():
    with Mock("--codes", 3, "--rate", 0) as mock, mock.ws() as ws:
        ws.say([{"format": "SIMPLE"}, {"ticket": "t"}, {"type": "trade", "codes": ["KRW-BTC"]}])
        assert "ty" in ws.message()
        ws.want({"type": "trade", "codes": ["KRW-BTC"]})
        assert "type" in ws.message()


def test_only_snapshot_and_only_realtime():
    with Mock("--codes", 2, "--rate", 2000) as mock, mock.ws() as ws:
        for name in ("is_only_snapshot", "isOnlySnapshot"):
            ws.want({"type": "ticker", "codes": ["KRW-BTC"], name: True})
            assert ws.message()["stream_type"] == "SNAPSHOT"
            ws.quiet(0.1)
        for name in ("is_only_realtime", "isOnlyRealtime"):
            ws.want({"type": "ticker", "codes": ["KRW-BTC"], name: True})
            assert {m["stream_type"] for m in ws.messages(20)} == {"REALTIME"}
            ws.want({"type": "ticker", "codes": ["KRW-NONE"]})
            ws.frame(PING)
            ws.until_op(PONG)  # behind what was on its way


def test_a_request_replaces_the_one_before():
    with Mock("--codes", 5, "--rate", 3000) as mock, mock.ws() as ws:
        ws.want({"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}, {"type": "ticker",
                                                                       "codes": ["KRW-BTC"]})
        ws.messages(30)
        ws.want({"type": "trade", "codes": ["KRW-ETH"]}, form="SIMPLE")
        first = ws.until(lambda m: "ty" in m)
        assert (first["ty"], first["cd"], first["st"]) == ("trade", "KRW-ETH", "SNAPSHOT")
        for message in ws.messages(50):
            assert (message["ty"], message["cd"], message["st"]) == \
                ("trade", "KRW-ETH", "REALTIME")


def test_silence_for_what_is_not_listed():
    with Mock("--codes", 30, "--rate", 2000) as mock, mock.ws() as ws:
        ws.want({"type": "ticker", "codes": ["KRW-NOPE", "krw-btc", "SGD-BTC", "KRW-BTC.5", ""]},
                {"type": "orderbook", "codes": ["KRW-BTC.x", ".5", "KRW-BTC."]},
                {"type": "orderbook", "codes": ["BTC-ETH"], "level": 10000},
                {"type": "orderbook", "codes": ["KRW-BTC"], "level": 12345})
        ws.quiet(0.3)
        ws.frame(PING, b"there?")
        assert ws.read() == (PONG, b"there?")


def test_depth_suffixes_and_levels():
    with Mock("--codes", 5, "--rate", 0) as mock, mock.ws() as ws:
        want = {".1": 1, ".5": 5, ".15": 15, ".30": 30, ".20": 30, ".2": 30, "": 30}
        for suffix, rows in want.items():
            ws.want({"type": "orderbook", "codes": ["KRW-BTC" + suffix]})
            book = ws.message()
            assert book["code"] == "KRW-BTC" and book["level"] == 0
            assert len(book["orderbook_units"]) == rows, (suffix, len(book["orderbook_units"]))
            for side in ("ask", "bid"):
                assert book[f"total_{side}_size"] == \
                    sum(u[side + "_size"] for u in book["orderbook_units"])
        instrument, = mock.get("/v1/orderbook/instruments?markets=KRW-BTC")
        assert instrument["tick_size"] == "1000", instrument
        levels = instrument["supported_levels"]
        assert levels[:3] == ["0", "10000", "100000"], levels
        ws.want(*({"type": "orderbook", "codes": ["KRW-BTC.5"], "level": int(x)} for x in levels))
        for level in levels:
            book = ws.message()
            assert str(book["level"]) == level
            grid = max(int(level), 1000)
            for unit in book["orderbook_units"]:
                assert unit["ask_price"] % grid == 0 and unit["bid_price"] % grid == 0


def test_thin_markets_are_padded_and_sometimes_one_sided():
    with Mock("--codes", 900, "--rate", 0) as mock, mock.ws() as ws:
        codes = [m["market"] for m in mock.get("/v1/market/all")]
        assert len(codes) == len(set(codes)) == 900
        ws.want({"type": "orderbook", "codes": codes})
        padded = empty = 0
        for code in codes:
            book = ws.message()
            assert book["code"] == code and len(book["orderbook_units"]) == 30
            for side in ("ask", "bid"):
                slots = [(u[side + "_price"], u[side + "_size"]) for u in book["orderbook_units"]]
                count = sum(1 for s in slots if s != (0, 0))
                assert all(p > 0 and z > 0 for p, z in slots[:count]), (code, slots)
                assert not code.startswith("KRW-") or count == 30
                padded += 0 < count < 30
                empty += count == 0
        assert padded > 100 and 0 < empty < 100, (padded, empty)


def test_numbers_are_spelt_as_on_the_wire():
    with Mock("--codes", 300, "--rate", 0) as mock, mock.ws() as ws:
        codes = [m["market"] for m in mock.get("/v1/market/all")]

        def spelling(kind, form, name):
            ws.want({"type": kind, "codes": codes}, form=form)
            text = "".join(ws.raw() for _ in codes)
            return set(re.findall(rf'"{name}":([^,}}]+)', text))

        def some(words, *patterns):
            for pattern in patterns:
                assert any(re.fullmatch(pattern, w) for w in words), (pattern, sorted(words)[:40])
            assert not any("e" in w or "+" in w for w in words)

        some(spelling("orderbook", "DEFAULT", "ask_price"),
             r"\d\.\d+E8", r"\d{5,}\.0", r"\d\.\d+E-[4-8]", r"0\.0")
        some(spelling("orderbook", "DEFAULT", "ask_size"), r"\d+\.\d{7}0", r"\d+\.\d", r"0")
        some(spelling("orderbook", "SIMPLE", "ap"), r"\d{9}", r"\d{4,7}\.0", r"\d\.?\d*E-\d")
        some(spelling("orderbook", "SIMPLE", "as"), r"\d\.\d+E-[45]")
        some(spelling("ticker", "DEFAULT", "trade_price"), r"\d{9}\.0{8}")
        some(spelling("ticker", "SIMPLE", "tp"), r"\d{9}\.0", r"\d\.\d+E-\d|0\.0000\d+")
        some(spelling("ticker", "DEFAULT", "acc_trade_price"), r"\d{8,}\.\d{16}")
        ids = spelling("trade", "SIMPLE", "sid")
        assert all(re.fullmatch(r"\d{17}", i) and int(i) > 2 ** 53 for i in ids)


def test_list_subscriptions_answers_and_switches_the_format():
    with Mock("--codes", 5, "--rate", 3000) as mock, mock.ws() as ws:
        ask = [{"ticket": "mine"}, {"method": "LIST_SUBSCRIPTIONS"}]
        ws.say(ask)
        assert ws.message() == {"method": "LIST_SUBSCRIPTIONS", "result": [], "ticket": "mine"}
        ws.want({"type": "ticker", "codes": ["KRW-BTC"]},
                {"type": "orderbook", "codes": ["KRW-ETH.5"], "level": 1000})
        ws.messages(5)
        ws.say(ask)
        assert ws.until(lambda m: "method" in m) == {
            "method": "LIST_SUBSCRIPTIONS", "result": [
                {"type": "ticker", "codes": ["KRW-BTC"]},
                {"type": "orderbook", "codes": ["KRW-ETH.5"], "level": 1000}], "ticket": "mine"}
        assert "type" in ws.message()
        ws.say(ask + [{"format": "SIMPLE_LIST"}])
        answer, = ws.until(lambda m: isinstance(m, list))
        assert list(answer) == ["mthd", "rslt", "tckt"] and answer["tckt"] == "mine"
        assert answer["rslt"][1] == {"ty": "orderbook", "cds": ["KRW-ETH.5"], "lv": 1000}
        for message in ws.messages(10):
            assert isinstance(message, list) and message[0]["st"] == "REALTIME"
        ws.say([{"method": "LIST_SUBSCRIPTIONS"}, {"ticket": "older"}])
        assert ws.until(lambda m: "method" in m)["ticket"] == "older"
        assert "type" in ws.message()


def test_errors_are_told_and_then_the_connection_is_closed():
    ticket, codes = {"ticket": "t"}, ["KRW-BTC"]
    cases = [
        ("hello", "WRONG_FORMAT"), ("{}", "WRONG_FORMAT"), ('"x"', "WRONG_FORMAT"),
        ("[1]", "WRONG_FORMAT"), ("[" * 100, "WRONG_FORMAT"), ("", "WRONG_FORMAT"),
        ('[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"]}', "WRONG_FORMAT"),
        ([], "NO_TICKET"), ([{"type": "ticker", "codes": codes}], "NO_TICKET"),
        ([{"ticket": ""}, {"type": "ticker", "codes": codes}], "NO_TICKET"),
        ([{"ticket": 5}, {"type": "ticker", "codes": codes}], "NO_TICKET"),
        ([ticket], "NO_TYPE"), ([ticket, {"codes": codes}], "NO_TYPE"),
        ([ticket, {"type": "ticker"}], "NO_CODES"),
        ([ticket, {"type": "ticker", "codes": []}], "NO_CODES"),
        ([ticket, {"type": "ticker", "codes": "KRW-BTC"}], "WRONG_FORMAT"),
        ([ticket, {"type": "ticker", "codes": [1]}], "WRONG_FORMAT"),
        ([ticket, {"type": "ticker", "codes": codes, "is_only_snapshot": "x"}], "WRONG_FORMAT"),
        ([ticket, {"type": "nope", "codes": codes}], "INVALID_PARAM"),
        ([ticket, {"type": "candle.2m", "codes": codes}], "INVALID_PARAM"),
        ([ticket, {"type": "ticker", "codes": codes}, {"format": "XML"}], "INVALID_PARAM"),
        ([ticket, {"method": "NOPE"}], "INVALID_PARAM"),
    ]
    with Mock("--codes", 3, "--rate", 100, "--time-scale", 20) as mock:
        for request, name in cases:
            with mock.ws() as ws:
                ws.want({"type": "trade", "codes": codes, "is_only_snapshot": True})
                ws.message()
                ws.say(request)
                error = ws.message()["error"]
                assert error["name"] == name, (request, error)
                assert error["message"] == MESSAGES.get(name, error["message"])
                assert set(error) == {"name", "message"}
                assert ws.end() == (1000, b""), request
        with mock.ws() as ws:
            ws.want({"type": "nope", "codes": codes})
            assert ws.message()["error"]["message"] == "nope 은 지원하지 않는 타입입니다."
        assert mock.stats()["errors_sent"] == len(cases) + 1


def test_the_close_follows_the_error_after_a_while_and_nothing_between():
    with Mock("--codes", 2, "--rate", 5000) as mock, mock.ws() as ws:
        ws.want({"type": "trade", "codes": ["KRW-BTC"]})
        ws.messages(5)
        ws.say("hello")
        ws.until(lambda m: "error" in m)
        told = time.monotonic()
        try:
            raise AssertionError(ws.read())
        except Closed as closed:
            assert closed.code == 1000
        assert time.monotonic() - told > 0.12


def test_the_private_streams_ask_for_a_token():
    with Mock("--codes", 2, "--time-scale", 10) as mock:
        for path in ("/websocket/v1/private", "/websocket/v1/info"):
            with mock.ws(path) as ws:
                assert ws.message() == {"error": {"message": "인증 정보가 올바르지 않습니다.",
                                                  "name": "INVALID_AUTH"}}
                assert ws.end()[0] == 1000


def test_ping_starts_a_clock_of_up_frames():
    with Mock("--codes", 2, "--rate", 0, "--time-scale", 60) as mock, mock.ws() as ws:
        asked = time.monotonic()
        ws.say("PING")
        ws.say("PING")
        assert ws.read() == (BINARY, b'{"status":"UP"}')
        first = time.monotonic()
        assert 0.6 / 60 <= first - asked
        for _ in range(7):  # 70 s: longer than the idle cut
            assert ws.raw() == '{"status":"UP"}'
        assert time.monotonic() - first > 6.5 * 10 / 60
        ws.frame(PING, b"\0\xff")
        assert ws.until_op(PONG) == b"\0\xff"
        assert mock.stats()["pings"] == 2


def test_an_idle_connection_is_cut_without_a_word():
    with Mock("--codes", 2, "--rate", 0, "--time-scale", 60) as mock:
        with mock.ws() as idle, mock.ws() as used, mock.ws() as snapshot:
            started = time.monotonic()
            snapshot.want({"type": "ticker", "codes": ["KRW-BTC"]})
            assert snapshot.message()["stream_type"] == "SNAPSHOT"
            while time.monotonic() - started < 1.2:
                used.frame(PING, b"x")
                assert used.read() == (PONG, b"x")
                time.sleep(0.05)
            assert idle.end() == (None, b"") and snapshot.end() == (None, b"")
            used.frame(PING, b"y")
            assert used.read() == (PONG, b"y")
            assert mock.stats()["idle_cuts"] == 2
    with Mock("--codes", 2, "--rate", 0, "--time-scale", 1000, "--idle-timeout", 0) as mock:
        with mock.ws() as ws:
            time.sleep(0.2)
            ws.frame(PING)
            assert ws.read() == (PONG, b"")


def test_the_clock_begins_where_it_is_told():
    with Mock("--codes", 2, "--rate", 0, "--start-ms", 1785279600000) as mock:
        newest = mock.get("/v1/candles/minutes/1?market=KRW-BTC&count=1")[0]
        assert newest["candle_date_time_utc"] in ("2026-07-28T22:59:00", "2026-07-28T23:00:00")


def test_many_codes_and_a_high_rate():
    with Mock("--codes", 900, "--rate", 100000) as mock, mock.ws() as ws:
        codes = [m["market"] for m in mock.get("/v1/market/all")]
        ws.want(*({"type": k, "codes": codes, "is_only_snapshot": True}
                  for k in ["ticker", "orderbook", "candle.240m"]))
        assert len({(m["type"], m["code"]) for m in ws.messages(2700)}) == 2700
        ws.want({"type": "trade", "codes": codes, "is_only_realtime": True})
        text = [ws.raw() for _ in range(10000)]
        ids = {re.search(r'"code":"([^"]*)".*"sequential_id":(\d+)', t).groups() for t in text}
        assert len(ids) == len(text)


run(globals())
