#!/usr/bin/python3
"""upbit-mock as a service: the command line, REST, /mock, TLS and recordings. Argument: the
program. Prints TAP."""
import base64
import json
import os
import re
import signal
import ssl
import subprocess
import tempfile
import time
import warnings

from exchange import BINARY, MOCK, PING, PONG, TEXT, Closed, Mock, WebSocket, certificate, parse, run
from parent import check_that_it_ends_too


def call(*arguments):
    return subprocess.run([MOCK, *arguments], capture_output=True, text=True, timeout=20)


def test_help_and_wrong_options():
    result = call("--help")
    assert result.returncode == 0 and "usage: upbit-mock" in result.stdout and not result.stderr
    for bad in (["--port", "65536"], ["--port", "x"], ["--host", "0.0.0.0"], ["--codes", "0"],
                ["--rate", "-1"], ["--rate", "1e9"], ["--time-scale", "0"], ["--start-ms", "1000"],
                ["--seed", "z"],
                ["--idle-timeout", "nan"], ["--tls-cert", "x"], ["--nonsense"], ["stray"]):
        result = call(*bad)
        assert result.returncode == 2 and not result.stdout, (bad, result)
        assert result.stderr.startswith("upbit-mock: ") or "--nonsense" in bad, result.stderr
    for bad, word in ((["--replay", "/nonexistent"], "No such file"),
                      (["--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"], "No such file")):
        result = call(*bad)
        assert result.returncode == 1 and not result.stdout and word in result.stderr, result
        assert "null" not in result.stderr, result.stderr


def test_a_port_of_ones_own_and_one_that_is_taken():
    with Mock("--codes", 2) as mock:
        result = call("--port", str(mock.port))
        assert result.returncode == 1 and not result.stdout and "in use" in result.stderr
    result = subprocess.Popen([MOCK, "--port", str(mock.port)], stdout=subprocess.PIPE, text=True)
    assert f":{mock.port}/" in result.stdout.readline()  # at once, although it was in use before
    result.send_signal(signal.SIGINT)
    assert result.communicate(timeout=10)[0] == "" and result.returncode == 0


def test_it_ends_with_its_parent():
    check_that_it_ends_too(MOCK, "--parent-death")


def test_rest_answers_as_the_exchange_does():
    missing = {"error": {"name": 400, "message":
                         "Missing request parameter error. Check the required parameters!"}}
    mismatch = {"error": {"name": 400, "message":
                          "Type mismatch error. Check the parameters type!"}}
    unknown = {"error": {"name": 404, "message": "Code not found"}}
    unrouted = {"error": {"name": "not_found", "message": "no Route matched with those values"}}
    cases = [
        ("/v1/ticker", 400, missing), ("/v1/ticker?markets=", 400, missing),
        ("/v1/ticker?markets=KRW-BTC,KRW-NOPE", 404, unknown),
        ("/v1/orderbook?markets=KRW-BTC&count=31", 400, mismatch),
        ("/v1/orderbook?markets=KRW-BTC&level=x", 400, mismatch),
        ("/v1/orderbook?markets=KRW-BTC&level=12345", 200, []),
        ("/v1/trades/ticks", 400, missing), ("/v1/trades/ticks?market=KRW-NOPE", 404, unknown),
        ("/v1/trades/ticks?market=" + "X" * 3000, 404, unknown),
        ("/v1/trades/ticks?market=KRW-BTC&count=501", 400, mismatch),
        ("/v1/trades/ticks?market=KRW-BTC&count=" + "9" * 60, 400, mismatch),
        ("/v1/trades/ticks?market=KRW-BTC&to=250000", 400, mismatch),
        ("/v1/trades/ticks?market=KRW-BTC&cursor=1", 200, []),
        ("/v1/candles/minutes/2?market=KRW-BTC", 404, unrouted),
        ("/v1/candles/minutes/1?market=KRW-BTC&count=201", 400, mismatch),
        ("/v1/candles/minutes/1?market=KRW-BTC&to=yesterday", 400, mismatch),
        ("/v1/candles/minutes/1?market=KRW-BTC&to=1999-01-01T00:00:00Z", 200, []),
        ("/v1/nope", 404, unrouted), ("/", 404, unrouted), ("/v1/withdraws", 404, unrouted),
    ]
    with Mock("--codes", 60, "--rate", 0, "--time-scale", 100) as mock:
        for path, status, body in cases:
            got = mock.http(path)
            assert (got[0], json.loads(got[2])) == (status, body), (path, got)
        assert mock.http("/v1/market/all", "POST")[0] == 404
        assert [r["market"] for r in mock.get("/v1/ticker?markets=krw-btc,KRW-eth")] == \
            ["KRW-BTC", "KRW-ETH"]
        rows = mock.get("/v1/orderbook?markets=BTC-ETH,KRW-BTC,BTC-XRP&level=10000&count=3")
        assert [r["market"] for r in rows] == ["KRW-BTC"] and rows[0]["level"] == 10000
        assert len(rows[0]["orderbook_units"]) == 3
        assert list(rows[0]["orderbook_units"][0]) == ["bid_price", "bid_size", "ask_price",
                                                       "ask_size"]
        plain = mock.get("/v1/market/all")
        assert len(plain) == 60 and list(plain[0]) == ["market", "korean_name", "english_name"]
        assert plain[0] == {"market": "KRW-BTC", "korean_name": "비트코인",
                            "english_name": "Bitcoin"}
        assert "market_event" in mock.get("/v1/market/all?is_details=true")[0]
        by_quote = {q: mock.get("/v1/ticker/all?quote_currencies=" + q)
                    for q in ("KRW", "BTC", "USDT", "KRW,BTC", "EUR")}
        assert [len(r) for r in by_quote.values()] == [24, 24, 12, 48, 0]
        assert mock.get("/v1/candles/seconds?market=KRW-BTC&count=3")[0].keys() >= {"trade_price"}


