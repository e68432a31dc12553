"""The scheme of the Python client most programs use: a process of its own reads and parses, and each
message goes through a multiprocessing queue. peer_process.py URL CA COUNT"""
import asyncio
import json
import multiprocessing
import os
import ssl
import sys

try:
    import websockets
except ImportError:
    print('python3-websockets is not installed', file=sys.stderr)
    sys.exit(77)


async def read(queue, url, ca, count):
    trust = ssl.create_default_context(cafile=ca)
    async with websockets.connect(url, ssl=trust, max_size=None, compression=None,
                                  ping_interval=None) as stream:
        await stream.send('[{"ticket":"x"},{"type":"ticker"}]')
        for _ in range(count):
            queue.put(json.loads(await stream.recv()))
        queue.close()
        queue.join_thread()
        os._exit(0)  # the server answers no close frame, which would be waited for


def work(queue, url, ca, count):
    asyncio.run(read(queue, url, ca, count))


def main(url, ca, count):
    queue = multiprocessing.Queue()
    reader = multiprocessing.Process(target=work, args=(queue, url, ca, count), daemon=True)
    reader.start()
    price, letters, stamps = None, 0, 0
    for _ in range(count):
        message = queue.get()
        price = message.get('trade_price', price)
        letters += len(message['type']) + len(message['code'])
        stamps += message['timestamp'] % 1000000000  # the server stamps message i with i
    reader.join()
    sys.exit(0 if price and letters and stamps == count * (count + 1) // 2 else 98)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
