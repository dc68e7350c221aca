"""`rialto venues`: stock clients of KuCoin cannot tell ours from the venue."""

import asyncio
import contextlib
import queue

import ccxt
import ccxt.pro
import pytest
import requests
from kucoin_universal_sdk.generate.account.account import GetSpotAccountListReqBuilder
from kucoin_universal_sdk.generate.spot.market import GetFullOrderBookReqBuilder
from kucoin_universal_sdk.generate.spot.market import GetPartOrderBookReqBuilder
from kucoin_universal_sdk.generate.spot.order import (
    AddOrderReqBuilder,
    AddOrderSyncReqBuilder,
    AddStopOrderReqBuilder,
    CancelOrderByOrderIdReqBuilder,
    CancelPartialOrderReqBuilder,
    CancelStopOrderByOrderIdReqBuilder,
    GetOrderByOrderIdReqBuilder,
    GetStopOrdersListReqBuilder,
    ModifyOrderReqBuilder,
    SetDcpReqBuilder,
)

from exchange import Venues, VenueAt, wait_until
from kucoin_client import point_ccxt_kucoin, point_kucoin_sdk

SYMBOL, UNIFIED = "BTC-USDT", "BTC/USDT"
# No event of ours takes this long, even on a busy machine.
EVENT_MAX = 30


class KucoinAt(VenueAt):
    """The venue with its accounts as they are told."""

    def __init__(self, told):
        super().__init__(told)
        self.accounts = told["accounts"]


@pytest.fixture(scope="module")
def kucoin(tmp_path_factory):
    """Its KuCoin, with agents who trade."""
    log = tmp_path_factory.mktemp("kucoin") / "venues.log"
    with Venues(log, "--venues", "kucoin", "--seed", 7) as venues:
        yield KucoinAt(venues.venues["kucoin"])


def whole(book):
    """The book, once agents have filled it."""
    return book if len(book["bids"]) == len(book["asks"]) == 20 else None


def test_markets_books_and_prices_are_told(kucoin):
    public = point_ccxt_kucoin(kucoin.url)
    markets = public.load_markets()
    market = markets[UNIFIED]
    assert (market["precision"]["price"], market["taker"]) == (0.1, 0.001)
    book = wait_until(lambda: whole(public.fetch_order_book(UNIFIED, 20)), "a deep book")
    assert book["bids"][0][0] < book["asks"][0][0]
    assert wait_until(lambda: public.fetch_trades(UNIFIED), "a trade")
    ticker = public.fetch_ticker(UNIFIED)
    assert ticker["bid"] < ticker["ask"]
    assert UNIFIED in public.fetch_tickers()
    assert wait_until(lambda: public.fetch_ohlcv(UNIFIED, "1m"), "a candle")
    rest, _ = point_kucoin_sdk(kucoin.url, kucoin.accounts[0])
    api = rest.get_spot_service().get_market_api()
    part = GetPartOrderBookReqBuilder().set_symbol(SYMBOL).set_size("20").build()
    assert len(api.get_part_order_book(part).bids) == 20
    full = GetFullOrderBookReqBuilder().set_symbol(SYMBOL).build()
    assert len(api.get_full_order_book(full).asks) >= 20


def closed(client, order):
    """The order, once it is closed."""
    found = client.fetch_order(order, UNIFIED)
    return found if found["status"] == "closed" else None


def test_what_one_client_places_another_sees_filled(kucoin):
    account = kucoin.accounts[0]
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    orders = rest.get_spot_service().get_order_api()
    other = point_ccxt_kucoin(kucoin.url, account)
    other.load_markets()
    before = other.fetch_balance()["BTC"]["total"]
    ask = other.fetch_order_book(UNIFIED, 20)["asks"][0][0]
    asked = AddOrderReqBuilder().set_client_oid("by-the-sdk").set_symbol(SYMBOL)
    asked = asked.set_side("buy").set_type("limit").set_size("0.001").set_remark("héllo")
    placed = orders.add_order(asked.set_price(f"{ask * 1.01:.1f}").build())
    order = wait_until(lambda: closed(other, placed.order_id), "the order filled")
    assert (order["filled"], order["clientOrderId"]) == (0.001, "by-the-sdk")
    fills = [it for it in other.fetch_my_trades(UNIFIED) if it["order"] == order["id"]]
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.001)
    assert {fill["fee"]["currency"] for fill in fills} == {"USDT"}
    assert other.fetch_balance()["BTC"]["total"] == pytest.approx(before + 0.001)
    found = orders.get_order_by_order_id(
        GetOrderByOrderIdReqBuilder().set_order_id(order["id"]).set_symbol(SYMBOL).build())
    assert (found.deal_size, found.active) == ("0.001", False)


