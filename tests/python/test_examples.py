"""The example programs, as a user starts them."""
import os
import subprocess
import sys

import pytest

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples_gui", "python")


def start(upbit_mock, program, *arguments):
    return subprocess.run(
        [sys.executable, os.path.join(EXAMPLES, program), *arguments], timeout=60,
        capture_output=True, text=True, env=dict(os.environ, UPBIT_URL=upbit_mock.stream_url))


def test_the_printer_prints_prices(upbit_mock):
    ended = start(upbit_mock, "price_printer.py", "--count", "3", "KRW-BTC")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert len(lines) == 3 and all(" KRW-BTC " in line for line in lines)


def test_the_printer_says_what_is_wrong(upbit_mock):
    ended = start(upbit_mock, "price_printer.py", "KRW-NIX")
    assert ended.returncode == 1 and "KRW-NIX" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_order_book_shows_and_ends(upbit_mock):
    pytest.importorskip("PyQt5.QtWidgets")
    ended = start(upbit_mock, "order_book.py", "KRW-BTC", "1.5")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr


def test_the_order_book_fills_its_cells(upbit_mock, monkeypatch):
    QtWidgets = pytest.importorskip("PyQt5.QtWidgets")
    import upbit_live
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("UPBIT_URL", upbit_mock.stream_url)
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    import order_book
    window = order_book.OrderBook("KRW-BTC")
    for _ in range(500):
        application.processEvents()
        if window.item(0, 2).text():
            break
        window.proxy.process(0.02)
    assert "," in window.item(0, 2).text() and window.item(0, 1).text()
    window.proxy.cleanup()
    assert upbit_live.shutdown()


def test_the_chart_draws_history_and_stream(upbit_mock, monkeypatch):
    pytest.importorskip("PyQt5.QtWidgets")
    pytest.importorskip("pyqtgraph")
    ended = start(upbit_mock, "chart.py", "KRW-BTC", "1m", "1.5")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr


def test_the_chart_says_what_is_wrong(upbit_mock):
    pytest.importorskip("pyqtgraph")
    ended = start(upbit_mock, "chart.py", "KRW-NIX", "1m", "1")
    assert ended.returncode == 1 and "KRW-NIX" in ended.stderr and "Traceback" not in ended.stderr


def test_qt_and_asyncio_share_a_thread(upbit_mock):
    """With qasync where it is installed, else with asyncio giving Qt its turns."""
    pytest.importorskip("PyQt5.QtWidgets")
    ended = start(upbit_mock, "qt_and_asyncio.py", "KRW-BTC", "3")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr
    assert ended.stdout.startswith("KRW-BTC  ") and "..." not in ended.stdout
    ended = start(upbit_mock, "qt_and_asyncio.py", "KRW-NIX", "20")
    assert ended.returncode == 1 and "KRW-NIX" in ended.stderr and "Traceback" not in ended.stderr


def test_the_order_book_has_forty_lines():
    with open(os.path.join(EXAMPLES, "order_book.py"), encoding="utf-8") as file:
        assert len(file.readlines()) <= 40
