"""What the tests of upbit-mock stand on: the program as a process, a WebSocket client and an HTTP
client of their own over raw sockets (the library's would hide what both sides get wrong), TAP."""
import base64
import hashlib
import hmac
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import time
import uuid
from decimal import Decimal, getcontext
from urllib.parse import quote

MOCK = sys.argv[1]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PATIENCE = 10
getcontext().prec = 60  # balances have more digits than the usual 28


MESSAGES = {
    "WRONG_FORMAT": "Format 이 맞지 않습니다.",
    "NO_TICKET": "티켓이 존재하지 않거나, 유효하지 않습니다.",
    "NO_TYPE": "type 필드가 존재하지 않습니다.",
    "NO_CODES": "codes 필드가 존재하지 않습니다.",
}


class Closed(Exception):
    """The connection ended; code None is an end without a close frame (1006)."""

    def __init__(self, code, reason=b""):
        super().__init__(f"closed {code} {reason!r}")
        self.code = code
        self.reason = reason


def parse(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def b64(data):
    data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(text, alg="HS512", secret="test-secret"):
    kind = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[alg]
    return b64(hmac.new(secret.encode(), text.encode(), kind).digest())


def token(hashed=None, alg="HS512", secret="test-secret", access="test-access", **claims):
    """A good token, written by this file alone; `hashed` is the text it has the hash of."""
    payload = {"access_key": access, "nonce": str(uuid.uuid4())}
    if hashed is not None:
        payload.update(query_hash=hashlib.sha512(hashed.encode()).hexdigest(), query_hash_alg="SHA512")
    payload.update(claims)
    text = b64({"alg": alg, "typ": "JWT"}) + "." + b64({k: v for k, v in payload.items() if v is not None})
    return text + "." + sign(text, alg, secret)


def bearer(*args, **claims):
    return ["Authorization: Bearer " + token(*args, **claims)]


class Mock:
    def __init__(self, *arguments, tls=None, env=None):
        self.tls = tls
        self.talks = "--verbose" in arguments
        self.said = ""  # on stderr, once it has ended
        if tls:
            arguments = (*arguments, "--tls-cert", tls[0], "--tls-key", tls[1])
        self.process = subprocess.Popen(
            [MOCK, "--port", "0", "--parent-death", "--seed", "7", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=None if env is None else {**os.environ, **env})
        self.line = self.process.stdout.readline()
        found = re.fullmatch(r"listening (wss?)://127\.0\.0\.1:(\d+)/websocket/v1\n", self.line)
        assert found, (self.line, self.process.poll())
        self.scheme = found.group(1)
        self.port = int(found.group(2))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        out, err = self.process.communicate(timeout=20)
        if kind is None:
            assert self.process.returncode == 0, (self.process.returncode, err)
            assert out == "", f"more on stdout than the first line: {out!r}"
            assert err == "" or self.talks, err
        self.said = err

    def connect(self, timeout=PATIENCE):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            context = ssl.create_default_context(cafile=self.tls[0])
            sock = context.wrap_socket(sock, server_hostname="localhost")
        return sock

    def http(self, path, method="GET", body=b"", headers=()):
        with self.connect() as sock:
            lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close",
                     f"Content-Length: {len(body)}", *headers, "", ""]
            sock.sendall("\r\n".join(lines).encode() + body)
            return read_reply(Stream(sock))

    def get(self, path):
        """The answer as JSON with exact numbers; over the budget of a second it asks again."""
        for _ in range(100):
            status, _, body = self.http(path)
            if status != 429:
                assert status == 200, (path, status, body)
                return parse(body)
            time.sleep(0.02)
        raise AssertionError(f"{path}: always 429")

    def call(self, method, path, params=(), body=None, **key):
        """A signed call: status, headers, JSON. `params` is a list of pairs."""
        hashed = "&".join(f"{k}={v}" for k, v in params)
        query = "&".join(f"{k}={quote(str(v))}" for k, v in params)
        headers = bearer(hashed or None, **key)
        data = b""
        if body is not None:
            flat = [(k if not isinstance(v, list) else k + "[]", i) for k, v in body.items()
                    for i in (v if isinstance(v, list) else [v])]
            headers = bearer("&".join(f"{k}={v}" for k, v in flat), **key)
            headers.append("Content-Type: application/json; charset=utf-8")
            data = json.dumps(body).encode()
        status, got, text = self.http(path + ("?" + query if query else ""), method, data, headers)
        return status, got, parse(text)

    def control(self, path, body=b""):
        status, _, answer = self.http("/mock/" + path, "POST", body)
        assert status == 200, (path, status, answer)

    def stats(self):
        return json.loads(self.http("/mock/stats")[2])

    def ws(self, path="/websocket/v1", headers=()):
        return WebSocket(self, path, headers)

    def private(self, headers=None, **key):
        return WebSocket(self, "/websocket/v1/private", bearer(**key) if headers is None else headers)

    def events(self, since=0):
        """The number that comes next, and the private events since."""
        answer = json.loads(self.http(f"/mock/events?since={since}&limit=1000000")[2])
        return answer["next"], answer["events"]


class Stream:
    """Bytes of a socket. A time-out loses nothing of what has come."""

    def __init__(self, sock):
        self.sock = sock
        self.bytes = bytearray()

    def more(self):
        try:
            got = self.sock.recv(262144)
        except ConnectionResetError:
            got = b""
        if not got:
            raise Closed(None)
        self.bytes += got

    def read(self, count):
        while len(self.bytes) < count:
            self.more()
        taken = bytes(self.bytes[:count])
        del self.bytes[:count]
        return taken

    def line(self):
        while b"\r\n" not in self.bytes:
            self.more()
        return self.read(self.bytes.index(b"\r\n") + 2).decode()


def read_reply(stream):
    line = stream.line()
    found = re.fullmatch(r"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n", line)
    assert found, line
    headers = {}
    for header in iter(stream.line, "\r\n"):
        name, value = header.split(":", 1)
        headers[name.lower()] = value.strip()
    return int(found.group(1)), headers, stream.read(int(headers.get("content-length", 0)))


class WebSocket:
    def __init__(self, mock, path="/websocket/v1", headers=()):
        self.sock = mock.connect()
        self.stream = Stream(self.sock)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall("\r\n".join([
            f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
            "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}", *headers, "", ""]).encode())
        self.status, self.headers, self.body = read_reply(self.stream)
        if self.status == 101:
            guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            want = base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()
            assert self.headers["sec-websocket-accept"] == want, self.headers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def frame(self, op, payload=b"", fin=True, mask=b"\x11\x22\x33\x44", first=0, length=None):
        size = len(payload) if length is None else length
        if size < 126:
            head = struct.pack("!BB", fin << 7 | first | op, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", fin << 7 | first | op, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", fin << 7 | first | op, 0x80 | 127, size)
        repeated = mask * (len(payload) // 4 + 1)
        masked = bytes(a ^ b for a, b in zip(payload, repeated))
        self.sock.sendall(head + mask + masked)

    def say(self, text):
        self.frame(TEXT, (text if isinstance(text, str) else json.dumps(text)).encode())

    def want(self, *objects, form=None):
        request = [{"ticket": "t"}, *objects]
        self.say(request + [{"format": form}] if form else request)

    def read(self, timeout=PATIENCE):
        """One frame as (op, payload). The server neither masks nor fragments."""
        self.sock.settimeout(timeout)
        one, two = self.stream.read(2)
        assert one & 0xF0 == 0x80 and two < 128, (one, two)
        size = two
        if two == 126:
            size, = struct.unpack("!H", self.stream.read(2))
        elif two == 127:
            size, = struct.unpack("!Q", self.stream.read(8))
        payload = self.stream.read(size)
        if one & 15 == CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if payload else 1005
            raise Closed(code, payload[2:])
        return one & 15, payload

    def raw(self, timeout=PATIENCE):
        """The text of the next data message; every one of them is binary."""
        op, payload = self.read(timeout)
        assert op == BINARY, (op, payload)
        return payload.decode()

    def message(self, timeout=PATIENCE):
        return parse(self.raw(timeout))

    def messages(self, count):
        return [self.message() for _ in range(count)]

    def until(self, good, limit=100000):
        for _ in range(limit):
            message = self.message()
            if good(message):
                return message
        raise AssertionError("it never came")

    def until_op(self, op):
        for _ in range(100000):
            got, payload = self.read()
            if got == op:
                return payload
        raise AssertionError("it never came")

    def quiet(self, seconds):
        """Nothing comes for so long."""
        self.sock.settimeout(seconds)
        try:
            while not self.stream.bytes:
                self.stream.more()
        except socket.timeout:
            return
        raise AssertionError(f"something came: {bytes(self.stream.bytes[:200])}")

    def end(self):
        """How the connection ends: (code, reason)."""
        try:
            for _ in range(100000):
                self.read()
        except Closed as closed:
            return closed.code, closed.reason
        raise AssertionError("it never ended")


def certificate(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=30)
    return cert, key


def fails(mock, path, body=b""):
    """The sentence with which a control is refused."""
    status, _, answer = mock.http("/mock/" + path, "POST", body)
    assert status == 400, (path, status, answer)
    return json.loads(answer)["error"]


def journal(mock, since=0):
    """The number that comes next, and what was sent since."""
    answer = json.loads(mock.http(f"/mock/journal?since={since}&limit=1000000")[2])
    return answer["next"], answer["messages"]


def run(tests):
    tests = [(n, f) for n, f in tests.items() if n.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        started = time.monotonic()
        try:
            skipped = function()
            print(f"ok {number} - {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            text = f"{type(error).__name__}: {error}"[:3000]
            at = error.__traceback__
            while at.tb_next:
                at = at.tb_next
            text += f"\nline {at.tb_lineno} of {os.path.basename(at.tb_frame.f_code.co_filename)}"
            print("# " + text.replace("\n", "\n# "), flush=True)
        print(f"# {time.monotonic() - started:.2f} s", flush=True)
    sys.exit(1 if failed else 0)
