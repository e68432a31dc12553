"""Candles with pyqtgraph: chart.py [CODE [UNIT [SECONDS]]]"""

import sys
from datetime import datetime
from typing import Dict, List

from PyQt5.QtCore import QPointF, QRectF, QTimer
from PyQt5.QtGui import QPainter, QPicture
from PyQt5.QtWidgets import QApplication

import pyqtgraph  # type: ignore[import]  # after PyQt5: it takes the Qt that is there
from upbit_live import Candle, UpbitError, WebSocketClientProxy

HISTORY = 200


class Candles(pyqtgraph.GraphicsObject):  # type: ignore[misc]
    """One candle a step; the drawing is remade only when a candle has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.by_start: Dict[int, Candle] = {}
        self.starts: List[int] = []
        self.picture = QPicture()

    def add(self, candles: List[Candle]) -> None:
        for candle in candles:
            self.by_start[candle.start_ms] = candle
        self.starts = sorted(self.by_start)[-HISTORY:]
        painter = QPainter(self.picture)
        for x, start in enumerate(self.starts):
            # The chart's geometry is in doubles; what is shown as text stays exact.
            candle = self.by_start[start]
            first, last = float(candle.opening_price or 0), float(candle.trade_price or 0)
            color = "r" if last >= first else "b"  # red is up, as in Korea
            painter.setPen(pyqtgraph.mkPen(color))
            painter.setBrush(pyqtgraph.mkBrush(color))
            low, high = float(candle.low_price or 0), float(candle.high_price or 0)
            painter.drawLine(QPointF(x, low), QPointF(x, high))
            painter.drawRect(QRectF(x - 0.3, first, 0.6, last - first))
        painter.end()
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        self.picture.play(painter)

    def boundingRect(self) -> QRectF:
        return QRectF(self.picture.boundingRect())


class Prices(pyqtgraph.AxisItem):  # type: ignore[misc]
    def tickStrings(self, values: List[float], *_: object) -> List[str]:
        return [f"{value:,.10g}" for value in values]


class Times(pyqtgraph.AxisItem):  # type: ignore[misc]
    """A place on the axis is a candle; where there is none, there is no text."""

    def __init__(self, candles: Candles) -> None:
        super().__init__("bottom")
        self.setStyle(textFillLimits=[(0, 0.8)])
        self.candles = candles

    def tickStrings(self, values: List[float], *_: object) -> List[str]:
        starts = dict(enumerate(self.candles.starts))
        known = [starts.get(int(x)) if x == int(x) else None for x in values]
        return [datetime.fromtimestamp(ms / 1000).strftime("%H:%M") if ms else "" for ms in known]


class Chart(pyqtgraph.PlotWidget):  # type: ignore[misc]
    def __init__(self, code: str, unit: str) -> None:
        self.candles = Candles()
        axes = {"left": Prices("left"), "bottom": Times(self.candles)}
        super().__init__(title=f"{code} {unit}", axisItems=axes)
        self.addItem(self.candles)
        self.proxy = WebSocketClientProxy(f"chart_{code}")
        # The stream first and history at once: no moment lies between them.
        self.proxy.subscribe_candle(code, batch=self.show_candles, unit=unit)
        self.show_candles(self.proxy.get_candle_snapshot(code, unit=unit, count=HISTORY).result())

    def show_candles(self, candles: List[Candle]) -> None:
        self.candles.add(candles)


if __name__ == "__main__":
    application = QApplication(sys.argv)
    arguments = dict(enumerate(sys.argv))
    try:
        window = Chart(arguments.get(1, "KRW-BTC"), arguments.get(2, "1m"))
    except UpbitError as error:
        sys.exit(f"chart: {error}")
    window.resize(900, 500)
    window.show()
    if 3 in arguments:
        QTimer.singleShot(int(float(arguments[3]) * 1000), application.quit)
    status = application.exec_()
    window.proxy.cleanup()
    sys.exit(status)
