"""upbit_live.qt: the Qt bridge's objects as PyQt5 classes."""
import decimal
import gc
import itertools
import logging
import os
import subprocess
import sys
import threading
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy

QtWidgets = pytest.importorskip("PyQt5.QtWidgets")
QtCore = pytest.importorskip("PyQt5.QtCore")
sip = pytest.importorskip("PyQt5.sip")
qt = pytest.importorskip("upbit_live.qt")
KRW = [qt.Market("KRW-BTC", "비트코인", "Bitcoin"), qt.Market("KRW-ETH", "이더리움", "Ethereum")]


@pytest.fixture(scope="module", autouse=True)
def application():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    yield QtWidgets.QApplication.instance() or QtWidgets.QApplication([])


def spin(ms=10):
    loop = QtCore.QEventLoop()  # a real one: processEvents deletes nothing
    QtCore.QTimer.singleShot(ms, loop.quit)
    loop.exec_()


def spin_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        spin()
    assert condition()


def test_values_are_those_of_the_package(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    proxy = qt.Proxy(manager, "values")
    tickers, batches, books, candles, states = [], [], [], [], []
    proxy.tickerReceived.connect(tickers.append)
    proxy.tickersReceived.connect(batches.append)
    proxy.orderbookReceived.connect(books.append)
    proxy.candleReceived.connect(candles.append)
    proxy.stateChanged.connect(lambda info: states.append(info.state))
    assert proxy.subscribeTicker(["KRW-BTC"]) != 0
    assert proxy.subscribeOrderbook(["KRW-BTC"], 5, level=None)
    assert proxy.subscribeCandle(["KRW-BTC"], upbit_live.CandleUnit.M1)
    spin_until(lambda: tickers and books and candles and proxy.epoch() == 1)
    assert states[-1] is upbit_live.State.LIVE is proxy.state()
    assert proxy.health() is upbit_live.Level.HEALTHY is manager.health()
    assert proxy.stats()["delivered"] >= 3 and manager.stats()["proxies"] == 1
    sip.delete(proxy)
    assert isinstance(tickers[0], upbit_live.Ticker) and batches[0][0].code == "KRW-BTC"
    assert isinstance(tickers[0].trade_price, decimal.Decimal)
    assert len(books[0].orderbook_units) <= 5 and candles[0].unit is upbit_live.CandleUnit.M1


def test_wrong_arguments_are_type_errors_and_refusals_are_told(upbit_mock):
    proxy = qt.Proxy(qt.Manager(upbit_mock.manager), "wrong")
    errors = []
    proxy.errorOccurred.connect(errors.append)
    assert proxy.subscribeTicker(["bad code"]) == 0
    assert bool(proxy.lastError()) and errors[0].name() == "INVALID_ARGUMENT"
    for call in (
        lambda: proxy.subscribeCandle(["KRW-BTC"], "1m"),
        lambda: proxy.subscribeOrderbook(["KRW-BTC"], 5, 1000.5),  # a float is no price
        lambda: proxy.subscribeOrderbook(["KRW-BTC"], 5, "much"),
        lambda: qt.TickerModel().update([None]),
        lambda: qt.Manager("ws://127.0.0.1:1"),
    ):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(IndexError):
        qt.TradeModel().trade(0)
    with pytest.raises(IndexError):
        qt.CandleModel().bar(-1)
    again = qt.Proxy(qt.Manager(upbit_mock.manager), "wrong")
    assert not again.isOpen() and again.lastError().name() == "DUPLICATE_CLIENT_ID"


def test_models_are_fed_without_python_between_and_read_exactly(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    proxy = qt.Proxy(manager, "models")
    tickers, book, trades = qt.TickerModel(), qt.OrderbookModel(5), qt.TradeModel(50)
    tickers.setMarkets(KRW)
    proxy.tickersReceived.connect(tickers.update)
    proxy.orderbookReceived.connect(book.update)
    proxy.tradesReceived.connect(trades.add)
    assert tickers.ticker("KRW-BTC") is None and book.spread() is None
    proxy.subscribeTicker(["KRW-BTC", "KRW-ETH"])
    proxy.subscribeOrderbook(["KRW-BTC"], 5)
    proxy.subscribeTrade(["KRW-*"])
    spin_until(lambda: tickers.ticker("KRW-ETH") and book.orderbook() and trades.rowCount() > 3)
    spin(50)
    row = tickers.ticker("KRW-BTC")
    value = tickers.data(tickers.index(0, qt.TickerModel.Price), qt.TickerModel.SortRole)
    assert isinstance(value, decimal.Decimal) and value == row.trade_price
    shown = tickers.data(tickers.index(0, qt.TickerModel.Price))
    assert decimal.Decimal(shown.replace(",", "")) == value
    assert qt.priceText("KRW-BTC", value) == shown
    assert qt.rateText(decimal.Decimal("0.0123")) == "+1.23%"
    assert book.spread() == book.price(4) - book.price(5)
    assert isinstance(trades.trade(0), upbit_live.Trade)
    assert tickers.market("KRW-ETH").korean == "이더리움"


def test_widgets_paint_and_the_feed_fills_the_chart(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    chart, view, light = qt.CandleChart(), qt.OrderbookView(), qt.ConnectionLight()
    chart.setModel(qt.CandleModel(500))  # kept by the chart
    view.setModel(qt.OrderbookModel(5))
    light.setManager(manager)
    gc.collect()
    feed = qt.CandleFeed(manager, "feed", chart.model())
    feed.show("KRW-BTC", upbit_live.CandleUnit.M1)
    colors = qt.MarketColors()
    colors.rise = QtCore.Qt.green
    for widget in (chart, view, light):
        widget.setColors(colors)
        widget.resize(300, 200)
        assert not widget.grab().isNull()
    spin_until(lambda: chart.model().rowCount() > 100)
    light.refresh()
    assert light.level() == qt.ConnectionLight.Good
    bar = chart.model().bar(0)
    assert bar.low <= bar.open <= bar.high and not chart.grab().isNull()
    assert isinstance(feed.proxy(), qt.Proxy)


def test_the_default_manager_is_the_one_of_the_package(upbit_mock, monkeypatch):
    monkeypatch.setenv("UPBIT_URL", upbit_mock.stream_url)
    upbit_live.shutdown()
    with WebSocketClientProxy("facade") as facade:
        proxy = qt.Proxy("widget")
        other = qt.Proxy(None, "third", qt.ProxyOptions())
        got = []
        proxy.tickerReceived.connect(got.append)
        proxy.subscribeTicker(["KRW-BTC"])
        facade.subscribe_ticker("KRW-BTC", got.append)
        spin_until(lambda: len(got) >= 2)
        assert upbit_live.default_manager().stats()["connects"] == 1
        assert upbit_live.default_manager().stats()["proxies"] == 3
        assert other.isOpen() and qt.Manager.defaultInstance().isValid()
        sip.delete(proxy)
        sip.delete(other)
    assert upbit_live.shutdown()


def test_a_snapshot_finishes_once_and_goes(upbit_mock):
    proxy = qt.Proxy(qt.Manager(upbit_mock.manager), "snap")
    answers = []

    def ask(*arguments):
        reply = proxy.getTickerSnapshot(*arguments)
        reply.finished.connect(lambda: answers.append([t.code for t in reply.tickers()]))
        return reply
    reply = ask(["KRW-ETH", "KRW-BTC"])
    assert reply.parent() is proxy and not reply.isFinished()
    gone = proxy.getCandleSnapshot(["KRW-BTC"], upbit_live.CandleUnit.M1, 200)
    sip.delete(gone)  # cancels it
    spin_until(lambda: answers and sip.isdeleted(reply))
    assert answers == [["KRW-ETH", "KRW-BTC"]]
    with pytest.raises(RuntimeError):
        reply.requestId()


def test_a_parent_takes_its_proxy_along(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    window = QtWidgets.QWidget()
    proxy = qt.Proxy(manager, "child", window)
    got = []
    proxy.tickerReceived.connect(got.append)
    proxy.subscribeTicker(["KRW-BTC"])
    spin_until(lambda: got)
    del window  # owned by Python: it and its children go
    gc.collect()
    assert sip.isdeleted(proxy)
    spin_until(lambda: upbit_mock.manager.stats()["proxies"] == 0)
    with pytest.raises(RuntimeError):
        proxy.unsubscribeAll()
    # A proxy with a parent lives on when the last reference goes.
    window = QtWidgets.QWidget()
    qt.Proxy(manager, "child", window).subscribeTicker(["KRW-BTC"])
    gc.collect()
    spin_until(lambda: upbit_mock.manager.stats()["keys"] == 1)
    assert isinstance(window.children()[0], qt.Proxy)


def test_objects_go_in_any_order(upbit_mock):
    names = ("core", "manager", "proxy", "model", "view")
    for number, order in enumerate(itertools.permutations(names)):
        if number % 3:
            continue
        made = {"core": upbit_mock.make_manager(log_level=-1)}
        made["manager"] = qt.Manager(made["core"])
        made["proxy"] = qt.Proxy(made["manager"], "order")
        made["model"] = qt.OrderbookModel(5)
        made["view"] = qt.OrderbookView()
        made["view"].setModel(made["model"])
        made["proxy"].orderbookReceived.connect(made["model"].update)
        made["proxy"].orderbookReceived.connect(lambda book: None)
        made["proxy"].subscribeOrderbook(["KRW-BTC"])
        made["view"].show()
        spin(5)
        for name in order:
            if number % 2 or name == "core":
                del made[name]
            else:
                sip.delete(made.pop(name))
            gc.collect(0)
            QtCore.QCoreApplication.processEvents()


def test_a_slot_may_delete_what_sends(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    for number in range(5):
        proxy, got = qt.Proxy(manager, "self"), []

        def slot(event):
            got.append(event)
            sip.delete(proxy)
        proxy.tradeReceived.connect(slot)
        proxy.tradeReceived.connect(got.append)
        proxy.subscribeTrade(["KRW-*"])
        spin_until(lambda: sip.isdeleted(proxy))
        assert len(got) == 1


def test_references_may_go_in_another_thread(upbit_mock):
    manager = qt.Manager(upbit_mock.manager)
    for number in range(10):
        window = QtCore.QObject()
        box = [qt.Proxy(manager, "t%d" % number, window)]
        box[0].tickerReceived.connect(lambda event: None)
        box[0].subscribeTicker(["KRW-BTC"])
        dropping = threading.Thread(target=box.clear)
        dropping.start()
        dropping.join()
        spin(2)
        sip.delete(window)
    spin_until(lambda: upbit_mock.manager.stats()["proxies"] == 0)


def test_a_slot_that_raises_is_told_once_and_counted(upbit_mock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    qt.log_slot_exceptions()
    before, got, calls = qt.slot_exceptions(), [], []

    def bad(event):
        calls.append(event)
        raise ValueError("the widget's own fault")
    proxy = qt.Proxy(qt.Manager(upbit_mock.manager), "raise")
    proxy.tradeReceived.connect(bad)
    proxy.tradeReceived.connect(got.append)
    proxy.subscribeTrade(["KRW-*"])
    spin_until(lambda: len(calls) >= 5)
    sip.delete(proxy)
    assert len(got) == len(calls) == qt.slot_exceptions() - before
    told = [r for r in caplog.records if r.exc_info and r.levelno == logging.ERROR]
    assert len(told) == 1 and "the widget's own fault" in caplog.text


def test_log_lines_come_without_a_facade(upbit_mock, caplog):
    caplog.set_level(logging.DEBUG, "upbit_live")
    core = upbit_mock.make_manager(log_level=4)
    proxy = qt.Proxy(qt.Manager(core), "lines")
    proxy.subscribeTicker(["KRW-BTC"])
    spin_until(lambda: any(r.name.startswith("upbit_live.") for r in caplog.records))
    assert core.shutdown()
    spin_until(lambda: not proxy.isOpen())


def test_a_burst_leaves_the_loop_its_turns_and_memory_as_it_is(upbit_mock):
    """100,000 events and a slot that sleeps: turns are counted in calls of 2 ms, not on a clock."""
    turns, calls = [], [0]

    def slow(event):
        calls[0] += 1
        time.sleep(0.002)

    def turn():
        turns.append(calls[0])
        calls[0] = 0
    dispatcher = QtCore.QAbstractEventDispatcher.instance()
    dispatcher.awake.connect(turn)
    core = upbit_mock.make_manager()
    proxy = qt.Proxy(qt.Manager(core), "burst")
    proxy.tradeReceived.connect(slow)
    proxy.subscribeTrade(["KRW-*"])
    spin_until(lambda: sum(turns) > 0)
    begin = resident()
    sent = 0
    while core.stats()["events_decoded"] < 100000 and sent < 10:
        upbit_mock.post("/mock/burst?rate=100000&ms=500&code=KRW-BTC")
        sent += 1
        for _ in range(100):
            before = core.stats()["events_decoded"]
            spin(50)
            if core.stats()["events_decoded"] - before < 10:
                break
    dispatcher.awake.disconnect(turn)
    assert core.stats()["events_decoded"] >= 100000
    assert proxy.stats()["dropped"] > 10000  # it was slow indeed
    # 4 ms a turn: the second call uses them up, a third may have begun. 16 ms would be eight.
    assert max(turns) <= 4
    assert core.stats()["memory_peak_bytes"] < 8 << 20
    assert resident() - begin < 24 << 20
    sip.delete(proxy)
    core.shutdown()


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


PROGRAM = """
import sys, os
from PyQt5 import QtCore, QtWidgets
import upbit_live
from upbit_live import qt
application = QtWidgets.QApplication([])
os.environ["UPBIT_URL"] = sys.argv[2]
proxy = qt.Proxy("exit")
model = qt.TradeModel()
view = QtWidgets.QTableView()
view.setModel(model)
light = qt.ConnectionLight()
light.setManager(qt.Manager.defaultInstance())
proxy.tradesReceived.connect(model.add)
def got(event):
    if sys.argv[1] == "raise":
        raise ValueError("in a slot")
proxy.tradeReceived.connect(got)
proxy.subscribeTrade(["KRW-*"])
QtCore.QTimer.singleShot(400 if sys.argv[1] == "quit" else 8000, application.quit)
if sys.argv[1] == "fork":
    pid = os.fork()
    if pid == 0:
        os._exit(proxy.subscribeTicker(["KRW-BTC"]) != 0)
    assert os.waitpid(pid, 0)[1] == 0
    QtCore.QTimer.singleShot(300, application.quit)
application.exec_()
"""


@pytest.mark.parametrize("how", ["quit", "fork"])
def test_the_interpreter_ends_with_widgets_alive(upbit_mock, how):
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore", "-c", PROGRAM, how, upbit_mock.stream_url],
        timeout=60, capture_output=True, text=True, env=dict(os.environ, UPBIT_LOG_LEVEL="none"))
    assert ended.returncode == 0, ended.stderr


def test_without_a_hook_pyqt_ends_the_program_as_always(upbit_mock):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "raise", upbit_mock.stream_url],
        timeout=60, capture_output=True, text=True, env=dict(os.environ, UPBIT_LOG_LEVEL="none"))
    assert ended.returncode == -6 and "in a slot" in ended.stderr
