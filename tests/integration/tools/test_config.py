#!/usr/bin/python3
"""upbit-config as a person uses it; and that docs/CONFIGURATION.md, options.h and the program name the same
settings with the same variables, defaults and bounds.

    test_config.py UPBIT_CONFIG UPBIT_TAIL OPTIONS_H CONFIGURATION_MD UPBIT_MOCK
"""
import json
import os
import re
import subprocess
import sys

from harness import CLEAN, Mock, main

CONFIG, TAIL, HEADER, PAGE, MOCK = sys.argv[1:6]
# Functions and what belongs to them: a program's alone.
NO_SETTINGS = {"struct_size", "log", "log_context", "credentials", "credentials_context"}


def run(*arguments, program=CONFIG, **variables):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=30,
                          env={**CLEAN, **variables})


def settings(**variables):
    result = run("--json", **variables)
    assert result.returncode == 0, result.stderr
    return {row["name"]: row for row in json.loads(result.stdout)}


def fields():
    with open(HEADER, encoding="utf-8") as header:
        body = re.search(r"typedef struct upbit_options \{(.*?)\n\} upbit_options;", header.read(), re.S)
    plain = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    return re.findall(r"(\w+)\s*;", plain)


def documented():
    """setting -> (variable or None, default, may be), in the order of the page."""
    rows = {}
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            match = re.match(r"\| `(\w+)` \| (?:`(\w+)`|\(by the program\)) \| (.*?) \| ?(.*?) ?\|", line)
            if match:
                assert match[1] not in rows, match[1] + " twice"
                rows[match[1]] = (match[2], match[3], match[4])
    return rows


def test_header_program_and_page_name_the_same():
    shown, page = settings(), documented()
    assert set(fields()) - NO_SETTINGS == set(shown) - {"access_key", "secret_key"}, \
        set(fields()) - NO_SETTINGS ^ set(shown)
    assert set(page) == set(shown), set(page) ^ set(shown)
    for name, row in shown.items():
        assert row["variable"] in (None, "UPBIT_" + name.upper()), row
        variable, default, _ = page[name]
        assert variable == row["variable"], (name, variable)
        assert default == (row["value"] or "none"), (name, default, row["value"])


def test_bounds_and_choices_are_as_the_page_says():
    """What is refused says what it may be: the page has the same words."""
    asked = 0
    for name, (variable, _, may_be) in documented().items():
        if variable is None or name in ("access_key", "secret_key", "ca_file", "replay_file",
                                        "log_file", "metrics_file", "trace_file"):
            continue
        told = run(**{variable: "?/"}).stderr
        assert variable in told, (name, told)
        numbers = re.search(r"not a number of (\w+); (\d+) to (\d+)(, or off)?$", told.strip())
        if numbers:
            most = numbers[3]
            assert may_be == f"{numbers[2]} to {most} {numbers[1]}{numbers[4] or ''}", (name, may_be)
            assert run(**{variable: str(int(most) + 1)}).returncode == 1, name
            assert run(**{variable: str(int(numbers[2]) - 1)}).returncode == 1, name
            asked += 1
            continue
        choices = re.search(r"must be ([\w, -]+ or [\w-]+)$", told.strip())
        if choices:
            assert may_be.startswith(choices[1]), (name, may_be, choices[1])
            asked += 1
    assert asked > 30, asked


def test_every_variable_arrives():
    """A value that is not the default is in force, from the environment."""
    other = {"url": "ws://127.0.0.1:9/x", "private_url": "ws://127.0.0.1:9/y", "rest_url": "http://127.0.0.1:9/v1",
             "ca_file": "/dev/null", "proxy": "http://127.0.0.1:3128", "limit_group": "pocket",
             "profile": "development", "region": "id", "log_level": "debug", "limit_strategy": "aggressive",
             "limit_sharing": "on", "token_algorithm": "hs256", "replay_speed": "2.5", "format": "default",
             "transport": "raw", "compression": "off", "io_cpus": "0", "log_levels": "stream=info", "log_file": "/dev/null",
             "metrics_file": "/dev/null", "trace_file": "/dev/null"}
    rows = settings()
    for name, row in rows.items():
        if row["variable"] is None or name in ("access_key", "secret_key"):
            continue
        value = other.get(name, "/dev/null" if name == "replay_file" else "77777" if name == "message_size_max"
                          or name == "memory_budget" else "20001" if name == "silence_ms" else "5001")
        got = settings(**{row["variable"]: value})[name]
        assert (got["value"], got["source"]) == (value, "environment"), (name, got)


