#!/usr/bin/python3
"""The market of upbit-mock agrees with itself: books, trades, tickers and candles with one another
and with REST, digit for digit. Argument: the program. Prints TAP."""
import calendar
import time
from collections import defaultdict
from decimal import Decimal

from exchange import Mock, run

CODES = ["KRW-BTC", "KRW-XRP", "KRW-DOGE", "KRW-SHIB", "BTC-ETH", "BTC-XRP", "USDT-BTC"]
MARKET = ("--codes", 60, "--rate", 20000, "--time-scale", 5)


def watch(mock, count, *kinds):
    with mock.ws() as ws:
        ws.want(*({"type": k, "codes": CODES} for k in kinds))
        return ws.messages(count)


def same(one, other, where):
    """The fields both have, and how many those are."""
    shared = (set(one) & set(other)) - {"timestamp"}
    for name in shared:
        assert one[name] == other[name], (where, name, one[name], other[name])
    return len(shared)


def test_a_ticker_counts_every_trade_exactly():
    with Mock(*MARKET) as mock:
        messages = watch(mock, 2500, "trade", "ticker")
    last, volumes, checked = {}, {}, 0
    for m in messages:
        code = m["code"]
        if m["type"] == "trade":
            last[code] = m
            continue
        if m["stream_type"] == "REALTIME":
            t, before = last[code], volumes[code]
            for name in ("trade_price", "trade_volume", "trade_timestamp", "ask_bid", "change",
                         "change_price", "prev_closing_price"):
                assert m[name] == t[name], (code, name, m[name], t[name])
            assert m["acc_trade_volume"] - before["acc_trade_volume"] == t["trade_volume"]
            assert m["acc_trade_price"] - before["acc_trade_price"] == \
                t["trade_volume"] * t["trade_price"]
            side = "acc_bid_volume" if t["ask_bid"] == "BID" else "acc_ask_volume"
            assert m[side] - before[side] == t["trade_volume"]
            checked += 1
        volumes[code] = m
    assert checked > 800


