// What a Node program would take: ccxt's Upbit class. peer_ccxt.js URL CA COUNT
// ccxt is looked for where BENCH_NODE_MODULES says: `npm install ccxt` somewhere, outside this tree.
'use strict';
const [url, ca, count] = process.argv.slice(2);
let ccxt;
try {
    ccxt = require((process.env.BENCH_NODE_MODULES || '/nonexistent') + '/ccxt');
} catch (error) {
    console.error('ccxt is not installed: npm install ccxt, BENCH_NODE_MODULES=.../node_modules');
    process.exit(77);
}
const exchange = new ccxt.pro.upbit({ newUpdates: true, options: { tradesLimit: 1000 } });
const bases = ['BTC', 'ETH', 'XRP', 'DOGE', 'SOL', 'ADA', 'AVAX', 'DOT'];
const codes = ['', 'A', 'X'].flatMap(last => bases.map(base => 'KRW-' + base + last));
exchange.setMarkets(codes.map(id => ({
    id, symbol: id.slice(4) + '/KRW', base: id.slice(4), quote: 'KRW', baseId: id.slice(4),
    quoteId: 'KRW', type: 'spot', spot: true, active: true, precision: {}, limits: {}, info: {},
})));
const where = new URL(url);
exchange.hostname = where.host;
exchange.urls.hostnames = { ...(exchange.urls.hostnames || {}), ws: where.host };
if (typeof exchange.urls.api.ws === 'string')
    exchange.urls.api.ws = url;
exchange.options.ws = { options: { ca: require('fs').readFileSync(ca) } };
let seen = 0;
const handle = exchange.handleMessage.bind(exchange);
exchange.handleMessage = (client, message) => {
    handle(client, message);
    if (++seen === Number(count))
        process.exit(0);
};
exchange.watchTicker(codes[0].slice(4) + '/KRW').catch(error => {
    console.error(String(error));
    process.exit(99);
});
