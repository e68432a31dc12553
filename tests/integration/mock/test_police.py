#!/usr/bin/python3
"""upbit-mock writes down what clients send, counts which rules they break, and enforces them when it
is told to. Argument: the program. Prints TAP."""
import json
import os
import time

from exchange import PING, PONG, TEXT, Mock, parse, run

TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
QUIET = ("--codes", 5, "--rate", 0)
NONE = {"message_rate": 0, "connect_rate": 0, "rest_rate": 0, "origin": 0, "blocked": 0,
        "repeated_mask": 0, "unmasked": 0, "bad_frame": 0}


def received(mock, since=0):
    answer = json.loads(mock.http(f"/mock/received?since={since}")[2])
    return answer["next"], answer["received"]


def violations(mock):
    return {k: v for k, v in mock.stats()["violations"].items() if v}


def test_all_that_was_received():
    with Mock(*QUIET) as mock:
        assert received(mock) == (1, [])
        with mock.ws(headers=["X-One: 1"]) as ws:
            ws.want(TICKER)
            ws.frame(PING, b"\xffhi")
            ws.frame(PONG)
            ws.say("PING")
            ws.say("nonsense \U0001f600")
            ws.frame(8, b"\x03\xe9")
            assert ws.end() == (1001, b"")
        mock.http("/v1/ticker?markets=KRW-BTC,KRW-ETH")
        mock.http("/v1/nope", "DELETE")
        at, rows = received(mock)
        assert [r["n"] for r in rows] == list(range(1, 10)) and at == 10
        assert [(r["what"], r.get("text", r.get("path"))) for r in rows] == [
            ("http", "/websocket/v1"),
            ("message", '[{"ticket": "t"}, {"type": "ticker", "codes": ["KRW-BTC"]}]'),
            ("ping", "\ufffdhi"), ("pong", ""), ("message", "PING"),
            ("message", "nonsense \U0001f600"), ("close", "1001"),
            ("http", "/v1/ticker?markets=KRW-BTC,KRW-ETH"), ("http", "/v1/nope")], rows
        assert len({r["conn"] for r in rows if r["what"] != "http"}) == 1
        assert [(r["method"], r["status"]) for r in rows if r["what"] == "http"] == \
            [("GET", 101), ("GET", 200), ("DELETE", 404)]
        assert all(0 <= a["ms"] <= b["ms"] for a, b in zip(rows, rows[1:]))
        assert received(mock, 7)[1] == rows[6:] and received(mock, 99) == (10, [])


def test_the_record_is_bounded():
    with Mock(*QUIET) as mock, mock.ws() as ws:
        for n in range(5000):
            ws.frame(PONG, str(n).encode())
        ws.frame(PING)
        ws.until_op(PONG)
        _, rows = received(mock)
        assert len(rows) == 4096 and rows[-2]["text"] == "4999"
        for _ in range(300):
            ws.say([{"ticket": "x" * 70000}, TICKER])
            ws.message()
        _, rows = received(mock)
        assert 250 <= len(rows) <= 256 and {len(r["text"]) for r in rows} == {65536}, len(rows)
        with open(f"/proc/{mock.process.pid}/statm", encoding="ascii") as file:
            size = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        assert size < (512 if os.environ.get("MOCK_SANITIZED") else 64) << 20


def test_a_good_client_breaks_no_rule():
    with Mock(*QUIET, "--police") as mock, mock.ws() as ws:
        for n in range(5):
            ws.frame(TEXT, json.dumps([{"ticket": "t"}, TICKER]).encode(), mask=os.urandom(4))
            ws.message()
        ws.frame(PING, b"x", mask=os.urandom(4))
        ws.read()
        assert mock.stats()["violations"] == NONE, mock.stats()["violations"]


def test_masks_are_looked_at():
    with Mock(*QUIET) as mock, mock.ws() as one, mock.ws() as two, mock.ws() as three:
        for ws in (one, two):
            for _ in range(3):
                ws.frame(PING)
                ws.read()
        three.frame(PING, mask=b"\0\0\0\0")
        three.read()
        assert violations(mock) == {"repeated_mask": 2}
        three.sock.sendall(b"\x89\x00")
        assert three.end()[0] == 1002
        two.frame(3)
        assert two.end()[0] == 1002
        assert violations(mock) == {"repeated_mask": 2, "unmasked": 1, "bad_frame": 2}


