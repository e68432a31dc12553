#!/usr/bin/python3
"""upbit-mock spoils the flow of messages, on command and by a timeline: errors, order, doubles, late
and missing messages, bursts, a wrong clock. Argument: the program. Prints TAP."""
import calendar
import collections
import email.utils
import json
import os
import subprocess
import tempfile
import time

from exchange import MESSAGES, MOCK, Mock, fails, journal, run

BTC, ETH = "KRW-BTC", "KRW-ETH"
TRADE = {"type": "trade", "codes": [BTC]}
TICKER = {"type": "ticker", "codes": [BTC]}
BUSY = ("--codes", 5, "--rate", 4000)


def test_errors_by_name_for_the_next_requests():
    names = dict(MESSAGES, INVALID_AUTH="인증 정보가 올바르지 않습니다.",
                 INVALID_PARAM="nope 은 지원하지 않는 타입입니다.")
    with Mock("--codes", 5, "--rate", 0, "--time-scale", 10) as mock:
        for name, text in names.items():
            mock.control(f"error?name={name}&count=2")
            for _ in range(2):
                with mock.ws() as ws:
                    ws.want(TICKER)
                    assert ws.message()["error"] == {"name": name, "message": text}
                    assert ws.end() == (1000, b"")
            with mock.ws() as ws:
                ws.want(TICKER)
                assert ws.message()["code"] == BTC
        mock.control("error?name=Too%20Many%20Requests&when=now")
        with mock.ws() as ws, mock.ws() as other:
            for one in (ws, other):
                one.want(TICKER)
                one.message()
            ident = min(c["id"] for c in mock.stats()["websocket_connections"] if c["open"])
            mock.control(f"error?name=Too%20Many%20Requests&when=now&id={ident}")
            assert ws.message()["error"]["name"] == "Too Many Requests" and ws.end()[0] == 1000
            other.want(TICKER)
            assert other.message()["code"] == BTC
        mock.control("error?name=MINE&message=words")
        mock.control("error?count=0")
        with mock.ws() as ws:
            ws.want(TICKER)
            assert ws.message()["code"] == BTC


def numbers(ws, count):
    return [int(m["sequential_id"]) for m in ws.messages(count)]


def test_messages_in_another_order_within_a_distance():
    with Mock(*BUSY) as mock, mock.ws() as ws:
        mock.control("reorder?every=10&distance=4")
        ws.want(TRADE)
        got = numbers(ws, 1000)[1:]
        rank = {n: i for i, n in enumerate(sorted(got))}
        moved = [i for i, n in enumerate(got) if rank[n] < i]
        assert len(set(got)) == 999 and 60 < len(moved) <= 100, len(moved)
        assert all(i - rank[got[i]] == 4 for i in moved[:-1]), [i - rank[got[i]] for i in moved]
        held = [r["id"] for r in journal(mock)[1] if r.get("held")]
        assert [got[i] for i in moved] == held[:len(moved)]
        mock.control("reorder?percent=30&distance=2")
        got = numbers(ws, 1000)
        assert sum(a > b for a, b in zip(got, got[1:])) > 50
        mock.control("reorder")
        ws.want(TICKER)
        ws.until(lambda m: m["type"] == "ticker")
        ws.want(TRADE)
        ws.until(lambda m: m["type"] == "trade" and m["stream_type"] == "SNAPSHOT")
        got = numbers(ws, 500)
        assert got == sorted(set(got))
        assert "not both" in fails(mock, "reorder?every=2&percent=2")


def test_what_is_held_back_comes_without_successors():
    with Mock("--codes", 5, "--rate", 0) as mock, mock.ws() as ws:
        mock.control("reorder?every=1&distance=1000")
        began = time.monotonic()
        ws.want(TRADE)
        assert ws.message()["stream_type"] == "SNAPSHOT" and time.monotonic() - began > 0.9
        ws.want(TICKER)
        ws.want(TRADE)  # a switch does not wait for it
        assert ws.message()["type"] == "ticker" and time.monotonic() - began < 1.9