def test_orders_are_placed_queried_and_cancelled(kucoin):
    account = kucoin.accounts[1]
    client = point_ccxt_kucoin(kucoin.url, account)
    client.load_markets()
    assert client.fetch_balance()["ETH"]["free"] == 300
    placed = client.create_order(UNIFIED, "limit", "buy", 0.001, 20_000, {"postOnly": True})
    assert {it["id"] for it in client.fetch_open_orders(UNIFIED)} == {placed["id"]}
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    orders = rest.get_spot_service().get_order_api()
    orders.cancel_order_by_order_id(
        CancelOrderByOrderIdReqBuilder().set_order_id(placed["id"]).set_symbol(SYMBOL).build())
    assert client.fetch_order(placed["id"], UNIFIED)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(placed["id"], UNIFIED)
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(UNIFIED, "limit", "buy", 300, 20_000)
    with pytest.raises(ccxt.InvalidOrder):
        ask = client.fetch_order_book(UNIFIED, 20)["asks"][0][0]
        client.create_order(UNIFIED, "limit", "buy", 0.001, ask * 1.01, {"postOnly": True})
    asked = AddOrderSyncReqBuilder().set_symbol(SYMBOL).set_side("sell").set_type("market")
    sold = orders.add_order_sync(asked.set_size("0.001").build())
    assert (sold.deal_size, sold.remain_size) == ("0.001", "0")
    fee = client.fetch_trading_fee(UNIFIED)
    assert fee["taker"] == 0.001
    listed = rest.get_account_service().get_account_api().get_spot_account_list(
        GetSpotAccountListReqBuilder().set_type("trade").build())
    assert {it.currency for it in listed.data} >= {"BTC", "USDT"}
    assert client.fetch_deposits("BTC")[0]["amount"] == 20
    assert client.fetch_withdrawals("BTC") == []


def resting(orders, name, price="20000", size="0.004"):
    """An order of the SDK that rests."""
    asked = AddOrderReqBuilder().set_client_oid(name).set_symbol(SYMBOL).set_side("buy")
    return orders.add_order(
        asked.set_type("limit").set_size(size).set_price(price).build()).order_id


def test_what_the_sdk_alters_another_client_sees_altered(kucoin):
    account = kucoin.accounts[0]
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    orders = rest.get_spot_service().get_order_api()
    other = point_ccxt_kucoin(kucoin.url, account)
    other.load_markets()
    first = resting(orders, "to-alter")
    part = orders.cancel_partial_order(
        CancelPartialOrderReqBuilder().set_order_id(first).set_symbol(SYMBOL)
        .set_cancel_size("0.001").build())
    assert (part.order_id, part.cancel_size) == (first, "0.001")
    assert other.fetch_order(first, UNIFIED)["amount"] == 0.003
    altered = orders.modify_order(
        ModifyOrderReqBuilder().set_order_id(first).set_symbol(SYMBOL).set_new_price("20500")
        .set_new_size("0.002").build())
    assert other.fetch_order(first, UNIFIED)["status"] == "canceled"
    order = other.fetch_order(altered.new_order_id, UNIFIED)
    assert (order["status"], order["price"], order["amount"]) == ("open", 20_500, 0.002)
    assert order["clientOrderId"] == altered.client_oid == "to-alter"
    # And into the market: it trades.
    ask = other.fetch_order_book(UNIFIED, 20)["asks"][0][0]
    crossing = orders.modify_order(
        ModifyOrderReqBuilder().set_client_oid("to-alter").set_symbol(SYMBOL)
        .set_new_price(f"{ask * 1.01:.1f}").build())
    order = wait_until(lambda: closed(other, crossing.new_order_id), "the order filled")
    assert order["filled"] == 0.002


