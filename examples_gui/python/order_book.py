"""An order book in PyQt5: order_book.py [CODE [SECONDS]]"""

import sys

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QHeaderView, QTableWidget, QTableWidgetItem
from upbit_live import Orderbook, WebSocketClientProxy

DEPTH = 15


class OrderBook(QTableWidget):
    def __init__(self, code: str) -> None:
        super().__init__(DEPTH, 4)
        self.setWindowTitle(code)
        self.setHorizontalHeaderLabels(["bid size", "bid", "ask", "ask size"])
        self.horizontalHeader().setSectionResizeMode(QHeaderView.Stretch)
        for row in range(DEPTH):
            for column in range(4):
                self.setItem(row, column, QTableWidgetItem())
        self.proxy = WebSocketClientProxy(f"orderbook_{code}")
        self.proxy.subscribe_orderbook(code, self.show_book, depth=DEPTH)

    def show_book(self, book: Orderbook) -> None:
        for row, unit in enumerate(book.orderbook_units):
            values = (unit.bid_size, unit.bid_price, unit.ask_price, unit.ask_size)
            for column, value in enumerate(values):
                self.item(row, column).setText("" if value is None else f"{value:,}")


if __name__ == "__main__":
    application = QApplication(sys.argv)
    window = OrderBook(sys.argv[1] if len(sys.argv) > 1 else "KRW-BTC")
    window.resize(640, 540)
    window.show()
    if len(sys.argv) > 2:
        QTimer.singleShot(int(float(sys.argv[2]) * 1000), application.quit)
    status = application.exec_()
    window.proxy.cleanup()
    sys.exit(status)
