"""One client of python_bench: client.py WAY URL CA COUNT

Prints the CPU time of the process in ns (all its threads) from the first message to the last, and how
many there were; connecting and imports are not in it. Each way reads the price of each ticker and trade,
and of order books that they are there.
"""

import asyncio
import resource
import ssl
import sys

CODES = ["KRW-" + (first + last) for last in ("", "A", "X") for first in (
    "BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT")]


def cpu_ns() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int((used.ru_utime + used.ru_stime) * 1e9)


class Meter:
    """From the first `warm` messages on."""

    def __init__(self, count: int) -> None:
        self.count, self.warm = count, count // 20
        self.seen, self.begin, self.missing = 0, 0, 0

    def started(self, seen: int) -> None:
        self.begin, self.warm, self.seen = cpu_ns(), seen, seen

    def report(self) -> None:
        spent = cpu_ns() - self.begin
        print(spent, self.seen - self.warm, self.missing, flush=True)


async def websockets_json(url: str, ca: str, count: int) -> None:
    import json

    import websockets

    meter = Meter(count)
    trust = ssl.create_default_context(cafile=ca)
    async with websockets.connect(
        url,
        ssl=trust,
        max_size=None,
        compression=None,
        ping_interval=None,
        close_timeout=0.1,  # the server does not answer a close frame
    ) as stream:
        await stream.send('[{"ticket":"x"},{"type":"ticker"}]')
        loads, recv, price = json.loads, stream.recv, 0.0
        for _ in range(meter.warm):
            loads(await recv())
        meter.started(meter.warm)
        for _ in range(count - meter.warm):
            message = loads(await recv())
            if message["type"] != "orderbook":
                price = message["trade_price"]
        meter.seen = count
        meter.report()


def ours(url: str, ca: str, count: int, batched: bool) -> None:
    import upbit_live

    meter = Meter(count)
    manager = upbit_live.Manager(url=url, ca_file=ca, format=1, compression=2, log_level=1)
    policy = upbit_live.Policy.DROP_OLDEST
    proxy = upbit_live.WebSocketClientProxy(
        "bench", manager=manager, policy=policy, queue_messages=65536, queue_bytes=32 << 20
    )
    seen, price = 0, None

    def one(event):  # type: ignore[no-untyped-def]
        nonlocal seen, price
        seen += 1
        price = event.trade_price

    def book(event):  # type: ignore[no-untyped-def]
        nonlocal seen
        seen += 1

    def many(events):  # type: ignore[no-untyped-def]
        nonlocal seen, price
        seen += len(events)
        for event in events:
            price = event.trade_price

    def books(events):  # type: ignore[no-untyped-def]
        nonlocal seen
        seen += len(events)

    def gap(event):  # type: ignore[no-untyped-def]
        meter.missing += event.count

    proxy.on_gap = gap
    if batched:
        proxy.subscribe_ticker(CODES, batch=many)
        proxy.subscribe_trade(CODES, batch=many)
        proxy.subscribe_orderbook(CODES, batch=books)
    else:
        proxy.subscribe_ticker(CODES, one)
        proxy.subscribe_trade(CODES, one)
        proxy.subscribe_orderbook(CODES, book)
    while seen < meter.warm:
        proxy.process(3.0)
    meter.started(seen + meter.missing)
    idle = 0
    while seen + meter.missing < count and idle < 10:
        idle = 0 if proxy.process(3.0) else idle + 1
    meter.seen = seen + meter.missing
    meter.report()
    proxy.cleanup()
    manager.shutdown()


if __name__ == "__main__":
    way, url, ca, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    if way == "websockets":
        try:
            import websockets  # noqa: F401
        except ImportError:
            sys.exit(77)
        asyncio.run(websockets_json(url, ca, count))
    else:
        ours(url, ca, count, way == "batch")
