#!/usr/bin/python3
"""upbit-mock sends what no exchange should: texts that are no messages, frames that are no frames,
giants and single bytes. Argument: the program. Prints TAP."""
import json
import socket
import struct
import tempfile
import time

from exchange import BINARY, PING, TEXT, Mock, certificate, fails, run

BTC = "KRW-BTC"
TICKER = {"type": "ticker", "codes": [BTC]}
BOOK = {"type": "orderbook", "codes": [BTC]}
QUIET = ("--codes", 5, "--rate", 0)


def sane(ws):
    """The stream goes on as if nothing had been."""
    ws.want(TICKER)
    return ws.until(lambda m: m.get("type") == "ticker")["trade_price"] > 0


def is_json(text):
    try:
        json.loads(text)
        return True
    except (ValueError, RecursionError):
        return False


def test_garbage_of_every_kind():
    def twisted(text, want):
        row = json.loads(text)
        assert (row.pop("type"), row.pop("code")) == ("orderbook", BTC), row
        units = row.pop("orderbook_units")
        for value in list(row.values()) + [v for u in units for v in u.values()]:
            assert want(value), row
        return len(units) == 30
    judge = {
        "bytes": lambda t: len(t) == 64 and not is_json(t),
        "truncated": lambda t: t.startswith(b'{"type":"orderbook"') and not is_json(t),
        "types": lambda t: twisted(t, lambda v: v in ("abc", {})),
        "nulls": lambda t: twisted(t, lambda v: v is None),
        "bare": lambda t: json.loads(t) == {"type": "trade", "code": BTC},
        "deep": lambda t: t == b"[" * 20000,
        "numbers": lambda t: b"1e999999999" in t and b"9" * 400 in t,
        "utf8": lambda t: b"\xc3\x28" in t,
        "nul": lambda t: t.count(b"\0") == 2 and t.endswith(b'"}'),
        "empty": lambda t: t == b"",
        "unknown": lambda t: json.loads(t)["type"] == "moon",
        "html": lambda t: t.startswith(b"<html>"),
    }
    with Mock(*QUIET) as mock, mock.ws() as ws:
        ws.want(BOOK)
        ws.message()
        assert all(kind in fails(mock, "garbage?kind=x") for kind in judge)
        for kind, good in judge.items():
            mock.control(f"garbage?kind={kind}&count=2")
            for _ in range(2):
                op, text = ws.read()
                assert op == BINARY and good(text), (kind, text[:300])
        assert sane(ws)
        assert mock.stats()["messages_sent"] == 2 + 2 * len(judge)


def test_garbage_among_the_messages_and_nothing_of_it_afterwards():
    with Mock("--codes", 5, "--rate", 3000) as mock, mock.ws() as ws:
        mock.control("garbage?kind=html&every=5")
        ws.want(TICKER)
        texts = [ws.read()[1] for _ in range(60)]
        bad = [n for n, text in enumerate(texts) if text.startswith(b"<html>")]
        assert bad == list(range(5, 60, 6)), bad
        mock.control("garbage?every=0")
        ws.want(TICKER)
        while b"SNAPSHOT" not in ws.read()[1]:
            pass
        assert all(m["type"] == "ticker" for m in ws.messages(50))


# What the wire shows: first byte, second byte, and how it goes on.
FRAMES = {
    "masked": (0x82, 0x82, b"\x01\x02\x03\x04\x7a\x7f"),
    "rsv1": (0xC2, 2, b"{}"), "rsv2": (0xA2, 2, b"{}"), "rsv3": (0x92, 2, b"{}"),
    "rsv_ping": (0xC9, 0, b""), "opcode3": (0x83, 2, b"{}"), "opcode11": (0x8B, 0, b""),
    "long_ping": (0x89, 126, b"\x00\x7e" + b"x" * 126), "split_ping": (0x09, 1, b"x"),
    "bad_utf8": (0x81, 4, b'"\xc3\x28"'),
    "bad_utf8_split": (0x01, 2, b'"\xe2\x80\x02\xff"'),
    "continuation": (0x80, 2, b"{}"), "begin_twice": (0x02, 1, b"{\x82\x02{}"),
    "long_length16": (0x82, 126, b"\x00\x02{}"),
    "long_length64": (0x82, 127, b"\x00" * 7 + b"\x02{}"),
    "length63": (0x82, 127, b"\x80" + b"\x00" * 7 + b"x" * 16),
    "length62": (0x82, 127, b"\x40" + b"\x00" * 7 + b"x" * 16),
    "close_1": (0x88, 1, b"\x03"), "close_utf8": (0x88, 4, b"\x03\xe8\xc3\x28"),
    "long_close": (0x88, 126, b"\x00\x80\x03\xe8" + b"x" * 126),
    "split_close": (0x08, 2, b"\x03\xe8"), "half": (0x82, 126, b"\xff\xff{" + b"x" * 10),
}


