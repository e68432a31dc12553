"""Callbacks that raise, references that vanish, exits and forks in the middle of everything."""
import ctypes
import gc
import logging
import os
import subprocess
import sys
import threading
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy, _core


def process_until(proxy, condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        proxy.process(0.05)
    assert condition()


def all_closed(upbit_mock):
    """Closing is a message to the I/O thread."""
    end = time.monotonic() + 10
    while upbit_mock.manager.stats()["proxies"] != 0 and time.monotonic() < end:
        time.sleep(0.01)
    return upbit_mock.manager.stats()["proxies"] == 0


def test_an_exception_is_told_once_counted_and_disturbs_nobody(upbit_mock, caplog):
    good, bad = [], []
    broken = True

    def fails(event):
        bad.append(event)
        if broken:
            raise ValueError("the widget's own fault")
    with WebSocketClientProxy("raise", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_trade("KRW-*", fails)
        proxy.subscribe_trade("KRW-*", good.append)
        process_until(proxy, lambda: len(bad) >= 5)
        assert len(good) == len(bad)
        assert proxy.get_performance_metrics()["callback_errors"] == len(bad)

        def told():
            return [r for r in caplog.records if r.exc_info and r.name == "upbit_live"]
        assert len(told()) == 1 and "the widget's own fault" in caplog.text
        broken, before = False, len(bad)
        process_until(proxy, lambda: len(bad) > before)
        broken, before = True, len(bad)
        process_until(proxy, lambda: len(bad) > before + 1)
        assert len(told()) == 2


def test_lines_of_the_library_come_by_logging(upbit_mock, caplog):
    caplog.set_level(logging.DEBUG, "upbit_live")
    manager = upbit_mock.make_manager(log_level=3)
    with WebSocketClientProxy("lines", manager=manager) as proxy:
        proxy.get_ticker_snapshot("KRW-BTC").result()
        proxy.health_check()
    assert manager.shutdown()
    assert any(r.name.startswith("upbit_live.") for r in caplog.records)
    assert any(isinstance(h, logging.NullHandler)
               for h in logging.getLogger("upbit_live").handlers)


def test_a_collected_object_ends_its_subscription(upbit_mock):
    class Widget:
        def show(self, event):
            pass
    widget, others = Widget(), []
    with WebSocketClientProxy("weak", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_ticker(["KRW-BTC", "KRW-ETH"], widget.show)
        proxy.subscribe_ticker("KRW-ETH", others.append).result()
        assert upbit_mock.manager.stats()["keys"] == 2
        del widget
        gc.collect()
        process_until(proxy, lambda: upbit_mock.manager.stats()["keys"] == 1)
        others.clear()
        process_until(proxy, lambda: others)


def test_a_dropped_proxy_is_closed(upbit_mock):
    proxy = WebSocketClientProxy("dropped", manager=upbit_mock.manager)
    proxy.subscribe_ticker("KRW-BTC").result()
    del proxy
    gc.collect()
    assert all_closed(upbit_mock)


def test_an_error_nobody_asked_for_is_logged(upbit_mock, caplog):
    with WebSocketClientProxy("unasked", manager=upbit_mock.manager) as proxy:
        proxy.subscribe_ticker("KRW-NIX")
        process_until(proxy, lambda: not proxy._requests)
        gc.collect()
    assert "KRW-NIX" in caplog.text


def test_waiting_ends_in_time_and_elsewhere_goes_on(upbit_mock):
    with WebSocketClientProxy("patience", manager=upbit_mock.manager) as proxy:
        with pytest.raises(upbit_live.TimeoutError):
            proxy.get_candle_snapshot("KRW-BTC", count=2000).result(0.0)
        process_until(proxy, lambda: not proxy._requests)
        while proxy.process(0.05):
            pass
        beats = []
        ending = threading.Event()

        def beat():
            while not ending.wait(0.005):
                beats.append(time.monotonic())
        beating = threading.Thread(target=beat)
        beating.start()
        proxy.process(0.4)
        proxy.process(0.4)
        ending.set()
        beating.join()
        assert len(beats) >= 5  # waiting holds no GIL


def test_a_manager_that_ends_first_ends_its_proxies(upbit_mock):
    manager = upbit_mock.make_manager()
    with WebSocketClientProxy("orphan", manager=manager) as proxy:
        request = proxy.subscribe_ticker("KRW-BTC")
        assert manager.shutdown()
        process_until(proxy, lambda: proxy.state is upbit_live.State.CLOSED)
        assert request.done()


def test_holding_the_gil_does_not_hold_the_io_thread(upbit_mock):
    """The library's thread goes on reading while Python stands still: it never needs the GIL."""
    got = []
    manager = upbit_mock.make_manager(log_level=4)  # its lines need no Python either
    with WebSocketClientProxy("gil", manager=manager) as proxy:
        proxy.subscribe_trade("KRW-*", got.append).result()
        upbit_mock.post("/mock/burst?rate=600&ms=6000")
        process_until(proxy, lambda: len(got) > 5)
        begin = time.monotonic_ns()
        ctypes.PyDLL(None).usleep(1500000)  # PyDLL: with the GIL
        end = time.monotonic_ns()
        assert end - begin > 1400000000
        process_until(proxy, lambda: got[-1].received_ns > end)
    # Read in every fifth of the standstill, by the time the I/O thread wrote on them.
    fifths = {(e.received_ns - begin) * 5 // (end - begin) for e in got
              if begin <= e.received_ns < end}
    assert fifths == {0, 1, 2, 3, 4}
    lags = sorted(e.received_ms - e.timestamp for e in got if begin <= e.received_ns < end)
    assert lags[len(lags) // 2] < 500
    assert manager.shutdown()


def test_connecting_and_its_log_lines_need_no_gil(upbit_mock):
    got = []
    manager = upbit_mock.make_manager(log_level=4)
    with WebSocketClientProxy("gil2", manager=manager) as proxy:
        proxy.subscribe_ticker("KRW-BTC", got.append)
        ctypes.PyDLL(None).usleep(1500000)
        end = time.monotonic_ns()
        assert _core.take_log()  # it had something to say
        process_until(proxy, lambda: got)
        assert got[0].received_ns < end
    assert manager.shutdown()


PROGRAM = """
import os, sys, threading, gc, time
from upbit_live import UpbitError, WebSocketClientProxy
how = sys.argv[1]
if how == "qt":
    from PyQt5 import QtCore
    application = QtCore.QCoreApplication([])
os.environ["UPBIT_URL"] = sys.argv[2]
got = []
keep = [WebSocketClientProxy("exit%d" % i) for i in range(3)]
for proxy in keep:
    proxy.subscribe_trade("KRW-*", got.append).result()
    proxy.process(0.2)
if how == "cycle":
    keep[0].me = keep
elif how == "thread":
    def work():
        while True:
            try:
                keep[0].get_ticker_snapshot("KRW-BTC")
                proxy = WebSocketClientProxy("t%d" % len(got)); got.append(0); del proxy
            except UpbitError:
                time.sleep(0.001)  # more than are answered: COMMAND_FULL; at the exit: CLOSED
    threading.Thread(target=work, daemon=True).start()
    keep[1].process(0.3)
elif how == "fork":
    pid = os.fork()
    if pid == 0:
        try:
            keep[0].subscribe_ticker("KRW-BTC")
            os._exit(3)
        except Exception as error:
            assert type(error).__name__ == "StateError", error
        keep.clear(); gc.collect()
        with WebSocketClientProxy("child") as child:
            assert child.get_ticker_snapshot("KRW-BTC").result()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert keep[0].get_ticker_snapshot("KRW-BTC").result()
elif how == "raise":
    raise SystemExit(0)
print("end", flush=True)
"""


@pytest.mark.parametrize("how", ["plain", "cycle", "thread", "fork", "raise", "qt"])
def test_the_interpreter_ends_with_streams_running(upbit_mock, how):
    if how == "qt":
        pytest.importorskip("PyQt5.QtCore")
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore", "-c", PROGRAM, how, upbit_mock.stream_url],
        timeout=30, capture_output=True, text=True, env=dict(os.environ, UPBIT_LOG_LEVEL="none"))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_threads_make_use_and_drop_proxies_at_once(upbit_mock):
    failures = []

    def work(name):
        try:
            for i in range(10):
                with WebSocketClientProxy("%s-%d" % (name, i), manager=upbit_mock.manager) as p:
                    p.subscribe_ticker(["KRW-BTC"]).result()
                    p.process(0.01)
        except Exception as error:
            failures.append(error)
    threads = [threading.Thread(target=work, args=("t%d" % i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all_closed(upbit_mock)
