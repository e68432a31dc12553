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
let letters = 0;
let stamps = 0;
stream.on('open', () => stream.send('[{"ticket":"x"},{"type":"ticker"}]'));
stream.on('message', (data) => {
  const message = JSON.parse(data);
  if (message.trade_price !== undefined) price = message.trade_price;
  letters += message.type.length + message.code.length;
  stamps += message.timestamp % 1000000000; // the server stamps message i with i
  if (--left === 0) {
    const eachOnce = stamps === (Number(count) * (Number(count) + 1)) / 2;
    process.exit(eachOnce && letters > 0 && price !== null ? 0 : 98);
  }
});
stream.on('error', (e) => {
  console.error(e.message);
  process.exit(1);
});
