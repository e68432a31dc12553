#!/usr/bin/python3
"""upbit-top as a person sees it: plain pages, a terminal of any size, faults, another program's metrics.

    test_top.py UPBIT_TOP UPBIT_MOCK
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from harness import CLEAN, KEYS, Mock, keys_are_taken, main, until

TOP, MOCK = sys.argv[1:3]


def run(*arguments, timeout=60, **variables):
    return subprocess.run([TOP, *arguments], capture_output=True, text=True, timeout=timeout,
                          env={**CLEAN, **variables})


class Terminal:
    """upbit-top on a terminal, and what a person would see there."""

    def __init__(self, *arguments, rows=24, columns=80):
        self.fd, other = pty.openpty()
        self.rows, self.columns = rows, columns
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(other)
        self.other = other
        self.process = subprocess.Popen([TOP, *arguments], stdin=other, stdout=other, stderr=subprocess.PIPE,
                                        env={**CLEAN, "TERM": "xterm"}, start_new_session=True)
        self.raw = b""

    def read(self):
        while select.select([self.fd], [], [], 0)[0]:
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                return
            if not got:
                return
            self.raw += got

    def page(self):
        """The lines of the last whole page."""
        self.read()
        pages = self.raw.split(b"\033[H")
        if len(pages) < 3:
            return []
        text = pages[-2].decode()
        assert "\033[J" in text, text
        text = re.sub(r"\033\[[0-9;?]*[a-zA-Z]", "", text.split("\033[J")[0])
        return text.replace("\r", "").split("\n")

    def shows(self, pattern):
        return any(re.search(pattern, line) for line in self.page())

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        fcntl.ioctl(self.other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def fits(self):
        page = self.page()
        return page and len(page) <= self.rows and max(map(len, page)) <= self.columns

    def key(self, keys):
        os.write(self.fd, keys.encode())

    def end(self):
        """q gives the terminal back as it was."""
        self.key("q")
        until(lambda: self.read() or self.process.poll() is not None, "the end after q")
        self.read()
        assert self.process.returncode == 0, self.process.stderr.read()
        assert self.raw.endswith(b"\033[?25h\033[?1049l"), self.raw[-80:]
        assert termios.tcgetattr(self.other) == self.before
        os.close(self.fd)
        os.close(self.other)
        self.process.stderr.close()


def test_a_plain_page_has_everything_and_no_control_characters():
    with Mock(MOCK, "--codes", "40", "--rate", "500") as mock:
        result = run("--once", "--url", mock.url, "ticker", "KRW-*", "orderbook", "KRW-BTC.5", "trade", "KRW-ETH")
        assert result.returncode == 0, result.stderr
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.stdout), result.stdout
        page = result.stdout
        assert re.search(r"^public +live +epoch 1", page, re.M), page
        assert re.search(r"^private +idle", page, re.M), page
        assert re.search(r"^ticker +KRW-BTC +[\d.]+k? +\d+ ms", page, re.M), page
        assert re.search(r"^orderbook +KRW-BTC ", page, re.M), page
        assert re.search(r"^ticker-1 +16 ", page, re.M), page
        assert re.search(r"^orderbook-2 +1 ", page, re.M), page
        assert re.search(r"^websocket-connect +\d/\d", page, re.M), page
        assert all(line == line.rstrip() for line in page.splitlines())
        # Without a terminal it is the same.
        assert run("--url", mock.url, "ticker", "KRW-BTC").stdout.startswith("upbit-top  ws://")


def test_who_subscribed_what():
    with Mock(MOCK, "--codes", "20") as mock:
        result = run("--who", "--url", mock.url, "ticker", "KRW-*", "orderbook", "KRW-BTC.5", "candle.1m", "KRW-BTC")
        lines = result.stdout.splitlines()
        assert result.returncode == 0, result.stderr
        assert len(lines) == 8 + 2, lines
        assert "orderbook-2 orderbook KRW-BTC.5 by name" in lines, lines
        assert "candle.1m-3 candle.1m KRW-BTC by name" in lines, lines
        assert "ticker-1 ticker KRW-BTC by selector" in lines, lines


def test_a_terminal_of_any_size_and_its_keys():
    with Mock(MOCK, "--codes", "100", "--rate", "500") as mock:
        top = Terminal("--interval", "0.2", "--url", mock.url, "ticker", "KRW-*", "trade", "KRW-BTC")
        until(lambda: top.shows(r"^ticker +KRW-"), "keys")
        assert top.fits() and len(top.page()) > 20, top.page()
        for name in ("KEY", "PROXY", "LIMIT"):
            assert top.shows("^" + name), (name, top.page())
        for rows, columns in ((10, 40), (50, 132), (3, 12), (24, 80)):
            top.resize(rows, columns)
            until(top.fits, f"a page of {columns}x{rows}")
        top.key("w")
        until(lambda: top.shows("^WHO"), "who wants what")
        until(lambda: top.shows("^1-"), "the first row")
        top.key("j")
        until(lambda: top.shows("^2-"), "the second row first")
        top.key("\033[6~")
        until(lambda: top.shows("^12-"), "ten on")
        top.key("l")
        until(lambda: top.shows("^websocket-connect"), "limits")
        top.key("a")
        until(lambda: top.shows("^PROXY"), "all tables")
        top.end()


def test_faults_are_seen_and_their_end():
    with Mock(MOCK, "--codes", "20", "--rate", "500") as mock:
        top = Terminal("--interval", "0.2", "--url", mock.url, "ticker", "KRW-*")
        until(lambda: top.shows(r"^public +live") and top.shows("healthy"), "live")
        mock.post("refuse?count=1000&status=503")
        mock.post("cut?how=rst")
        until(lambda: top.shows(r"^health .*critical: "), "critical")
        until(lambda: top.shows(r"^public +(reconnecting|connecting|upgrading).* down "), "down")
        assert top.fits(), top.page()
        mock.post("reset")
        until(lambda: top.shows(r"^public +live.*reconnects 1"), "live again")
        until(lambda: top.shows(r"^health .*healthy"), "healthy again")
        top.end()


METRICS = """\
# TYPE upbit_messages_received counter
upbit_messages_received_total 1200
upbit_messages_per_second 60.500
upbit_received_bytes_per_second 12345.000
upbit_decoded_bytes_per_second 23456.000
upbit_uptime_seconds 75.250
upbit_events_dropped_total 7
upbit_http_429_total 3
upbit_memory_bytes{part="events"} 1000000
upbit_memory_bytes{part="keys"} 500000
upbit_state{session="public"} %d
upbit_state{session="private"} 0
upbit_epoch{session="public"} 4
upbit_down_seconds_total{session="public"} 2.500
upbit_reconnects_total 3
upbit_lag_receive_seconds_bucket{le="0.001023"} 50
upbit_lag_receive_seconds_bucket{le="0.002047"} 98
upbit_lag_receive_seconds_bucket{le="0.016383"} 99
upbit_lag_receive_seconds_bucket{le="+Inf"} 100
upbit_lag_receive_seconds_count 100
upbit_lag_receive_max_seconds 0.250000
upbit_health{session="public"} 1
upbit_health{session="all"} %d
upbit_health_reason{session="public",reason="silent"} 1
upbit_health_reason{session="all",reason="reconnecting"} 1
upbit_health_reason{session="all",reason="dropping"} 1
upbit_health_reason{session="all",reason="memory"} 0
upbit_proxy_queued{client_id="chart:btc"} 12
upbit_proxy_queued_peak{client_id="chart:btc"} 99
upbit_proxy_dropped_total{client_id="chart:btc"} 7
upbit_proxy_lag_p99_seconds{client_id="chart:btc"} 0.001500
upbit_proxy_queued{client_id="list"} 0
# EOF
"""


def test_another_programs_metrics():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m")

        def put(*values):
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write(METRICS % values)
            os.rename(path + ".new", path)

        put(4, 1)
        page = run("--once", "--file", path).stdout
        for says in (r"^upbit-top +" + re.escape(path), r"^health +up 75\.3 s",
                     r"degraded: reconnecting, dropping$", r"^public +live +epoch 4 +reconnects 3 +down 2\.5 s",
                     r"^stream +61 msg/s +12\.3k/23\.5k B/s +lag p50 1\.0 ms +p99 16 ms +max 250 ms",
                     r"dropped 7", r"^costs +1\.5MB", r"429/418 3/",
                     r"^chart:btc +- +12 +99 +- +7 +1\.5 ms$", r"^list ", "no rows for keys"):
            assert re.search(says, page, re.M), (says, page)
        os.utime(path, (time.time() - 600, time.time() - 600))
        assert "nobody writes the file any more" in run("--once", "--file", path).stdout
        top = Terminal("--interval", "0.1", "--file", path)
        until(lambda: top.shows("^public +live"), "a page")
        put(6, 2)
        until(lambda: top.shows("^public +reconnecting") and top.shows("critical"), "the new text")
        os.unlink(path)
        until(lambda: top.shows("last error: .*No such file"), "that it is gone")
        put(4, 0)
        until(lambda: top.shows("^public +live") and not top.shows("last error"), "that it is back")
        top.end()


def test_it_ends_by_signal_and_gives_the_terminal_back():
    with Mock(MOCK) as mock:
        top = Terminal("--interval", "0.2", "--url", mock.url, "ticker", "KRW-BTC")
        until(lambda: top.shows("^public"), "a page")
        top.process.send_signal(signal.SIGTERM)
        until(lambda: top.read() or top.process.poll() is not None, "the end")
        top.read()
        assert top.process.returncode == 0 and top.raw.endswith(b"\033[?1049l"), top.raw[-60:]
        assert termios.tcgetattr(top.other) == top.before


def test_keys_leave_the_environment():
    with Mock(MOCK) as mock:
        process = subprocess.Popen([TOP, "--url", mock.url, "ticker", "KRW-BTC"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, env={**CLEAN, **KEYS})
        keys_are_taken(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert b"test-secret" not in errors, errors


def test_mistakes():
    for arguments, says in (((), "TYPE and CODES"), (("--interval", "0"), "--interval"), (("--nope",), "--nope"),
                            (("--file", "x", "ticker", "KRW-BTC"), "--file"), (("--file", "x", "--who"), "--who"),
                            (("--speed", "2", "ticker", "KRW-BTC"), "--replay"), (("tick", "KRW-BTC"), "tick")):
        result = run(*arguments)
        assert result.returncode == 2 and says in result.stderr, (arguments, result)
    assert "Examples:" in run("--help").stdout
    for content in (None, "", "this is no metric\n", "other_total 1\n", "{\n", 'x{y="'):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m")
            if content is not None:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(content)
            result = run("--once", "--file", path)
            assert result.returncode == 3 and path in result.stderr, (content, result)


if __name__ == "__main__":
    main(dict(globals()))
