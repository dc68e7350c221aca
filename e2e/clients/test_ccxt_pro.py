"""ccxt.pro against us: market streams, user data and orders over sockets."""

import asyncio
import contextlib

import ccxt.pro
import pytest

from pointing import point_ccxt

SYMBOL = "BTC/USDT"
# No event of ours takes this long, even on a busy machine.
EVENT_MAX = 30


@contextlib.asynccontextmanager
async def pro(url, trader=None):
    client = point_ccxt(url, trader, ccxt.pro.binance)
    try:
        yield client
    finally:
        await client.close()


async def event(watch):
    return await asyncio.wait_for(watch, EVENT_MAX)


async def until(watch, condition, first=None):
    """The first event that satisfies `condition`; others before it are passed over."""
    async with asyncio.timeout(EVENT_MAX):
        value = await (first or watch())
        while not condition(value):
            value = await watch()
        return value


async def doing(action, *arguments, **named):
    """A blocking call of another client, beside the sockets."""
    return await asyncio.to_thread(action, *arguments, **named)


def limit(side, quantity, price):
    return {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC",
            "quantity": quantity, "price": price}


def test_the_local_order_book_follows_orders_of_others(quiet):
    async def run():
        async with pro(quiet.url) as client:
            quiet.bob.ok("POST", "/api/v3/order", **limit("BUY", "0.005", "40000"))
            book = await event(client.watch_order_book(SYMBOL))
            if not book["bids"]:
                book = await until(lambda: client.watch_order_book(SYMBOL), lambda b: b["bids"])
            assert book["bids"][0] == [40000, 0.005]
            await doing(quiet.bob.ok, "POST", "/api/v3/order", **limit("BUY", "0.003", "41000"))
            book = await until(
                lambda: client.watch_order_book(SYMBOL), lambda b: b["bids"][0][0] == 41000)
            assert book["bids"][:2] == [[41000, 0.003], [40000, 0.005]]
            await doing(quiet.bob.ok, "DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
            book = await until(lambda: client.watch_order_book(SYMBOL), lambda b: not b["bids"])
    asyncio.run(run())


def test_public_trades_tickers_and_candles_are_told(quiet):
    async def run():
        async with pro(quiet.url) as client:
            watches = [client.watch_trades(SYMBOL), client.watch_ticker(SYMBOL),
                       client.watch_ohlcv(SYMBOL, "1m")]
            tasks = [asyncio.ensure_future(watch) for watch in watches]
            # Until all three subscriptions stand, an event may go by: trade until each has one.
            async with asyncio.timeout(EVENT_MAX):
                while not all(task.done() for task in tasks):
                    await doing(quiet.trade, "50001.00")
            trades, ticker, candles = [task.result() for task in tasks]
            assert trades[-1]["price"] == 50001 and trades[-1]["amount"] == 0.001
            assert ticker["last"] == 50001
            assert candles[-1][4] == 50001
    asyncio.run(run())


def test_ones_own_orders_trades_and_balances_are_told(quiet, name):
    mine = name()

    async def run():
        async with pro(quiet.url, quiet.ann) as client:
            await client.load_markets()
            orders = asyncio.ensure_future(client.watch_orders(SYMBOL))
            trades = asyncio.ensure_future(client.watch_my_trades(SYMBOL))
            balance = asyncio.ensure_future(client.watch_balance())
            # Goes out after the subscriptions, on the same socket.
            await event(client.fetch_balance_ws())
            placed = await event(client.create_order_ws(
                SYMBOL, "limit", "buy", 0.001, 45000, {"newClientOrderId": mine}))
            assert placed["status"] == "open"
            seen = await until(
                lambda: client.watch_orders(SYMBOL),
                lambda rows: any(row["clientOrderId"] == mine for row in rows), orders)
            assert [row["status"] for row in seen if row["clientOrderId"] == mine][-1] == "open"
            await doing(quiet.bob.ok, "POST", "/api/v3/order", **limit("SELL", "0.001", "45000"))
            made = await event(trades)
            assert (made[-1]["order"], made[-1]["takerOrMaker"]) == (placed["id"], "maker")
            assert (made[-1]["fee"]["currency"], made[-1]["fee"]["cost"]) == ("BTC", 0.000001)
            assert (await event(balance))["BTC"]["total"] > 0
            # The other client of the same user sees the same end.
            rest = await doing(quiet.ann.ok, "GET", "/api/v3/order", symbol="BTCUSDT",
                               origClientOrderId=mine)
            assert rest["status"] == "FILLED"
    asyncio.run(run())


def test_orders_are_placed_read_edited_and_cancelled_over_the_socket(quiet):
    async def run():
        async with pro(quiet.url, quiet.ann) as client:
            placed = await event(client.create_order_ws(SYMBOL, "limit", "buy", 0.001, 45000))
            rest = await doing(quiet.ann.ok, "GET", "/api/v3/openOrders", symbol="BTCUSDT")
            assert [str(order["orderId"]) for order in rest] == [placed["id"]]
            assert (await event(client.fetch_order_ws(placed["id"], SYMBOL)))["price"] == 45000
            edited = await event(
                client.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 0.002, 46000))
            opened = await event(client.fetch_open_orders_ws(SYMBOL))
            assert [(row["id"], row["amount"]) for row in opened] == [(edited["id"], 0.002)]
            canceled = await event(client.cancel_order_ws(edited["id"], SYMBOL))
            assert canceled["status"] == "canceled"
            assert await event(client.fetch_open_orders_ws(SYMBOL)) == []
            balance = await event(client.fetch_balance_ws())
            # ccxt parses this answer as that of a futures account; what was answered is in it.
            usdt = next(row for row in balance["info"]["balances"] if row["asset"] == "USDT")
            assert float(usdt["locked"]) == 0 and float(usdt["free"]) > 0
            assert (await event(client.fetch_trades_ws(SYMBOL)))[-1]["price"] == 50000
            with pytest.raises(ccxt.InsufficientFunds):
                await event(client.create_order_ws(SYMBOL, "limit", "buy", 5000, 45000))
    asyncio.run(run())


def test_the_demo_streams_by_itself(demo):
    async def run():
        async with pro(demo.url) as client:
            book, trades, ticker = await asyncio.gather(
                event(client.watch_order_book(SYMBOL)), event(client.watch_trades(SYMBOL)),
                until(lambda: client.watch_ticker(SYMBOL), lambda told: told["last"]))
            assert book["bids"][0][0] < book["asks"][0][0]
            assert trades[-1]["price"] > 0 and ticker["last"] > 0
            first = book["nonce"]
            later = await until(
                lambda: client.watch_order_book(SYMBOL), lambda b: b["nonce"] > first)
            assert later["bids"][0][0] < later["asks"][0][0]
    asyncio.run(run())
