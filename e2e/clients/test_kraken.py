"""`rialto venues`: stock clients of Kraken cannot tell it from the venue."""

import asyncio
import contextlib

import ccxt
import ccxt.pro
import pytest
from kraken.spot import Funding
from kraken.exceptions import (
    KrakenApiLimitExceededError,
    KrakenDeadlineElapsedError,
    KrakenInsufficientFundsError,
    KrakenInvalidNonceError,
    KrakenInvalidSignatureError,
    KrakenPermissionDeniedError,
    KrakenUnknownAssetError,
    KrakenUnknownOrderError,
)

from exchange import Venues, VenueAt, wait_until
from pointing import (
    KrakenBooks,
    KrakenTrade,
    KrakenUser,
    point_ccxt,
    point_ccxt_kraken,
    point_kraken_sdk,
    point_kraken_sockets,
)

PAIR, KEY, UNIFIED = "XBTUSD", "XXBTZUSD", "BTC/USD"
# No event of ours takes this long, even on a busy machine.
EVENT_MAX = 30
# Messages of a book whose checksums the client verifies.
BOOK_MESSAGES = 40


@pytest.fixture(scope="module")
def kraken(tmp_path_factory):
    """Its Kraken, with agents who trade."""
    log = tmp_path_factory.mktemp("kraken") / "venues.log"
    with Venues(log, "--venues", "kraken", "--seed", 7) as venues:
        yield VenueAt(venues.venues["kraken"])


def best(kraken, side="asks"):
    """The best price of a side."""
    depth = point_kraken_sdk(kraken.url).get_order_book(pair=PAIR, count=1)
    return float(depth[KEY][side][0][0])


def closed(user, order):
    """The order, once it is closed."""
    found = user.get_orders_info(txid=order, trades=True)[order]
    return found if found["status"] == "closed" else None


def test_markets_books_trades_and_candles_are_read_by_both(kraken):
    public = point_ccxt(kraken.url, kind=ccxt.kraken)
    public.load_markets()
    market = public.market(UNIFIED)
    assert (market["id"], market["taker"], market["maker"]) == (KEY, 0.004, 0.0025)
    assert (market["precision"]["amount"], market["precision"]["price"]) == (1e-8, 0.1)
    assert {"ETH/BTC", "USDT/USD", "BTC/USDT"} <= set(public.symbols)
    book = wait_until(lambda: deep(public.fetch_order_book(UNIFIED, 10)), "a deep book")
    assert book["bids"][0][0] < book["asks"][0][0]
    wait_until(lambda: public.fetch_trades(UNIFIED), "a trade")
    assert public.fetch_ohlcv(UNIFIED, "1m")[-1][4] > 0
    sdk = point_kraken_sdk(kraken.url)
    assert sdk.get_system_status()["status"] == "online"
    assert sdk.get_asset_pairs(pair=PAIR)[KEY]["pair_decimals"] == 1
    ticker = sdk.get_ticker(pair=PAIR)[KEY]
    assert float(ticker["b"][0]) < float(ticker["a"][0])
    with pytest.raises(KrakenUnknownAssetError):
        sdk.get_ticker(pair="NONEUSD")


def deep(book):
    """The book, once agents have filled it."""
    return book if len(book["bids"]) == len(book["asks"]) == 10 else None


def test_what_one_client_places_another_sees_filled(kraken):
    trader = kraken.traders[0]
    other = point_ccxt_kraken(kraken.url, trader)
    other.load_markets()
    before = other.fetch_balance()["BTC"]["total"]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    placed = trade.create_order(
        ordertype="limit", side="buy", pair=PAIR, volume="0.001",
        price=f"{best(kraken) * 1.01:.1f}", cl_ord_id="one-of-two")
    assert placed["descr"]["order"].startswith("buy 0.00100000 XBTUSD @ limit ")
    order = other.fetch_order(placed["txid"][0])
    assert (order["status"], order["filled"]) == ("closed", 0.001)
    assert order["clientOrderId"] == "one-of-two"
    fills = [it for it in other.fetch_my_trades(UNIFIED) if it["order"] == order["id"]]
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.001)
    assert {fill["fee"]["currency"] for fill in fills} == {"USD"}
    fee = sum(fill["fee"]["cost"] for fill in fills)
    assert fee == pytest.approx(order["cost"] * 0.004, rel=1e-6)
    assert other.fetch_balance()["BTC"]["total"] == pytest.approx(before + 0.001)


