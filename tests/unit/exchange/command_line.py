"""upbit-decode as a command: its options, its exit statuses, what it does with bad and odd lines.

    command_line.py UPBIT_DECODE DATA_FOLDER
"""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM, DATA = sys.argv[1:3]
TRADE = (b'{"ty":"trade","cd":"KRW-BTC","ttms":1618678262000,"tp":7.95E7,"tv":6E-8,"ab":"BID",'
         b'"sid":17883351803770004,"st":"REALTIME"}')


def run(*arguments, text=b""):
    return subprocess.run([PROGRAM, *arguments], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)


def check(condition, what, *values):
    if not condition:
        sys.exit("%s: %r" % (what, values))


def main():
    r = run(text=TRADE + b"\n")
    check(r.returncode == 0 and r.stderr == b"", "one trade", r)
    check(r.stdout == b'{"type":"trade","code":"KRW-BTC","trade_timestamp":1618678262000,"trade_price":"79500000",'
          b'"trade_volume":"0.00000006","ask_bid":"BID","sequential_id":17883351803770004,"stream_type":"REALTIME",'
          b'"epoch":0,"origin":"stream","received_ns":0}\n', "the line", r.stdout)

    r = run("-", text=b"garbage\n\n  \r\n" + TRADE + b"\n{\"type\":\"trade\"}\n" + TRADE)
    check(r.returncode == 1, "bad lines", r)
    check(r.stdout.count(b"\n") == 2, "the others come out", r.stdout)
    check([line.split(b":")[0] for line in r.stderr.splitlines()] == [b"line 1", b"line 5"], "numbers", r.stderr)

    # A line of several megabytes: a book of many rows.
    rows = b",".join(b'{"ap":%d,"bp":1,"as":1.5,"bs":2}' % (i + 2) for i in range(60000))
    r = run(text=b'{"ty":"orderbook","cd":"KRW-BTC","tms":1618678262000,"obu":[' + rows + b"]}\n")
    check(r.returncode == 0 and len(json.loads(r.stdout)["orderbook_units"]) == 60000, "long line", r.returncode)

    r = run(text=b"[" + TRADE + b"," + TRADE + b"]\n[]\n")
    check(r.returncode == 0 and r.stdout.count(b"\n") == 2, "lists", r)

    r = run(text=b'{"error":{"message":"no","name":"NO_TICKET"}}\n{"status":"UP"}\n')
    error, status = [json.loads(line) for line in r.stdout.splitlines()]
    check(error["type"] == "error" and error["error"] == {"name": "NO_TICKET", "message": "no"}, "error", error)
    check(list(error)[0] == "type" and status["status"] == "UP", "status", status)

    r = run(os.path.join(DATA, "messages.jsonl"))
    check(r.returncode == 0 and len(r.stdout.splitlines()) == 11, "a file", r)
    with tempfile.NamedTemporaryFile() as empty:
        r = run(empty.name)
        check(r.returncode == 0 and r.stdout == b"", "an empty file", r)
    body = (b'[{"market":"KRW-BTC","timestamp":1785395043779,"trade_price":91361000,"trade_volume":5.0E-4,'
            b'"change_price":-63000,"ask_bid":"ASK","sequential_id":17853950437790001},{"market":"KRW-ETH"}]\n')
    r = run("--rest", "trade", text=body)
    check(r.returncode == 1 and b"line 1: row 2: " in r.stderr, "a bad row", r)
    check(r.stdout == b'{"type":"trade","code":"KRW-BTC","timestamp":1785395043779,"trade_timestamp":1785395043779,'
          b'"trade_price":"91361000","trade_volume":"0.0005","ask_bid":"ASK","change":"FALL","change_price":"63000",'
          b'"sequential_id":17853950437790001,"stream_type":"SNAPSHOT","epoch":0,"origin":"stream","received_ns":0}\n',
          "a row", r.stdout)
    r = run("--rest", "ticker", text=b'[]\n{"error":{"name":404,"message":"Code not found"}}\n')
    check(r.returncode == 1 and r.stdout == b"" and r.stderr == b"line 2: 404: Code not found\n", "REST error", r)
    r = run("--rest", "candle.1m", os.path.join(DATA, "rest_candles_1s.json"))
    check(r.returncode == 0 and json.loads(r.stdout)["type"] == "candle.1m", "a candle", r)
    for arguments in (["--nonsense"], ["a", "b"], ["/nonexistent/file"], ["--rest"], ["--rest", "myOrder"],
                      ["--rest", "candle"], ["--rest", "candle.7m"], ["--rest", "ticker", "--rest"]):
        r = run(*arguments)
        check(r.returncode == 2 and r.stderr != b"" and r.stdout == b"", "usage", arguments, r)
    for arguments in (["--help"], ["--version"]):
        r = run(*arguments)
        check(r.returncode == 0 and b"upbit-decode" in r.stdout, "help", arguments, r)
    with open("/dev/full", "wb") as full:
        r = subprocess.run([PROGRAM], input=TRADE, stdout=full, stderr=subprocess.PIPE, check=False)
        check(r.returncode == 1 and b"cannot write" in r.stderr, "full disk", r)
    print("all as it should be")


if __name__ == "__main__":
    main()
