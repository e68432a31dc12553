"""Prices in a terminal, in asyncio: price_printer.py [--count N] [CODE ...]"""

import argparse
import asyncio

from upbit_live import Ticker, UpbitError, WebSocketClientProxy


async def main() -> None:
    parser = argparse.ArgumentParser(description="Prints prices as they come.")
    parser.add_argument("codes", nargs="*", default=["KRW-BTC", "KRW-ETH"])
    parser.add_argument("--count", type=int, default=0, help="end after so many")
    arguments = parser.parse_args()
    async with WebSocketClientProxy("price_printer") as proxy:
        await proxy.subscribe_ticker(arguments.codes)
        number = 0
        async for event in proxy.events():
            if isinstance(event, Ticker):
                print(f"{event.received_kst:%H:%M:%S} {event.code:10} {event.trade_price:>16,}")
                number += 1
            if number == arguments.count:
                break


try:
    asyncio.run(main())
except UpbitError as error:
    raise SystemExit(f"price_printer: {error}")
except KeyboardInterrupt:
    pass
