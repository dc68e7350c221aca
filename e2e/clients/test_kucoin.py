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
    CancelOrderByOrderIdReqBuilder,
    GetOrderByOrderIdReqBuilder,
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
