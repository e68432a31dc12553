"""upbit-decode --rest against Python's own json and decimal, row by row.

    rest_differential.py UPBIT_DECODE DATA_FOLDER [CAPTURES_FOLDER]

Bodies: our own fixtures and the recordings where they are, with rows changed at random and bytes
damaged. What REST names otherwise than the stream is written down here a second time.
"""
import json
import os
import random
import re
import subprocess
import sys
from decimal import Decimal

from differential import FIELDS, Refused, Wrong, change, damage, number, parse, plain, spell, view_field

FILES = {
    "ticker": ("rest_tickers.json", "realR_rest_ticker_20260730_krwbtc.json"),
    "trade": ("rest_trades.json", "realR_rest_trades_20260730_colliding.json",
              "realR_rest_trades_20260730_same_trade_as_ws.json", "doc_rest_trades_ticks_20250627.json"),
    "orderbook": ("rest_orderbooks.json",),
    "candle.1m": ("rest_candles_1m.json",),
    "candle.1s": ("rest_candles_1s.json", "real_rest_candle_year_2026_krwbtc.json"),
}
# The stream's name of what REST calls otherwise.
NAMES = {"ticker": {"market": "code"}, "orderbook": {"market": "code"}, "candle": {"market": "code"},
         "trade": {"market": "code", "trade_date_utc": "trade_date", "trade_time_utc": "trade_time"}}
SAID_ALREADY = {"ticker": ("trade_date_kst", "trade_time_kst"), "candle": ("unit",), "trade": (), "orderbook": ()}


def check_unit(row, kind):
    unit = row.get("unit")
    if unit is None or kind == "candle.1s":
        return
    try:
        if number(unit) != 1:
            raise Refused
    except Wrong:
        raise Refused


def view(row, kind):
    """What upbit-decode should say of one row; Refused."""
    if not isinstance(row, dict):
        raise Refused
    base = kind.split(".")[0]
    if base == "candle":
        check_unit(row, kind)
    left = {NAMES[base].get(key, key): value for key, value in row.items() if key not in SAID_ALREADY[base]}
    out = {"type": kind, "stream_type": "SNAPSHOT"}
    for name, _, field, required, names in FIELDS[base]:
        if base == "trade" and name in ("timestamp", "sequential_id"):
            required = True
        if base == "trade" and name == "trade_timestamp":
            out[name] = out["timestamp"]
            continue
        if name not in left:
            if required:
                raise Refused
            continue
        value = left.pop(name)
        if value is None:
            if required:
                raise Refused
            out[name] = None
            continue
        try:
            out[name] = view_field(field, value, 0, names)
            if base == "trade" and name == "change_price":
                signed = number(value)
                out[name] = plain(abs(signed))
                out["change"] = "RISE" if signed > 0 else "FALL" if signed < 0 else "EVEN"
        except Wrong:
            if required:
                raise Refused
            out[name] = value
    out.update(left)
    out.update({"epoch": Decimal(0), "origin": "stream", "received_ns": Decimal(0)})
    return out


def expected(raw, kind):
    """(views, refused) of one body."""
    try:
        rows = parse(raw)
    except (ValueError, RecursionError):
        return [], True
    if not isinstance(rows, list):
        return [], True
    views, refused = [], False
    for row in rows:
        try:
            views.append(view(row, kind))
        except Refused:
            refused = True
    return views, refused


def bodies(kind, folders, rng):
    pool, lines = [], []
    for folder in folders:
        for name in FILES[kind]:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    lines.append(b" ".join(file.read().splitlines()))
                pool += parse(lines[-1])
    for _ in range(1500):
        rows = [change(rng.choice(pool), rng) for _ in range(rng.randrange(5))]
        if rng.random() < 0.1:
            rows.insert(rng.randrange(len(rows) + 1), rng.choice([None, Decimal(7), "x", [], {}]))
        raw = spell(rows, rng).encode()
        if rng.random() < 0.3:
            raw = damage(raw, rng)
        if b"\n" not in raw and raw.strip(b" \t\r"):
            lines.append(raw)
    return lines


def compare(program, kind, lines):
    wanted = [expected(line, kind) for line in lines]
    run = subprocess.run([program, "--rest", kind, "-"], input=b"".join(line + b"\n" for line in lines),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    bad = {int(match) for match in re.findall(rb"(?m)^line (\d+): ", run.stderr)}
    printed = iter(run.stdout.splitlines())
    events = 0
    for i, (line, (views, refused)) in enumerate(zip(lines, wanted), 1):
        if refused != (i in bad):
            reason = re.search(b"(?m)^line %d: .*" % i, run.stderr)
            sys.exit("%s, line %d: Python %s it, upbit-decode does not agree (%s)\n%r" % (
                kind, i, "refuses" if refused else "takes", reason and reason.group(), line))
        for want in views:
            text = next(printed, None)
            got = text and json.loads(text.decode(), parse_float=Decimal, parse_int=Decimal)
            if got != want:
                differ = got and {k: (got.get(k), want.get(k)) for k in {**got, **want}
                                  if got.get(k) != want.get(k) or (k in got) != (k in want)}
                sys.exit("%s, line %d: %r\n got, want: %r" % (kind, i, line, differ))
            events += 1
    if next(printed, None) is not None:
        sys.exit("upbit-decode printed more than it should")
    return events, len(bad)


def main():
    program, folders = sys.argv[1], [folder for folder in sys.argv[2:] if os.path.isdir(folder)]
    rng = random.Random(20260730)
    for kind in FILES:
        events, refusals = compare(program, kind, bodies(kind, folders, rng))
        if events < 1000 or refusals < 100:
            sys.exit("%s: too little was compared: %d events, %d refusals" % (kind, events, refusals))
        print("%s: %d events equal, %d refusals agreed" % (kind, events, refusals))


if __name__ == "__main__":
    main()
