"""What docs/PYTHON.md shows is run as it stands there."""
import ast
import asyncio
import os
import re
import subprocess
import sys
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "PYTHON.md")
with open(PAGE, encoding="utf-8") as file:
    TEXT = file.read()
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.M | re.S)


def block(part):
    (found,) = [b for b in BLOCKS if part in b]
    return found


@pytest.fixture
def exchange(upbit_mock, monkeypatch):
    """The default manager talks to the mock exchange."""
    monkeypatch.setenv("UPBIT_URL", upbit_mock.stream_url)
    upbit_live.shutdown()
    yield upbit_mock
    upbit_live.shutdown()


class Application:
    """Runs its loop until something was printed."""

    def __init__(self, application, printed):
        self.application, self.printed = application, printed

    def exec_(self):
        end = time.monotonic() + 20
        while not self.printed and time.monotonic() < end:
            self.application.processEvents()
            time.sleep(0.005)
        assert self.printed


def test_every_block_is_run_here():
    assert len(BLOCKS) == 4


def halves(text):
    """The part without asyncio and the part inside it."""
    at = text.index("async with")
    return text[:at], text[at:]


def test_the_first_lines_inside_qt(exchange):
    QtCore = pytest.importorskip("PyQt5.QtCore")
    application = QtCore.QCoreApplication.instance() or QtCore.QCoreApplication([])
    head = halves(block("async with"))[0]
    for text in (head, head.split("\n")[0] + "\n" + block("Qt 프로그램")):
        printed = []
        exec(compile(text, PAGE, "exec"), {
            "application": Application(application, printed), "print": lambda *a: printed.append(a)})
        assert printed[0][0] in ("KRW-BTC", "KRW-ETH") and printed[0][1] > 0


def test_the_first_lines_inside_asyncio(exchange):
    text = halves(block("async with"))[1]
    text = text.replace("trade_price)\n", "trade_price)\n        break\n")  # it would go on for ever
    code = compile(text, PAGE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = []
    names = {"WebSocketClientProxy": WebSocketClientProxy, "print": lambda *a: printed.append(a)}

    async def main():
        await eval(code, names)
    asyncio.run(asyncio.wait_for(main(), 20))
    assert printed[0][0] == "KRW-BTC" and names["tickers"][0].code == "KRW-BTC"


def test_the_porting_guide(upbit_mock):
    """Every call of the right column, of both languages."""
    calls = set(re.findall(r"`(proxy\.get_\w+_snapshot\(.*?)`(?: \||$)", TEXT, re.M))
    assert len(calls) == 3
    with WebSocketClientProxy("port", manager=upbit_mock.manager) as proxy:
        for call in calls:
            assert eval(call, {"proxy": proxy, "code": "KRW-BTC"})


def test_the_qt_classes(exchange):
    QtCore = pytest.importorskip("PyQt5.QtCore")
    QtWidgets = pytest.importorskip("PyQt5.QtWidgets")
    pytest.importorskip("upbit_live.qt")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QtCore.QCoreApplication.instance() or QtWidgets.QApplication([])

    class Window(QtCore.QObject):
        def __init__(self):
            super().__init__()
            self.books = []

        def show_book(self, book):
            self.books.append(book)
    names = {"self": Window()}
    exec(compile(block("upbit_live.qt"), PAGE, "exec"), names)
    end = time.monotonic() + 20
    while not (names["self"].books and names["tickers"].ticker("KRW-BTC") and names["history"].rowCount()):
        application.processEvents()
        time.sleep(0.005)
        assert time.monotonic() < end
    names["proxy"].deleteLater()
    application.processEvents()


def test_the_test_of_a_user(tmp_path):
    plugin, test = block("pytest_plugins").split("\n\n", 1)
    (tmp_path / "conftest.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(
        "from upbit_live import WebSocketClientProxy\n\n" + test, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
                          timeout=60, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
