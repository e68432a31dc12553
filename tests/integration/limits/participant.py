#!/usr/bin/python3
"""Another program that takes part in the shared budgets, by docs/LIMITS.md alone.

    participant.py FILE GROUP SECONDS              sends requests to URL for so long, or until it has
        --url http://127.0.0.1:PORT/v1/...         sent COUNT: prints how many
        [--count COUNT]
    participant.py FILE GROUP SECONDS --hold       takes the lock and holds it for so long
"""
import argparse
import fcntl
import os
import random
import struct
import sys
import time
import urllib.error
import urllib.request

NAMES = ["websocket-connect", "market", "ticker", "trade", "orderbook", "candle", "default", "order"]
HEAD, RECORD, SLOTS, SUM = 128, 1024, 40, 552
MARGIN = 100_000_000
HELD = 10_000_000_000
OWNER = random.randrange(1, 1 << 32)


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def lock(fd, kind):
    """Whether the lock of the whole file could be had (or given back)."""
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, 0, 0, 0, 0))
    except (BlockingIOError, PermissionError):
        return False
    return True


class Record:
    def __init__(self, fd, group):
        self.fd, self.offset = fd, HEAD + RECORD * NAMES.index(group)
        self.data = bytearray(os.pread(fd, RECORD, self.offset))
        if struct.unpack_from("<Q", self.data, SUM)[0] != fnv(self.data[:SUM]):
            sys.exit("a record that was never used or is damaged: let the library begin")
        self.limit = struct.unpack_from("<I", self.data, 16)[0]
        self.closed, self.window = struct.unpack_from("<qq", self.data, 24)

    def slots(self):
        for i in range(self.limit):
            yield (i,) + struct.unpack_from("<qII", self.data, SLOTS + 16 * i)

    def write(self, index, free_at, held):
        struct.pack_into("<qII", self.data, SLOTS + 16 * index, free_at, OWNER, held)
        struct.pack_into("<Q", self.data, SUM, fnv(self.data[:SUM]))
        os.pwrite(self.fd, self.data, self.offset)


def take(fd, group):
    """Whether a request may be sent."""
    begun = now()
    if not lock(fd, fcntl.F_WRLCK):
        return False
    head = os.pread(fd, HEAD, 0)
    if head[:8] != b"UPBITLIM" or struct.unpack_from("<I", head, 8)[0] != 1:
        sys.exit("not a file of this version")
    if struct.unpack_from("<Q", head, 64)[0] != fnv(head[:64]):
        sys.exit("the head is damaged")
    banned, mark = struct.unpack_from("<q", head, 32)[0], struct.unpack_from("<q", head, 72)[0]
    record = Record(fd, group)
    free = [i for i, free_at, _, _ in record.slots() if free_at <= begun]
    share = max(1, record.limit // 5) if mark > begun else record.limit
    granted = max(banned, record.closed) <= begun and record.limit - len(free) < share
    if granted:
        record.write(free[0], begun + record.window + MARGIN + HELD, 1)
    lock(fd, fcntl.F_UNLCK)
    late = now() - begun >= MARGIN // 2
    if granted and late:
        report(fd, group)
    return granted and not late


def report(fd, group):
    while not lock(fd, fcntl.F_WRLCK):
        time.sleep(0.001)
    record = Record(fd, group)
    mine = [(free_at, i) for i, free_at, owner, held in record.slots() if owner == OWNER and held]
    if mine:
        record.write(min(mine)[1], now() + record.window + MARGIN, 0)
    lock(fd, fcntl.F_UNLCK)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("group", choices=NAMES)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--url")
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--hold", action="store_true")
    args = parser.parse_args()
    fd = os.open(args.file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    if args.hold:
        while not lock(fd, fcntl.F_WRLCK):
            time.sleep(0.001)
        print("held", flush=True)
        time.sleep(args.seconds)
        return
    end, sent = time.monotonic() + args.seconds, 0
    while time.monotonic() < end and sent < args.count:
        if not take(fd, args.group):
            time.sleep(0.005)
            continue
        sent += 1
        try:
            # Whoever waits for an answer is no judge of how fast a machine with other things to do is.
            urllib.request.urlopen(args.url, timeout=args.seconds).read()
        except urllib.error.HTTPError as error:
            sys.exit(f"refused: {error.code}")
        report(fd, args.group)
    print(sent)


if __name__ == "__main__":
    main()
