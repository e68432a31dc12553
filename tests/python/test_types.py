"""Events, enums and errors: what they promise to type checkers and to readers."""
import ast
import datetime
import decimal
import enum
import json
import os
import pickle
import re
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy, _core, errors

HERE = os.path.dirname(upbit_live.__file__)


def written_types():
    """class -> names, as _core.pyi has them."""
    with open(os.path.join(HERE, "_core.pyi"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return {
        node.name: ({f.name for f in node.body if isinstance(f, ast.FunctionDef)} - {"__init__"})
        | {f.target.id for f in node.body if isinstance(f, ast.AnnAssign)}
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def test_the_type_file_says_what_the_classes_have():
    written = written_types()
    real = {n: c for n, c in vars(_core).items() if isinstance(c, type)}
    assert written.keys() == real.keys()
    for name, cls in real.items():
        assert written[name] == {a for a in vars(cls) if not a.startswith("_")}, name


def test_enums_have_every_word_of_the_library():
    for field in ("change", "ask_bid", "market_state", "order_type", "state", "smp_type"):
        assert len(_core.spellings(field)) >= 2, field
    assert upbit_live.CandleUnit("240m").seconds == 14400
    assert upbit_live.OrderState(_core.spellings("state")[4]) is upbit_live.OrderState.DONE
    assert [s.value for s in upbit_live.State][:5] == [
        "idle", "connecting", "upgrading", "subscribing", "live"]


def test_every_error_has_its_class_and_text():
    for code, (name, text) in _core.error_list().items():
        error = errors.make(code, "the detail")
        assert type(error) is not errors.UpbitError, name
        assert error.name == name and error.code == code
        assert text in str(error) and "the detail" in str(error)
        assert repr(pickle.loads(pickle.dumps(error))) == repr(error)
    assert issubclass(errors.UnknownCodeError, errors.SubscriptionError)
    assert issubclass(errors.TimeoutError, TimeoutError)
    assert issubclass(errors.ConnectionError, ConnectionError)
    assert str(errors.make(-12345)).startswith("unknown error")


def test_an_event_is_exact_typed_and_immutable(upbit_mock):
    with WebSocketClientProxy("types", manager=upbit_mock.manager) as proxy:
        (book,) = proxy.get_orderbook_snapshot("KRW-BTC").result()
        (ticker,) = proxy.get_ticker_snapshot(["KRW-BTC"]).result()
        candles = proxy.get_candle_snapshot("KRW-BTC", unit="5m", count=3).result()
    # The proxy is gone, its events are not.
    assert isinstance(ticker, upbit_live.Ticker) and ticker.code == "KRW-BTC"
    assert isinstance(ticker.trade_price, decimal.Decimal)
    assert isinstance(ticker.change, upbit_live.Change)
    assert ticker.trade_price - ticker.prev_closing_price == ticker.signed_change_price
    assert ticker.timestamp_utc.timestamp() * 1000 == pytest.approx(ticker.timestamp, abs=0.01)
    assert ticker.timestamp_kst == ticker.timestamp_utc
    assert ticker.timestamp_kst.utcoffset() == datetime.timedelta(hours=9)
    assert ticker.extra == {}
    for attribute in ("trade_price", "code", "new"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(ticker, attribute, 1)
    with pytest.raises(TypeError):
        upbit_live.Ticker()
    with pytest.raises(TypeError):
        upbit_live.Ticker.trade_price = 1
    assert not hasattr(ticker, "__dict__")
    rows = book.orderbook_units
    assert rows[0].ask_price > rows[0].bid_price
    assert sum(r.ask_size for r in rows) == book.total_ask_size
    assert [c.unit for c in candles] == [upbit_live.CandleUnit.M5] * 3
    assert candles[1].start_ms - candles[0].start_ms == 300000
    assert candles[0].start_kst.strftime("%Y-%m-%dT%H:%M:%S") == candles[0].candle_date_time_kst


def test_what_was_made_lately_is_taken_for_nothing_else():
    # 512 decimals and codes are kept, each at its own place or at one that others have as well.
    def trade(code, number):
        (event,) = upbit_live.decode(
            f'{{"type":"trade","code":"{code}","timestamp":1785394800000,"trade_timestamp":1785394800000,'
            f'"trade_price":1,"trade_volume":1,"ask_bid":"BID","sequential_id":1,"change_price":{number}}}')
        return event
    # The same digits in nine sizes, and below 0: of so many some fall on one place.
    for whole in range(10**15 + 7, 4 * 10**15, 7910 * 10**9):
        digits = str(whole)
        sizes = [digits] + [f"{digits[:-n]}.{digits[-n:]}" for n in range(1, 9)]
        for number in sizes + ["-" + size for size in sizes] + sizes:
            assert str(trade("KRW-BTC", number).change_price) == number
    codes = [f"KRW-{a}{b}{c}" for a in "ABCDEFGHIJKL" for b in "ABCDEFGHIJKL" for c in "ABCDEFGHIJ"]
    for code in codes + codes:
        assert trade(code, 1).code == code


def test_a_dict_has_what_the_json_has(upbit_mock):
    with WebSocketClientProxy("dict", manager=upbit_mock.manager) as proxy:
        (ticker,) = proxy.get_ticker_snapshot("KRW-BTC").result()
        (book,) = proxy.get_orderbook_snapshot("KRW-BTC").result()
    for event in (ticker, book):
        exact = event.to_dict()
        assert not any(isinstance(v, enum.Enum) for v in exact.values())
        line = json.loads(event.to_json())
        line.pop("received_ns")  # the wall clock's there, the monotonic clock's here
        assert line.keys() <= exact.keys()
        for name, value in line.items():
            if name != "orderbook_units":
                found = exact[name]
                assert (str(found) if isinstance(value, str) else found) == value, name
    assert exact["orderbook_units"][0]["ask_price"] == book.orderbook_units[0].ask_price


def test_unknown_members_are_kept(upbit_mock):
    got = []
    with WebSocketClientProxy("extra", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_ticker("KRW-BTC", got.append).result()
        while not got:
            proxy.process(1.0)
        message = {k: v for k, v in json.loads(got[0].to_json()).items()
                   if k not in ("epoch", "origin", "received_ns")}
        numbers = {k: float(v) for k, v in got[0].to_dict().items()
                   if isinstance(v, decimal.Decimal)}
        message.update(numbers, change="SIDEWAYS", news=[1.10], stream_type="REALTIME")
        message["timestamp"] += 60000
        upbit_mock.post("/mock/send", json.dumps(message))
        while not any(e.extra for e in got):
            assert proxy.process(2.0)
    strange = [e for e in got if e.extra][0]
    assert strange.change is upbit_live.Change.UNKNOWN
    assert strange.extra == {"change": "SIDEWAYS", "news": [decimal.Decimal("1.1")]}
    assert strange.to_dict()["extra"] == strange.extra


def test_every_statistic_of_the_library_is_a_metric(upbit_mock):
    """The structs of stats.h grow: what they gain is to be found here as well."""
    here = os.path.dirname(os.path.abspath(__file__))
    include = os.path.join(here, "..", "..", "core", "include", "upbit-live")
    names = {"stats.h": set(), "proxy.h": set()}
    for header, found in names.items():
        with open(os.path.join(include, header), encoding="utf-8") as file:
            text = re.search(r"typedef struct upbit_(?:proxy_)?stats {(.*?)} upbit_", file.read(), re.S)
        member = r"^ +(?:uint64_t|uint32_t|int64_t|double|upbit_latency) ([a-z_0-9, ]+);"
        for line in re.findall(member, text[1], re.M):
            found.update(name.strip() for name in line.split(","))
    with WebSocketClientProxy("metrics", manager=upbit_mock.manager) as proxy:
        got = []
        proxy.subscribe_trade("KRW-*", got.append).result()
        while not got:
            proxy.process(1.0)
        metrics, health = proxy.get_performance_metrics(), proxy.health_check()
    known = {re.sub(r"_(count|sum_us|p50_us|p99_us|p999_us|max_us)$", "", name) for name in metrics}
    known |= metrics.keys()
    missing = {n for n in names["proxy.h"] if n not in known}
    missing |= {n for n in names["stats.h"] - {"reserved"} if "stream_" + n not in known}
    assert missing == set()
    assert metrics["delivered"] >= 1 and metrics["stream_decoded_trade"] >= 1
    assert metrics["lag_max_us"] >= metrics["lag_p50_us"]
    assert (health["level"], health["reasons"], health["doing"]) == ("healthy", "", "nothing")
    assert health["uptime_ms"] >= 0 and health["client_id"] == "metrics"


def test_health_says_why_and_what_is_done():
    manager = upbit_live.Manager(url="ws://127.0.0.1:1", log_level=-1)
    with WebSocketClientProxy("ill", manager=manager) as proxy:
        proxy.subscribe_ticker("KRW-BTC")
        end = time.monotonic() + 20
        while proxy.health_check()["doing"] != "waiting" and time.monotonic() < end:
            proxy.process(0.05)
        health = proxy.health_check()
    assert "connecting" in str(health["reasons"]) and health["reason"] and health["action"]
    assert manager.shutdown()