def test_orders_rest_are_found_and_are_cancelled(kraken):
    trader = kraken.traders[0]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    placed = trade.create_order(
        ordertype="limit", side="buy", pair=PAIR, volume="0.01", price="20000", userref=7,
        oflags="post")
    [txid] = placed["txid"]
    stands = user.get_open_orders()["open"][txid]
    assert (stands["status"], stands["vol"], stands["userref"]) == ("open", "0.01000000", 7)
    assert float(user.get_balances()["ZUSD"]["hold_trade"]) == pytest.approx(200 * 1.004, rel=0.01)
    assert trade.cancel_order(txid=txid) == {"count": 1}
    ended = user.get_orders_info(txid=txid)[txid]
    assert (ended["status"], ended["reason"]) == ("canceled", "User requested")
    assert txid in user.get_closed_orders()["closed"]
    with pytest.raises(KrakenInsufficientFundsError):
        trade.create_order(ordertype="limit", side="buy", pair=PAIR, volume="399", price="20000")


def test_an_order_that_one_client_amends_is_the_same_to_the_other(kraken):
    trader = kraken.traders[0]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    other = point_ccxt_kraken(kraken.url, trader)
    other.load_markets()
    [txid] = trade.create_order(
        ordertype="limit", side="buy", pair=PAIR, volume="0.004", price="20000",
        cl_ord_id="to-amend")["txid"]
    for change, want in (
            ({"order_qty": "0.003"}, (20_000, 0.003)),
            ({"limit_price": "20500.5"}, (20_500.5, 0.003)),
            ({"limit_price": "20600", "order_qty": "0.005"}, (20_600, 0.005))):
        assert trade.amend_order(txid=txid, **change)["amend_id"].startswith("T")
        order = other.fetch_order(txid)
        assert (order["price"], order["amount"]) == want
        assert (order["status"], order["clientOrderId"]) == ("open", "to-amend")
    assert [it["id"] for it in other.fetch_open_orders(UNIFIED)] == [txid]
    price = f"{best(kraken) * 1.01:.1f}"
    trade.amend_order(cl_ord_id="to-amend", limit_price=price)
    order = wait_until(lambda: done(other, txid), "the order filled")
    assert (order["filled"], order["status"]) == (0.005, "closed")
    with pytest.raises(KrakenUnknownOrderError):
        trade.amend_order(txid=txid, limit_price="20000")


def done(client, order):
    """The order as ccxt sees it, once it is closed."""
    found = client.fetch_order(order)
    return found if found["status"] == "closed" else None


def test_an_edit_puts_another_order_in_its_place(kraken):
    trader = kraken.traders[0]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    other = point_ccxt_kraken(kraken.url, trader)
    other.load_markets()
    [txid] = trade.create_order(
        ordertype="stop-loss-limit", side="sell", pair=PAIR, volume="0.004", price="20000",
        price2="19000")["txid"]
    looked = trade.edit_order(txid=txid, pair=PAIR, price="20100", validate=True)
    assert "txid" not in looked and other.fetch_order(txid)["status"] == "open"
    edited = trade.edit_order(txid=txid, pair=PAIR, price="20100", price2="19100", volume="0.003")
    assert (edited["status"], edited["originaltxid"], edited["orders_cancelled"]) == ("ok", txid, 1)
    assert edited["descr"]["order"] == (
        "sell 0.00300000 XBTUSD @ stop loss 20100.0 -> limit 19100.0")
    assert other.fetch_order(txid)["status"] == "canceled"
    order = other.fetch_order(edited["txid"])
    assert (order["triggerPrice"], order["price"], order["amount"]) == (20_100, 19_100, 0.003)
    assert trade.cancel_order(txid=edited["txid"]) == {"count": 1}


def test_a_deadline_and_a_switch_end_what_comes_late(kraken):
    trader = kraken.traders[0]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    other = point_ccxt_kraken(kraken.url, trader)
    other.load_markets()
    asked = {"ordertype": "limit", "side": "buy", "pair": PAIR, "volume": "0.001",
             "price": "20000"}
    with pytest.raises(KrakenDeadlineElapsedError):
        trade.create_order(**asked, deadline="2026-01-01T00:00:00Z")
    [txid] = trade.create_order(**asked)["txid"]
    told = trade.cancel_all_orders_after_x(timeout=2)
    assert told["currentTime"] < told["triggerTime"]
    ended = lambda: other.fetch_order(txid)["status"] == "canceled"
    assert wait_until(ended, "the order cancelled")
    assert trade.cancel_all_orders_after_x(timeout=0)["triggerTime"] == "0"


