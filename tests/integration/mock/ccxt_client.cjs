// ccxt, a client that knows nothing of this project, against upbit-mock: its REST and its streams, public
// and private, as a user of it would write them. Arguments: where ccxt is, the port. Prints TAP.
'use strict';
const { createRequire } = require('module');
const [, , folder, port] = process.argv;
const ccxt = createRequire(`${folder}/here.js`)('ccxt');

const equal = (got, want, what) => {
    const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
    if (g !== w) {
        throw new Error(`${what}: ${g}, not ${w}`);
    }
};
const good = (value, what) => {
    if (!value) {
        throw new Error(what);
    }
};
const patience = (promise, what) => Promise.race([
    promise,
    new Promise((_, no) => setTimeout(() => no(new Error(`${what} never came`)), 15000).unref())]);

const made = (keys) => {
    const x = new ccxt.pro.upbit({ timeout: 15000, enableRateLimit: true, ...keys });
    const http = `http://127.0.0.1:${port}`;
    x.urls.api = { public: http, private: http, ws: `ws://127.0.0.1:${port}/websocket/v1` };
    return x;
};
const control = async (order) => {
    const answer = await fetch(`http://127.0.0.1:${port}/mock/${order}`, { method: 'POST' });
    equal(answer.status, 200, order);
};

const user = made({ apiKey: 'test-access', secret: 'test-secret' });

const tests = {
    async 'markets and tickers'() {
        const markets = await user.loadMarkets();
        good(markets['BTC/KRW'] && markets['ETH/BTC'] && Object.keys(markets).length === 300, 'markets');
        const ticker = await user.fetchTicker('BTC/KRW');
        good(ticker.last > 0 && ticker.symbol === 'BTC/KRW' && ticker.high >= ticker.low, 'ticker');
        const book = await user.fetchOrderBook('BTC/KRW');
        good(book.bids.length === 30 && book.bids[0][0] < book.asks[0][0], 'book');
        const trades = await user.fetchTrades('BTC/KRW', undefined, 5);
        good(trades.length === 5 && trades.every((t) => t.price > 0 && t.amount > 0), 'trades');
        const candles = await user.fetchOHLCV('BTC/KRW', '1m', undefined, 10);
        good(candles.length === 10 && candles.every((c) => c[2] >= c[3]), 'candles');
    },

    async 'balances'() {
        const balance = await user.fetchBalance();
        good(balance.KRW.free > 1e7 && balance.KRW.used > 0, 'KRW');
        good(balance.BTC.total > 2 && balance.BTC.total < 2.1, 'BTC');
        equal(Object.keys(balance.total).sort(), ['BTC', 'ETH', 'KRW', 'USDT', 'XRP'], 'currencies');
    },

    async 'orders that are open and closed'() {
        const open = await user.fetchOpenOrders();
        good(open.length === 3 && open.every((o) => o.status === 'open' && o.type === 'limit'), 'open');
        const closed = await user.fetchClosedOrders('XRP/KRW');
        const cancelled = await user.fetchCanceledOrders('XRP/KRW');
        good(closed.every((o) => o.status === 'closed' && o.filled === o.amount), 'closed');
        good(cancelled.every((o) => o.status === 'canceled' && o.remaining > 0), 'cancelled');
    },

    async 'an order is made, found and cancelled'() {
        const before = await user.fetchBalance();
        const order = await user.createOrder('BTC/KRW', 'limit', 'buy', 0.001, 100000000);
        equal([order.status, order.side, order.price, order.amount], ['open', 'buy', 100000000, 0.001], 'created');
        const found = await user.fetchOrder(order.id);
        equal([found.id, found.remaining, found.symbol], [order.id, 0.001, 'BTC/KRW'], 'found');
        const held = await user.fetchBalance();
        good(Math.abs(held.KRW.used - before.KRW.used - 100050) < 1e-3, 'held');
        await user.cancelOrder(order.id);
        equal((await user.fetchOrder(order.id)).status, 'canceled', 'cancelled');
        const after = await user.fetchBalance();
        good(Math.abs(after.KRW.free - before.KRW.free) < 1e-3, 'given back');
    },

    async 'a sale at the market has its fee'() {
        const order = await user.createOrder('BTC/KRW', 'market', 'sell', 0.01);
        const done = await user.fetchOrder(order.id);
        equal([done.status, done.filled, done.fee.currency], ['closed', 0.01, 'KRW'], 'done');
        good(Math.abs(done.fee.cost - done.cost * 0.0005) < 1e-6 && done.trades.length >= 1, 'fee');
    },

    async 'refusals are what ccxt expects of the exchange'() {
        const cases = [
            [() => user.createOrder('BTC/KRW', 'limit', 'buy', 1000, 100000000), ccxt.InsufficientFunds],
            [() => user.fetchOrder('nobody'), ccxt.OrderNotFound],
            [() => made({ apiKey: 'nobody', secret: 'test-secret' }).fetchBalance(), ccxt.AuthenticationError],
            [() => made({ apiKey: 'test-access', secret: 'nothing' }).fetchBalance(), ccxt.AuthenticationError]];
        for (const [call, type] of cases) {
            const error = await call().then(() => undefined, (e) => e);
            good(error instanceof type, `${type.name}: ${error}`);
        }
    },

    async 'public streams'() {
        await user.loadHttpProxyAgent(); // what ccxt needs for ws://, proxy or none
        const ticker = await patience(user.watchTicker('BTC/KRW'), 'a ticker');
        good(ticker.symbol === 'BTC/KRW' && ticker.last > 0, 'ticker');
        const book = await patience(user.watchOrderBook('ETH/KRW'), 'a book');
        good(book.bids.length > 0 && book.asks[0][0] > book.bids[0][0], 'book');
        const trades = await patience(user.watchTrades('BTC/KRW'), 'a trade');
        good(trades[0].price > 0, 'trade');
    },

    async 'private streams'() {
        const orders = patience(user.watchOrders('BTC/KRW'), 'an order');
        const balance = patience(user.watchBalance(), 'a balance');
        const timer = setInterval(() => control('order?do=place&code=KRW-BTC').catch(() => {}), 200);
        try {
            const [order] = await orders;
            equal([order.symbol, order.side, order.status], ['BTC/KRW', 'buy', 'open'], 'order');
            const assets = await balance;
            good(assets.KRW.used > 0 && assets.KRW.free > 0, 'assets');
        } finally {
            clearInterval(timer);
        }
    },
};

(async () => {
    let failed = 0, number = 0;
    console.log(`1..${Object.keys(tests).length}`);
    for (const [name, test] of Object.entries(tests)) {
        number += 1;
        try {
            await test();
            console.log(`ok ${number} - ccxt: ${name}`);
        } catch (error) {
            failed += 1;
            console.log(`not ok ${number} - ccxt: ${name}`);
            console.log(`# ${String(error.stack || error).slice(0, 2000).replaceAll('\n', '\n# ')}`);
        }
    }
    await user.close();
    process.exit(failed > 0 ? 1 : 0);
})();