def test_stop_orders_of_one_client_are_found_by_the_other_and_wake(kucoin):
    account = kucoin.accounts[1]
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    orders = rest.get_spot_service().get_order_api()
    client = point_ccxt_kucoin(kucoin.url, account)
    client.load_markets()
    asked = AddStopOrderReqBuilder().set_client_oid("waits").set_symbol(SYMBOL).set_side("sell")
    waits = orders.add_stop_order(
        asked.set_type("limit").set_size("0.001").set_price("19000").set_stop_price("20000")
        .build()).order_id
    listed = client.fetch_open_orders(UNIFIED, params={"trigger": True})
    found = next(it for it in listed if it["id"] == waits)
    assert (found["triggerPrice"], found["clientOrderId"]) == (20_000, "waits")
    assert waits not in {it["id"] for it in client.fetch_open_orders(UNIFIED)}
    orders.cancel_all_orders()
    items = orders.get_stop_orders_list(
        GetStopOrdersListReqBuilder().set_symbol(SYMBOL).build()).items
    assert [(it.id, it.stop, it.status) for it in items] == [(waits, "loss", "NEW")]
    cancelled = orders.cancel_stop_order_by_order_id(
        CancelStopOrderByOrderIdReqBuilder().set_order_id(waits).build())
    assert cancelled.cancelled_order_ids == [waits]
    assert client.fetch_open_orders(UNIFIED, params={"trigger": True}) == []

    # Two of them around the price, as near as may be: agents trade there, and one wakes.
    last = wait_until(lambda: client.fetch_ticker(UNIFIED)["last"], "a price")
    placed = [
        client.create_order(UNIFIED, "market", "sell", 0.001, None, {kind: round(price, 1)})["id"]
        for kind, price in (("stopLossPrice", last * 0.9995), ("takeProfitPrice", last * 1.0005))]

    def woken():
        waits = {it["id"] for it in client.fetch_open_orders(UNIFIED, params={"trigger": True})}
        return [closed(client, order) for order in placed if order not in waits]

    [order, *_] = wait_until(woken, "a stop awake", 4 * EVENT_MAX)
    assert (order["filled"], order["side"]) == (0.001, "sell")
    client.cancel_all_orders(UNIFIED, {"trigger": True})
    assert client.fetch_open_orders(UNIFIED, params={"trigger": True}) == []


def test_a_switch_that_nobody_sets_anew_cancels_what_stands(kucoin):
    account = kucoin.accounts[0]
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    orders = rest.get_spot_service().get_order_api()
    other = point_ccxt_kucoin(kucoin.url, account)
    other.load_markets()
    placed = resting(orders, "switched")
    told = orders.set_dcp(SetDcpReqBuilder().set_timeout(5).set_symbols(SYMBOL).build())
    assert told.trigger_time == told.current_time + 5
    assert (orders.get_dcp().timeout, orders.get_dcp().symbols) == (5, SYMBOL)
    assert other.fetch_order(placed, UNIFIED)["status"] == "open"
    ended = lambda: other.fetch_order(placed, UNIFIED)["status"] == "canceled"
    assert wait_until(ended, "the order cancelled")


def test_the_public_sockets_of_the_sdk_tell_what_requests_tell(kucoin):
    rest, sockets = point_kucoin_sdk(kucoin.url, kucoin.accounts[0])
    heard = {name: queue.Queue() for name in ("tickers", "level1", "level5", "trades", "books")}
    public = sockets.new_spot_public_ws()
    public.start()
    keep = lambda name: lambda topic, subject, data: heard[name].put((topic, data))
    try:
        public.ticker([SYMBOL], keep("tickers"))
        public.orderbook_level1([SYMBOL], keep("level1"))
        public.orderbook_level5([SYMBOL], keep("level5"))
        public.trade([SYMBOL], keep("trades"))
        public.orderbook_increment([SYMBOL], keep("books"))
        topic, ticker = heard["tickers"].get(timeout=EVENT_MAX)
        assert topic == f"/market/ticker:{SYMBOL}"
        assert float(ticker.best_bid) < float(ticker.best_ask)
        _, top = heard["level1"].get(timeout=EVENT_MAX)
        assert float(top.bids[0]) < float(top.asks[0])
        _, five = heard["level5"].get(timeout=EVENT_MAX)
        assert len(five.bids) == len(five.asks) == 5
        # A trade that was heard is among those that are asked for.
        _, trade = heard["trades"].get(timeout=EVENT_MAX)
        client = point_ccxt_kucoin(kucoin.url)
        client.load_markets()
        known = {it["info"]["sequence"] for it in client.fetch_trades(UNIFIED)}
        while trade.sequence not in known:
            _, trade = heard["trades"].get(timeout=EVENT_MAX)
            known |= {it["info"]["sequence"] for it in client.fetch_trades(UNIFIED)}
        # Differences follow one another without a gap.
        _, before = heard["books"].get(timeout=EVENT_MAX)
        for _ in range(5):
            _, change = heard["books"].get(timeout=EVENT_MAX)
            assert change.sequence_start == before.sequence_end + 1
            before = change
    finally:
        public.stop()


