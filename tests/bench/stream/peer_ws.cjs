// What a Node program would do by itself: ws + JSON.parse. peer_ws.cjs URL CA COUNT
'use strict';
const fs = require('fs');
const { createRequire } = require('module');

const [url, ca, count] = process.argv.slice(2);
let WebSocket;
try {
  // ccxt brings it along.
  WebSocket = createRequire(process.env.BENCH_CCXT + '/')('ws');
} catch (e) {
  console.error('ws is not installed');
  process.exit(77);
}

const stream = new WebSocket(url, { ca: fs.readFileSync(ca), perMessageDeflate: false });
let left = Number(count);
let price = null;
stream.on('open', () => stream.send('[{"ticket":"x"},{"type":"ticker"}]'));
stream.on('message', (data) => {
  const message = JSON.parse(data);
  if (message.trade_price !== undefined) price = message.trade_price;
  if (--left === 0) process.exit(price === null ? 1 : 0);
});
stream.on('error', (e) => {
  console.error(e.message);
  process.exit(1);
});
