"""`rialto venues`: all that a trader asks of KuCoin with the clients at hand, and what is refused."""

import asyncio
import contextlib
import queue

import ccxt
import ccxt.pro
import pytest
from kucoin_universal_sdk.generate.account.account import (
    GetSpotHfLedgerReqBuilder,
    GetSpotLedgerReqBuilder,
)
from kucoin_universal_sdk.generate.account.withdrawal import WithdrawalV3ReqBuilder
from kucoin_universal_sdk.generate.margin.order import AddOrderReqBuilder as MarginOrderBuilder
from kucoin_universal_sdk.generate.spot.order import (
    AddOcoOrderReqBuilder,
    AddOrderReqBuilder,
    AddOrderSyncReqBuilder,
    BatchAddOrdersOldOrderListBuilder,
    BatchAddOrdersOldReqBuilder,
    CancelOrderByOrderIdReqBuilder,
    GetTradeHistoryReqBuilder,
)
from kucoin_universal_sdk.model.common import RestError

from exchange import Venues, wait_until
from kucoin_client import point_ccxt_kucoin, point_kucoin_sdk
from test_kucoin import EVENT_MAX, SYMBOL, UNIFIED, KucoinAt


@pytest.fixture(scope="module")
def kucoin(tmp_path_factory):
    """Its KuCoin, with agents who trade."""
    log = tmp_path_factory.mktemp("kucoin-trader") / "venues.log"
    with Venues(log, "--venues", "kucoin", "--seed", 11) as venues:
        venue = KucoinAt(venues.venues["kucoin"])
        public = point_ccxt_kucoin(venue.url)
        public.load_markets()
        wait_until(lambda: public.fetch_ticker(UNIFIED)["last"], "a price")
        yield venue


def spot(kucoin, account):
    """The SDK's orders, and its accounts."""
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    return (rest.get_spot_service().get_order_api(),
            rest.get_account_service().get_account_api())


@contextlib.asynccontextmanager
async def pro(url, account):
    client = point_ccxt_kucoin(url, account, ccxt.pro.kucoin)
    try:
        yield client
    finally:
        await client.close()


def test_what_an_account_has_done_is_in_its_ledgers(kucoin):
    account = kucoin.accounts[0]
    orders, accounts = spot(kucoin, account)
    client = point_ccxt_kucoin(kucoin.url, account)
    client.load_markets()
    before = client.fetch_balance()["USDT"]["total"]
    asked = AddOrderSyncReqBuilder().set_symbol(SYMBOL).set_side("buy").set_type("market")
    bought = orders.add_order_sync(asked.set_size("0.002").build())
    fills = orders.get_trade_history(
        GetTradeHistoryReqBuilder().set_symbol(SYMBOL).set_order_id(bought.order_id).build()).items
    assert sum(float(fill.size) for fill in fills) == pytest.approx(0.002)
    after = client.fetch_balance()["USDT"]["total"]
    rows = accounts.get_spot_hf_ledger(
        GetSpotHfLedgerReqBuilder().set_currency("USDT").build()).data
    assert (rows[0].biz_type, rows[0].direction.value) == ("TRADE_EXCHANGE", "out")
    assert float(rows[0].balance) == after
    spent = sum(float(row.amount) for row in rows if bought.order_id in row.context)
    assert spent == pytest.approx(before - after)
    assert (rows[-1].biz_type, float(rows[-1].amount)) == ("DEPOSIT", 1_000_000)
    paged = accounts.get_spot_ledger(
        GetSpotLedgerReqBuilder().set_currency("USDT").set_page_size(10).build())
    assert [row.id for row in paged.items] == [row.id for row in rows][:10]
    entries = client.fetch_ledger("USDT")
    assert entries[-1]["after"] == after
    assert {entry["referenceId"] for entry in entries} >= {str(fill.trade_id) for fill in fills}


