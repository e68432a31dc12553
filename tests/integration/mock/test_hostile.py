#!/usr/bin/python3
"""Nothing a client does to upbit-mock harms it or its other clients: broken frames and upgrades,
endless and slow requests, floods that nobody reads. Argument: the program. Prints TAP."""
import os
import random
import socket
import struct
import time

from exchange import BINARY, CLOSE, PING, PONG, TEXT, Mock, Stream, read_reply, run

QUIET = ("--codes", 20, "--rate", 0)
# An instrumented server keeps what it has freed for a while.
LIMIT = (512 if os.environ.get("MOCK_SANITIZED") else 48) << 20
UPGRADE = ["GET /websocket/v1 HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade",
           "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]


def memory(mock):
    with open(f"/proc/{mock.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def alive(mock):
    with mock.ws() as ws:
        ws.want({"type": "ticker", "codes": ["KRW-BTC"]})
        return ws.until(lambda m: m.get("type") == "ticker")["code"] == "KRW-BTC"


def answer(mock, data, pause=0):
    """What the server says to raw bytes: the status, or None when it says nothing."""
    with mock.connect() as sock:
        if pause:
            for n in range(0, len(data), 7):
                sock.sendall(data[n:n + 7])
                time.sleep(pause)
        else:
            try:
                sock.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                return None
        try:
            return read_reply(Stream(sock))[0]
        except (ConnectionResetError, BrokenPipeError):
            return None


def test_frames_that_break_the_protocol_are_answered_with_their_close_code():
    close = struct.Struct("!H").pack
    cases = [
        ("reserved bit", 1002, lambda w: w.frame(TEXT, b"x", first=0x40)),
        ("opcode 3", 1002, lambda w: w.frame(3, b"x")),
        ("opcode 11", 1002, lambda w: w.frame(11, b"x")),
        ("no mask", 1002, lambda w: w.sock.sendall(b"\x81\x01x")),
        ("ping in pieces", 1002, lambda w: w.frame(PING, b"x", fin=False)),
        ("long ping", 1002, lambda w: w.frame(PING, b"x" * 126)),
        ("stray continuation", 1002, lambda w: w.frame(0, b"x")),
        ("a second beginning", 1002,
         lambda w: (w.frame(TEXT, b"x", fin=False), w.frame(TEXT, b"x"))),
        ("length not shortest", 1002, lambda w: w.sock.sendall(b"\x82\xfe\x00\x05")
         or w.sock.sendall(bytes(9))),
        ("length of 2^63", 1002, lambda w: w.sock.sendall(b"\x82\xff\x80" + bytes(7))),
        ("no UTF-8", 1007, lambda w: w.frame(TEXT, b"\xc0\xaf")),
        ("4 GiB announced", 1009, lambda w: w.frame(BINARY, length=1 << 32)),
        ("five MiB in pieces", 1009,
         lambda w: [w.frame(BINARY if n == 0 else 0, bytes(1 << 19), fin=False)
                    for n in range(10)]),
        ("close of one byte", 1002, lambda w: w.frame(CLOSE, b"x")),
        ("close 1005", 1002, lambda w: w.frame(CLOSE, close(1005))),
        ("close 999", 1002, lambda w: w.frame(CLOSE, close(999))),
        ("close with broken words", 1007, lambda w: w.frame(CLOSE, close(1000) + b"\xff")),
        ("close 3000", 3000, lambda w: w.frame(CLOSE, close(3000) + b"bye")),
        ("empty close", 1005, lambda w: w.frame(CLOSE)),
    ]
    with Mock(*QUIET) as mock:
        for name, code, act in cases:
            with mock.ws() as ws:
                try:
                    act(ws)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it has answered already
                got = ws.end()[0]
                assert got == code, (name, got)
        assert alive(mock)


def test_a_message_in_pieces_with_a_ping_between_is_one_message():
    text = b'[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"]}]'
    with Mock(*QUIET) as mock, mock.ws() as ws:
        for n, byte in enumerate(text):
            ws.frame(TEXT if n == 0 else 0, bytes([byte]), fin=n == len(text) - 1)
            if n == 10:
                ws.frame(PING, b"between")
        assert ws.read() == (PONG, b"between")
        assert ws.message()["code"] == "KRW-BTC"
        ws.frame(BINARY, text)  # as binary it is understood too
        assert ws.message()["code"] == "KRW-BTC"


def test_upgrades_that_are_none_are_refused():
    def change(old, new):
        return [x for x in (new if line.startswith(old) else line for line in UPGRADE) if x]

    with Mock(*QUIET) as mock:
        assert answer(mock, "\r\n".join(UPGRADE + ["", ""]).encode()) == 101
        for old, new in (("Upgrade", ""), ("Upgrade", "Upgrade: h2c"), ("Connection", ""),
                         ("Connection", "Connection: close"), ("Sec-WebSocket-Key", ""),
                         ("Sec-WebSocket-Key", "Sec-WebSocket-Key: short"),
                         ("Sec-WebSocket-Key", "Sec-WebSocket-Key: " + "A" * 24),
                         ("Sec-WebSocket-Version", ""), ("Host", ""),
                         ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
                         ("GET", "POST /websocket/v1 HTTP/1.1"),
                         ("GET", "GET /websocket/v1 HTTP/1.0")):
            got = answer(mock, "\r\n".join(change(old, new) + ["", ""]).encode())
            assert got == 400, (old, new, got)
        assert mock.stats()["websockets"] == 1 and alive(mock)


def test_requests_that_cannot_be_read():
    line = b"GET /v1/market/all HTTP/1.1\r\n"
    cases = [
        (b"\r\n\r\n", 400), (b"hello\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET  HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET /%zz HTTP/1.1\r\n\r\n", 400), (b"GET /%00 HTTP/1.1\r\n\r\n", 400),
        (b"GET /\0 HTTP/1.1\r\n\r\n", 400), (b"G\x01T / HTTP/1.1\r\n\r\n", 400),
        (line + b"A: b\x01\r\n\r\n", 400), (line + b" folded: x\r\n\r\n", 400),
        (line + b"Content-Length: -1\r\n\r\n", 400), (line + b"Content-Length: 1x\r\n\r\n", 400),
        (line + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        (line + b"Content-Length: 99999999999999999999\r\n\r\n", 413),
        (line + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (line + b"A: b\r\n" * 101 + b"\r\n", 431),
        (line + b"Cookie: " + b"x" * 70000, 431), (b"x" * 70000, 431),
        (bytes(range(256)) * 300, None),
    ]
    with Mock(*QUIET) as mock:
        for data, status in cases:
            got = answer(mock, data)
            assert got == status or status is None or got is None and len(data) > 60000, \
                (data[:60], got)
        assert alive(mock)


def test_a_slow_request_is_served_and_one_that_never_ends_is_not():
    whole = b"GET /mock/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with Mock(*QUIET) as mock:
        assert answer(mock, whole, pause=0.01) == 200
    with Mock(*QUIET, "--time-scale", 200) as mock, mock.connect() as sock:
        sock.settimeout(0.02)
        sock.sendall(b"GET / HTTP/1.1\r\n")
        text = b""
        for _ in range(300):  # a header for ever: busy, so never idle
            try:
                sock.sendall(b"A: b\r\n" if text == b"" else b"")
                text = sock.recv(4096)
                break
            except socket.timeout:
                pass
            except (BrokenPipeError, ConnectionResetError):
                break
        assert text.startswith(b"HTTP/1.1 408"), text
        assert mock.stats()["idle_cuts"] == 0 and mock.stats()["open"] == 0


def test_a_client_that_has_said_everything_still_gets_its_answer():
    with Mock("--codes", 900, "--rate", 0) as mock, mock.connect() as sock:
        codes = ",".join(r["market"] for r in mock.get("/v1/market/all") * 6)
        sock.sendall(f"GET /v1/orderbook?markets={codes} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        status, headers, body = read_reply(Stream(sock))
        assert status == 200 and len(body) == int(headers["content-length"]) > 10000000


def test_pipelined_requests_are_all_answered_however_long_their_answers():
    with Mock("--codes", 900, "--rate", 0, "--time-scale", 0.05) as mock, mock.connect() as sock:
        codes = ",".join(r["market"] for r in mock.get("/v1/market/all"))
        sock.sendall(f"GET /v1/orderbook?markets={codes} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 8)
        stream = Stream(sock)
        assert [read_reply(stream)[0] for _ in range(8)] == [200] * 8


def flood(sock, data, seconds=1.0):
    """Sends and reads nothing; how many bytes the other end took before it took no more."""
    sock.setblocking(False)
    taken, view, until = 0, memoryview(data), time.monotonic() + seconds
    while time.monotonic() < until and taken < 64 << 20:
        try:
            taken += sock.send(view[taken % len(data):])
        except BlockingIOError:
            time.sleep(0.01)
        except (BrokenPipeError, ConnectionResetError):
            break
    return taken


def test_floods_that_nobody_reads_stay_small():
    with Mock("--codes", 900, "--rate", 0) as mock:
        before = memory(mock)
        codes = ",".join(r["market"] for r in mock.get("/v1/market/all"))
        books = f"GET /v1/orderbook?markets={codes} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        stats = b"GET /mock/stats HTTP/1.1\r\nHost: x\r\n\r\n"
        for data in (books * 5 + stats * 200000, stats * 5000,
                     b"POST /mock/send HTTP/1.1\r\nContent-Length: 20000000\r\n\r\n" + bytes(1 << 20),
                     b"no request\r\n\r\n" + bytes(1 << 20)):
            with mock.connect() as sock:
                flood(sock, data, 0.3)
                assert memory(mock) - before < LIMIT, data[:40]
        assert alive(mock)


def test_a_client_that_never_reads_is_cut_and_its_books_are_left_out_first():
    with Mock("--codes", 900, "--rate", 20000) as mock, mock.ws() as slow, mock.ws() as other:
        codes = [r["market"] for r in mock.get("/v1/market/all")]
        other.want({"type": "trade", "codes": ["KRW-BTC"]})
        slow.want({"type": "orderbook", "codes": codes})
        for _ in range(200):
            time.sleep(0.02)
            stats = mock.stats()
            if stats["books_skipped"] > 100:
                break
        assert stats["books_skipped"] > 100 and stats["cut_for_memory"] == 0
        assert max(c["pending"] for c in stats["websocket_connections"]) < 4 << 20
        try:
            for _ in range(60):
                slow.want(*({"type": k, "codes": codes} for k in ("orderbook", "ticker", "trade")))
                if mock.stats()["cut_for_memory"]:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is cut already
        assert mock.stats()["cut_for_memory"] == 1
        assert slow.end()[0] is None
        assert other.message()["type"] == "trade" and alive(mock)


def test_a_slow_client_that_comes_back_gets_the_last_book():
    with Mock("--codes", 300, "--rate", 20000) as mock, mock.ws() as ws:
        codes = [r["market"] for r in mock.get("/v1/market/all")]
        ws.want({"type": "orderbook", "codes": codes})
        for _ in range(200):
            time.sleep(0.02)
            if mock.stats()["books_skipped"] > 100:
                break
        newest = {}
        fresh = time.time() * 1000
        for _ in range(100000):
            message = ws.message()
            newest[message["code"]] = message["timestamp"]
            if min(newest.values()) > 0 and sum(t > fresh for t in newest.values()) > 100:
                return
        raise AssertionError("it never caught up")


def test_noise():
    rng = random.Random(20261121)
    text = b'[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC.5","KRW-ETH"],"level":1e4},{"format":"SIMPLE"}]'
    head = "\r\n".join(UPGRADE + ["", ""]).encode()
    with Mock("--codes", 20, "--rate", 1000, "--time-scale", 20) as mock:
        for _ in range(150):
            broken = bytearray(text)
            for _ in range(rng.randrange(1, 6)):
                broken[rng.randrange(len(broken))] = rng.choice(b'{}[]":,\\u0189-eE.\xff\x00 ')
            with mock.ws() as ws:
                try:
                    for _ in range(3):
                        ws.frame(rng.choice((TEXT, BINARY)), bytes(broken))
                    ws.sock.sendall(rng.randbytes(rng.randrange(200)))
                except (BrokenPipeError, ConnectionResetError):
                    pass
        for _ in range(150):
            broken = bytearray(head)
            for _ in range(rng.randrange(1, 4)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            with mock.connect() as sock:
                sock.sendall(bytes(broken) + rng.randbytes(50))
        assert alive(mock)


run(globals())