def test_what_an_account_has_done_is_in_its_ledger(kraken):
    trader = kraken.traders[1]
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    funding = point_kraken_sdk(kraken.url, Funding, trader)
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    other = point_ccxt_kraken(kraken.url, trader)
    other.load_markets()
    [deposit] = funding.get_recent_deposits_status(asset="XBT")
    assert (deposit["asset"], deposit["status"]) == ("XXBT", "Success")
    assert other.fetch_deposits("BTC")[0]["amount"] == float(deposit["amount"])
    [txid] = trade.create_order(ordertype="market", side="sell", pair=PAIR, volume="0.001")["txid"]
    order = wait_until(lambda: done(other, txid), "the order filled")
    entries = user.get_ledgers_info(asset="ZUSD")["ledger"]
    latest = next(iter(entries.values()))
    assert latest["type"] == "trade"
    assert float(latest["balance"]) == other.fetch_balance()["USD"]["total"]
    sold = [it for it in entries.values() if it["refid"] in {
        fill["id"] for fill in other.fetch_my_trades(UNIFIED) if fill["order"] == txid}]
    assert sum(float(it["amount"]) for it in sold) == pytest.approx(order["cost"])
    name = next(iter(entries))
    assert user.get_ledgers(id_=name)[name] == latest
    with pytest.raises(KrakenPermissionDeniedError):
        funding.withdraw_funds(asset="XBT", key="home", amount="0.1")


def test_a_batch_in_json_is_placed_order_by_order(kraken):
    trade = point_kraken_sdk(kraken.url, KrakenTrade, kraken.traders[0])
    orders = [
        {"ordertype": "limit", "type": "buy", "volume": "0.001", "price": str(price)}
        for price in (20_000, 20_001)]
    orders.append({**orders[0], "volume": "300"})
    answer = trade.create_order_batch(orders=orders, pair=PAIR)["orders"]
    assert [("txid" in it, it.get("error")) for it in answer] == [
        (True, None), (True, None), (False, "EOrder:Insufficient funds")]
    for placed in answer[:2]:
        assert trade.cancel_order(txid=placed["txid"]) == {"count": 1}


def test_the_order_book_client_finds_every_checksum_right(kraken):
    async def run():
        told, errors = [], []

        async def hear(pair, message):
            (errors if "error" in message else told).append(pair)

        book = point_kraken_sockets(
            kraken.url, kind=KrakenBooks, depth=10, callback=hear)
        await book.start()
        await book.add_book(pairs=[UNIFIED, "ETH/USD", "XRP/USD"])
        async with asyncio.timeout(3 * EVENT_MAX):
            while len(told) < BOOK_MESSAGES or len(set(told)) < 3:
                await asyncio.sleep(0.1)
        assert not errors
        assert all(book.get(pair=pair)["valid"] for pair in set(told))
        sides = book.get(pair=UNIFIED)
        assert len(sides["bid"]) == len(sides["ask"]) == 10
        await book.close()
    asyncio.run(run())


@contextlib.asynccontextmanager
async def pro(kraken, trader=None):
    client = point_ccxt_kraken(kraken.url, trader, ccxt.pro.kraken)
    try:
        yield client
    finally:
        await client.close()


def test_public_streams_are_told(kraken):
    async def run():
        async with pro(kraken) as client:
            watches = [client.watch_order_book(UNIFIED), client.watch_trades(UNIFIED),
                       client.watch_ticker(UNIFIED), client.watch_ohlcv(UNIFIED, "1m")]
            async with asyncio.timeout(3 * EVENT_MAX):
                book, trades, ticker, candles = await asyncio.gather(*watches)
            assert book["bids"][0][0] < book["asks"][0][0]
            assert trades[-1]["price"] > 0 and ticker["bid"] < ticker["ask"]
            assert candles[-1][4] > 0
    asyncio.run(run())


