"""What a PyQt5 program would do by itself: QWebSocket + json.loads. peer_pyqt.py URL CA COUNT"""
import json
import sys

try:
    from PyQt5.QtCore import QCoreApplication, QUrl
    from PyQt5.QtNetwork import QSslCertificate, QSslConfiguration
    from PyQt5.QtWebSockets import QWebSocket
except ImportError:
    print('python3-pyqt5.qtwebsockets is not installed', file=sys.stderr)
    sys.exit(77)


class Reader:
    def __init__(self, url, ca, count):
        self.left, self.price = count, None
        trust = QSslConfiguration.defaultConfiguration()
        trust.setCaCertificates(QSslCertificate.fromPath(ca))
        self.socket = QWebSocket()
        self.socket.setSslConfiguration(trust)
        self.socket.connected.connect(self.ask)
        self.socket.textMessageReceived.connect(self.take)
        self.socket.binaryMessageReceived.connect(self.take)
        self.socket.open(QUrl(url))

    def ask(self):
        self.socket.sendTextMessage('[{"ticket":"x"},{"type":"ticker"}]')

    def take(self, text):
        message = json.loads(bytes(text) if not isinstance(text, str) else text)
        self.price = message.get('trade_price', self.price)
        self.left -= 1
        if self.left == 0:
            QCoreApplication.quit()


app = QCoreApplication(sys.argv)
reader = Reader(sys.argv[1], sys.argv[2], int(sys.argv[3]))
app.exec()