def test_wrong_keys_and_stale_stamps_are_refused(kucoin):
    account = kucoin.accounts[0]
    for wrong in ("apiSecret", "passphrase", "apiKey"):
        client = point_ccxt_kucoin(kucoin.url, {**account, wrong: "guessed"})
        with pytest.raises(ccxt.AuthenticationError):
            client.private_get_accounts()
    late = point_ccxt_kucoin(kucoin.url, account)
    late.nonce = lambda: late.milliseconds() - 6_000
    with pytest.raises(ccxt.InvalidNonce):
        late.private_get_accounts()


def test_what_one_places_is_heard_on_the_sockets_of_both_clients(kucoin):
    account = kucoin.accounts[1]
    rest, sockets = point_kucoin_sdk(kucoin.url, account)
    heard = queue.Queue()
    private = sockets.new_spot_private_ws()
    private.start()
    private.order_v2(lambda topic, subject, data: heard.put(data))
    private.account(lambda topic, subject, data: heard.put(data))

    async def run():
        async with pro(kucoin.url, account) as client:
            await client.load_markets()
            watching = asyncio.ensure_future(client.watch_orders(UNIFIED))
            balances = asyncio.ensure_future(client.watch_balance())
            await asyncio.sleep(0)
            rests = point_ccxt_kucoin(kucoin.url, account)
            await asyncio.to_thread(rests.load_markets)
            # Who listens is not told: orders are placed until one is heard.
            placed = set()
            while not watching.done() or not balances.done():
                order = await asyncio.to_thread(
                    rests.create_order, UNIFIED, "limit", "buy", 0.001, 20_000)
                placed.add(order["id"])
                await asyncio.wait({watching, balances}, timeout=1)
            assert {it["id"] for it in watching.result()} <= placed
            assert "USDT" in balances.result()
            await asyncio.to_thread(rests.cancel_all_orders, UNIFIED)
            return placed

    try:
        placed = asyncio.run(asyncio.wait_for(run(), 2 * EVENT_MAX))
        told = heard.get(timeout=EVENT_MAX)
        while getattr(told, "order_id", None) not in placed:
            told = heard.get(timeout=EVENT_MAX)
        assert told.symbol == SYMBOL
    finally:
        private.stop()


@contextlib.asynccontextmanager
async def pro(url, account=None):
    client = point_ccxt_kucoin(url, account, ccxt.pro.kucoin)
    try:
        yield client
    finally:
        await client.close()


def test_the_local_order_book_of_ccxt_follows_and_tickers_come(kucoin):
    async def run():
        async with pro(kucoin.url) as client:
            for _ in range(5):
                book = await asyncio.wait_for(client.watch_order_book(UNIFIED), EVENT_MAX)
                assert book["bids"][0][0] < book["asks"][0][0]
            trades = await asyncio.wait_for(client.watch_trades(UNIFIED), EVENT_MAX)
            assert trades[-1]["symbol"] == UNIFIED
            ticker = await asyncio.wait_for(client.watch_ticker(UNIFIED), EVENT_MAX)
            assert ticker["bid"] < ticker["ask"]

    asyncio.run(run())


def test_a_window_that_is_used_up_is_told_and_refused(kucoin):
    url = f"{kucoin.url}/api/v1/market/allTickers"
    last = requests.get(url, timeout=10)
    assert int(last.headers["gw-ratelimit-limit"]) == 2_000
    for _ in range(2 * 2_000 // 15):
        last = requests.get(url, timeout=10)
        if last.status_code == 429:
            break
    assert last.json()["code"] == "429000"
    assert 0 < int(last.headers["gw-ratelimit-reset"]) <= 30_000
