"""asyncio's loop on Qt's: the hook is asyncio's add_reader, which is a QSocketNotifier there."""
import asyncio
import importlib.machinery
import os
import subprocess
import sys
import threading

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy, _loop

HERE = os.path.dirname(os.path.abspath(__file__))
QtCore = pytest.importorskip("PyQt5.QtCore")
INSTALLED = importlib.machinery.PathFinder.find_spec("qasync")
if "UPBIT_QASYNC_ITSELF" not in os.environ:
    sys.path.insert(0, os.path.join(HERE, "stand_in"))
import qasync  # noqa: E402  the stand-in, whatever is installed


@pytest.fixture(scope="module")
def application():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    yield QtCore.QCoreApplication.instance() or QtCore.QCoreApplication([])


def run(application, program):
    with qasync.QEventLoop(application) as loop:
        return loop.run_until_complete(asyncio.wait_for(program, 20))


def test_coroutines_and_callbacks_in_one_thread(upbit_mock, application):
    async def main():
        turns, plain, later = [0], [], []
        timer = QtCore.QTimer()
        timer.timeout.connect(lambda: turns.__setitem__(0, turns[0] + 1))
        timer.start(5)

        async def slow(event):
            await asyncio.sleep(0.01)
            later.append(event)
        async with WebSocketClientProxy("both", manager=upbit_mock.manager) as proxy:
            assert isinstance(proxy._hook, _loop.AsyncioHook)
            await proxy.subscribe_ticker("KRW-BTC", plain.append)
            await proxy.subscribe_trade("KRW-*", slow)
            (book,) = await proxy.get_orderbook_snapshot("KRW-BTC")
            assert isinstance(book, upbit_live.Orderbook)
            async for event in proxy.events():
                if plain and later and turns[0] > 3:
                    break
        assert {type(e) for e in later} == {upbit_live.Trade}
        timer.stop()
        assert proxy.closed
    run(application, main())


def test_a_dialog_of_its_own_loop_gets_events(upbit_mock, application):
    """QDialog.exec_ and its like run Qt's loop inside a coroutine; callbacks go on in it."""
    async def main():
        got = []
        async with WebSocketClientProxy("modal", manager=upbit_mock.manager) as proxy:
            dialog = QtCore.QEventLoop()

            def show(event):
                got.append(event)
                if len(got) == 3:
                    dialog.quit()
            await proxy.subscribe_trade("KRW-*", show)
            QtCore.QTimer.singleShot(10000, dialog.quit)
            dialog.exec_()
            assert len(got) >= 3
    run(application, main())


def test_consumers_that_are_behind_and_catch_up(upbit_mock, application):
    """The reader is taken off while they are, and again() brings the loop back without the descriptor."""
    async def main():
        gate = asyncio.Event()
        done = []

        async def slow(event):
            await gate.wait()
            done.append(event.number)
        async with WebSocketClientProxy("behind", manager=upbit_mock.manager) as proxy:
            await proxy.subscribe_trade("KRW-*", slow)
            upbit_mock.post("/mock/burst?rate=2000&ms=500")
            while not proxy._paused:
                await asyncio.sleep(0.01)
            before = len(done)
            gate.set()
            while proxy._paused or len(done) < before + 100:
                await asyncio.sleep(0.01)
        assert done == sorted(done)
    run(application, main())


def test_a_proxy_that_another_thread_drops(upbit_mock, application):
    async def main():
        box = [WebSocketClientProxy("dropped", manager=upbit_mock.manager)]
        await box[0].subscribe_ticker("KRW-BTC", repr)
        readers = getattr(asyncio.get_running_loop(), "readers", None)
        dropping = threading.Thread(target=box.clear)
        dropping.start()
        while readers or upbit_mock.manager.stats()["proxies"]:
            await asyncio.sleep(0.01)
        dropping.join()
    run(application, main())


def test_the_example_takes_qasync_when_it_is_there(upbit_mock):
    pytest.importorskip("PyQt5.QtWidgets")
    example = os.path.join(HERE, "..", "..", "examples_gui", "python", "qt_and_asyncio.py")
    path = os.pathsep.join((os.path.join(HERE, "stand_in"), os.environ.get("PYTHONPATH", "")))
    for code, status in (("KRW-BTC", 0), ("KRW-NIX", 1)):
        ended = subprocess.run(
            [sys.executable, "-v", example, code, "2"], timeout=60, capture_output=True, text=True,
            env=dict(os.environ, UPBIT_URL=upbit_mock.stream_url, PYTHONPATH=path))
        assert ended.returncode == status and "Traceback" not in ended.stderr, ended.stderr[-2000:]
        assert "import 'qasync'" in ended.stderr
        if status == 0:
            assert ended.stdout.startswith("KRW-BTC  ") and "..." not in ended.stdout
        else:
            assert "qt_and_asyncio: " in ended.stderr and "KRW-NIX" in ended.stderr


@pytest.mark.skipif(INSTALLED is None or "UPBIT_QASYNC_ITSELF" in os.environ, reason="qasync is not installed")
def test_the_same_with_qasync_itself():
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", HERE, __file__], timeout=100,
        capture_output=True, text=True, env=dict(os.environ, UPBIT_QASYNC_ITSELF="1"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