def test_pages_of_trades_and_candles_join():
    with Mock("--codes", 5, "--rate", 0, "--time-scale", 50) as mock:
        ticks = "/v1/trades/ticks?market=KRW-BTC"
        whole = mock.get(ticks + "&count=60")
        pages, cursor = [], ""
        for _ in range(6):
            pages += mock.get(f"{ticks}&count=10{cursor}")
            cursor = f"&cursor={pages[-1]['sequential_id']}"
        assert pages == whole and len(whole) == 60 and len(mock.get(ticks)) == 1
        middle = whole[30]
        until = mock.get(f"{ticks}&count=60&to={middle['trade_time_utc'].replace(':', '')}")
        second = middle["timestamp"] // 1000
        if middle["trade_date_utc"] == whole[0]["trade_date_utc"]:
            assert until == [t for t in whole if t["timestamp"] // 1000 <= second]
        path = "/v1/candles/minutes/3?market=KRW-BTC&count="
        whole = mock.get(path + "40")
        cut = whole[19]["candle_date_time_utc"]
        assert mock.get(path + "20&to=" + cut + "Z") == whole[20:]
        assert mock.get(path + "20&to=" + cut.replace("T", "%20")) == whole[20:]
        kst = whole[19]["candle_date_time_kst"]
        assert mock.get(path + "20&to=" + kst + "%2B09:00") == whole[20:]


def test_each_group_has_ten_requests_a_second():
    with Mock("--codes", 3, "--rate", 0, "--time-scale", 0.05) as mock:
        left = []
        while True:
            status, headers, body = mock.http("/v1/market/all")
            found = re.fullmatch(r"group=market; min=600; sec=(\d+)", headers["remaining-req"])
            if status == 429:
                break
            left.append(int(found.group(1)))
            assert len(left) < 25
        assert json.loads(body)["error"]["name"] == 429 and found.group(1) == "0"
        assert left[-10:] == list(range(9, -1, -1)), left
        status, headers, _ = mock.http("/v1/ticker?markets=KRW-BTC")
        assert status == 200 and headers["remaining-req"] == "group=ticker; min=600; sec=9"


def test_keep_alive_pipelining_and_expectations():
    with Mock("--codes", 3, "--rate", 0) as mock, mock.connect() as sock:
        sock.sendall(b"GET /mock/stats HTTP/1.1\r\nHost: x\r\n\r\n" * 3 +
                     b"POST /mock/silence?on=0 HTTP/1.1\r\nExpect: 100-continue\r\n"
                     b"Content-Length: 2\r\nConnection: close\r\n\r\n")
        text = b""
        while b"100 Continue\r\n\r\n" not in text:
            text += sock.recv(65536)
        assert text.count(b"HTTP/1.1 200 OK") == 3
        sock.sendall(b"{}")
        rest = b"".join(iter(lambda: sock.recv(65536), b""))
        assert rest.startswith(b"HTTP/1.1 200 OK") and rest.endswith(b'{"ok":true}')


def test_controls():
    with Mock("--codes", 3, "--rate", 3000) as mock:
        with mock.ws(headers=["X-Who: me"]) as one, mock.ws() as two:
            one.want({"type": "ticker", "codes": ["KRW-BTC"]})
            one.messages(3)
            stats = mock.stats()
            assert (stats["open"], stats["websockets"], stats["requests"]) == (2, 2, 1)
            mine, = [c for c in stats["websocket_connections"] if c["requests"]]
            assert mine["open"] and mine["headers"]["X-Who"] == "me"
            assert json.loads(mine["last_request"])[1]["type"] == "ticker"
            mock.control("send", b'{"made":"up"}')
            assert two.raw() == '{"made":"up"}' and one.until(lambda m: "made" in m)
            mock.control("silence")
            two.frame(PING, b"?")
            two.quiet(0.2)
            mock.control("silence?on=0")
            two.frame(PING, b"!")
            assert two.read() == (PONG, b"!")
            mock.control("cut?how=fin")
            assert one.end()[0] is None and two.end()[0] is None
        with mock.ws() as three:
            mock.control("cut")
            assert three.end()[0] is None
        mock.control("refuse?count=2&status=429")
        assert [WebSocket(mock).status for _ in range(3)] == [429, 429, 101]
        stats = mock.stats()
        assert stats["refused"] == 2
        assert [c["open"] for c in stats["websocket_connections"]].count(False) >= 3
        for path, status in (("cut?how=x", 400), ("refuse?status=200", 400), ("refuse?count=", 400),
                             ("silence?on=2", 400), ("nope", 404)):
            got = mock.http("/mock/" + path, "POST")
            assert got[0] == status and "error" in json.loads(got[2]), (path, got)
        assert mock.http("/mock/cut")[0] == 405
        mock.control("shutdown")
        assert mock.process.wait(10) == 0


def test_requests_beyond_the_limits_are_counted():
    with Mock("--codes", 3, "--rate", 0) as mock, mock.ws() as ws:
        for _ in range(8):
            ws.want({"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True})
            ws.message()
        stats = mock.stats()
        assert stats["requests"] == 8 and 0 < stats["rate_violations"] <= 3, stats


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        pair = certificate(folder)
        with Mock("--codes", 900, "--rate", 20000, tls=pair) as mock:
            assert mock.scheme == "wss"
            codes = [r["market"] for r in mock.get("/v1/market/all")]
            with mock.ws() as ws:
                assert ws.sock.version() in ("TLSv1.2", "TLSv1.3")
                ws.want({"type": "orderbook", "codes": codes})
                assert [m["code"] for m in ws.messages(900)] == codes
                assert ws.message()["stream_type"] == "REALTIME"
                ws.say("x")
                ws.until(lambda m: "error" in m)
                assert ws.end()[0] == 1000
            tls, mock.tls = mock.tls, None
            with mock.connect() as plain:
                plain.sendall(b"GET /v1/market/all HTTP/1.1\r\nHost: x\r\n\r\n")
                try:
                    assert not plain.recv(100).startswith(b"HTTP")
                except ConnectionResetError:
                    pass
            with mock.connect() as old:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                context.set_ciphers("ALL:@SECLEVEL=0")
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that it is deprecated is the point
                    context.maximum_version = ssl.TLSVersion.TLSv1_1
                    context.minimum_version = ssl.TLSVersion.TLSv1_1
                try:
                    context.wrap_socket(old)
                    raise AssertionError("TLS 1.1 was taken")
                except (ssl.SSLError, ConnectionResetError):
                    pass
            mock.tls = tls
            assert mock.stats()["cut_for_memory"] == 0
        result = call("--tls-cert", pair[0], "--tls-key", pair[0])
        assert result.returncode == 1 and "--tls-key" in result.stderr


def recorded(lines, *arguments):
    file = tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8")
    file.write("".join(x + "\n" for x in lines))
    file.flush()
    mock = Mock("--replay", file.name, *arguments)
    file.close()
    return mock


def test_bare_lines_are_played_to_each_connection_once():
    lines = ['{"ty":"trade","cd":"KRW-BTC","tp":1.0E8}', "", "{broken", '{"type":"x","code":"KRW-XRP"}'
             ] + [json.dumps({"n": n, "pad": "가" * 400}, ensure_ascii=False) for n in range(3000)]
    with recorded(lines) as mock:
        wanted = [x for x in lines if x]
        for _ in range(2):
            with mock.ws() as ws:
                ws.quiet(0.05)
                ws.want({"type": "ticker", "codes": ["KRW-ETH"]})
                time.sleep(0.1)  # nothing is left out for who reads late
                assert [ws.raw() for _ in wanted] == wanted
                ws.want({"type": "ticker", "codes": ["KRW-ETH"]})
                ws.quiet(0.05)
        assert [r["market"] for r in mock.get("/v1/market/all")] == ["KRW-BTC", "KRW-XRP"]
        assert mock.http("/v1/ticker?markets=KRW-BTC")[0] == 404


def test_a_trace_is_played_with_its_codes_and_its_times():
    start = 1700000000000000000
    rows = [(5, "out", TEXT, "text", "never played"), (10, "in", BINARY, "text", '{"a":"b"}'),
            (60, "in", TEXT, "text", "words"), (60, "in", PING, "text", "p"),
            (110, "out", PONG, "text", "p"), (160, "in", PONG, None, None),
            (310, "in", BINARY, "base64", base64.b64encode(b"\0\xff\x80x").decode()),
            (310, "in", BINARY, "base64", ""), (320, "in", BINARY, "text", "last"),
            (330, "in", 8, "base64", base64.b64encode(b"\x0f\xa0bye").decode()),
            (340, "in", TEXT, "text", "never reached")]
    lines = [json.dumps({"t_ns": start + t * 1000000, "dir": d, "op": op,
                         **({name: data} if name else {})}) for t, d, op, name, data in rows]
    frames = [(BINARY, b'{"a":"b"}'), (TEXT, b"words"), (PING, b"p"), (PONG, b""),
              (BINARY, b"\0\xff\x80x"), (BINARY, b""), (BINARY, b"last")]
    for arguments, least in (((), 0.31), (("--replay-speed", 3), 0.1), (("--replay-speed", 0), 0)):
        with recorded(lines, *arguments) as mock, mock.ws() as ws:
            asked = time.monotonic()
            ws.want({"type": "ticker", "codes": ["KRW-ETH"]})
            assert [ws.read() for _ in frames] == frames
            took = time.monotonic() - asked
            assert took >= least, (arguments, took)
            try:
                raise AssertionError(ws.read())
            except Closed as closed:
                assert (closed.code, closed.reason) == (4000, b"bye")
            ws.frame(8, b"\x0f\xa0")


def test_broken_traces_are_refused():
    for line in ('{"t_ns":1,"dir":"in","op":3,"text":"x"}', '{"t_ns":1,"dir":"in","op":2,"base64":"x"}',
                 json.dumps({"t_ns": 1, "dir": "in", "op": 9, "text": "x" * 126}),
                 '{"t_ns":1,"dir":"in","op":2,"text":"x"}\n{"t_ns":2,"dir":"in","op":2,"te',
                 '{"t_ns":1,"dir":"in","op":2,"base64":"!!!!"}',
                 '{"t_ns":1,"dir":"out","op":1,"text":"nothing to play"}'):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(line + "\n")
            file.flush()
            result = call("--replay", file.name)
        assert result.returncode == 1 and result.stderr and not result.stdout, (line, result)


def test_the_recorded_session_comes_whole():
    path = os.path.join(os.environ.get("UPBIT_CAPTURES", ""), "real_cryptofeed_20210417_ws62_simple.jsonl")
    if not os.path.exists(path):
        return "no recordings here"
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with Mock("--replay", path) as mock, mock.ws() as ws:
        ws.want({"type": "ticker", "codes": ["KRW-BTC"]})
        assert [ws.raw() for _ in lines] == lines and len(lines) == 449
        codes = {r["market"] for r in mock.get("/v1/market/all")}
        assert codes == {parse(x)["cd"] for x in lines}
    return None


run(globals())