def test_several_orders_of_older_clients_are_placed_and_found_by_both(kucoin):
    account = kucoin.accounts[1]
    orders, _ = spot(kucoin, account)
    one = lambda name, price: (
        BatchAddOrdersOldOrderListBuilder().set_client_oid(name).set_symbol(SYMBOL)
        .set_side("buy").set_type("limit").set_price(price).set_size("0.001").build())
    asked = BatchAddOrdersOldReqBuilder().set_symbol(SYMBOL)
    orders.batch_add_orders_old(
        asked.set_order_list([one("many-1", "20000"), one("many-2", "20000.001")]).build())
    client = point_ccxt_kucoin(kucoin.url, account, options={
        "hf": False, "fetchMarkets": {"types": ["spot"]}})
    client.load_markets()
    placed = client.create_orders([
        {"symbol": UNIFIED, "type": "limit", "side": "buy", "amount": 0.001, "price": price}
        for price in (20_001, 20_002)])
    standing = {it["id"]: it for it in client.fetch_open_orders(UNIFIED)}
    assert {it["id"] for it in placed} < set(standing) and len(standing) == 3
    assert "many-1" in {it["clientOrderId"] for it in standing.values()}
    orders.cancel_order_by_order_id(
        CancelOrderByOrderIdReqBuilder().set_order_id(placed[0]["id"]).set_symbol(SYMBOL).build())
    assert client.fetch_order(placed[0]["id"])["status"] == "canceled"
    client.cancel_all_orders(UNIFIED)
    assert client.fetch_open_orders(UNIFIED) == []


def test_stop_orders_and_fills_are_heard_on_the_sockets_of_both(kucoin):
    account = kucoin.accounts[0]
    orders, _ = spot(kucoin, account)
    _, sockets = point_kucoin_sdk(kucoin.url, account)
    heard = queue.Queue()
    private = sockets.new_spot_private_ws()
    private.start()
    private.stop_order(lambda topic, subject, data: heard.put((subject, data)))
    rests = point_ccxt_kucoin(kucoin.url, account)
    rests.load_markets()

    async def run():
        async with pro(kucoin.url, account) as client:
            await client.load_markets()
            stops = asyncio.ensure_future(client.watch_orders(UNIFIED, params={"trigger": True}))
            fills = asyncio.ensure_future(client.watch_my_trades(UNIFIED))
            await asyncio.sleep(0)
            placed, bought = set(), set()
            asked = AddOrderReqBuilder().set_symbol(SYMBOL).set_side("buy").set_type("market")
            # Who listens is not told: orders are placed until one is heard.
            while not stops.done() or not fills.done():
                order = await asyncio.to_thread(
                    rests.create_order, UNIFIED, "market", "sell", 0.001, None,
                    {"stopLossPrice": 20_000})
                placed.add(order["id"])
                bought.add((await asyncio.to_thread(
                    orders.add_order, asked.set_size("0.001").build())).order_id)
                await asyncio.wait({stops, fills}, timeout=1)
            assert {it["order"] for it in fills.result()} <= bought
            [told, *_] = stops.result()
            assert told["id"] in placed and told["triggerPrice"] == 20_000
            await asyncio.to_thread(rests.cancel_all_orders, UNIFIED, {"trigger": True})
            return placed

    try:
        placed = asyncio.run(asyncio.wait_for(run(), 3 * EVENT_MAX))
        subject, told = heard.get(timeout=EVENT_MAX)
        assert (subject, told.order_id in placed, told.stop.value) == ("stopOrder", True, "loss")
        while told.type.value != "cancel":
            _, told = heard.get(timeout=EVENT_MAX)
    finally:
        private.stop()