def test_the_private_streams_of_one_client_tell_what_another_placed(kraken):
    trader = kraken.traders[0]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)

    async def run():
        async with pro(kraken, trader) as client:
            await client.load_markets()
            watch = asyncio.ensure_future(client.watch_orders())
            trades = asyncio.ensure_future(client.watch_my_trades())
            balance = asyncio.ensure_future(client.watch_balance())
            async with asyncio.timeout(EVENT_MAX):
                assert (await balance)["USD"]["total"] > 0
            price = f"{best(kraken) * 1.01:.1f}"
            placed = await asyncio.to_thread(
                trade.create_order, ordertype="limit", side="buy", pair=PAIR, volume="0.002",
                price=price)
            [txid] = placed["txid"]
            await asyncio.wait_for(watch, EVENT_MAX)
            # What came between two looks is in what the client keeps.
            async with asyncio.timeout(EVENT_MAX):
                while not any(it["id"] == txid and it["status"] == "closed" for it in client.orders):
                    await asyncio.sleep(0.05)
            fills = await asyncio.wait_for(trades, EVENT_MAX)
            assert txid in {it["order"] for it in fills}
    asyncio.run(run())


def test_orders_over_a_socket_are_placed_filled_and_cancelled(kraken):
    trader = kraken.traders[1]
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)

    async def run():
        told = []

        async def hear(message):
            told.append(message)

        async def heard(condition):
            async with asyncio.timeout(EVENT_MAX):
                while not (found := [it for it in told if condition(it)]):
                    await asyncio.sleep(0.05)
                return found[0]

        client = point_kraken_sockets(kraken.url, trader, callback=hear)
        await client.start()
        await client.subscribe(params={"channel": "executions"})
        await heard(lambda it: it.get("channel") == "executions" and it["type"] == "snapshot")
        order = {"order_type": "limit", "side": "sell", "order_qty": 0.001, "symbol": UNIFIED}
        price = round(best(kraken, "bids") * 0.99, 1)
        await client.send_message(
            {"method": "add_order", "params": {**order, "limit_price": price}, "req_id": 1})
        placed = await heard(lambda it: it.get("req_id") == 1)
        assert placed["success"], placed
        txid = placed["result"]["order_id"]
        tells = lambda kind: lambda it: it.get("channel") == "executions" and any(
            one["order_id"] == txid and one["exec_type"] == kind for one in it["data"])
        trade = await heard(tells("trade"))
        assert trade["data"][0]["fees"][0]["asset"] == "USD"
        await heard(tells("filled"))
        found = await asyncio.to_thread(closed, user, txid)
        assert found["vol_exec"] == "0.00100000"
        await client.send_message({
            "method": "add_order", "params": {**order, "limit_price": 150_000}, "req_id": 2})
        txid = (await heard(lambda it: it.get("req_id") == 2))["result"]["order_id"]
        await client.send_message({"method": "amend_order", "req_id": 4, "params": {
            "order_id": txid, "limit_price": 151_000, "order_qty": 0.002}})
        assert (await heard(lambda it: it.get("req_id") == 4))["result"]["order_id"] == txid
        amended = (await heard(tells("amended")))["data"][0]
        assert (amended["limit_price"], amended["order_qty"]) == (151_000, 0.002)
        await client.send_message(
            {"method": "cancel_order", "params": {"order_id": [txid]}, "req_id": 3})
        assert (await heard(lambda it: it.get("req_id") == 3))["success"]
        await heard(tells("canceled"))
        await client.close()
    asyncio.run(run())


def test_a_wrong_signature_and_a_replayed_nonce_are_refused(kraken):
    trader = kraken.traders[1]
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    assert "ZUSD" in user.get_account_balance()
    wrong = point_ccxt_kraken(kraken.url, trader)
    wrong.secret = "Z3Vlc3NlZA=="
    with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
        wrong.fetch_balance()
    guess = point_kraken_sdk(kraken.url, KrakenUser, trader)
    guess.get_nonce = lambda: "1"
    with pytest.raises(KrakenInvalidNonceError):
        guess.get_account_balance()
    # As it is: it counts in milliseconds, of which the key has seen more.
    with pytest.raises(ccxt.InvalidNonce):
        point_ccxt(kraken.url, trader, ccxt.kraken).fetch_balance()


def test_who_asks_too_often_is_told_so(kraken):
    user = point_kraken_sdk(kraken.url, KrakenUser, kraken.traders[1])
    with pytest.raises(KrakenApiLimitExceededError):
        for _ in range(60):
            user.get_account_balance()
