"""The facade inside asyncio, without Qt."""
import asyncio
import os
import subprocess
import sys

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def test_no_qt_is_loaded():
    program = "import sys, upbit_live; sys.exit(any('Qt' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_events_of_a_subscription(upbit_mock):
    async def main():
        async with WebSocketClientProxy("price", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_ticker(["KRW-BTC"])
            stream = proxy.events()
            first = await stream.__anext__()
            assert isinstance(first.stream_type, upbit_live.StreamType)  # a newer one may replace the first
            async for event in stream:
                assert isinstance(event, upbit_live.Ticker) and event.code == "KRW-BTC"
                break
            await proxy.unsubscribe_all()
            other = proxy.events()
            waiting = asyncio.ensure_future(other.__anext__())
            await asyncio.sleep(0.05)
            assert not waiting.done()
        assert proxy.closed
        with pytest.raises(StopAsyncIteration):
            await asyncio.ensure_future(anext(other))
        waiting.cancel()
    run(main())


def test_plain_and_async_callbacks_by_code_and_kind(upbit_mock):
    async def main():
        plain, later = [], []

        async def show(event):
            await asyncio.sleep(0)
            later.append(event)
        async with WebSocketClientProxy("both", manager=upbit_mock.manager) as proxy:
            await asyncio.gather(
                proxy.subscribe_ticker("KRW-BTC", plain.append),
                proxy.subscribe_orderbook(["KRW-BTC", "KRW-ETH"], show, depth=5),
                proxy.subscribe_candle("KRW-BTC", plain.append, unit="1m"))
            while len(plain) < 3 or len({e.code for e in later}) < 2:
                await asyncio.sleep(0.01)
        assert {type(e) for e in plain} <= {upbit_live.Ticker, upbit_live.Candle}
        assert {e.code for e in plain} == {"KRW-BTC"}
        assert all(len(e.orderbook_units) <= 5 for e in later)
    run(main())


def test_requests_raise_what_the_exchange_says(upbit_mock):
    async def main():
        async with WebSocketClientProxy("errors", manager=upbit_mock.manager) as proxy:
            with pytest.raises(upbit_live.UnknownCodeError, match="KRW-NIX"):
                await proxy.subscribe_trade("KRW-NIX")
            with pytest.raises(upbit_live.ArgumentError, match="bad code"):
                proxy.subscribe_trade("bad code")
            with pytest.raises(upbit_live.ArgumentError, match="7m"):
                proxy.subscribe_candle("KRW-BTC", unit="7m")
            with pytest.raises(upbit_live.UnavailableError):
                await proxy.get_my_asset_snapshot()
            with pytest.raises(TypeError):
                proxy.subscribe_ticker("KRW-BTC", "no function")
            assert proxy.is_private_available() is False
            with pytest.raises(upbit_live.DuplicateClientIdError):
                WebSocketClientProxy("errors", manager=upbit_mock.manager)
        with pytest.raises(upbit_live.ClosedError):
            proxy.subscribe_trade("KRW-BTC")
    run(main())


def test_snapshots_awaited_together_keep_their_answers(upbit_mock):
    async def main():
        async with WebSocketClientProxy("snap", manager=upbit_mock.manager) as proxy:
            tickers, trades, candles = await asyncio.gather(
                proxy.get_ticker_snapshot(["KRW-ETH", "KRW-BTC"]),
                proxy.get_trade_snapshot("KRW-BTC", count=7),
                proxy.get_candle_snapshot("KRW-BTC", count=30))
            assert [t.code for t in tickers] == ["KRW-ETH", "KRW-BTC"]
            assert len(trades) == 7 and len(candles) == 30
    run(main())


def test_replace_keeps_the_callback_and_unsubscribe_ends_it(upbit_mock):
    async def main():
        got = []
        async with WebSocketClientProxy("replace", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_ticker("KRW-BTC", got.append)
            await proxy.replace("ticker", ["KRW-ETH"])
            got.clear()
            while not got:
                await asyncio.sleep(0.01)
            assert {e.code for e in got} == {"KRW-ETH"}
            done = proxy.unsubscribe(upbit_live.Kind.TICKER)
            got.clear()
            await done
            await asyncio.sleep(0.2)
            assert got == []
            assert upbit_mock.manager.stats()["keys"] == 0
    run(main())


def test_a_slow_reader_leaves_events_to_the_queue_of_the_library(upbit_mock):
    async def main():
        async with WebSocketClientProxy("slow", manager=upbit_mock.manager) as proxy:
            stream = proxy.events(limit=4)
            await proxy.subscribe_trade("KRW-*")
            for _ in range(200):
                await asyncio.sleep(0.01)
                if proxy.get_performance_metrics()["queued"] > 5:
                    break
            assert len(stream._waiting) <= 4
            assert proxy.get_performance_metrics()["queued"] > 5
            for _ in range(10):
                await stream.__anext__()
    run(main())


def test_async_callbacks_under_way_are_bounded(upbit_mock):
    async def main():
        gate = asyncio.Event()

        async def slow(event):
            await gate.wait()
        async with WebSocketClientProxy("tasks", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_trade("KRW-*", slow)
            await proxy.subscribe_orderbook("KRW-*", slow)
            upbit_mock.post("/mock/burst?rate=3000&ms=6000")
            while not proxy._paused:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert len(proxy._tasks) <= 64
            gate.set()
            while proxy._paused:
                await asyncio.sleep(0.01)
    run(main())


def test_cancelling_the_task_cancels_the_snapshot(upbit_mock):
    async def main():
        async with WebSocketClientProxy("cancel", manager=upbit_mock.manager) as proxy:
            request = proxy.get_candle_snapshot("KRW-BTC", count=2000, timeout=10)

            async def wait():
                return await request
            task = asyncio.ensure_future(wait())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while not request.done():
                await asyncio.sleep(0.01)
    run(main())


def test_a_loop_that_ended_does_not_keep_the_proxy(upbit_mock):
    proxy = WebSocketClientProxy("loops", manager=upbit_mock.manager)

    async def once():
        return await proxy.get_ticker_snapshot("KRW-BTC")
    for _ in range(2):
        assert run(once())[0].code == "KRW-BTC"
    assert proxy.get_ticker_snapshot("KRW-ETH").result()[0].code == "KRW-ETH"
    proxy.cleanup()
    proxy.cleanup()


def test_a_child_leaves_the_loop_of_its_parent_alone(upbit_mock):
    """asyncio's epoll is shared with a forked child: what the child removes is gone for both."""
    async def main():
        got = []
        async with WebSocketClientProxy("parent", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_ticker("KRW-BTC", got.append)
            child = os.fork()
            if child == 0:
                try:
                    upbit_live.close_all()  # what its exit would do
                    proxy.cleanup()
                finally:
                    os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            got.clear()
            while not got:
                await asyncio.sleep(0.01)
    run(main())