def test_more_messages_than_allowed():
    with Mock(*QUIET) as mock, mock.ws() as ws:
        for _ in range(8):
            ws.want(TICKER)
            assert "error" not in ws.message()
        assert violations(mock)["message_rate"] == 3
    with Mock(*QUIET, "--police") as mock, mock.ws() as ws:
        for n in range(6):
            ws.want(TICKER)
            assert ("error" in ws.message()) == (n == 5)
        assert ws.end() == (1000, b"") and violations(mock)["message_rate"] == 1
    with Mock(*QUIET, "--police", "--time-scale", 10) as mock, mock.ws() as ws:
        for n in range(101):  # never five in a second, and a hundred in a minute
            ws.want(TICKER)
            message = ws.message()
            assert ("error" in message) == (n == 100), (n, message)
            time.sleep(0.025)
        assert message["error"]["name"] == "TOO_MANY_REQUEST"


def test_more_connects_than_allowed_and_the_block():
    def status(mock):
        with mock.ws() as ws:
            return ws.status, ws.body
    with Mock(*QUIET) as mock:
        assert [status(mock)[0] for _ in range(8)] == [101] * 8
        assert violations(mock) == {"connect_rate": 3}
    with Mock(*QUIET, "--police", "--time-scale", 5) as mock:
        answers = [status(mock) for _ in range(10)]
        assert [a[0] for a in answers] == [101] * 5 + [429] * 3 + [418] * 2, answers
        assert "10 seconds" in parse(answers[8][1])["error"]["message"]
        assert mock.http("/v1/market/all")[0] == 200  # the block is for upgrades
        began = time.monotonic()
        while status(mock)[0] == 418:
            time.sleep(0.05)
            assert time.monotonic() - began < 20
        assert time.monotonic() - began > 1.5
        answers = [status(mock) for _ in range(10)]
        blocked = [a for a in answers if a[0] == 418]
        assert blocked and "20 seconds" in parse(blocked[0][1])["error"]["message"], answers
        assert violations(mock)["blocked"] >= 4


def test_more_calls_than_allowed_and_the_block():
    with Mock(*QUIET, "--police", "--time-scale", 0.1) as mock:
        got = [mock.http("/v1/market/all")[0] for _ in range(16)]
        while got[:10] != [200] * 10:  # a second of the exchange ended meanwhile
            got = got[got.index(429):] if 429 in got[:1] else got[1:]
            assert got, "always"
        assert got[10:] == ([429] * 3 + [418] * 3)[:len(got) - 10], got
        assert mock.http("/v1/candles/seconds?market=KRW-BTC")[0] == 418
        with mock.ws() as ws:
            assert ws.status == 101
        assert violations(mock)["rest_rate"] == 4 and violations(mock)["blocked"] == 4


def test_an_origin_is_one_request_in_ten_seconds():
    origin = ["Origin: http://localhost"]
    with Mock(*QUIET, "--time-scale", 10) as mock:
        status, headers, _ = mock.http("/v1/market/all", headers=origin)
        assert status == 200 and headers["remaining-req"] == "group=origin; min=6; sec=0"
        status, headers, _ = mock.http("/v1/market/all", headers=origin)
        assert status == 429 and headers["remaining-req"] == "group=origin; min=6; sec=0"
        with mock.ws(headers=origin) as ws:
            assert ws.status == 429
        assert mock.http("/v1/market/all")[0] == 200
        with mock.ws() as ws:
            assert ws.status == 101
        time.sleep(1.05)
        with mock.ws(headers=origin) as ws:
            assert ws.status == 101
        assert violations(mock) == {"origin": 4}


def test_the_longest_silence_between_pings():
    with Mock(*QUIET, "--time-scale", 100) as mock:
        began = time.monotonic()
        with mock.ws() as ws:
            def gap():
                return mock.stats()["websocket_connections"][0]["ping_gap_ms"]
            time.sleep(0.4)
            first = gap()
            assert first >= 39000
            for _ in range(6):
                ws.frame(PING)
                ws.read()
                time.sleep(0.1)
            assert first <= gap() < (time.monotonic() - began) * 100000 * 0.8


run(globals())
