"""What a Python program would do by itself: websockets + json.loads. peer_websockets.py URL CA COUNT"""
import asyncio
import json
import os
import ssl
import sys

try:
    import websockets
except ImportError:
    print('python3-websockets is not installed', file=sys.stderr)
    sys.exit(77)


async def main(url, ca, count):
    trust = ssl.create_default_context(cafile=ca)
    async with websockets.connect(url, ssl=trust, max_size=None, compression=None,
                                  ping_interval=None) as stream:
        await stream.send('[{"ticket":"x"},{"type":"ticker"}]')
        price, letters, stamps = None, 0, 0
        for _ in range(count):
            message = json.loads(await stream.recv())
            price = message.get('trade_price', price)
            letters += len(message['type']) + len(message['code'])
            stamps += message['timestamp'] % 1000000000  # the server stamps message i with i
        each_once = stamps == count * (count + 1) // 2
        # Without goodbye: the server answers no close frame, which would be waited for.
        os._exit(0 if each_once and price and letters else 98)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
