"""upbit-decode against Python's own json and decimal, field by field.

    differential.py UPBIT_DECODE DATA_FOLDER [CAPTURES_FOLDER]

Messages: our own fixtures, the recordings where they are, both changed at random (members dropped,
repeated, set to null or another type, shuffled, bytes damaged), in all four formats. The fields are
written down here a second time, from the exchange's documents: a slip in the decoder's table shows.
"""
import decimal
import json
import os
import random
import re
import subprocess
import sys
from decimal import Decimal

decimal.getcontext().prec = 1200
D, I, T, S, E, B, C, X = "decimal integer time string enum bool code stream".split()

CHANGE = ("RISE", "EVEN", "FALL")
SIDE = ("ASK", "BID")
REQUIRED = "!"

TABLES = {
    "ticker": """code/cd/C! opening_price/op/D! high_price/hp/D! low_price/lp/D! trade_price/tp/D!
        prev_closing_price/pcp/D! change/c/E!RISE,EVEN,FALL change_price/cp/D! signed_change_price/scp/D!
        change_rate/cr/D! signed_change_rate/scr/D! trade_volume/tv/D! acc_trade_volume/atv/D!
        acc_trade_volume_24h/atv24h/D acc_trade_price/atp/D! acc_trade_price_24h/atp24h/D
        trade_date/tdt/S trade_time/ttm/S trade_timestamp/ttms/T! ask_bid/ab/E:ASK,BID
        acc_ask_volume/aav/D acc_bid_volume/abv/D highest_52_week_price/h52wp/D
        highest_52_week_date/h52wdt/S lowest_52_week_price/l52wp/D lowest_52_week_date/l52wdt/S
        market_state/ms/E:PREVIEW,ACTIVE,DELISTED,PREDELISTED is_trading_suspended/its/B
        delisting_date/dd/S market_warning/mw/E:NONE,CAUTION timestamp/tms/T! stream_type/st/X""",
    "trade": """code/cd/C! timestamp/tms/T trade_date/td/S trade_time/ttm/S trade_timestamp/ttms/T!
        trade_price/tp/D! trade_volume/tv/D! ask_bid/ab/E!ASK,BID prev_closing_price/pcp/D
        change/c/E:RISE,EVEN,FALL change_price/cp/D sequential_id/sid/I best_ask_price/bap/D
        best_ask_size/bas/D best_bid_price/bbp/D best_bid_size/bbs/D stream_type/st/X""",
    "orderbook": """code/cd/C! timestamp/tms/T! total_ask_size/tas/D total_bid_size/tbs/D
        orderbook_units/obu/U! stream_type/st/X level/lv/D""",
    "candle": """code/cd/C! candle_date_time_utc/cdttmu/Z! candle_date_time_kst/cdttmk/S
        opening_price/op/D! high_price/hp/D! low_price/lp/D! trade_price/tp/D!
        candle_acc_trade_volume/catv/D! candle_acc_trade_price/catp/D timestamp/tms/T stream_type/st/X""",
    "myOrder": """code/cd/C! uuid/uid/S! ask_bid/ab/E!ASK,BID order_type/ot/E!limit,price,market,best
        state/s/E!wait,watch,trade,done,cancel,prevented trade_uuid/tuid/S price/p/D avg_price/ap/D
        volume/v/D remaining_volume/rv/D executed_volume/ev/D trades_count/tc/I reserved_fee/rsf/D
        remaining_fee/rmf/D paid_fee/pf/D locked/l/D executed_funds/ef/D
        time_in_force/tif/E:ioc,fok,post_only trade_fee/tf/D is_maker/im/B identifier/id/S
        smp_type/smpt/E:reduce,cancel_maker,cancel_taker,none prevented_volume/pv/D prevented_locked/pl/D
        trade_timestamp/ttms/T order_timestamp/otms/T! timestamp/tms/T! stream_type/st/X""",
    "myAsset": """asset_uuid/astuid/S assets/ast/A! asset_timestamp/asttms/T timestamp/tms/T!
        stream_type/st/X""",
}
TIME = r"(19[7-9]|[2-9]\d\d)\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)"
UNITS = ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m")
ROW = (("ask_price", "ap"), ("bid_price", "bp"), ("ask_size", "as"), ("bid_size", "bs"))


