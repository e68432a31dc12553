#!/usr/bin/python3
"""upbit-record as a person uses it, and that what it wrote can be played: by upbit-tail and by upbit-mock.

    test_record.py UPBIT_RECORD UPBIT_TAIL UPBIT_MOCK
"""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

from harness import CLEAN, KEYS, Mock, keys_are_taken, main, until

RECORD, TAIL, MOCK = sys.argv[1:4]


def start(*arguments, limit=None, **variables):
    def before():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return subprocess.Popen([RECORD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**CLEAN, **variables}, preexec_fn=before)


def run(*arguments, **variables):
    process = start(*arguments, **variables)
    out, errors = process.communicate(timeout=90)
    assert out == "", out
    return process.returncode, errors


def frames(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def trades_of(path):
    """The ids of the trades of the recording, once each, in order."""
    ids = []
    for frame in frames(path):
        if frame["dir"] == "in" and frame["op"] == 2:
            message = json.loads(frame["text"])
            if message.get("ty") == "trade" and message["sid"] not in ids:
                ids.append(message["sid"])
    return ids


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def record_until(path, size, stop, *arguments):
    process = start(path, *arguments)
    until(lambda: size_of(path + ".part") > size, f"{size} bytes")
    assert not os.path.exists(path)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert os.path.exists(path) and not os.path.exists(path + ".part"), os.listdir(os.path.dirname(path))
    return errors


def test_a_recording_is_whole_named_and_its_owners():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "4000") as mock:
        for stop in (signal.SIGINT, signal.SIGTERM):
            path = os.path.join(folder, f"r{stop}.jsonl")
            errors = record_until(path, 20000, stop, "--url", mock.url, "trade", "KRW-BTC")
            assert f"recording to {path}.part" in errors, errors
            assert f"{path} is complete: {len(frames(path))} frames, {size_of(path)} bytes" in errors, errors
            assert os.stat(path).st_mode & 0o777 == 0o600
            got = frames(path)
            # The request belongs to it, and every message has its time.
            assert got[0]["dir"] == "out" and "KRW-BTC" in got[0]["text"], got[0]
            times = [f["t_ns"] for f in got]
            assert times == sorted(times) and abs(times[0] / 1e9 - time.time()) < 3600


def test_what_was_recorded_plays_at_any_speed():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.jsonl")
        with Mock(MOCK, "--rate", "4000") as mock:
            record_until(path, 60000, signal.SIGINT, "--url", mock.url, "trade", "KRW-BTC")
        ids = trades_of(path)
        assert len(ids) > 20, len(ids)
        for speed in ("0", "50", "1000"):
            played = subprocess.run([TAIL, "--replay", path, "--speed", speed, "trade", "KRW-BTC"], timeout=60,
                                    capture_output=True, text=True, env=CLEAN)
            assert played.returncode == 0, played.stderr
            assert [json.loads(line)["sequential_id"] for line in played.stdout.splitlines()] == ids, speed
        # Slower than it was recorded takes longer; that much is certain on any machine.
        span = (frames(path)[-1]["t_ns"] - frames(path)[0]["t_ns"]) / 1e9
        began = time.monotonic()
        subprocess.run([TAIL, "--replay", path, "--speed", "2", "trade", "KRW-BTC"], timeout=60, check=True,
                       capture_output=True, env=CLEAN)
        assert time.monotonic() - began > span / 2 * 0.9, span
        with Mock(MOCK, "--replay", path, "--replay-speed", "0") as mock:
            played = subprocess.run([TAIL, "--url", mock.url, "--count", str(len(ids)), "--seconds", "30",
                                     "trade", "KRW-BTC"], timeout=60, capture_output=True, text=True, env=CLEAN)
            assert [json.loads(line)["sequential_id"] for line in played.stdout.splitlines()] == ids


def test_rotation_loses_nothing_and_takes_no_number_twice():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "4000") as mock:
        taken = os.path.join(folder, "t.000002.jsonl")
        with open(taken, "w", encoding="utf-8") as file:
            file.write("mine\n")
        process = start("--url", mock.url, "--rotate-size", "20k", os.path.join(folder, "t.jsonl"), "trade",
                        "KRW-BTC")
        until(lambda: os.path.exists(os.path.join(folder, "t.000004.jsonl")), "three files")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        with open(taken, encoding="utf-8") as file:
            assert file.read() == "mine\n"
        names = sorted(n for n in os.listdir(folder) if n != "t.000002.jsonl")
        assert not [n for n in names if n.endswith(".part")], names
        assert names[0] == "t.000001.jsonl" and names[1] == "t.000003.jsonl", names
        ids = []
        for name in names:
            path = os.path.join(folder, name)
            times = [f["t_ns"] for f in frames(path)]
            assert times == sorted(times)
            ids += trades_of(path)
        # One connection, each trade once: none twice, and none missing in between.
        assert len(ids) == len(set(ids)) and len(ids) > 60, len(ids)
        joined = os.path.join(folder, "all.jsonl")
        with open(joined, "w", encoding="utf-8") as file:
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8") as part:
                    file.write(part.read())
        assert trades_of(joined) == ids


