#!/usr/bin/python3
"""Processes that share the limits: the library's, one that was written by docs/LIMITS.md alone, one
that is killed, one that is stopped while it has the lock. The mock must not see more than N in any
second. Arguments: upbit-mock, the hammer. Prints TAP."""
import glob
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mock"))
from exchange import Mock, run  # noqa: E402

HAMMER = sys.argv[2]
PATIENCE = 60  # seconds; nothing takes a tenth of it
PARTICIPANT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "participant.py")


class Processes:
    def __init__(self, mock, home):
        self.mock, self.home, self.all = mock, home, []

    def start(self, *command):
        env = {**os.environ, "XDG_RUNTIME_DIR": self.home, "UPBIT_LIMIT_SHARING": "on",
               "UPBIT_LIMIT_STRATEGY": "aggressive", "UPBIT_URL": f"ws://127.0.0.1:{self.mock.port}"}
        process = subprocess.Popen(list(command), env=env, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.all.append(process)
        return process

    def hammer(self, *arguments):
        process = self.start(HAMMER, *map(str, arguments))
        assert process.stdout.readline() == "begun\n", process.stderr.read()
        return process

    def participant(self, seconds, *arguments):
        return self.start("/usr/bin/python3", PARTICIPANT, self.file(), "ticker", str(seconds), *arguments)

    def file(self):
        for _ in range(200):
            files = glob.glob(os.path.join(self.home, "upbit-live", "*_ip.budget"))
            if files and os.path.getsize(files[0]) > 128 + 3 * 1024 and self.used(files[0]):
                return files[0]
            time.sleep(0.05)
        raise AssertionError("no file of shared budgets")

    @staticmethod
    def used(path):
        with open(path, "rb") as file:
            return file.read()[128 + 2 * 1024:128 + 2 * 1024 + 6] == b"ticker"

    def end(self):
        for process in self.all:
            if process.poll() is None:
                process.kill()
                process.communicate()


def requests(mock):
    """The mock's times of the requests for tickers, in ms."""
    import json
    rows = json.loads(mock.http("/mock/received")[2])["received"]
    return [r["ms"] for r in rows if r["what"] == "http" and r["path"].startswith("/v1/ticker")]


def check(mock, limit=10):
    times = requests(mock)
    for a, b in zip(times, times[limit:]):
        assert b - a >= 1000, f"{limit + 1} requests within {b - a} ms"
    assert mock.stats()["violations"]["rest_rate"] == 0
    return len(times)


def with_processes(test):
    with tempfile.TemporaryDirectory() as home, Mock("--codes", 5, "--rate", 0) as mock:
        processes = Processes(mock, home)
        try:
            test(mock, processes)
        finally:
            processes.end()


def until_there_are(mock, count):
    """That many requests, however slow the machine."""
    end = time.monotonic() + PATIENCE
    while len(requests(mock)) < count:
        assert time.monotonic() < end, f"no more than {len(requests(mock))} requests of {count}"
        time.sleep(0.05)


def test_processes_share():
    """In no order that anybody promises, but in the end each has what it wants."""
    def four(mock, processes):
        hammers = [processes.hammer(PATIENCE, 8) for _ in range(3)]
        stranger = processes.participant(PATIENCE, "--count", "5", "--url",
                                         f"http://127.0.0.1:{mock.port}/v1/ticker?markets=KRW-BTC")
        told = [p.communicate(timeout=2 * PATIENCE) for p in [*hammers, stranger]]
        assert all(p.returncode == 0 for p in processes.all), told
        answers = [int(out) for out, _ in told]
        total = check(mock)
        assert min(answers[:3]) >= 8 and answers[3] == 5 and sum(answers) <= total, (total, told)
    with_processes(four)


def test_one_is_killed_and_one_is_stopped_in_mid_lock():
    def four(mock, processes):
        hammers = [processes.hammer(4 * PATIENCE) for _ in range(3)]
        until_there_are(mock, 5)
        hammers[0].send_signal(signal.SIGKILL)
        holder = processes.participant(4 * PATIENCE, "--hold")
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        # More than can have been granted before: or a stopped holder blocks everybody.
        until_there_are(mock, len(requests(mock)) + 10)
        holder.send_signal(signal.SIGKILL)
        until_there_are(mock, len(requests(mock)) + 5)
        for h in hammers[1:]:
            h.terminate()
        said = [h.communicate(timeout=PATIENCE)[1] for h in hammers[1:]]
        assert all(h.returncode == 0 for h in hammers[1:]), said
        for text in said:  # told once
            assert text.count("holds the shared budgets") <= 1, text
        assert any("holds the shared budgets" in text for text in said), said
        check(mock)
    with_processes(four)


def test_a_ban_is_everybodys():
    def two(mock, processes):
        first = processes.hammer(4 * PATIENCE)
        processes.file()
        mock.http("/mock/limit?group=ticker&count=1&status=418", "POST")
        assert first.wait(timeout=2 * PATIENCE) == 1 and "418" not in first.stdout.read()
        at = len(requests(mock))
        second = processes.start(HAMMER, "2")
        out, _ = second.communicate(timeout=PATIENCE)
        assert out == "begun\n0\n", out
        assert len(requests(mock)) == at, "a new process does not know of the ban"
    with_processes(two)


run(globals())