class Refused(Exception):
    pass


class Wrong(Exception):
    pass


def fields_of(kind):
    result = []
    for entry in TABLES[kind].split():
        name, simple, rest = entry.split("/", 2)
        result.append((name, simple, rest[0], rest[1:2] == REQUIRED, rest[2:].split(",")))
    return result


FIELDS = {kind: fields_of(kind) for kind in TABLES}


def no_constants(text):
    raise ValueError(text)


def well_formed(value):
    """No half surrogate pairs: Python takes them, UTF-8 cannot carry them."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        for key, inner in value.items():
            well_formed(key)
            well_formed(inner)
    elif isinstance(value, list):
        for inner in value:
            well_formed(inner)


def parse(raw):
    text = raw.decode("utf-8").strip(" \t\r\n")
    surrogates = re.search(r"\\u[dD][89a-fA-F]", text)
    value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=no_constants,
                       object_pairs_hook=dict)
    if surrogates:
        well_formed(value)
    return value


def number(value):
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value, re.A):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise Wrong
    if not value:
        return Decimal(0)
    if abs(value.adjusted()) > 1000:
        raise Wrong
    value = value.normalize()
    sign, digits, exponent = value.as_tuple()
    if len(digits) > 38 or not -128 <= exponent <= 127:
        raise Wrong
    return value


def plain(value):
    return format(value, "f") if value else "0"


def integer(value):
    value = number(value)
    if value != value.to_integral_value() or not -2**63 <= value < 2**63:
        raise Wrong
    return value


def text_of(value):
    if not isinstance(value, str) or "\0" in value:
        raise Wrong
    return value


def rows(value, names):
    if not isinstance(value, list):
        raise Wrong
    sides = ([], [])
    for row in value:
        if not isinstance(row, dict):
            raise Refused
        try:
            values = [number(row[name]) for name in names]
        except (KeyError, Wrong):
            raise Refused
        for side in (0, 1):
            if values[side] and values[side + 2]:
                sides[side].append((plain(values[side]), plain(values[side + 2])))
    result = []
    for i in range(max(len(sides[0]), len(sides[1]))):
        ask = sides[0][i] if i < len(sides[0]) else (None, None)
        bid = sides[1][i] if i < len(sides[1]) else (None, None)
        result.append({"ask_price": ask[0], "bid_price": bid[0], "ask_size": ask[1], "bid_size": bid[1]})
    return result


def assets(value, names):
    if not isinstance(value, list):
        raise Wrong
    result = []
    for row in value:
        try:
            result.append({"currency": text_of(row[names[0]]), "balance": plain(number(row[names[1]])),
                           "locked": plain(number(row[names[2]]))})
        except (KeyError, TypeError, Wrong):
            raise Refused
    return result


def view_field(kind, value, simple, names):
    if kind == "D":
        return plain(number(value))
    if kind == "I":
        return integer(value)
    if kind == "T":
        ms = integer(value)
        if ms > 10**15:
            ms = ms // 1000
        if not 0 <= ms < 4102444800000:
            raise Wrong
        return ms
    if kind == "B":
        if not isinstance(value, bool):
            raise Wrong
        return value
    if kind == "U":
        return rows(value, [name[simple] for name in ROW])
    if kind == "A":
        return assets(value, ("cu", "b", "l") if simple else ("currency", "balance", "locked"))
    if kind in "EX":  # unknown values are carried on as they came
        if not isinstance(value, str):
            raise Wrong
        return value
    text = text_of(value)
    if kind == "C" and not 0 < len(text.encode()) <= 23:
        raise Wrong
    if kind == "Z" and not re.fullmatch(TIME, text, re.A):
        raise Wrong
    return text


def view(message):
    """What upbit-decode should say of one object; Refused."""
    if not isinstance(message, dict):
        raise Refused
    typed = [key for key in message if key in ("type", "ty")]
    kind = message[typed[-1]] if typed else None
    base = "candle" if kind in ["candle." + unit for unit in UNITS] else kind
    if not isinstance(base, str) or base not in FIELDS or base == "candle" == kind:
        return None  # not our business here
    simple = typed[-1] == "ty"
    out = {"type": kind}
    left = {key: value for key, value in message.items() if key != typed[-1]}
    for name, short, field, required, names in FIELDS[base]:
        key = short if simple else name
        if name == "code" and key not in left and ("mk" if simple else "market") in left:
            key = "mk" if simple else "market"
        if key not in left:
            if required:
                raise Refused
            continue
        value = left.pop(key)
        if value is None:
            if required:
                raise Refused
            out[name] = None
            continue
        try:
            out[name] = view_field(field, value, simple, names)
        except Wrong:
            if required:
                raise Refused
            out[name] = value
    out.update(left)
    out.update({"epoch": Decimal(0), "origin": "stream", "received_ns": Decimal(0)})
    return out


def expected(raw):
    """(views, refused) of one line; None: skip it."""
    try:
        value = parse(raw)
    except (ValueError, RecursionError):
        return [], True
    views, refused = [], False
    if not isinstance(value, (dict, list)):
        return [], True
    for element in value if isinstance(value, list) else [value]:
        try:
            one = view(element)
        except Refused:
            refused = True
            continue
        if one is None:
            return None
        views.append(one)
    return views, refused


# --- messages ---------------------------------------------------------------------------------------

def simplify(message):
    """DEFAULT to SIMPLE, textually exact numbers kept by Decimal."""
    kind = message["type"].split(".")[0]
    short = {name: simple for name, simple, *_ in FIELDS[kind]}
    out = {}
    for key, value in message.items():
        if key == "type":
            out["ty"] = value
        elif key == "orderbook_units":
            out["obu"] = [{dict(ROW)[k]: v for k, v in row.items()} for row in value]
        elif key == "assets":
            names = {"currency": "cu", "balance": "b", "locked": "l"}
            out["ast"] = [{names[k]: v for k, v in row.items()} for row in value]
        else:
            out[short.get(key, key)] = value
    return out


def spell(value, rng):
    """A JSON text of value with numbers in one of the exchange's spellings."""
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k) + ":" + spell(v, rng) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spell(v, rng) for v in value) + "]"
    if not isinstance(value, Decimal):
        return json.dumps(value, ensure_ascii=rng.random() < 0.5)
    how = rng.randrange(5)
    sign, digits, exponent = value.as_tuple()
    if how == 0 and value:
        return str(value.normalize()).replace("+", "") if rng.random() < 0.5 else "%sE%d" % (
            "-" * sign + "".join(map(str, digits)).lstrip("0"), exponent)
    text = format(value, "f")
    if how == 1 and len(text) < 30:
        return text + ("0" * rng.randrange(9) if "." in text else ".0")
    if how == 2 and rng.random() < 0.2:
        return '"' + text + '"'
    return text