def test_a_ticker_agrees_with_itself():
    with Mock(*MARKET) as mock:
        messages = watch(mock, 300, "ticker")
    for m in messages:
        price, closing = m["trade_price"], m["prev_closing_price"]
        assert m["signed_change_price"] == price - closing
        assert m["change_price"] == abs(price - closing)
        assert m["change"] == ("RISE" if price > closing else "FALL" if price < closing else "EVEN")
        rate = (price - closing) / closing
        assert abs(m["signed_change_rate"] - rate) <= Decimal("1E-10"), m
        assert m["change_rate"] == abs(m["signed_change_rate"])
        assert m["low_price"] <= min(price, m["opening_price"])
        assert m["high_price"] >= max(price, m["opening_price"])
        assert m["lowest_52_week_price"] <= m["low_price"]
        assert m["highest_52_week_price"] >= m["high_price"]
        assert m["acc_ask_volume"] + m["acc_bid_volume"] == m["acc_trade_volume"]
        stamp = time.gmtime(int(m["trade_timestamp"]) // 1000)
        assert m["trade_date"] + m["trade_time"] == time.strftime("%Y%m%d%H%M%S", stamp)
        assert m["timestamp"] >= m["trade_timestamp"]


def test_a_trade_takes_the_best_price():
    with Mock(*MARKET) as mock:
        messages = watch(mock, 800, "trade")
    ids = set()
    for m in messages:
        side = "ask" if m["ask_bid"] == "BID" else "bid"
        assert m["trade_price"] == m[f"best_{side}_price"], m
        assert 0 < m["trade_volume"] <= m[f"best_{side}_size"], m
        if m["best_ask_price"] and m["best_bid_price"]:
            assert m["best_bid_price"] < m["best_ask_price"], m
        stamp = time.gmtime(int(m["trade_timestamp"]) // 1000)
        assert m["trade_date"] + m["trade_time"] == time.strftime("%Y-%m-%d%H:%M:%S", stamp)
        assert m["sequential_id"] // 10000 == m["trade_timestamp"]
        assert (m["code"], m["sequential_id"]) not in ids
        ids.add((m["code"], m["sequential_id"]))


def test_candles_are_what_the_trades_make():
    with Mock(*MARKET) as mock:
        with mock.ws() as ws:
            ws.want({"type": "trade", "codes": CODES}, {"type": "candle.1s", "codes": CODES})
            started = time.monotonic()
            messages = []
            while time.monotonic() - started < 1.2:
                messages.append(ws.message())
    trades, candles, seconds = defaultdict(list), {}, defaultdict(set)
    for m in messages:
        if m["type"] == "trade":
            if m["stream_type"] == "REALTIME":
                trades[m["code"], m["trade_timestamp"] // 1000].append(m)
                seconds[m["code"]].add(m["trade_timestamp"] // 1000)
        else:
            start = time.strptime(m["candle_date_time_utc"], "%Y-%m-%dT%H:%M:%S")
            candles[m["code"], Decimal(calendar.timegm(start))] = m
    checked = 0
    for (code, second), c in candles.items():
        inner = sorted(seconds[code])[1:-2]  # not the first and not those still waiting
        if second not in inner:
            continue
        made = trades[code, second]
        prices = [t["trade_price"] for t in made]
        assert (c["opening_price"], c["trade_price"]) == (prices[0], prices[-1]), (code, second)
        assert (c["high_price"], c["low_price"]) == (max(prices), min(prices))
        assert c["candle_acc_trade_volume"] == sum(t["trade_volume"] for t in made)
        assert c["candle_acc_trade_price"] == \
            sum(t["trade_volume"] * t["trade_price"] for t in made)
        assert c["timestamp"] == made[-1]["trade_timestamp"]
        checked += 1
    assert checked >= 3, (checked, len(candles))


def test_books_are_sorted_summed_and_on_their_grid():
    with Mock(*MARKET) as mock:
        messages = watch(mock, 150, "orderbook")
    stamps = defaultdict(list)
    for m in messages:
        units, ends = m["orderbook_units"], {}
        for side in ("ask", "bid"):
            assert m[f"total_{side}_size"] == sum(u[side + "_size"] for u in units)
            prices = [u[side + "_price"] for u in units if u[side + "_size"]]
            assert prices == sorted(set(prices), reverse=side == "bid")
            assert all(not u[side + "_price"] and not u[side + "_size"]
                       for u in units[len(prices):])
            ends[side] = prices[0] if prices else None
        if None not in ends.values():
            assert ends["bid"] < ends["ask"], m
        stamps[m["code"]].append(m["timestamp"])
    for code, times in stamps.items():
        assert len({t % 100 for t in times}) == 1, (code, times)
        assert times == sorted(set(times)), (code, times)
    assert len(stamps) == len(CODES)


def test_rest_and_stream_tell_the_same_while_nothing_moves():
    with Mock("--codes", 60, "--rate", 0) as mock:
        everything = ",".join(CODES)
        messages = watch(mock, len(CODES) * 4, "ticker", "trade", "orderbook", "candle.1m")
        tickers = {r["market"]: r for r in mock.get("/v1/ticker?markets=" + everything)}
        books = {r["market"]: r for r in mock.get("/v1/orderbook?markets=" + everything)}
        for m in messages:
            code, kind = m["code"], m["type"]
            if kind == "ticker":
                assert same(m, tickers[code], code) == 22
            elif kind == "orderbook":
                assert same(m, books[code], code) == 4
                assert m["timestamp"] == books[code]["timestamp"]
            elif kind == "trade":
                row, = mock.get("/v1/trades/ticks?market=" + code)
                assert row["timestamp"] == m["trade_timestamp"]
                assert abs(row["change_price"]) == m["change_price"]
                row.pop("change_price")
                assert same(m, row, code) == 5
            else:
                row, = mock.get("/v1/candles/minutes/1?market=" + code)
                assert same(m, row, code) == 8 and row["timestamp"] == m["timestamp"]


def test_rest_books_are_those_of_the_stream_while_it_moves():
    with Mock(*MARKET) as mock, mock.ws() as ws:
        ws.want({"type": "orderbook", "codes": ["KRW-BTC"]})
        rest = []
        frames = {}
        for _ in range(4):
            rest += mock.get("/v1/orderbook?markets=KRW-BTC")
            frame = ws.message()
            frames[frame["timestamp"]] = frame
        for book in rest:
            while book["timestamp"] > max(frames):
                frame = ws.message()
                frames[frame["timestamp"]] = frame
            assert same(book, frames[book["timestamp"]], book["timestamp"]) == 4


def test_trades_by_rest_are_those_of_the_stream():
    with Mock("--codes", 60, "--rate", 3000, "--time-scale", 20) as mock, mock.ws() as ws:
        ws.want({"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True})
        seen = ws.messages(120)
        rows = mock.get("/v1/trades/ticks?market=KRW-BTC&count=500")
        while rows[-1]["sequential_id"] > seen[0]["sequential_id"]:
            rows += mock.get("/v1/trades/ticks?market=KRW-BTC&count=500&cursor="
                             + str(rows[-1]["sequential_id"]))
        ids = [r["sequential_id"] for r in rows]
        assert ids == sorted(ids, reverse=True)
        by_id = {r["sequential_id"]: r for r in rows}
        for m in seen:
            row = by_id[m["sequential_id"]]
            assert (row["trade_price"], row["trade_volume"], row["ask_bid"], row["timestamp"]) == \
                (m["trade_price"], m["trade_volume"], m["ask_bid"], m["trade_timestamp"])


def test_longer_candles_are_sums_of_minutes_and_the_day_of_all():
    with Mock("--codes", 10, "--rate", 0, "--time-scale", 20) as mock:
        minutes = []
        to = ""
        for _ in range(8):
            page = mock.get("/v1/candles/minutes/1?market=KRW-ETH&count=200" + to)
            minutes += page
            to = "&to=" + page[-1]["candle_date_time_utc"] + "Z"
        starts = [c["candle_date_time_utc"] for c in minutes]
        assert starts == sorted(set(starts), reverse=True) and len(starts) == 1600
        for unit, length in ((5, 5), (60, 60), (240, 240)):
            groups = defaultdict(list)
            for c in minutes:
                hour, minute = map(int, c["candle_date_time_utc"][11:16].split(":"))
                of_day = (hour * 60 + minute) // length * length
                groups[c["candle_date_time_utc"][:11] + "%02d:%02d" % divmod(of_day, 60)].append(c)
            for c in mock.get(f"/v1/candles/minutes/{unit}?market=KRW-ETH&count=5"):
                assert c["unit"] == unit
                parts = groups[c["candle_date_time_utc"][:16]]
                assert c["opening_price"] == parts[-1]["opening_price"], (unit, c)
                assert c["trade_price"] == parts[0]["trade_price"]
                assert c["high_price"] == max(p["high_price"] for p in parts)
                assert c["low_price"] == min(p["low_price"] for p in parts)
                for name in ("candle_acc_trade_volume", "candle_acc_trade_price"):
                    assert c[name] == sum(p[name] for p in parts), (unit, name)
        ticker, = mock.get("/v1/ticker?markets=KRW-ETH")  # of the day of its last trade
        date = ticker["trade_date"]
        today = [c for c in minutes
                 if c["candle_date_time_utc"][:10].replace("-", "") == date]
        assert ticker["acc_trade_volume"] == sum(c["candle_acc_trade_volume"] for c in today)
        assert ticker["acc_trade_price"] == sum(c["candle_acc_trade_price"] for c in today)
        assert ticker["opening_price"] == today[-1]["opening_price"]
        assert ticker["high_price"] == max(c["high_price"] for c in today)
        assert ticker["low_price"] == min(c["low_price"] for c in today)


def test_the_same_seed_is_the_same_market():
    def shape(seed):
        with Mock("--codes", 60, "--rate", 0, "--seed", seed) as mock:
            names = [(r["market"], r["korean_name"]) for r in mock.get("/v1/market/all")]
            return names, [(m["code"], m.get("orderbook_units"), m.get("trade_volume"))
                           for m in watch(mock, len(CODES) * 2, "orderbook", "trade")]

    one, again, other = shape(11), shape(11), shape(12)
    assert one == again
    assert one[0] == other[0] and one[1] != other[1]


run(globals())
