"""A manager's options, what it tells about itself, and what it can be told while it runs."""
import decimal
import logging
import os
import re
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy

INCLUDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "core", "include",
                       "upbit-live")


def struct(header, name):
    with open(os.path.join(INCLUDE, header), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    body = re.search(r"typedef struct %s {(.*?)} %s;" % (name, name), text, re.S)[1]
    members = re.findall(r"(\w+)(?:\[\w+\])?(?=[,;])", body)
    return [m for m in members if m not in ("struct_size", "reserved")]


def process_until(proxy, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        proxy.process(0.05)
    assert condition()


def test_every_option_of_the_library_has_its_name_here():
    """The structs grow; functions are Python's own business: logging, set_credentials."""
    others = {"log", "log_context", "credentials", "credentials_context"}
    here = os.path.dirname(upbit_live.__file__)
    with open(os.path.join(here, "_core.pyi"), encoding="utf-8") as file:
        types = file.read().split("class Manager:")[1].split(") -> None")[0]
    written = set(re.findall(r"^ +(\w+): .* = None,$", types, re.M))
    options = set(struct("options.h", "upbit_options")) - others
    assert written == options
    for name in options:
        with pytest.raises((TypeError, OverflowError, upbit_live.ArgumentError)):
            upbit_live.settings(**{name: object()})
        upbit_live.settings(**{name: None})
    options = set(struct("options.h", "upbit_proxy_options")) - {"waiter", "user_data"}
    missing = options - set(WebSocketClientProxy.__init__.__kwdefaults__)
    assert missing == set()


def test_settings_say_where_they_come_from(monkeypatch):
    monkeypatch.setenv("UPBIT_SILENCE_MS", "61000")
    rows = {s.name: s for s in upbit_live.settings(
        settle_ms=12, region=upbit_live.Region.SG, compression=False, replay_speed=2.5)}
    assert (rows["settle_ms"].value, rows["settle_ms"].source) == ("12", "options")
    assert (rows["silence_ms"].value, rows["silence_ms"].source) == ("61000", "environment")
    assert rows["silence_ms"].variable == "UPBIT_SILENCE_MS" and rows["silence_ms"].unit == "ms"
    assert "sg-api" in rows["url"].value and rows["pong_timeout_ms"].source == "default"
    assert rows["compression"].value == "off", "False says no, it does not leave it open"
    assert float(rows["replay_speed"].value) == 2.5
    assert isinstance(rows["url"].tuning, bool)
    with pytest.raises(upbit_live.ArgumentError, match="settle_ms"):
        upbit_live.settings(settle_ms=4000000000)
    with pytest.raises(OverflowError, match="settle_ms"):
        upbit_live.Manager(settle_ms=1 << 32)
    with pytest.raises(TypeError, match="no option 'speed'"):
        upbit_live.Manager(speed=1)
    with pytest.raises(TypeError):
        upbit_live.Manager("ws://127.0.0.1:1")


def test_an_inspection_is_all_of_one_moment(upbit_mock):
    manager = upbit_mock.make_manager()
    with WebSocketClientProxy("chart", manager=manager) as one, \
            WebSocketClientProxy("book", manager=manager) as other:
        one.subscribe_ticker(["KRW-BTC", "KRW-ETH"]).result()
        one.subscribe_candle("KRW-BTC", unit="5m").result()
        other.subscribe_orderbook("KRW-*", depth=5).result()
        other.subscribe_ticker("KRW-BTC", realtime_only=True).result()
        process_until(one, lambda: all(k.events for k in manager.inspect().keys if k.type == "ticker"))
        seen = manager.inspect(5.0)
    assert [s.session for s in seen.sessions] == [upbit_live.Session.PUBLIC, upbit_live.Session.PRIVATE]
    public = seen.sessions[0]
    assert public.state is upbit_live.State.LIVE and public.url.startswith("ws") and not public.reason
    assert public.heard_ms >= 0 and seen.sessions[1].heard_ms is None
    assert [(p.client_id, p.selectors) for p in seen.proxies] == [("book", 1), ("chart", 0)]
    assert seen.proxies[1].wants == 3 and "delivered" in seen.proxies[0].stats
    (btc,) = [k for k in seen.keys if k.type == "ticker" and k.code == "KRW-BTC"]
    assert btc.takers == 2 and btc.on_wire and btc.candle_unit is None and btc.level is None
    assert btc.lag_ms is not None and btc.age_ms >= 0 and btc.quiet is None
    assert [k.candle_unit for k in seen.keys if k.type == "candle"] == [upbit_live.CandleUnit.M5]
    wants = {(w.proxy.client_id, w.key.type, w.key.code): w for w in seen.wants}
    assert len(wants) == sum(p.wants for p in seen.proxies) == len(seen.wants)
    assert wants["book", "orderbook", "KRW-ETH"].by_selector and wants["chart", "ticker", "KRW-ETH"].by_name
    assert wants["book", "orderbook", "KRW-ETH"].depth == 5
    assert wants["book", "ticker", "KRW-BTC"].flags == upbit_live.WantFlag.REALTIME_ONLY
    (connects,) = [x for x in seen.limits if x.group is upbit_live.LimitGroup.CONNECT]
    assert connects.allowed >= 1 and connects.window_ms >= 1000 and connects.closed_ms == 0
    for header, of in (("session", seen.sessions), ("key", seen.keys), ("proxy", seen.proxies),
                       ("want", seen.wants), ("limit", seen.limits)):
        assert list(of[0]._fields) == struct("inspect.h", "upbit_%s_info" % header), header
    assert manager.shutdown()
    with pytest.raises(upbit_live.ClosedError):
        manager.inspect()


def test_health_of_each_session(upbit_mock):
    with WebSocketClientProxy("well", manager=upbit_mock.manager, health=True) as proxy:
        changes = []
        proxy.on_control = changes.append
        proxy.subscribe_ticker("KRW-BTC").result()
        process_until(proxy, lambda: any(isinstance(e, upbit_live.HealthEvent) for e in changes))
        process_until(proxy, lambda: proxy.health_check()["level"] == "healthy")
        assert proxy.health_check(upbit_live.Session.PRIVATE)["level"] == "healthy"
        with pytest.raises(TypeError, match="Session"):
            proxy.health_check("public")
        health = [e for e in changes if isinstance(e, upbit_live.HealthEvent)]
        assert isinstance(health[-1].doing, upbit_live.Doing)
        assert isinstance(health[-1].overall, upbit_live.Level) and health[-1].since_ms > 0
        assert upbit_live.Reason(health[-1].reasons) is not None


def test_reasons_and_doings_are_those_of_the_library():
    for name, words in (("reason", upbit_live.Reason), ("doing", upbit_live.Doing)):
        with open(os.path.join(INCLUDE, "manager.h"), encoding="utf-8") as file:
            found = re.findall(r"UPBIT_%s_(\w+) = (\d+)" % name.upper(), file.read())
        if words is upbit_live.Reason:
            assert {n: int(v) for n, v in found} == {r.name: r.value for r in words}
        else:
            assert [n for n, _ in found] + ["UNKNOWN"] == [d.name for d in words]


def test_options_that_are_words_are_those_of_the_library():
    with open(os.path.join(INCLUDE, "options.h"), encoding="utf-8") as file:
        text = file.read()
    for words, prefix in ((upbit_live.Format, "FORMAT"), (upbit_live.Transport, "TRANSPORT"),
                          (upbit_live.LimitStrategy, "LIMIT"), (upbit_live.Region, "REGION"),
                          (upbit_live.Profile, "PROFILE"), (upbit_live.Policy, "POLICY")):
        found = re.findall(r"UPBIT_%s_([A-Z0-9_]+) = (\d+)" % prefix, text)
        assert {n: int(v) for n, v in found} == {w.name: w.value for w in words}, prefix
    found = re.findall(r"UPBIT_LOG_(\w+) = (-?\d+)", text)
    assert {n: int(v) for n, v in found} == {w.name: w.value for w in upbit_live.LogLevel if w}
    found = re.findall(r"UPBIT_TOKEN_(HS\w+|DEFAULT) = (\d+)", text)
    assert {n: int(v) for n, v in found} == {w.name: w.value for w in upbit_live.TokenAlgorithm}


def test_log_levels_traces_and_metrics_while_it_runs(upbit_mock, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, "upbit_live")
    log = tmp_path / "lines.log"
    manager = upbit_mock.make_manager(log_file=str(log), log_level=upbit_live.LogLevel.DEBUG)
    with WebSocketClientProxy("trace", manager=manager) as proxy:
        trace = tmp_path / "trace.rec"
        manager.set_trace(upbit_live.Session.PUBLIC, trace)
        got = []
        proxy.subscribe_trade("KRW-*", got.append).result()
        process_until(proxy, lambda: len(got) > 3)
        manager.set_trace(upbit_live.Session.PUBLIC, None)
        assert trace.stat().st_size > 0 and trace.stat().st_mode & 0o777 == 0o600
        assert manager.stats()["trace_frames"] > 3
        with pytest.raises(upbit_live.ResourceError):
            manager.set_trace(upbit_live.Session.PUBLIC, tmp_path / "no" / "where")
        with pytest.raises(TypeError):
            manager.set_trace("public", None)
        assert log.stat().st_size > 0 and not caplog.records
        manager.set_log_levels("stream=error,rest=debug")
        manager.set_log_level(upbit_live.LogLevel.DEBUG)  # from here on to Python
        manager.set_log_levels(None)
        with pytest.raises(upbit_live.ArgumentError):
            manager.set_log_levels("nothing=debug")
        proxy.get_ticker_snapshot("KRW-BTC").result()
        proxy.subscribe_ticker("KRW-BTC").result()
        process_until(proxy, lambda: caplog.records)
        page = manager.openmetrics()
        assert page.endswith("# EOF\n") and "upbit_messages_received_total" in page
        manager.write_openmetrics(tmp_path / "metrics.txt")
        assert (tmp_path / "metrics.txt").read_text().endswith("# EOF\n")
        with pytest.raises(upbit_live.ResourceError):
            manager.write_openmetrics(tmp_path / "no" / "where")
    assert manager.shutdown()
    # What was traced is played without a connection.
    player = upbit_live.Manager(replay_file=str(trace), replay_speed=-1.0, log_level=-1)
    with WebSocketClientProxy("replay", manager=player) as proxy:
        again = []
        proxy.subscribe_trade("KRW-*", again.append)
        process_until(proxy, lambda: len(again) >= 3)
    assert player.shutdown()


def test_own_requests_keep_the_limits(upbit_mock):
    manager = upbit_mock.make_manager()
    with WebSocketClientProxy("orders", manager=manager) as proxy:
        proxy.acquire_limit(upbit_live.LimitGroup.ORDER, 2).result()
        for _ in range(2):
            manager.report_limit(upbit_live.LimitGroup.ORDER, 201, "group=order; min=720; sec=11")
        with pytest.raises(upbit_live.ArgumentError):
            proxy.acquire_limit(upbit_live.LimitGroup.ORDER, 1000)
        assert not proxy._requests, "what was refused at once waits for no answer"
        with pytest.raises(upbit_live.ArgumentError):
            manager.report_limit(99, 200)
        manager.report_limit(upbit_live.LimitGroup.ORDER, 418, None, '{"error":{"message":"3600 seconds"}}')
        with pytest.raises(upbit_live.RateLimitError):
            end = time.monotonic() + 10
            while time.monotonic() < end:  # the report is on its way to the I/O thread
                proxy.acquire_limit(upbit_live.LimitGroup.ORDER, timeout=0.2).result()
    assert manager.shutdown()


def test_messages_are_decoded_without_a_connection():
    text = '{"type":"trade","code":"KRW-BTC","timestamp":1,"trade_date":"2026-11-22",' \
           '"trade_time":"00:00:00","trade_timestamp":1,"trade_price":%s,"trade_volume":0.10,' \
           '"ask_bid":"ASK","prev_closing_price":1.0,"change":"RISE","change_price":%s,' \
           '"sequential_id":7,"stream_type":"REALTIME"}'
    (trade,) = upbit_live.decode(text % ("1.5", "15"))
    assert isinstance(trade, upbit_live.Trade) and trade.code == "KRW-BTC"
    assert [str(trade.trade_price), str(trade.change_price)] == ["1.5", "15"]
    (other,) = upbit_live.decode((text % ("-1.5", "0.15")).encode())
    assert [str(other.trade_price), str(other.change_price)] == ["-1.5", "0.15"]
    assert str(trade.trade_price) == "1.5" and trade.trade_price is trade.trade_price
    assert len(upbit_live.decode("[%s,%s]" % (text % (1, 2), text % (3, 4)))) == 2
    with pytest.raises(upbit_live.ExchangeError):
        upbit_live.decode('{"type":"trade"')
    with pytest.raises(upbit_live.ExchangeError):
        upbit_live.decode('{"type":"trade","code":"\\ud55c"}')
    body = '[{"market":"KRW-BTC","candle_date_time_utc":"2026-11-22T00:00:00",' \
           '"candle_date_time_kst":"2026-11-22T09:00:00","opening_price":1,"high_price":2,' \
           '"low_price":1,"trade_price":2,"timestamp":1,"candle_acc_trade_price":1,' \
           '"candle_acc_trade_volume":1,"unit":5}]'
    (candle,) = upbit_live.decode_rest("candle", body, unit="5m")
    assert candle.unit is upbit_live.CandleUnit.M5 and candle.stream_type is upbit_live.StreamType.SNAPSHOT
    with pytest.raises(upbit_live.ArgumentError):
        upbit_live.decode_rest("candle", body)
    with pytest.raises(upbit_live.ExchangeError):
        upbit_live.decode_rest("ticker", '{"error":{"name":"too_many_requests","message":"x"}}')


def test_many_decimals_of_one_place_stay_exact():
    """Prices lately made are kept; what falls on the place of another must not be taken for it."""
    text = '{"type":"orderbook","code":"KRW-BTC","timestamp":1,"total_ask_size":%d.%04d,' \
           '"total_bid_size":%de-2,"orderbook_units":[],"level":0,"stream_type":"REALTIME"}'
    for i in range(1, 5000):
        (book,) = upbit_live.decode(text % (i, i, i * 7))
        assert book.total_ask_size == decimal.Decimal("%d.%04d" % (i, i))
        assert book.total_bid_size == decimal.Decimal(i * 7).scaleb(-2)