ODD = [None, True, False, "", "x", Decimal("1e400"), Decimal("-0.5"), Decimal(10**39 + 1), [], {}, [[]],
       Decimal("1690000000000000"), Decimal("9007199254740993"), "1.50", "SIDEWAYS", {"a": [Decimal("1.50"), None]},
       "\ud55c\uae00", "a\"b\\c", Decimal("0E-8"), Decimal("99999999999999999999999999999999999999")]


def change(message, rng):
    message = dict(message)
    for _ in range(rng.randrange(3)):
        keys = list(message)
        key = rng.choice(keys)
        how = rng.randrange(6)
        if how == 0 and len(keys) > 1:
            del message[key]
        elif how == 1 and key not in ("type", "ty"):
            message[key] = rng.choice(ODD)
        elif how == 2:
            message["new_%d" % rng.randrange(9)] = rng.choice(ODD)
        elif how == 3:
            items = list(message.items())
            rng.shuffle(items)
            message = dict(items)
        elif how == 4 and key not in ("type", "ty"):
            message[key] = Decimal(rng.randrange(10**rng.randrange(1, 30))).scaleb(-rng.randrange(20))
        elif isinstance(message.get(key), list) and message[key]:
            rows_ = [dict(row) if isinstance(row, dict) else row for row in message[key]]
            row = rng.choice(rows_)
            if isinstance(row, dict) and row:
                row[rng.choice(list(row))] = rng.choice(ODD[:8] + [Decimal(0)] * 8)
            message[key] = rows_
    return message


