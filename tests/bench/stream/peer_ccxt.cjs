// What a Node program would take: ccxt's Upbit class. peer_ccxt.cjs URL CA COUNT
// ccxt is where tests/integration/mock/test_ccxt.py has put it, or where BENCH_CCXT says: a folder with
// node_modules in it.
'use strict';
const { createRequire } = require('module');
const { readFileSync } = require('fs');
const [, , url, ca, count] = process.argv;
let ccxt;
try {
    ccxt = createRequire(`${process.env.BENCH_CCXT}/here.js`)('ccxt');
} catch (error) {
    console.error('ccxt is not there: run the test `upbit-mock ccxt`, or npm install ccxt and set BENCH_CCXT');
    process.exit(77);
}
const exchange = new ccxt.pro.upbit({ newUpdates: true });
const bases = ['BTC', 'ETH', 'XRP', 'DOGE', 'SOL', 'ADA', 'AVAX', 'DOT'];
const codes = ['', 'A', 'X'].flatMap((last) => bases.map((base) => base + last));
exchange.setMarkets(codes.map((base) => ({
    id: `KRW-${base}`, symbol: `${base}/KRW`, base, quote: 'KRW', baseId: base, quoteId: 'KRW',
    type: 'spot', spot: true, active: true, precision: {}, limits: {}, info: {},
})));
exchange.urls.api = { public: url, private: url, ws: url };
exchange.options.ws = { options: { ca: readFileSync(ca) } };
let seen = 0;
const handle = exchange.handleMessage.bind(exchange);
exchange.handleMessage = (client, message) => {
    handle(client, message);
    if (++seen === Number(count)) {
        process.exit(0);
    }
};
exchange.watchTicker('BTC/KRW').catch((error) => {
    console.error(String(error));
    process.exit(99);
});
