"""The facade inside Qt's event loop, without asyncio."""
import os
import threading
import time

import pytest
from upbit_live import WebSocketClientProxy, _loop

QtCore = pytest.importorskip("PyQt5.QtCore")


@pytest.fixture(scope="module", autouse=True)
def application():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    yield QtCore.QCoreApplication.instance() or QtCore.QCoreApplication([])


def spin_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        loop = QtCore.QEventLoop()  # a real one: processEvents deletes nothing
        QtCore.QTimer.singleShot(10, loop.quit)
        loop.exec_()
    assert condition()


def test_callbacks_come_from_the_loop(upbit_mock):
    got = []
    with WebSocketClientProxy("qt", manager=upbit_mock.manager) as proxy:
        assert isinstance(proxy._hook, _loop.QtHook)
        proxy.subscribe_ticker(["KRW-BTC"], got.append)
        assert got == []
        spin_until(lambda: len(got) > 2)
        assert {e.code for e in got} == {"KRW-BTC"}
    count = len(got)
    for _ in range(20):
        QtCore.QCoreApplication.processEvents()
    assert len(got) == count


def test_waiting_for_a_request_keeps_events_for_the_loop(upbit_mock):
    got = []
    with WebSocketClientProxy("wait", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", got.append).result()
        time.sleep(0.3)
        proxy.get_candle_snapshot("KRW-BTC", count=200).result()
        assert got == []
        waiting = len(proxy._backlog)
        assert waiting > 0
        spin_until(lambda: len(got) >= waiting)
        numbers = [e.number for e in got]
        assert numbers == sorted(numbers)


def test_a_slow_callback_leaves_the_loop_its_turns(upbit_mock):
    got = []

    def slow(event):
        got.append(event)
        time.sleep(0.002)
    upbit_mock.post("/mock/burst?rate=3000&ms=6000")
    with WebSocketClientProxy("slow", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", slow).result()
        time.sleep(0.3)
        turns = []
        for _ in range(10):
            before = len(got)
            proxy.process()
            turns.append(len(got) - before)
    # 4 ms of budget and 2 ms a callback: two to a turn, whatever waits.
    assert 1 <= max(turns) <= 3 and len(got) >= 5


def test_the_last_reference_may_go_in_another_thread(upbit_mock):
    for number in range(20):
        box = [WebSocketClientProxy("drop%d" % number, manager=upbit_mock.manager)]
        box[0].subscribe_ticker("KRW-BTC", repr).result()
        QtCore.QCoreApplication.processEvents()
        dropping = threading.Thread(target=box.clear)
        dropping.start()
        dropping.join()
        if number == 0:  # connected, and everything was opened that is opened once
            spin_until(lambda: upbit_mock.manager.stats()["proxies"] == 0)
            before = len(os.listdir("/proc/self/fd"))
    spin_until(lambda: not _loop._dying)
    spin_until(lambda: upbit_mock.manager.stats()["proxies"] == 0)
    spin_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 4)  # not one for each proxy


def test_a_widget_may_close_its_proxy_in_its_callback(upbit_mock):
    got = []
    proxy = WebSocketClientProxy("self", manager=upbit_mock.manager)

    def once(event):
        got.append(event)
        proxy.cleanup()
    proxy.subscribe_orderbook("KRW-BTC", once)
    spin_until(lambda: proxy.closed)
    assert len(got) == 1