def damage(raw, rng):
    raw = bytearray(raw)
    for _ in range(1 + rng.randrange(2)):
        at = rng.randrange(len(raw))
        how = rng.randrange(4)
        if how == 0:
            raw[at] = rng.choice(b'{}[],:"\\0123456789.eE+-tfn \x01\x80\xc3\xff')
        elif how == 1:
            del raw[at:at + 1 + rng.randrange(4)]
        elif how == 2:
            raw[at:at] = rng.choice([b" ", b"0", b"-", b".", b"e5", b",", b"}", b"]", b'"', b"\\u0041", b"\t"])
        else:
            del raw[at:]
        if not raw:
            raw = bytearray(b"{")
    return bytes(raw)


def read_messages(folder):
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not name.endswith((".json", ".jsonl")) or "rest" in name or name == "requests.jsonl":
            continue
        with open(path, "rb") as file:
            content = file.read()
        found += content.splitlines() if name.endswith(".jsonl") else [content.replace(b"\n", b" ")]
    return [raw for raw in found if raw.strip()]


def main():
    program, folders = sys.argv[1], [folder for folder in sys.argv[2:] if os.path.isdir(folder)]
    rng = random.Random(20260923)
    recorded = [raw for folder in folders for raw in read_messages(folder)]
    objects = []
    for raw in recorded:
        value = parse(raw)
        if isinstance(value, dict) and (expected(raw) or ([], 0))[0]:
            objects.append(value)
    lines = list(recorded)
    # One recording holds hundreds of books: enough to take each of the others more often.
    pool = [m for m in objects if rng.random() < max(0.1, 60 / max(1, len(objects)))]
    for _ in range(9000):
        message = rng.choice(pool)
        if "type" in message and rng.random() < 0.5:
            message = simplify(message)
        message = change(message, rng)
        if rng.random() < 0.15:
            message = [change(rng.choice(pool), rng) for _ in range(rng.randrange(4))]
        raw = spell(message, rng).encode()
        if rng.random() < 0.3:
            raw = damage(raw, rng)
        if b"\n" not in raw and raw.strip(b" \t\r"):
            lines.append(raw)
    wanted = [(line, expected(line)) for line in lines]
    # Of a damaged list the elements before the fault come out; how many is not ours to say.
    wanted = [(line, want) for line, want in wanted
              if want is not None and (not line.lstrip().startswith(b"[") or is_json(line))]
    run = subprocess.run([program, "-"], input=b"".join(line + b"\n" for line, _ in wanted),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    bad = {int(match) for match in re.findall(rb"(?m)^line (\d+): ", run.stderr)}
    printed = iter(run.stdout.splitlines())
    events = refusals = 0
    for i, (line, (views, refused)) in enumerate(wanted, 1):
        if refused != (i in bad):
            reason = re.search(b"(?m)^line %d: .*" % i, run.stderr)
            sys.exit("line %d: Python %s it, upbit-decode does not agree (%s)\n%r" % (
                i, "refuses" if refused else "takes", reason and reason.group(), line))
        refusals += refused
        for want in views:
            text = next(printed, None)
            got = text and json.loads(text.decode(), parse_float=Decimal, parse_int=Decimal)
            if got != want:
                differ = got and {k: (got.get(k), want.get(k)) for k in {**got, **want}
                                  if got.get(k) != want.get(k) or (k in got) != (k in want)}
                sys.exit("line %d: %r\n got, want: %r" % (i, line, differ))
            events += 1
    if next(printed, None) is not None:
        sys.exit("upbit-decode printed more than it should")
    if run.returncode != (1 if bad else 0):
        sys.exit("exit status %d with %d bad lines" % (run.returncode, len(bad)))
    if events < 3000 or refusals < 500:
        sys.exit("too little was compared: %d events, %d refusals" % (events, refusals))
    print("%d lines: %d events equal, %d refusals agreed" % (len(wanted), events, refusals))


def is_json(raw):
    try:
        parse(raw)
        return True
    except (ValueError, RecursionError):
        return False


if __name__ == "__main__":
    main()