def test_messages_come_twice():
    with Mock(*BUSY) as mock, mock.ws() as ws:
        mock.control("repeat?every=7")
        ws.want(TRADE)
        got = numbers(ws, 800)
        doubles = [i for i in range(1, 800) if got[i] == got[i - 1]]
        assert doubles == list(range(7, 800, 8)), doubles
        assert sum(r.get("repeated", False) for r in journal(mock)[1][:800]) == len(doubles)
        mock.control("repeat?percent=20&distance=5")
        got = numbers(ws, 1500)[500:]
        count = collections.Counter(got)
        far = [i for i, n in enumerate(got) if n in got[:i] and got[i - 1] != n]
        assert max(count.values()) == 2 and len(far) > 20
        mock.control("repeat?every=0")
        at = journal(mock)[0]
        ws.want(TRADE)
        ws.until(lambda m: m["stream_type"] == "SNAPSHOT")
        got = numbers(ws, 300)
        assert len(set(got)) == 300
        assert sum(r.get("repeated", False) for r in journal(mock, at)[1][50:]) == 0


def test_late_frames_of_the_old_set():
    with Mock(*BUSY) as mock, mock.ws() as ws:
        for frames in (2, 1, 0):
            mock.control("late?frames=0")
            ws.want(TRADE, TICKER)
            ws.until(lambda m: m.get("type") == "trade" and m["stream_type"] == "REALTIME")
            mock.control(f"late?frames={frames}")
            at = journal(mock)[0]
            ws.want(TICKER, {"type": "orderbook", "codes": [BTC]}, form="SIMPLE")
            ws.until(lambda m: m.get("ty") == "ticker" and m["st"] == "SNAPSHOT")
            after = ws.messages(300)
            old = [m for m in after if "type" in m or m["ty"] not in ("ticker", "orderbook")]
            assert [m["type"] for m in old] == ["trade"] * frames, old
            assert all("ap" in m["obu"][0] for m in after if m.get("ty") == "orderbook")
            late = [r for r in journal(mock, at)[1] if r.get("late")]
            assert [r["type"] for r in late] == ["trade"] * frames
            assert [int(m["sequential_id"]) for m in old] == [r["id"] for r in late]


def test_a_stream_goes_silent_and_comes_back():
    wants = ({"type": "trade", "codes": [BTC, ETH]}, {"type": "ticker", "codes": [BTC, ETH]})
    with Mock(*BUSY) as mock, mock.ws() as ws:
        mock.control("mute?type=trade&code=KRW-BTC")
        ws.want(*wants)
        seen = collections.Counter((m["type"], m["code"]) for m in ws.messages(500))
        assert ("trade", BTC) not in seen and len(seen) == 3, seen
        mock.control("mute?code=KRW-ETH")
        at = journal(mock)[0]
        time.sleep(0.1)
        assert {(r["type"], r["code"]) for r in journal(mock, at)[1]} == {("ticker", BTC)}
        mock.control("mute?on=0")
        at = journal(mock)[0]
        time.sleep(0.1)
        assert len({(r["type"], r["code"]) for r in journal(mock, at)[1]}) == 4


def test_snapshots_are_missing():
    wants = ({"type": "trade", "codes": [BTC, ETH]}, {"type": "ticker", "codes": [BTC, ETH]})
    every = [("trade", BTC), ("trade", ETH), ("ticker", BTC), ("ticker", ETH)]
    with Mock("--codes", 5, "--rate", 0) as mock, mock.ws() as ws:
        def got():
            at = journal(mock)[0]
            ws.want(*wants)
            ws.say([{"ticket": "q"}, {"method": "LIST_SUBSCRIPTIONS"}])
            while "result" not in ws.message():
                pass
            return [(r["type"], r["code"]) for r in journal(mock, at)[1]]
        mock.control("snapshots?type=trade&code=KRW-ETH")
        assert got() == [k for k in every if k != ("trade", ETH)]
        mock.control("snapshots?every=0")
        assert got() == every
        mock.control("snapshots?every=2")
        assert got() == every[::2]
        mock.control("reset")
        assert got() == every


