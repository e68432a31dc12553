"""Batches, and what a turn of the loop does whatever its callbacks do (dispatch.c)."""
import gc
import time
import weakref

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy


def process_until(proxy, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        proxy.process(0.05)
    assert condition()


def test_a_batch_is_a_list_in_order_and_comes_beside_single_events(upbit_mock):
    single, batches = [], []
    with WebSocketClientProxy("batch", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", single.append, batch=batches.append).result()
        upbit_mock.post("/mock/burst?rate=2000&ms=300")
        time.sleep(0.3)
        process_until(proxy, lambda: any(len(b) > 1 for b in batches) and len(single) > 50)
        proxy.unsubscribe("trade").result()
    assert all(isinstance(b, list) and isinstance(b[0], upbit_live.Trade) for b in batches)
    together = [event for batch in batches for event in batch]
    assert [e.number for e in together] == [e.number for e in single]


def test_a_batch_goes_out_before_what_came_after_it(upbit_mock):
    told = []
    with WebSocketClientProxy("order", manager=upbit_mock.manager, queue_messages=64) as proxy:
        proxy.subscribe_trade("KRW-*", batch=lambda some: told.extend(some)).result()
        proxy.on_gap = told.append
        upbit_mock.post("/mock/burst?rate=20000&ms=300")
        for _ in range(50):  # a queue of 64 overflows between two turns
            time.sleep(0.05)
            proxy.process()
            if any(isinstance(e, upbit_live.GapEvent) for e in told):
                break
        process_until(proxy, lambda: told and isinstance(told[-1], upbit_live.Trade))
    numbers = [e.number for e in told if isinstance(e, upbit_live.Trade)]
    assert numbers == sorted(numbers)
    gaps = [i for i, e in enumerate(told) if isinstance(e, upbit_live.GapEvent)]
    assert gaps
    for i in gaps:
        before = [e for e in told[:i] if isinstance(e, upbit_live.Trade)]
        after = [e for e in told[i:] if isinstance(e, upbit_live.Trade)]
        assert not before or before[-1].number < told[i].first
        assert after[0].number > told[i].last


def test_batches_may_raise_and_be_async(upbit_mock, caplog):
    calls = []

    def bad(some):
        calls.append(some)
        raise ValueError("a batch's own fault")
    with WebSocketClientProxy("raise", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", batch=bad)
        process_until(proxy, lambda: len(calls) >= 3)
        assert proxy.get_performance_metrics()["callback_errors"] == len(calls)
        with pytest.raises(TypeError):
            proxy.subscribe_trade("KRW-*", batch="nothing")
    assert len([r for r in caplog.records if r.exc_info]) == 1

    import asyncio

    async def main():
        got = []

        async def later(some):
            await asyncio.sleep(0)
            got.extend(some)
        async with WebSocketClientProxy("async", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_trade("KRW-*", batch=later)
            while len(got) < 3:
                await asyncio.sleep(0.01)
    asyncio.run(asyncio.wait_for(main(), 20))


def test_an_interrupt_leaves_the_turn_and_not_the_proxy(upbit_mock):
    got, batches = [], []

    def interrupted(event):
        got.append(event)
        if len(got) == 2:
            raise KeyboardInterrupt
    with WebSocketClientProxy("int", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", interrupted, batch=batches.append).result()
        with pytest.raises(KeyboardInterrupt):
            process_until(proxy, lambda: False)
        process_until(proxy, lambda: len(got) > 4 and batches)


def test_subscriptions_change_inside_callbacks(upbit_mock):
    codes, replaced = [], []
    with WebSocketClientProxy("change", manager=upbit_mock.manager) as proxy:
        def other(event):
            replaced.append(event.code)

        def first(event):
            codes.append(event.code)
            proxy.replace("ticker", ["KRW-ETH"], other)
        proxy.subscribe_ticker("KRW-BTC", first)
        process_until(proxy, lambda: len(replaced) > 1)
        assert codes == ["KRW-BTC"] and set(replaced) == {"KRW-ETH"}

        def nested(event):
            proxy.process()
            codes.append(event.code)
        proxy.subscribe_trade("KRW-*", nested)
        process_until(proxy, lambda: len(codes) > 10)


def test_a_proxy_that_its_own_callbacks_hold_is_collected(upbit_mock):
    proxy = WebSocketClientProxy("cycle", manager=upbit_mock.manager)
    got = []

    def keep(event, me=proxy):
        got.append(event)
    proxy.subscribe_trade("KRW-*", keep)
    del keep
    process_until(proxy, lambda: got)
    gone = weakref.ref(proxy)
    del proxy
    gc.collect()
    assert gone() is None


def test_a_burst_with_a_slow_callback_keeps_turns_short_and_memory_flat(upbit_mock):
    """The turns are counted in calls of 2 ms, not on a clock."""
    manager = upbit_mock.make_manager()
    calls = [0]

    def slow(event):
        calls[0] += 1
        time.sleep(0.002)
    with WebSocketClientProxy("burst", manager=manager) as proxy:
        proxy.subscribe_trade("KRW-*", slow).result()
        longest, posts = 0, 0
        while manager.stats()["events_decoded"] < 100000 and posts < 10:
            upbit_mock.post("/mock/burst?rate=100000&ms=500&code=KRW-BTC")
            posts += 1
            for _ in range(100):
                before = manager.stats()["events_decoded"]
                for _ in range(10):
                    calls[0] = 0
                    proxy.process(0.005)
                    longest = max(longest, calls[0])
                if manager.stats()["events_decoded"] - before < 10:
                    break
        assert manager.stats()["events_decoded"] >= 100000
        assert longest <= 3  # the second call uses the 4 ms up
        assert manager.stats()["memory_peak_bytes"] < 8 << 20
        assert proxy.get_performance_metrics()["dropped"] > 10000
    assert manager.shutdown()


def test_who_subscribes_later_gets_the_same_events(upbit_mock):
    first, second, third = [], [], []
    with WebSocketClientProxy("later", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", first.append)
        process_until(proxy, lambda: {e.code for e in first} >= {"KRW-BTC"})
        proxy.subscribe_trade("KRW-BTC", second.append)
        upbit_mock.post("/mock/burst?rate=100&ms=300&code=KRW-BTC")
        process_until(proxy, lambda: second)
        proxy.replace("trade", ["KRW-BTC"], third.append).result()
        proxy.process()
        first.clear()
        upbit_mock.post("/mock/burst?rate=100&ms=300&code=KRW-BTC")
        process_until(proxy, lambda: third)
        assert first == []


def test_a_batch_of_the_old_epoch_comes_before_the_new_one(upbit_mock):
    told = []
    with WebSocketClientProxy("epoch", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", batch=told.extend).result()
        proxy.on_control = told.append
        process_until(proxy, lambda: any(isinstance(e, upbit_live.Trade) for e in told))
        told.clear()
        stats = upbit_mock.manager.stats
        decoded = stats()["events_decoded"]
        upbit_mock.post("/mock/burst?rate=200&ms=200")
        end = time.monotonic() + 20
        while stats()["events_decoded"] < decoded + 5 and time.monotonic() < end:
            time.sleep(0.01)
        upbit_mock.post("/mock/cut")
        while stats()["epoch"] < 2 and time.monotonic() < end:
            time.sleep(0.01)
        decoded = stats()["events_decoded"]  # some of the new epoch, too: one turn takes both
        while stats()["events_decoded"] < decoded + 20 and time.monotonic() < end:
            time.sleep(0.01)
        process_until(proxy, lambda: told and isinstance(told[-1], upbit_live.Trade)
                      and told[-1].epoch == 2)
    (at,) = [i for i, e in enumerate(told) if isinstance(e, upbit_live.EpochEvent)]
    before = [e.epoch for e in told[:at] if isinstance(e, upbit_live.Trade)]
    after = [e.epoch for e in told[at:] if isinstance(e, upbit_live.Trade)]
    assert len(before) >= 5 and set(before) == {1} and set(after) == {2}


def test_what_was_taken_ahead_is_not_forgotten(upbit_mock):
    """Several events are taken at once: when time is up the rest is the loop's to be told of."""
    manager = upbit_mock.make_manager()
    got, left, again = [], [], []

    class Hook:
        def again(self):
            again.append(len(got))

        def close(self):
            pass

    def slow_in_the_end(event):
        got.append(event)
        if len(got) > 40:
            time.sleep(0.005)
    proxy = WebSocketClientProxy("ahead", manager=manager)
    proxy.subscribe_trade("KRW-*", slow_in_the_end).result()
    proxy._hook = Hook()
    upbit_mock.post("/mock/burst?rate=3000&ms=500")
    end = time.monotonic() + 20
    while manager.stats()["queued"] < 100 and time.monotonic() < end:
        time.sleep(0.01)
    for _ in range(200):
        again.clear()
        proxy.process()
        left.append(proxy._core.ahead)
        assert bool(left[-1] or proxy._backlog) == bool(again), "the descriptor may be silent about them"
        if left[-1] > 1:
            break
    assert max(left) > 0
    # As long as callbacks are slow no more than one is taken too early.
    while proxy._core.ahead > 0:
        proxy.process()
    for _ in range(4):
        assert proxy.process() <= 1
        assert proxy._core.ahead <= 1
    numbers = [e.number for e in got]
    assert numbers == sorted(numbers)
    proxy.cleanup()
    got.clear()
    gc.collect()
    end = time.monotonic() + 10
    while manager.stats()["memory_bytes"] and time.monotonic() < end:
        time.sleep(0.01)
    assert manager.stats()["memory_bytes"] == 0, "what was ahead is let go with the proxy"
    assert manager.shutdown()
