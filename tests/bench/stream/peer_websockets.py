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
        price = None
        for _ in range(count):
            message = json.loads(await stream.recv())
            price = message.get('trade_price', price)
        os._exit(0)  # the server answers no close frame, which would be waited for


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