def test_the_clock_is_wrong_and_right_again():
    def date(mock):
        return email.utils.parsedate_to_datetime(mock.http("/v1/market/all")[1]["date"]).timestamp()
    with Mock("--codes", 5, "--rate", 2000) as mock, mock.ws() as ws:
        assert abs(date(mock) - time.time()) < 60
        ids = [mock.get("/v1/trades/ticks?market=KRW-BTC")[0]["sequential_id"]]
        for hours in (5, -5, 0):
            mock.control(f"clock?offset_ms={hours * 3600000}")
            now = time.time() + hours * 3600
            assert abs(date(mock) - now) < 60
            ws.want(TRADE, TICKER, {"type": "orderbook", "codes": [BTC]})
            ws.until(lambda m: m["stream_type"] == "SNAPSHOT")
            for message in ws.messages(50):
                assert abs(int(message["timestamp"]) / 1000 - now) < 60, message
                if message["type"] == "trade":
                    stamp = int(message["trade_timestamp"])
                    text = message["trade_date"] + " " + message["trade_time"]
                    assert calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S")) == stamp // 1000
            row = mock.get("/v1/trades/ticks?market=KRW-BTC")[0]
            assert abs(int(row["timestamp"]) / 1000 - now) < 60
            ids.append(row["sequential_id"])
        assert ids == sorted(ids)  # names, not times: they do not go back


def test_a_burst_of_so_many_and_then_quiet():
    with Mock("--codes", 5, "--rate", 0) as mock, mock.ws() as ws:
        ws.want({"type": "trade", "codes": [BTC, ETH]})
        ws.messages(2)
        began = time.monotonic()
        mock.control("burst?rate=4000&ms=500&code=KRW-BTC")
        got = ws.messages(2000)
        assert 0.4 < time.monotonic() - began < 5
        ids = [int(m["sequential_id"]) for m in got]
        assert {m["code"] for m in got} == {BTC} and ids == sorted(set(ids))
        ws.quiet(0.2)
        mock.control("burst?rate=4000&ms=100")
        assert len({m["code"] for m in ws.messages(50)}) == 2
        assert "no such market" in fails(mock, "burst?code=KRW-NOPE")


def test_a_timeline_in_lines_or_as_an_object():
    steps = [{"at_ms": 0, "do": "reject", "code": ETH},
             {"at_ms": 300, "do": "send", "body": "hello", "op": "text"},
             {"at_ms": 500, "do": "send", "body": "again", "op": "text", "every_ms": 50, "times": 3},
             {"at_ms": 400, "do": "send", "body": "", "op": "ping"},
             {"at_ms": 900, "do": "reject", "on": False},
             {"at_ms": 1000, "do": "cut", "how": "fin"}]
    for text in ("\n".join(map(json.dumps, steps)), json.dumps({"steps": steps}, indent=1)):
        with Mock("--codes", 5, "--rate", 0, "--time-scale", 10) as mock, mock.ws() as ws:
            status, _, _ = mock.http("/mock/scenario", "POST", text.encode())
            assert status == 200
            with mock.ws() as other:
                other.want({"type": "trade", "codes": [ETH]})
                assert "error" in other.message()
                assert other.end()[0] == 1000
            got = [ws.read() for _ in range(5)]
            assert got == [(1, b"hello"), (9, b""), (1, b"again"), (1, b"again"), (1, b"again")]
            assert ws.end() == (None, b"")
            state = json.loads(mock.http("/mock/scenario")[2])
            assert state == {"steps": 6, "waiting": 0, "done": 8, "failed": 0, "error": ""}
            with mock.ws() as other:
                other.want({"type": "trade", "codes": [ETH]})
                assert other.message()["code"] == ETH
            mock.control("scenario", b'{"at_ms":0,"do":"cut","id":99}\n{"at_ms":600000,"do":"cut"}\n')
            time.sleep(0.1)
            state = json.loads(mock.http("/mock/scenario")[2])
            assert (state["waiting"], state["done"], state["failed"]) == (1, 1, 1), state
            mock.control("scenario")
            assert json.loads(mock.http("/mock/scenario")[2])["steps"] == 0