def test_what_is_beyond_spot_is_refused_in_the_words_of_the_venue(kucoin):
    account = kucoin.accounts[1]
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    client = point_ccxt_kucoin(kucoin.url, account)
    client.load_markets()
    asked = MarginOrderBuilder().set_client_oid("m").set_symbol(SYMBOL).set_side("buy")
    asked = asked.set_type("limit").set_price("20000").set_size("0.001").build()
    money = WithdrawalV3ReqBuilder().set_currency("BTC").set_to_address("bc1q").set_amount("1")
    money = money.set_withdraw_type("ADDRESS").build()
    for ask in (
            lambda: rest.get_margin_service().get_order_api().add_order(asked),
            lambda: rest.get_account_service().get_withdrawal_api().withdrawal_v3(money)):
        with pytest.raises(RestError, match="400007"):
            ask()
    for ask in (
            lambda: client.create_order(
                UNIFIED, "limit", "buy", 0.001, 20_000, {"marginMode": "cross"}),
            lambda: client.transfer("BTC", 1, "main", "trade"),
            lambda: client.withdraw("BTC", 1, "bc1qxxxxxxxxxxxxxxxxxxxxxxxxxx"),
            client.fetch_positions):
        with pytest.raises(ccxt.AuthenticationError, match="require more permission"):
            ask()
    with pytest.raises(ccxt.InvalidAddress):
        client.fetch_deposit_address("BTC")
    btc = client.fetch_currencies()["BTC"]
    assert (btc["type"], btc["deposit"], btc["withdraw"]) == ("crypto", False, False)
    oco = AddOcoOrderReqBuilder().set_client_oid("o").set_symbol(SYMBOL).set_side("sell")
    oco = oco.set_price("90000").set_size("0.001").set_stop_price("20000").set_limit_price("19000")
    with pytest.raises(RestError, match="oco is not supported"):
        rest.get_spot_service().get_order_api().add_oco_order(oco.build())


def test_nonsense_is_refused_and_places_nothing(kucoin):
    account = kucoin.accounts[1]
    client = point_ccxt_kucoin(kucoin.url, account)
    client.load_markets()
    asked = {"clientOid": "odd", "symbol": SYMBOL, "side": "buy", "type": "limit",
             "price": "20000", "size": "0.001"}
    for wrong in (
            {"size": "-1"}, {"size": "0"}, {"size": "NaN"}, {"size": "１"}, {"size": "9" * 60},
            {"size": "0.000000001"}, {"price": "0"}, {"price": "20000.12"}, {"price": [1]},
            {"price": "9" * 60}, {"price": None}, {"side": "up"}, {"type": "odd"},
            {"symbol": "NONE-USDT"}, {"symbol": "héllo"}, {"symbol": None},
            {"clientOid": "x" * 200}, {"clientOid": "héllo"}, {"timeInForce": "EVER"},
            {"timeInForce": "GTT"}, {"timeInForce": "GTT", "cancelAfter": -1}, {"stp": "XX"},
            {"iceberg": True}, {"hidden": True}, {"type": "market", "size": None},
            {"type": "market", "funds": "5"}):
        for path in (client.private_post_hf_orders, client.private_post_orders):
            with pytest.raises(ccxt.ExchangeError) as refused:
                path({**asked, **wrong})
            assert not isinstance(refused.value, ccxt.ExchangeNotAvailable), wrong
    assert client.fetch_open_orders(UNIFIED) == []
    for query in ({"pageSize": 501}, {"pageSize": "x"}, {"currentPage": -1}):
        with pytest.raises(ccxt.BadRequest):
            client.private_get_accounts_ledgers(query)
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("héllo", UNIFIED)


def test_who_signs_wrongly_or_asks_too_often_is_told_so_by_each_client(kucoin):
    account = kucoin.accounts[0]
    guessed = {**account, "apiSecret": "guessed"}
    rest, _ = point_kucoin_sdk(kucoin.url, guessed)
    with pytest.raises(RestError, match="40000[45]"):
        rest.get_account_service().get_account_api().get_apikey_info()

    async def run():
        async with pro(kucoin.url, guessed) as client:
            with pytest.raises(ccxt.AuthenticationError):
                await client.watch_balance()

    asyncio.run(asyncio.wait_for(run(), EVENT_MAX))
    client = point_ccxt_kucoin(kucoin.url, account)
    client.enableRateLimit = False
    # Each costs 20 of 2,000.
    with pytest.raises(ccxt.RateLimitExceeded):
        for _ in range(2 * 2_000 // 20):
            client.private_get_user_api_key()
    rest, _ = point_kucoin_sdk(kucoin.url, account)
    with pytest.raises(RestError, match="429000"):
        for _ in range(2 * 2_000 // 20):
            rest.get_account_service().get_account_api().get_apikey_info()
