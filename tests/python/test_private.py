"""My orders and my assets, with the keys of the simulated exchange."""
import decimal
import os
import subprocess
import sys
import time

import pytest
import upbit_live
from upbit_live import WebSocketClientProxy


@pytest.fixture
def manager(upbit_mock):
    made = upbit_mock.make_manager()
    made.set_credentials("test-access", "test-secret")
    yield made
    made.shutdown()


def process_until(proxy, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        proxy.process(0.05)
    assert condition()


def test_orders_and_assets_come_by_callbacks(upbit_mock, manager):
    orders, assets = [], []

    def mine():  # the account has others as well
        return [e for e in orders if e.code == "KRW-BTC" and e.ask_bid is upbit_live.Side.BID]
    with WebSocketClientProxy("private", manager=manager) as proxy:
        proxy.subscribe_my_order((), orders.append).result()
        proxy.subscribe_my_asset(callback=assets.append).result()
        process_until(proxy, proxy.is_private_available)
        assert proxy.health_check()["private_available"] is True
        end = time.monotonic() + 20
        # What happens before the exchange has the subscription is not told: again until it is.
        while not (assets and mine()) and time.monotonic() < end:
            upbit_mock.post("/mock/order?do=lives&count=1&code=KRW-BTC&side=bid&type=limit")
            upbit_mock.post("/mock/deposit?currency=KRW&amount=1000.5")
            proxy.process(0.3)
        (held,) = proxy.get_my_asset_snapshot().result()
        done = proxy.get_my_order_snapshot("KRW-BTC", closed=True, count=5).result()
    assert {type(e) for e in orders} == {upbit_live.MyOrder}
    order = mine()[0]
    assert isinstance(order.uuid, str) and isinstance(order.price, decimal.Decimal)
    assert order.order_type is upbit_live.OrderType.LIMIT
    assert isinstance(order.state, upbit_live.OrderState)
    assert order.order_timestamp_kst.utcoffset().total_seconds() == 9 * 3600
    krw = [row for row in assets[0].assets if row.currency == "KRW"]
    assert krw and isinstance(krw[0].balance, decimal.Decimal)
    assert "KRW" in {row.currency for row in held.assets}
    assert done and all(e.code == "KRW-BTC" for e in done)


def test_announcements_and_what_can_be_had(upbit_mock, manager):
    told = []
    with WebSocketClientProxy("news", manager=manager) as proxy:
        proxy.subscribe_announcement(told.append).result()
        process_until(proxy, lambda: proxy.capabilities().announcements.available)
        can = proxy.capabilities()
        assert can.available and can.error is None
        assert can.orders.permission and not can.announcements.permission
        assert can.announcements.origin is upbit_live.Origin.STREAM
        end = time.monotonic() + 20
        while not told and time.monotonic() < end:
            upbit_mock.post("/mock/announce?event=CREATED&category=trade&title=hello&uuid=u1", "the text")
            proxy.process(0.3)
        assert isinstance(told[0], upbit_live.Announcement)
        assert (told[0].title, told[0].body) == ("hello", "the text")
        assert told[0].category is upbit_live.AnnouncementCategory.TRADE
        proxy.unsubscribe(upbit_live.Kind.ANNOUNCEMENT).result()
        manager.set_credentials(None, None)
        process_until(proxy, lambda: not proxy.capabilities().available)
        can = proxy.capabilities()
        assert can.error == "UNAVAILABLE" and can.orders.origin is None and can.orders.reason


def test_keys_that_are_refused_raise(upbit_mock):
    manager = upbit_mock.make_manager(log_level=-1)
    manager.set_credentials("test-access", "not-the-secret")
    with WebSocketClientProxy("refused", manager=manager) as proxy:
        with pytest.raises(upbit_live.AuthenticationError) as caught:
            proxy.get_my_asset_snapshot().result()
        assert "not-the-secret" not in str(caught.value)
        assert proxy.is_private_available() is False
        manager.set_credentials(None, None)
        with pytest.raises(upbit_live.UnavailableError):
            proxy.get_my_asset_snapshot().result()
    assert manager.shutdown()


def test_models_of_orders_and_assets(upbit_mock, manager):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    QtCore = pytest.importorskip("PyQt5.QtCore")
    QtWidgets = pytest.importorskip("PyQt5.QtWidgets")
    qt = pytest.importorskip("upbit_live.qt")
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    proxy = qt.Proxy(qt.Manager(manager), "models")
    orders, assets = qt.OrderModel(), qt.AssetModel()
    proxy.ordersReceived.connect(orders.add)
    proxy.assetsReceived.connect(assets.add)
    proxy.subscribeMyOrder()
    proxy.subscribeMyAsset()
    end = time.monotonic() + 20
    while not (orders.rowCount() and assets.rowCount()) and time.monotonic() < end:
        if proxy.privateAvailable():
            upbit_mock.post("/mock/order?do=lives&count=1&code=KRW-BTC&side=bid&type=limit")
            upbit_mock.post("/mock/deposit?currency=KRW&amount=1000.5")
        loop = QtCore.QEventLoop()
        QtCore.QTimer.singleShot(100, loop.quit)
        loop.exec_()
    row = orders.order(0)
    assert row.code.startswith("KRW-") and isinstance(row.state, upbit_live.OrderState)
    assert orders.rowOf(row.uuid) == 0 and isinstance(row.price, decimal.Decimal)
    assert isinstance(assets.asset(0).balance, decimal.Decimal)
    del application


TAKES = """
import os, subprocess, sys
import upbit_live
assert upbit_live.take_environment_keys() is True
for name in ("UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"):
    assert name not in os.environ
with open("/proc/self/environ", "rb") as environ:
    assert b"test-secret" not in environ.read()
child = subprocess.run(["env"], capture_output=True, check=True).stdout
assert b"test-secret" not in child
with upbit_live.WebSocketClientProxy("taken") as proxy:
    (held,) = proxy.get_my_asset_snapshot().result()
    assert "KRW" in {row.currency for row in held.assets}
assert upbit_live.take_environment_keys() is False
upbit_live.drop_environment_keys()
os.environ["UPBIT_ACCESS_KEY"] = os.environ["UPBIT_SECRET_KEY"] = "with space"
try:
    upbit_live.take_environment_keys()
except upbit_live.ArgumentError:
    assert "UPBIT_SECRET_KEY" not in os.environ
else:
    raise AssertionError("they are no keys")
"""


def test_keys_are_taken_out_of_the_environment(upbit_mock):
    keys = {"UPBIT_ACCESS_KEY": "test-access", "UPBIT_SECRET_KEY": "test-secret"}
    done = subprocess.run([sys.executable, "-c", TAKES], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, UPBIT_URL=upbit_mock.stream_url, **keys))
    assert done.returncode == 0, done.stderr
    assert "test-secret" not in done.stdout + done.stderr


def test_a_setting_that_is_wrong_names_its_source(upbit_mock):
    done = subprocess.run([sys.executable, "-c", "import upbit_live; upbit_live.default_manager()"],
                          capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, UPBIT_LIMIT_STRATEGY="greedy"))
    assert done.returncode != 0 and "ArgumentError" in done.stderr, done.stderr
    assert "UPBIT_LIMIT_STRATEGY" in done.stderr
