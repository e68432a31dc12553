"""A PyQt5 window whose coroutines await prices: qt_and_asyncio.py [CODE [SECONDS]]

With qasync asyncio's loop stands on Qt's: a proxy made inside it hangs in both by its descriptor. Without
qasync the window is driven by asyncio instead, which gives Qt its turns; the rest is the same.
"""

import asyncio
import importlib
import sys
from typing import Any, Coroutine

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel
from upbit_live import Ticker, UpbitError, WebSocketClientProxy


async def show_prices(label: QLabel, code: str) -> None:
    async with WebSocketClientProxy(f"label_{code}") as proxy:
        await proxy.subscribe_ticker(code)
        async for event in proxy.events():
            if isinstance(event, Ticker):
                label.setText(f"{event.code}  {event.trade_price:,}")


async def main(code: str, seconds: float) -> None:
    label = QLabel(f"{code}  ...")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.resize(320, 120)
    label.show()
    showing = asyncio.ensure_future(show_prices(label, code))
    end = asyncio.get_running_loop().time() + seconds
    while label.isVisible() and not showing.done():
        if seconds and asyncio.get_running_loop().time() >= end:
            break
        await asyncio.sleep(0.05)
    print(label.text())
    showing.cancel()  # nothing, if it has ended by itself
    try:
        await showing
    except asyncio.CancelledError:
        pass


def run(application: QApplication, program: Coroutine[Any, Any, None]) -> None:
    try:
        qasync = importlib.import_module("qasync")
    except ImportError:

        async def with_turns() -> None:
            task = asyncio.ensure_future(program)
            while not task.done():
                application.processEvents()
                await asyncio.sleep(0.005)
            task.result()

        asyncio.run(with_turns())
        return
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(program)


if __name__ == "__main__":
    application = QApplication(sys.argv)
    code = sys.argv[1] if len(sys.argv) > 1 else "KRW-BTC"
    try:
        run(application, main(code, float(sys.argv[2]) if len(sys.argv) > 2 else 0))
    except UpbitError as error:
        sys.exit(f"qt_and_asyncio: {error}")
