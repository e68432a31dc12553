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
        self.count = self.left = count
        self.price, self.letters, self.stamps = None, 0, 0
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
        self.letters += len(message['type']) + len(message['code'])
        self.stamps += message['timestamp'] % 1000000000  # the server stamps message i with i
        self.left -= 1
        if self.left == 0:
            each_once = self.stamps == self.count * (self.count + 1) // 2
            QCoreApplication.exit(0 if each_once and self.price and self.letters else 98)


app = QCoreApplication(sys.argv)
reader = Reader(sys.argv[1], sys.argv[2], int(sys.argv[3]))
sys.exit(app.exec())
