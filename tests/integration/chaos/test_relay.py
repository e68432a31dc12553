"""upbit-relay by itself: every order does what it says, and what is wrong is refused with a reason.

Between a client and a server of this file, so that each byte can be counted. Nothing is measured against
a clock but lower bounds: what is late may be later still on a busy machine."""
import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'mock'))

from parent import check_that_it_ends_too  # noqa: E402

PROGRAM = sys.argv[1]
PATIENCE = 30


class Server:
    """Accepts; each connection is kept. `flood` sends without end to whoever comes."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        peer = self.listener.accept()[0]
        peer.settimeout(PATIENCE)
        return peer


class Relay:
    def __init__(self, server, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, '--to', str(server.port), '--parent-death', *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self.process.stdout.readline().split(':')[1])

    def order(self, line):
        self.process.stdin.write(line + '\n')
        return self.process.stdout.readline().strip()

    def stats(self):
        answer = self.order('stats')
        assert answer.startswith('ok {'), answer
        return json.loads(answer[3:])

    def connect(self):
        client = socket.create_connection(('127.0.0.1', self.port), PATIENCE)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def close(self):
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        self.process.stdin.close()
        self.process.stdout.close()
        assert status == 0, status


def fate(relay, patience=PATIENCE):
    """How a new connection ends, which may be before it is one."""
    try:
        with relay.connect() as client:
            return ending(client, patience)
    except ConnectionResetError:
        return 'rst'


def read_all(sock, length):
    data = b''
    while len(data) < length:
        got = sock.recv(length - len(data))
        if not got:
            break
        data += got
    return data


A_WHILE = 0.3


def ending(sock, patience=PATIENCE):
    """How the connection ends: 'fin', 'rst', or 'silence' when nothing comes for so long."""
    sock.settimeout(patience)
    try:
        while sock.recv(65536):
            pass
        return 'fin'
    except TimeoutError:
        return 'silence'
    except ConnectionResetError:
        return 'rst'


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


class World:
    """A server, a relay, and one connection through it."""

    def __init__(self, *arguments):
        self.server = Server()
        self.relay = Relay(self.server, *arguments)
        self.client = self.relay.connect()
        self.peer = self.server.accept()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.client.close()
        self.peer.close()
        self.server.listener.close()
        self.relay.close()

    def ok(self, line):
        answer = self.relay.order(line)
        assert answer == 'ok', '%s: %s' % (line, answer)


def test_bytes_pass_both_ways():
    with World() as w:
        data = os.urandom(3000000)
        threading.Thread(target=w.peer.sendall, args=(data,)).start()
        assert read_all(w.client, len(data)) == data
        w.client.sendall(b'up')
        assert w.peer.recv(9) == b'up'
        w.client.shutdown(socket.SHUT_WR)   # half closed: the other way goes on
        assert w.peer.recv(9) == b''
        w.peer.sendall(b'still')
        assert read_all(w.client, 5) == b'still'
        w.peer.close()
        assert w.client.recv(9) == b''
        until(lambda: w.relay.stats()['open'] == 0, 'it is kept')
        assert w.relay.stats()['bytes_down'] == 3000005


def test_latency():
    with World('--seed', '1') as w:
        w.ok('latency ms=60 jitter_ms=20 way=down')
        for i in range(5):
            begin = time.monotonic()
            w.client.sendall(b'?')
            assert w.peer.recv(9) == b'?'
            w.peer.sendall(bytes([i]))
            assert w.client.recv(9) == bytes([i])
            assert time.monotonic() - begin >= 0.059
        for i in range(50):                # in their order, whatever the dice say
            w.peer.sendall(bytes([i]))
        assert read_all(w.client, 50) == bytes(range(50))


def test_time_scale():
    with World('--time-scale', '100') as w:
        w.ok('latency ms=20000')
        begin = time.monotonic()
        w.client.sendall(b'?')
        assert w.peer.recv(9) == b'?'
        assert 0.19 <= time.monotonic() - begin < 20


def test_rate():
    with World() as w:
        w.ok('rate bytes=100000 way=down')
        begin = time.monotonic()
        w.peer.sendall(bytes(30000))
        assert len(read_all(w.client, 30000)) == 30000
        assert time.monotonic() - begin >= 0.25
        w.ok('rate bytes=0')
        w.peer.sendall(bytes(1000000))
        assert len(read_all(w.client, 1000000)) == 1000000


def test_slices():
    for size in (1, 3):
        with World() as w:
            w.ok('slice bytes=%d pause_us=3000 way=down' % size)
            w.peer.sendall(b'abcdefghij')
            reads = []
            while sum(map(len, reads)) < 10:
                reads.append(w.client.recv(99))
            assert b''.join(reads) == b'abcdefghij'
            assert len(reads) > 1, reads   # a busy machine may join some
            w.ok('slice bytes=0')


def test_cuts():
    for how, seen in (('rst', 'rst'), ('fin', 'fin')):
        with World() as w:
            w.ok('cut how=' + how)
            assert ending(w.client) == seen
            assert ending(w.peer) == seen
            with w.relay.connect() as again:    # new ones live
                peer = w.server.accept()
                again.sendall(b'x')
                assert peer.recv(9) == b'x'
                peer.close()


def test_half():
    with World() as w:
        w.ok('cut how=half way=down')
        assert ending(w.client) == 'fin'
        w.client.settimeout(PATIENCE)
        w.client.sendall(b'on')
        assert w.peer.recv(9) == b'on'


def test_silence():
    with World() as w:
        w.ok('cut how=silence way=down')
        w.peer.sendall(b'lost')
        w.client.sendall(b'heard')
        assert w.peer.recv(9) == b'heard'
        assert ending(w.client, A_WHILE) == 'silence'
        until(lambda: w.relay.stats()['forgotten_down'] == 4, 'not forgotten')
        with w.relay.connect() as again:
            peer = w.server.accept()
            peer.sendall(b'new')
            assert read_all(again, 3) == b'new'
            peer.close()
    with World() as w:
        w.ok('cut how=silence')
        w.client.sendall(b'lost')
        until(lambda: w.relay.stats()['forgotten_up'] == 4, 'not forgotten')
        assert ending(w.peer, A_WHILE) == 'silence'
        w.client.close()
        until(lambda: w.relay.stats()['open'] == 0, 'it is kept after the client has given up')


def test_blackhole():
    with World() as w:
        w.ok('blackhole')
        w.client.sendall(b'lost')
        with w.relay.connect() as later:
            later.sendall(b'lost, too')
            until(lambda: w.relay.stats()['forgotten_up'] == 13, 'not forgotten')
            assert ending(later, A_WHILE) == 'silence'
            w.ok('clear')
            assert ending(later) == 'rst'     # its bytes do not come again
        assert ending(w.client) == 'rst'


def test_stall():
    with World() as w:
        w.ok('stall way=down')
        w.peer.sendall(b'waits')
        assert ending(w.client, A_WHILE) == 'silence'
        w.client.sendall(b'on')
        assert w.peer.recv(9) == b'on'
        w.ok('resume')
        w.client.settimeout(PATIENCE)
        assert read_all(w.client, 5) == b'waits'
        w.ok('stall')
        sent = 0
        w.peer.settimeout(0.2)
        try:                                  # the sender feels it
            while sent < 1 << 28:
                sent += w.peer.send(bytes(65536))
        except TimeoutError:
            pass
        assert sent < 1 << 28
        w.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        w.client.close()                      # gone while nothing is read
        until(lambda: w.relay.stats()['open'] == 0, 'a reset is not seen')


def test_flips():
    with World('--seed', '5') as w:
        w.ok('flip count=2')
        for i in range(4):
            w.peer.sendall(bytes(8))
            data = read_all(w.client, 8)
            assert sum(bin(b).count('1') for b in data) == (1 if i < 2 else 0), data
        w.ok('flip per_million=100000')
        w.peer.sendall(bytes(10000))
        flipped = sum(b != 0 for b in read_all(w.client, 10000))
        assert 500 < flipped < 1500, flipped
        assert w.relay.stats()['flips'] == 2 + flipped


def test_refuse():
    with World() as w:
        w.ok('refuse how=closed')
        try:
            w.relay.connect()
            raise AssertionError('it let somebody in')
        except ConnectionRefusedError:
            pass
        w.client.sendall(b'x')                # who was there stays
        assert w.peer.recv(9) == b'x'
        w.ok('refuse how=reset for_ms=50')
        assert fate(w.relay) == 'rst'
        until(lambda: fate(w.relay, A_WHILE) == 'silence', 'it still refuses')
        w.ok('refuse how=closed')
        w.ok('clear')
        w.relay.connect().close()


def test_lose():
    for bytes_, how in ((0, 'rst'), (0, 'fin'), (5, 'fin'), (5, 'rst'), (7, 'silence')):
        with World() as w:
            w.ok('lose bytes=%d count=1 how=%s' % (bytes_, how))
            if bytes_ == 0:
                assert fate(w.relay) == how
            else:
                with w.relay.connect() as lost:
                    peer = w.server.accept()
                    peer.sendall(b'0123456789')
                    if how != 'rst':          # which may throw away what waits
                        assert read_all(lost, bytes_) == b'0123456789'[:bytes_]
                    peer.close()
                    assert ending(lost, A_WHILE if how == 'silence' else PATIENCE) == how
            w.peer.sendall(b'0123456789')     # the one that was there is not meant
            assert read_all(w.client, 10) == b'0123456789'


def test_nobody_behind():
    server = Server()
    relay = Relay(server)
    server.listener.close()
    assert fate(relay) == 'rst'
    relay.close()


def test_orders_that_are_none():
    with World() as w:
        for line, why in (
                ('fly', 'one of latency rate'),
                ('latency', 'needs ms='),
                ('latency ms=-1', 'a number from 0'),
                ('latency ms=9..3', 'or two of them'),
                ('latency ms=10x', 'a number from 0'),
                ('cut how=sideways', 'one of rst fin half silence'),
                ('cut way=left', 'one of up down both'),
                ('cut ms=3', 'cut takes [how='),
                ('clear all', 'clear takes nothing'),
                ('rate', 'needs bytes='),
                ('x' * 300, 'more than 255 bytes'),
                ('y' * 5000, 'a line of more than 510')):
            answer = w.relay.order(line)
            assert answer.startswith('error: ') and why in answer, (line[:40], answer)
        w.client.sendall(b'x')                # and nothing has happened
        assert w.peer.recv(9) == b'x'


def test_seed():
    with World('--seed', '9') as a, World('--seed', '9') as b:
        for w in (a, b):
            w.ok('flip per_million=50000..200000')
            w.peer.sendall(bytes(2000))
        assert read_all(a.client, 2000) == read_all(b.client, 2000)


def script(text):
    name = tempfile.NamedTemporaryFile('w', suffix='.relay', delete=False)
    name.write(text)
    name.close()
    return name.name


def test_script():
    path = script('# the first second\n0 latency ms=1\n\n30 cut how=rst\n40 loop\n')
    with World('--script', path) as w:
        assert ending(w.client) == 'rst'
        until(lambda: w.relay.stats()['cuts'] >= 1, 'no cut')

        def again():
            w.relay.connect().close()
            return w.relay.stats()['cuts'] >= 3
        until(again, 'no loop')
    os.unlink(path)


def refused(status, why, *arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE)
    assert done.returncode == status and why in done.stderr, (arguments, done)
    assert done.stdout == ''


def test_command_line():
    refused(2, 'usage: upbit-relay --to PORT')
    refused(2, '--to 0: a number from 1 to 65535', '--to', '0')
    refused(2, '--to 1.5: a whole number', '--to', '1.5')
    refused(2, '--to without a value', '--to')
    refused(2, '127.0.0.1 to 127.0.0.255', '--to', '1', '--host', '0.0.0.0')
    refused(2, '--seed x: a number', '--to', '1', '--seed', 'x')
    refused(2, '--time-scale 0: a number from 0.01', '--to', '1', '--time-scale', '0')
    refused(2, '--fly: there is no such option', '--to', '1', '--fly', '1')
    refused(1, os.strerror(errno.ENOENT), '--to', '1', '--script', '/nowhere/x')
    for text, why in (('soon cut\n', 'line 1: a step begins with its time'),
                      ('5 cut\n\n4 cut\n', 'line 3: it is earlier'),
                      ('0 loop\n', 'a loop without an end'),
                      ('1 fly\n', 'fly: one of latency')):
        path = script(text)
        refused(1, why, '--to', '1', '--script', path)
        os.unlink(path)
    helped = subprocess.run([PROGRAM, '--help'], capture_output=True, text=True, check=True)
    for name in ('latency', 'blackhole', 'quit', '--time-scale', 'jitter_ms=N'):
        assert name in helped.stdout, name
    server = Server()
    refused(1, 'port %d: %s' % (server.port, os.strerror(errno.EADDRINUSE)), '--to', '1', '--port',
            str(server.port))
    server.listener.close()


def test_ends():
    with World() as w:
        assert w.relay.order('quit') == 'ok'
        assert w.relay.process.wait(PATIENCE) == 0
        w.relay.process.poll()
    server = Server()                         # without anybody at its stdin it serves on
    relay = Relay(server)
    relay.process.stdin.close()
    client = relay.connect()
    server.accept().sendall(b'x')
    assert client.recv(9) == b'x'
    relay.process.terminate()
    assert relay.process.wait(PATIENCE) == 0
    relay.process.stdout.close()
    client.close()
    server.listener.close()


def test_it_ends_with_its_parent():
    server = Server()
    check_that_it_ends_too(PROGRAM, '--to', str(server.port), '--parent-death')
    server.listener.close()


def main():
    tests = [(n, f) for n, f in sorted(globals().items()) if n.startswith('test_')]
    print('1..%d' % len(tests))
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print('ok %d - %s' % (number, name))
        except Exception as wrong:  # pylint: disable=broad-except
            failed += 1
            print('not ok %d - %s\n# %s: %s' % (number, name, type(wrong).__name__, wrong))
            traceback.print_exc()
    sys.stdout.flush()
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
