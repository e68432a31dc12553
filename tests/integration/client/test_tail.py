#!/usr/bin/python3
"""upbit-tail as a person uses it, against the mock exchange: output, options, exit status.

Arguments: the programs upbit-tail and upbit-mock, and where recordings are unless UPBIT_CAPTURES
says so. Prints TAP.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal

TAIL, MOCK = sys.argv[1:3]
CAPTURES = os.environ.get("UPBIT_CAPTURES") or (sys.argv[3:] or [""])[0]
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?\Z")
DECIMALS = {
    "opening_price", "high_price", "low_price", "trade_price", "trade_volume", "acc_trade_price",
    "change_price", "change_rate", "signed_change_rate", "ask_price", "bid_price", "ask_size",
    "bid_size", "total_ask_size", "total_bid_size", "level", "candle_acc_trade_volume",
}
TIMES = {"timestamp", "trade_timestamp", "sequential_id", "received_ns", "epoch"}


class Mock:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [MOCK, "--port", "0", "--parent-death", *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def tail(*arguments, timeout=30, env=None):
    return subprocess.run([TAIL, *arguments], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})


def control(mock, order):
    base = "http" + mock.url.removeprefix("ws").removesuffix("/websocket/v1")
    request = urllib.request.Request(f"{base}/mock/{order}", method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def check_decimals(value, path="event"):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in DECIMALS:
                assert inner is None or PLAIN.match(inner), f"{path}.{key} = {inner!r}"
            elif key in TIMES:
                assert isinstance(inner, int), f"{path}.{key} = {inner!r}"
            else:
                check_decimals(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            check_decimals(inner, path)


def test_each_type_prints_its_fields():
    with Mock("--codes", "40", "--rate", "1000") as mock:
        wants = {
            "ticker": ["KRW-BTC", {"trade_price", "acc_trade_volume_24h", "signed_change_rate"}],
            "trade": ["KRW-BTC,KRW-ETH", {"sequential_id", "ask_bid", "best_bid_price"}],
            "orderbook": ["KRW-BTC", {"orderbook_units", "total_ask_size", "level"}],
            "candle.1s": ["KRW-BTC", {"candle_date_time_utc", "candle_acc_trade_price"}],
        }
        for kind, (codes, fields) in wants.items():
            result = tail("--url", mock.url, "--count", "3", "--seconds", "10", kind, codes)
            assert result.returncode == 0, result.stderr
            events = lines(result)
            assert len(events) == 3, (kind, result.stdout, result.stderr)
            for event in events:
                assert event["type"] == kind and event["code"] in codes.split(",")
                assert fields <= event.keys(), (kind, event.keys())
                assert event["epoch"] == 1 and event["origin"] == "stream"
                assert abs(event["received_ns"] / 1e9 - time.time()) < 60
                check_decimals(event)


def test_book_depth_and_level():
    with Mock("--codes", "40", "--rate", "1000") as mock:
        result = tail("--url", mock.url, "--count", "4", "--seconds", "10", "orderbook", "KRW-BTC.5")
        for event in lines(result):
            units = event["orderbook_units"]
            assert 1 <= len(units) <= 5, len(units)
            for side in ("ask", "bid"):
                total = sum(Decimal(u[side + "_size"]) for u in units if u[side + "_size"])
                assert total == Decimal(event[f"total_{side}_size"])
        assert len(lines(result)) == 4, result.stderr
        result = tail("--url", mock.url, "--count", "1", "--seconds", "10", "--level", "10000",
                      "orderbook", "KRW-BTC")
        assert [e["level"] for e in lines(result)] == ["10000"], result.stderr


def test_snapshot_asks_and_ends():
    with Mock("--codes", "40", "--rate", "0") as mock:
        result = tail("--url", mock.url, "--stats", "snapshot", "ticker", "KRW-ETH,KRW-BTC",
                      "orderbook", "KRW-BTC.5", timeout=20)
        assert result.returncode == 0, result.stderr
        got = lines(result)
        assert sorted((e["type"], e["code"]) for e in got) == [
            ("orderbook", "KRW-BTC"), ("ticker", "KRW-BTC"), ("ticker", "KRW-ETH")], got
        assert all(e["origin"] == "rest" and e["stream_type"] == "SNAPSHOT" for e in got)
        assert [len(e["orderbook_units"]) for e in got if e["type"] == "orderbook"] == [5]
        stats = json.loads(result.stderr.splitlines()[-1])
        assert stats["snapshots"] == 2 and stats["requests_sent"] == 0, stats

        result = tail("--url", mock.url, "--history", "250", "snapshot", "candle.1m", "KRW-BTC")
        starts = [e["candle_date_time_utc"] for e in lines(result)]
        assert result.returncode == 0 and len(starts) == 250, result.stderr
        assert starts == sorted(set(starts))
        result = tail("--url", mock.url, "--history", "2", "--before", str(10 ** 18), "snapshot",
                      "trade", "KRW-BTC")
        assert result.returncode == 0 and len(lines(result)) == 2, result.stderr

        result = tail("--url", mock.url, "snapshot", "ticker", "KRW-BTC,KRW-NOSUCH")
        assert result.returncode == 4 and "KRW-NOSUCH" in result.stderr, result.stderr
        assert [e["code"] for e in lines(result)] == ["KRW-BTC"]

        for wrong in (["--history", "0", "snapshot", "trade", "KRW-BTC"],
                      ["--history", "5", "trade", "KRW-BTC"],
                      ["--before", "x", "snapshot", "trade", "KRW-BTC"],
                      ["--history", "5", "snapshot", "ticker", "KRW-BTC"],
                      ["--snapshot-only", "snapshot", "ticker", "KRW-BTC"], ["snapshot"]):
            assert tail("--url", mock.url, *wrong).returncode == 2, wrong
        # The stream may be refused: it is not needed.
        control(mock, "refuse?count=1000")
        result = tail("--url", mock.url, "snapshot", "ticker", "KRW-BTC")
        assert result.returncode == 0 and len(lines(result)) == 1, result.stderr
    result = tail("--url", mock.url, "snapshot", "ticker", "KRW-BTC", timeout=25)
    assert result.returncode == 3 and result.stdout == "", (result.returncode, result.stderr)


def test_snapshot_only_ends_after_one_each():
    with Mock("--codes", "40", "--rate", "1000") as mock:
        result = tail("--url", mock.url, "--snapshot-only", "--seconds", "10",
                      "ticker", "KRW-BTC,KRW-ETH", "orderbook", "KRW-BTC")
        assert result.returncode == 0, result.stderr
        got = sorted((e["type"], e["code"]) for e in lines(result))
        assert got == [("orderbook", "KRW-BTC"), ("ticker", "KRW-BTC"), ("ticker", "KRW-ETH")], got
        assert all(e["stream_type"] == "SNAPSHOT" for e in lines(result))
        result = tail("--url", mock.url, "--realtime-only", "--count", "5", "--seconds", "10",
                      "trade", "KRW-BTC,KRW-ETH,KRW-XRP")
        assert all(e["stream_type"] == "REALTIME" for e in lines(result)), result.stdout
        assert len(lines(result)) == 5, result.stderr


def test_a_star_is_every_market_of_its_currency():
    with Mock("--codes", "20", "--rate", "500") as mock:
        result = tail("--url", mock.url, "--seconds", "2", "orderbook", "USDT-*.1,KRW-BTC.1",
                      "ticker", "BTC-*")
        events = lines(result)
        books = {e["code"] for e in events if e["type"] == "orderbook"}
        assert len(books) == 5 and "KRW-BTC" in books and "USDT-BTC" in books, books
        assert all(len(e["orderbook_units"]) == 1 for e in events if e["type"] == "orderbook")
        tickers = {e["code"] for e in events if e["type"] == "ticker"}
        assert len(tickers) == 8 and all(c.startswith("BTC-") for c in tickers), tickers
        result = tail("--url", mock.url, "ticker", "KRW-B*")
        assert result.returncode != 0 and "KRW-*" in result.stderr, result
        result = tail("--url", mock.url, "--snapshot-only", "ticker", "KRW-*")
        assert result.returncode == 2 and "--count" in result.stderr, result
        result = tail("--url", mock.url, "--snapshot-only", "--count", "8", "ticker", "BTC-*")
        assert result.returncode == 0 and len(lines(result)) == 8, result


def test_formats_agree():
    with Mock("--codes", "40", "--rate", "1000") as mock:
        for name in ("default", "simple", "json_list", "simple_list"):
            result = tail("--url", mock.url, "--format", name, "--count", "5", "--seconds", "10",
                          "ticker", "KRW-BTC", "orderbook", "BTC-ETH")
            assert result.returncode == 0 and len(lines(result)) == 5, (name, result.stderr)
            for event in lines(result):
                check_decimals(event)


def test_outputs_and_stats():
    with Mock("--codes", "40", "--rate", "1000") as mock:
        result = tail("--url", mock.url, "--output", "none", "--stats", "--seconds", "1",
                      "trade", "KRW-BTC")
        assert result.returncode == 0 and result.stdout == ""
        stats = json.loads(result.stderr.splitlines()[-1])
        assert stats["printed"] == stats["delivered"] > 0 and stats["requests_sent"] == 1, stats
        assert stats["decode_errors"] == 0
        result = tail("--url", mock.url, "--output", "text", "--count", "2", "trade", "KRW-BTC")
        assert len(result.stdout.splitlines()) == 2 and "KRW-BTC" in result.stdout


def recorded_trades(count, bare):
    """Trades half a second apart, as a trace with a request before them, or bare."""
    out = [] if bare else [json.dumps({"t_ns": 4000000000, "dir": "out", "op": 1, "text": "[]"})]
    for n in range(1, count + 1):
        text = json.dumps({
            "type": "trade", "code": "KRW-BTC", "trade_price": 100 + n, "trade_volume": 0.5,
            "ask_bid": "BID", "trade_timestamp": 1790000000000 + n, "sequential_id": n,
            "stream_type": "REALTIME"})
        out.append(text if bare else json.dumps(
            {"t_ns": 5000000000 + n * 500000000, "dir": "in", "op": 2, "text": text}))
    return "\n".join(out) + "\n"


def test_a_recording_is_played_and_ends():
    for bare in (True, False):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(recorded_trades(5, bare))
            file.flush()
            # The URL leads nowhere: nobody asks there.
            here = ["--replay", file.name, "--url", "ws://host.invalid/websocket/v1"]
            result = tail(*here, "--speed", "0", "--stats", "trade", "KRW-BTC", "ticker", "KRW-NOPE")
            assert result.returncode == 0, result
            prices = [e["trade_price"] for e in lines(result)]
            assert prices == ["101", "102", "103", "104", "105"], prices
            stats = json.loads(result.stderr.splitlines()[-1])
            assert stats["rest_requests"] == 0 and stats["reconnects"] == 0, stats
            assert stats["connects"] == 1 and stats["state"] == "closed", stats
            # The same file, the same events from the mock exchange.
            with Mock("--replay", file.name, "--replay-speed", "0") as mock:
                other = tail("--url", mock.url, "--count", "5", "trade", "KRW-BTC")
            assert [e["trade_price"] for e in lines(other)] == prices, other
            started = time.monotonic()
            result = tail(*here, "--speed", "10", "trade", "KRW-BTC")
            assert len(lines(result)) == 5, result
            assert bare or time.monotonic() - started >= 0.2, "five in no time"
            # Asking is not playing.
            result = tail(*here, "snapshot", "ticker", "KRW-BTC")
            assert result.returncode == 4 and "nobody to ask" in result.stderr, result


def test_all_of_a_currency_are_those_the_recording_has():
    def frame(code, n, direction="in"):
        text = json.dumps({
            "type": "trade", "code": code, "trade_price": n, "trade_volume": 0.5, "ask_bid": "BID",
            "trade_timestamp": 1790000000000 + n, "sequential_id": n, "stream_type": "REALTIME"})
        return json.dumps({"t_ns": n, "dir": direction, "op": 2, "text": text}) + "\n"
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(frame("KRW-XRP", 1, "out") + frame("KRW-BTC", 2))
        file.write(frame("BTC-ETH", 3))
        # More than is looked through in one turn.
        file.write((frame("KRW-XRP", 1, "out")[:-1] + " " * 3000 + "\n") * 500)
        file.write(frame("krw", 9000))
        file.write(json.dumps({"t_ns": 9001, "dir": "in", "op": 2, "text": json.dumps({
            "ty": "trade", "cd": "KRW-SOL", "tp": 1, "tv": 1, "ab": "BID", "ttms": 1790000009001,
            "sid": 9001, "st": "REALTIME"})}) + "\n")
        file.write(frame("KRW-ETH", 9002))
        file.flush()
        here = ["--replay", file.name, "--speed", "0"]
        # The first and the last: nothing is played before the whole file has been looked through.
        result = tail(*here, "trade", "KRW-*")
        found = lines(result)
        assert result.returncode == 0, result
        assert {e["code"] for e in found} == {"KRW-BTC", "KRW-ETH", "KRW-SOL"}, result
        assert found[0]["sequential_id"] == 2 and found[-1]["sequential_id"] == 9002, found[-1]
        result = tail(*here, "trade", "BTC-*")
        assert [e["code"] for e in lines(result)] == ["BTC-ETH"], result
        result = tail(*here, "trade", "USDT-*")
        assert result.returncode != 0 and "USDT-*" in result.stderr, result
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as empty:
            result = tail("--replay", empty.name, "--seconds", "20", "trade", "KRW-*")
            assert result.returncode not in (0, None) and "KRW-*" in result.stderr, result
        # What is not in it by name is no fault.
        result = tail(*here, "trade", "KRW-XRP,BTC-ETH")
        assert [e["code"] for e in lines(result)] == ["BTC-ETH"], result


def test_a_broken_recording_is_told_with_its_line():
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(recorded_trades(3, False) + '{"t_ns":1,"dir":"in"')
        file.flush()
        result = tail("--replay", file.name, "--speed", "0", "trade", "KRW-BTC")
    assert result.returncode == 3, result
    assert len(lines(result)) == 3, result
    assert f"{file.name} line 5: " in result.stderr, result
    assert result.stderr.count("line 5") == 1, result


def test_websocket_api_works_or_says_why():
    with Mock("--rate", "100") as mock:
        result = tail("--url", mock.url, "--transport", "websocket-api", "--count", "3", "trade",
                      "KRW-BTC")
    if result.returncode == 2:
        assert "libcurl" in result.stderr and not result.stdout, result
    else:
        assert result.returncode == 0 and len(lines(result)) == 3, result


def test_usage_errors_end_with_2():
    for arguments in (
        [], ["ticker"], ["nope", "KRW-BTC"], ["candle.7m", "KRW-BTC"], ["ticker", "krw-btc"],
        ["ticker", "KRWBTC"], ["ticker", "-"], ["ticker", "KRW-BTC.5"], ["orderbook", "KRW-BTC.31"],
        ["--count", "0", "ticker", "KRW-BTC"], ["--count", "x", "ticker", "KRW-BTC"],
        ["--policy", "best", "ticker", "KRW-BTC"], ["--nope", "ticker", "KRW-BTC"],
        ["--url", "http://x", "ticker", "KRW-BTC"], ["--seconds"],
        ["--snapshot-only", "--realtime-only", "ticker", "KRW-BTC"],
        ["--level", "5", "orderbook", "BTC-ETH"], ["--level", "-1", "orderbook", "KRW-BTC"],
        ["--transport", "replay", "ticker", "KRW-BTC"], ["--speed", "2", "ticker", "KRW-BTC"],
        ["--replay", "/nonexistent", "ticker", "KRW-BTC"],
        ["--replay", MOCK, "--speed", "-1", "ticker", "KRW-BTC"],
        ["--replay", MOCK, "--transport", "raw", "ticker", "KRW-BTC"],
    ):
        if "--url" not in arguments:
            arguments = ["--url", "ws://127.0.0.1:9/websocket/v1", *arguments]
        result = tail(*arguments)
        assert result.returncode == 2, (arguments, result.returncode, result.stderr)
        assert result.stderr and not result.stdout, arguments
    result = tail("--help")
    assert result.returncode == 0 and "Exit status" in result.stdout


def test_private_types_need_keys_and_say_so():
    with Mock("--codes", "40", "--private-rate", "20") as mock:
        for kind in ("myAsset", "myOrder", "announcement"):
            result = tail("--url", mock.url, kind, "-")
            assert result.returncode == 5, (kind, result.returncode, result.stderr)
            assert "UPBIT_ACCESS_KEY" in result.stderr and not result.stdout, result.stderr
        keys = {"UPBIT_ACCESS_KEY": "test-access", "UPBIT_SECRET_KEY": "test-secret"}
        result = tail("--url", mock.url, "--count", "5", "myOrder", "-", env=keys)
        assert result.returncode == 0 and result.stdout.count("myOrder") == 5, result.stderr
        keys["UPBIT_SECRET_KEY"] = "another-secret"
        result = tail("--url", mock.url, "myAsset", "-", env=keys)
        assert result.returncode == 5 and "another-secret" not in result.stderr, result.stderr


def test_what_is_wrong_with_the_keys_is_said_with_what_to_do():
    keys = ["good secret-0", "may-nothing secret-1 scopes=trade",
            "grew-old secret-2 expires=2020-01-01T00:00:00Z", "elsewhere secret-3 ips=10.1.2.3"]
    rows = [("unknown", "secret-0", 5, "invalid_access_key", "does not know this access key"),
            ("good", "secret-9", 5, "jwt_verification", "check the secret key"),
            ("may-nothing", "secret-1", 5, "out_of_scope", "view orders"),
            ("grew-old", "secret-2", 5, "expired_access_key", "make a new key"),
            ("elsewhere", "secret-3", 5, "no_authorization_ip", "add this machine's address"),
            ("good\n", "secret-0", 2, "UPBIT_ACCESS_KEY", "a line end or a blank behind it"),
            ("good", "secret-0 ", 2, "UPBIT_SECRET_KEY", "a line end or a blank behind it"),
            (" good", "secret-0", 2, "UPBIT_ACCESS_KEY", "character 1 of 5"),
            ("good", "", 2, "UPBIT_SECRET_KEY", "is missing")]
    os.environ["UPBIT_MOCK_KEYS"] = ";".join(keys)
    try:
        mock = Mock("--codes", "40", "--private-rate", "20")
    finally:
        del os.environ["UPBIT_MOCK_KEYS"]
    with mock:
        for access, secret, status, name, advice in rows:
            given = {"UPBIT_ACCESS_KEY": access, "UPBIT_SECRET_KEY": secret}
            for command in (["myOrder", "-"], ["snapshot", "myOrder", "-"]):
                result = tail("--url", mock.url, *command, env=given)
                said = (access, command, result.returncode, result.stderr)
                assert result.returncode == status and not result.stdout, said
                assert name in result.stderr and advice in result.stderr, said
                assert secret.strip() == "" or secret.strip() not in result.stderr, said
        given = {"UPBIT_ACCESS_KEY": "good", "UPBIT_SECRET_KEY": "secret-0"}
        control(mock, "clock?offset_ms=-600000")
        result = tail("--url", mock.url, "--count", "3", "myOrder", "-", env=given)
        assert result.returncode == 0 and result.stdout.count("myOrder") == 3, result.stderr
        assert "600 s ahead of the exchange's: set it" in result.stderr or \
            "599 s ahead of the exchange's: set it" in result.stderr, result.stderr


def test_unknown_code_ends_with_4_and_names_it():
    with Mock("--codes", "40") as mock:
        result = tail("--url", mock.url, "--seconds", "5", "ticker", "KRW-BTC,KRW-NOSUCH")
        assert result.returncode == 4, (result.returncode, result.stderr)
        assert "KRW-NOSUCH" in result.stderr


def test_no_server_ends_with_3():
    result = tail("--url", "ws://127.0.0.1:9/websocket/v1", "--seconds", "1", "ticker", "KRW-BTC")
    assert result.returncode == 3, (result.returncode, result.stderr)
    assert "cannot connect" in result.stderr


def test_ctrl_c_ends_cleanly():
    with Mock("--codes", "40", "--rate", "500") as mock:
        process = subprocess.Popen([TAIL, "--url", mock.url, "ticker", "KRW-BTC"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = process.stdout.readline()
        assert json.loads(first)["code"] == "KRW-BTC"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        assert process.returncode == 0


def replay_through(*arguments, messages):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(messages))
        file.flush()
        with Mock("--replay", file.name) as mock:
            return tail("--url", mock.url, *arguments)


def own_messages(count):
    code = ("KRW-BTC", "KRW-ETH")
    return [
        json.dumps({
            "ty": "trade", "cd": code[i % 2], "tms": 1790000000000 + i, "td": "2026-09-21",
            "ttm": "13:33:20", "ttms": 1790000000000 + i, "tp": 100.0 + i, "tv": 0.5, "ab": "BID",
            "pcp": 99.0, "c": "RISE", "cp": 1.0, "sid": 17900000000000000 + i, "st": "REALTIME"},
            separators=(",", ":")) + "\n"
        for i in range(count)]


def test_replay_is_lossless_and_in_order():
    result = replay_through("--policy", "lossless", "--count", "5000", "--seconds", "20", "--stats",
                            "trade", "KRW-BTC,KRW-ETH", messages=own_messages(5000))
    assert result.returncode == 0, result.stderr
    ids = [e["sequential_id"] for e in lines(result)]
    assert ids == [17900000000000000 + i for i in range(5000)]


def test_recorded_session_is_accounted_for():
    name = os.path.join(CAPTURES, "real_cryptofeed_20210417_ws62_simple.jsonl")
    if not os.path.exists(name):
        return "the captures are not here"
    with open(name, encoding="utf-8") as file:
        messages = file.readlines()
    codes = ",".join(sorted({json.loads(m)["cd"] for m in messages}))
    result = replay_through("--policy", "lossless", "--count", str(len(messages)), "--seconds", "20",
                            "trade", codes, "orderbook", codes, messages=messages)
    assert result.returncode == 0, result.stderr
    events = lines(result)
    assert len(events) == len(messages) == 449, (len(events), result.stderr)
    for kind in ("trade", "orderbook"):
        sent = [m for m in map(json.loads, messages) if m["ty"] == kind]
        got = [e for e in events if e["type"] == kind]
        assert [(m["cd"], m["tms"]) for m in sent] == [(e["code"], e["timestamp"]) for e in got]
    return None


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            skipped = function()
            print(f"ok {number} - {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            print("# " + f"{type(error).__name__}: {error}".replace("\n", "\n# "), flush=True)
    sys.exit(1 if failed else 0)


main()