def test_by_time_too():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "4000") as mock:
        process = start("--url", mock.url, "--rotate-time", "1s", os.path.join(folder, "t"), "trade", "KRW-BTC")
        until(lambda: os.path.exists(os.path.join(folder, "t.000001")), "a second file")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0 and not os.path.exists(os.path.join(folder, "t"))


def test_nothing_is_overwritten():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK) as mock:
        for name, left in (("a.jsonl", "a.jsonl"), ("b.jsonl", "b.jsonl.part")):
            with open(os.path.join(folder, left), "w", encoding="utf-8") as file:
                file.write("mine\n")
            status, errors = run("--url", mock.url, os.path.join(folder, name), "ticker", "KRW-BTC")
            assert status == 1 and "will not overwrite" in errors and left in errors, errors
            with open(os.path.join(folder, left), encoding="utf-8") as file:
                assert file.read() == "mine\n"
        # Nor what appears under the name while it is being recorded.
        path = os.path.join(folder, "c.jsonl")
        process = start("--url", mock.url, path, "ticker", "KRW-BTC")
        until(lambda: size_of(path + ".part") > 0, "a frame")
        with open(path, "w", encoding="utf-8") as file:
            file.write("mine\n")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1 and "File exists" in errors, errors
        assert size_of(path) == 5 and size_of(path + ".part") > 0


def test_a_full_disk_is_told_and_what_fitted_is_kept():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "4000") as mock:
        path = os.path.join(folder, "r.jsonl")
        process = start("--url", mock.url, path, "trade", "KRW-BTC", limit=30000)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1 and "could not write all of" in errors, errors
        assert 0 < size_of(path) <= 30000 and not os.path.exists(path + ".part")
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        for line in lines[:-1]:
            json.loads(line)


def test_no_exchange_leaves_no_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.jsonl")
        status, errors = run("--url", "ws://127.0.0.1:1/websocket/v1", "--seconds", "1", path, "ticker", "KRW-BTC")
        assert status == 3 and "cannot connect" in errors, errors
        assert os.listdir(folder) == [], os.listdir(folder)


def test_an_unknown_code_ends_it():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK) as mock:
        status, errors = run("--url", mock.url, os.path.join(folder, "r"), "ticker", "KRW-NOSUCH")
        assert status == 4 and "KRW-NOSUCH" in errors, errors


def test_cuts_are_told_and_recorded_over():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "4000") as mock:
        path = os.path.join(folder, "r.jsonl")
        process = start(path, "trade", "KRW-BTC", UPBIT_URL=mock.url, UPBIT_BACKOFF_FIRST_MS="50")
        until(lambda: size_of(path + ".part") > 5000, "frames")
        mock.post("cut?how=rst")
        until(lambda: b'"dir":"out"' in open(path + ".part", "rb").read().split(b"\n", 1)[1], "a second request")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0 and "connection was lost" in errors, errors


def test_what_is_private_has_a_file_of_its_own_and_no_secret():
    with tempfile.TemporaryDirectory() as folder, Mock(MOCK, "--rate", "200", "--private-rate", "20") as mock:
        path = os.path.join(folder, "r.jsonl")
        private = os.path.join(folder, "r.private.jsonl")
        process = start("--url", mock.url, "--verbose", path, "ticker", "KRW-BTC", "myOrder", "-",
                        **KEYS)
        keys_are_taken(process)
        until(lambda: size_of(private + ".part") > 2000 and size_of(path + ".part") > 2000, "orders and tickers")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(private, encoding="utf-8") as file:
            orders = file.read()
        assert "myOrder" in orders and "myOrder" not in text and "KRW-BTC" in text
        for secret in ("test-secret", "test-access", "Bearer", "eyJ"):
            assert secret not in text + orders + errors, secret


def test_help_and_mistakes():
    shown = subprocess.run([RECORD, "--help"], capture_output=True, text=True, env=CLEAN)
    assert shown.returncode == 0 and "Examples:" in shown.stdout and shown.stderr == ""
    for arguments, says in (((), "FILE is needed"), (("x",), "TYPE and CODES"), (("x", "ticker"), "TYPE and CODES"),
                            (("x", "nope", "KRW-BTC"), "nope"), (("--rotate-size", "5x", "x", "ticker", "-"), "5x"),
                            (("--rotate-time", "0", "x", "ticker", "KRW-BTC"), "--rotate-time"),
                            (("--nope",), "--nope"), (("/nonexistent/x", "ticker", "KRW-BTC"), "/nonexistent")):
        status, errors = run(*arguments)
        assert status in (1, 2) and says in errors, (arguments, errors)


if __name__ == "__main__":
    main(dict(globals()))