def test_illegal_frames_byte_for_byte():
    with Mock(*QUIET) as mock:
        words = fails(mock, "frame?kind=x")
        assert words.endswith(" ".join(FRAMES)), words
        for kind, (one, two, rest) in FRAMES.items():
            with mock.ws() as ws, mock.ws() as other:
                ident = min(c["id"] for c in mock.stats()["websocket_connections"] if c["open"])
                mock.control(f"frame?kind={kind}&id={ident}")
                wire = ws.stream.read(2 + len(rest))
                assert wire == bytes([one, two]) + rest, (kind, wire)
                if kind == "half":
                    ws.frame(PING, b"x")
                    ws.quiet(0.2)
                else:
                    assert sane(ws)
                assert sane(other)


def test_closes_with_any_code():
    with Mock(*QUIET) as mock:
        for code, reason in ((1000, ""), (1001, "bye"), (1005, ""), (1006, "x"), (999, ""),
                             (3000, "z" * 123), (65535, ""), (1, "")):
            with mock.ws() as ws:
                mock.control(f"close?code={code}&reason={reason}")
                assert ws.end() == (code, reason.encode())
        with mock.ws() as ws:
            mock.control("close?code=0")
            assert ws.end() == (1005, b"")
        assert "not be longer than 123" in fails(mock, "close?reason=" + "x" * 124)


def message(ws):
    """A message out of any number of frames: (op, how many, text)."""
    op, frames, text = None, 0, []
    while True:
        one, two = ws.stream.read(2)
        size = two
        if two >= 126:
            size, = struct.unpack("!H" if two == 126 else "!Q", ws.stream.read(2 if two == 126 else 8))
        assert (one & 15 == 0) == (op is not None)
        op = one & 15 if op is None else op
        frames += 1
        text.append(ws.stream.read(size))
        if one & 0x80:
            return op, frames, b"".join(text)


def test_giants_in_one_piece_and_in_many():
    with Mock(*QUIET) as mock, mock.ws() as ws:
        for size, frames, op in ((8 << 20, 1, "binary"), (1 << 20, 1000, "text"), (70000, 3, "binary"),
                                 (60, 60, "text"), (1, 1, "binary"), (0, 1, "text"), (3, 5, "text")):
            mock.control(f"giant?bytes={size}&frames={frames}&op={op}")
            got, count, text = message(ws)
            assert (got, count, len(text)) == (TEXT if op == "text" else BINARY, frames, size)
            if size >= 60:
                assert set(json.loads(text)["filler"]) == {"x"}, text[:80]
        assert sane(ws)
        assert "from 0 to 62914560" in fails(mock, "giant?bytes=62914561")


def test_a_stream_in_single_bytes_says_the_same():
    with Mock("--codes", 5, "--rate", 50) as mock:
        for order in ("segments", "segments?bytes=7", "segments?bytes=1&pause_us=10"):
            mock.control(order)
            with mock.ws() as ws:
                ws.want(BOOK, TICKER)
                assert ws.message()["type"] == "orderbook" and ws.message()["type"] == "ticker"
                ws.messages(5)
                mock.control("segments?bytes=0")
                assert sane(ws)


def segments_of(mock):
    """How many segments the kernel counts for the answer to one request."""
    with mock.connect() as sock:
        sock.sendall(b"GET /v1/market/all HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while sock.recv(65536):
            pass
        # tcp_info: tcpi_data_segs_in is 152 bytes into it on every Linux that has it.
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return struct.unpack_from("I", info, 152)[0] if len(info) >= 156 else None


def test_each_byte_is_a_segment_of_its_own():
    with Mock("--codes", 5, "--rate", 0) as mock:
        usual = segments_of(mock)
        if usual is None:
            return "this kernel does not count segments"
        mock.control("segments?bytes=1&pause_us=10")
        many = segments_of(mock)
        mock.control("segments?bytes=0")
        assert usual <= 5 and many > 300 and segments_of(mock) <= 5, (usual, many)
    return None


def test_a_message_of_ones_own_on_one_connection():
    with Mock(*QUIET) as mock, mock.ws() as one, mock.ws() as two:
        first = min(c["id"] for c in mock.stats()["websocket_connections"])
        for op, code in (("binary", BINARY), ("text", TEXT), ("ping", PING)):
            mock.control(f"send?op={op}&id={first}", b"hello")
            assert one.read() == (code, b"hello")
        two.quiet(0.1)
        assert sane(two)


def test_faults_under_tls_lose_nothing():
    # Bytes that OpenSSL could not send have to be offered again as they were, whatever is ordered
    # in the meantime.
    with tempfile.TemporaryDirectory() as folder:
        with Mock("--codes", 5, "--rate", 0, tls=certificate(folder)) as mock:
            for order in ("segments?bytes=100", "delay?ms=100", "delay?jitter_ms=50"):
                with mock.ws() as ws:
                    mock.control("giant?bytes=8388608")
                    time.sleep(0.1)  # the socket is full
                    mock.control(order)
                    mock.control("giant?bytes=70000&frames=7")
                    time.sleep(0.05)
                    assert [len(message(ws)[2]) for _ in range(2)] == [8388608, 70000], order
                    mock.control("reset")
                    assert sane(ws)


run(globals())