def test_a_broken_timeline_is_refused_with_its_line():
    good = '{"at_ms":0,"do":"silence"}\n'
    cases = [
        (good + "\n" + '{"at_ms":5}', "line 3: a step is an object"),
        (good + "nonsense", "line 2: this is not JSON"),
        (good + '{"at_ms":5,"do":"explode"}', "line 2: nothing is called explode; there is cut, "),
        (good + '{"do":"cut"}', "line 2: at_ms must be"),
        (good + '{"at_ms":-1,"do":"cut"}', "line 2: at_ms must be"),
        (good + '{"at_ms":1.5,"do":"cut"}', "line 2: at_ms must be"),
        (good + '{"at_ms":1,"do":"cut","how":"axe"}', "line 2: cut: how must be one of"),
        (good + '{"at_ms":1,"do":"cut","hwo":"rst"}', "line 2: cut has no parameter hwo"),
        (good + '{"at_ms":1,"do":"cut","how":["rst"]}', "line 2: cut: how must be a number or"),
        (good + '{"at_ms":1,"do":"reject"}', "line 2: reject needs a type"),
        (good + '{"at_ms":1,"do":"cut","every_ms":0}', "line 2: every_ms and times"),
        ('{"steps":[\n' + good.strip() + ',\n{"at_ms":1,"do":"x"}]}', "line 3: nothing is called x"),
        ('{"steps":{}}', "line 1: an object has"), ("[]", "line 1: an object has"),
    ]
    with Mock("--codes", 2, "--rate", 0) as mock, mock.ws() as ws:
        for text, words in cases:
            assert words in fails(mock, "scenario", text.encode()), (text, words)
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
                file.write(text)
            result = subprocess.run([MOCK, "--scenario", file.name], capture_output=True, text=True,
                                    timeout=20)
            os.unlink(file.name)
            assert result.returncode == 1 and not result.stdout and words in result.stderr, result
        ws.want(TICKER)  # none of the good lines before a bad one was done
        assert ws.message()["code"] == BTC


def test_a_timeline_from_a_file_begins_with_the_program():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{"at_ms":0,"do":"refuse","count":1,"status":418,"retry_after":7,"body":"no"}\n'
                   '{"at_ms":0,"do":"limit","group":"ticker","count":2}\n')
        file.flush()
        with Mock("--codes", 5, "--rate", 0, "--scenario", file.name) as mock:
            time.sleep(0.05)
            with mock.ws() as ws:
                assert (ws.status, ws.headers["retry-after"], ws.body) == (418, "7", b"no")
            path = "/v1/ticker?markets=KRW-BTC"
            assert [mock.http(p)[0] for p in (path, "/v1/market/all", path, path)] == \
                [429, 200, 429, 200]
            mock.control("limit?group=all&count=1&status=418&retry_after=3", b'{"wait":3}')
            for p in (path, "/v1/market/all", "/v1/orderbook?markets=KRW-BTC",
                      "/v1/trades/ticks?market=KRW-BTC", "/v1/candles/seconds?market=KRW-BTC"):
                status, headers, body = mock.http(p)
                assert (status, headers["retry-after"], body) == (418, "3", b'{"wait":3}'), p
                assert headers["remaining-req"].startswith("group="), headers
                assert mock.http(p)[0] == 200
    result = subprocess.run([MOCK, "--scenario", "/nonexistent"], capture_output=True, text=True,
                            timeout=20)
    assert result.returncode == 1 and "No such file" in result.stderr, result


run(globals())