def test_bad_input_ends_with_status_1_and_the_message():
    result = run(UPBIT_SILENCE_MS="abc")
    assert result.returncode == 1 and result.stdout == "", result
    assert result.stderr == ("upbit-config: UPBIT_SILENCE_MS=abc: not a number of milliseconds; "
                             "100 to 3600000\n"), result.stderr
    assert run("--nonsense").returncode == 2


def test_typing_errors_in_names_are_told():
    result = run(UPBIT_SILENCE="1")
    assert result.returncode == 0
    assert "UPBIT_SILENCE: no setting has this name" in result.stderr, result.stderr
    assert run(UPBIT_MOCK="/bin/true").stderr == ""


def test_no_secret_is_shown():
    for arguments in ((), ("--all",), ("--json",), ("--environment",)):
        result = run(*arguments, UPBIT_ACCESS_KEY="hunter1", UPBIT_SECRET_KEY="hunter2",
                     UPBIT_PROXY="http://hunter3:hunter4@127.0.0.1:1")
        assert result.returncode == 0, result.stderr
        assert "hunter" not in result.stdout + result.stderr, result.stdout
        assert "secret" in result.stdout.lower() and "set" in result.stdout
    result = run("--show-config", program=TAIL, UPBIT_ACCESS_KEY="hunter1", UPBIT_SECRET_KEY="hunter2")
    assert re.search(r"secret_key +set +environment", result.stdout), result.stdout


def test_what_is_printed_for_a_shell_can_be_read_back():
    first = run("--environment", UPBIT_REGION="sg", UPBIT_SETTLE_MS="77")
    script = first.stdout + '\nexport $(sed -n "s/^\\(UPBIT_[A-Z_]*\\)=.*/\\1/p" "$0")\nexec "$1" --environment\n'
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"upbit-config-test-{os.getpid()}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    try:
        again = subprocess.run(["/bin/sh", path, CONFIG], capture_output=True, text=True, timeout=30, env=CLEAN)
    finally:
        os.unlink(path)
    values = [re.sub(r" # [\w ]+$", "", text, flags=re.M) for text in (first.stdout, again.stdout)]
    assert values[0] == values[1] and "UPBIT_SETTLE_MS='77'" in values[1], again


def test_options_beat_the_environment():
    result = run("--show-config", "--url", "ws://127.0.0.1:7", program=TAIL, UPBIT_URL="ws://127.0.0.1:8",
                 UPBIT_REST_URL="http://127.0.0.1:8/v1", UPBIT_SETTLE_MS="99")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^url +ws://127.0.0.1:7/websocket/v1 +options", result.stdout, re.M), result.stdout
    assert re.search(r"^rest_url +http://127.0.0.1:7/v1 +url", result.stdout, re.M), result.stdout
    assert re.search(r"^settle_ms +99 ms +environment", result.stdout, re.M), result.stdout
    assert run("--show-config", program=TAIL, UPBIT_SETTLE_MS="x").returncode == 1


def test_currencies_of_the_regions_are_like_any():
    with Mock(MOCK, "--rate", "1000") as mock:
        mock.post("list?add=SGD-BTC,SGD-ETH,IDR-BTC,THB-BTC")
        result = run("--snapshot-only", "--count", "4", "--seconds", "20", "ticker", "SGD-*", "ticker", "IDR-*",
                     "orderbook", "THB-BTC.3", program=TAIL, UPBIT_URL=mock.url)
        assert result.returncode == 0, result.stderr
        got = sorted((e["type"], e["code"]) for e in map(json.loads, result.stdout.splitlines()))
        assert got == [("orderbook", "THB-BTC"), ("ticker", "IDR-BTC"), ("ticker", "SGD-BTC"),
                       ("ticker", "SGD-ETH")], got
        result = run("--level", "10", "orderbook", "SGD-BTC", program=TAIL, UPBIT_URL=mock.url)
        assert result.returncode == 2 and "KRW markets only" in result.stderr, result


if __name__ == "__main__":
    main(dict(globals()))
