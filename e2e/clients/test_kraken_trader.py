"""`rialto venues`: all that a trader asks of Kraken with the clients at hand, and what is refused."""

import asyncio
import contextlib
import types

import ccxt
import ccxt.pro
import pytest
from kraken.exceptions import (
    KrakenInvalidArgumentsError,
    KrakenInvalidSignatureError,
    KrakenPermissionDeniedError,
    KrakenUnknownOrderError,
)
from kraken.spot import Earn, Funding

from exchange import Venues, VenueAt, wait_until
from pointing import (
    KrakenTrade,
    KrakenUser,
    point_ccxt_kraken,
    point_kraken_sdk,
)

PAIR, KEY, UNIFIED = "XBTUSD", "XXBTZUSD", "BTC/USD"
# No event of ours takes this long, even on a busy machine.
EVENT_MAX = 30


@pytest.fixture(scope="module")
def kraken(tmp_path_factory):
    """Its Kraken, with agents who trade."""
    log = tmp_path_factory.mktemp("kraken-trader") / "venues.log"
    with Venues(log, "--venues", "kraken", "--seed", 11) as venues:
        venue = VenueAt(venues.venues["kraken"])
        wait_until(lambda: last(venue), "a price")
        yield venue


def last(kraken):
    """The last price; nothing before the first trade."""
    return float(point_kraken_sdk(kraken.url).get_ticker(pair=PAIR)[KEY]["c"][0])


def patiently(ask):
    """The answer, once the key may ask again."""
    def answer():
        with contextlib.suppress(ccxt.DDoSProtection):
            return [ask()]
    return wait_until(answer, "a key that may ask")[0]


def of(user, txid):
    """The order as python-kraken-sdk sees it."""
    return user.get_orders_info(txid=txid)[txid]


def test_what_ccxt_places_edits_and_cancels_the_other_client_sees(kraken):
    trader = kraken.traders[0]
    client = point_ccxt_kraken(kraken.url, trader)
    client.load_markets()
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    rests = client.create_order(UNIFIED, "limit", "buy", 0.001, 20_000, {"postOnly": True})
    seen = of(user, rests["id"])
    assert (seen["status"], seen["vol"], seen["oflags"]) == ("open", "0.00100000", "fciq,post")
    client.edit_order(rests["id"], UNIFIED, "limit", "buy", 0.002, 20_100)
    seen = of(user, rests["id"])
    assert (seen["vol"], seen["descr"]["price"]) == ("0.00200000", "20100.0")
    bought = client.create_order(UNIFIED, "market", "buy", 0.001, None, {"userref": 55})
    assert of(user, bought["id"])["status"] == "closed"
    seen = client.fetch_order(bought["id"], UNIFIED)
    assert (seen["filled"], seen["clientOrderId"]) == (0.001, "55")
    two = client.create_orders([
        {"symbol": UNIFIED, "type": "limit", "side": "buy", "amount": 0.001, "price": price}
        for price in (20_000, 20_001)])
    names = [order["id"] for order in two]
    assert set(names) | {rests["id"]} == set(user.get_open_orders()["open"])
    client.cancel_orders(names, UNIFIED)
    client.cancel_order(rests["id"], UNIFIED)
    assert user.get_open_orders()["open"] == {}
    with pytest.raises(ccxt.InvalidOrder, match="EOrder:Unknown order"):
        client.cancel_order(rests["id"], UNIFIED)
    spent = client.create_market_buy_order_with_cost(UNIFIED, 50)
    seen = of(user, spent["id"])
    assert "viqc" in seen["oflags"] and float(seen["cost"]) == pytest.approx(50, rel=0.01)


def test_what_the_socket_of_ccxt_places_the_other_client_sees_filled(kraken):
    trader = kraken.traders[0]
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)

    async def run():
        client = point_ccxt_kraken(kraken.url, trader, ccxt.pro.kraken)
        try:
            await client.load_markets()
            bought = await client.create_order_ws(UNIFIED, "market", "buy", 0.001)
            seen = await asyncio.to_thread(of, user, bought["id"])
            assert (seen["status"], seen["vol_exec"]) == ("closed", "0.00100000")
            rests = await client.create_order_ws(
                UNIFIED, "limit", "buy", 0.001, 20_000, {"postOnly": True})
            await client.edit_order_ws(rests["id"], UNIFIED, "limit", "buy", 0.002, 20_100)
            seen = await asyncio.to_thread(of, user, rests["id"])
            assert (seen["vol"], seen["descr"]["price"]) == ("0.00200000", "20100.0")
            await client.cancel_order_ws(rests["id"])
            seen = await asyncio.to_thread(of, user, rests["id"])
            assert seen["status"] == "canceled"
            # What is not served is never passed over.
            for asked in ({"reduceOnly": True}, {"trailingAmount": 100},
                          {"stopLoss": {"triggerPrice": 20_000}}):
                with pytest.raises(ccxt.BadRequest):
                    await client.create_order_ws(
                        UNIFIED, "market", "sell", 0.001, None, asked)
            with pytest.raises(ccxt.ExchangeError, match="Post only"):
                await client.create_order_ws(
                    UNIFIED, "limit", "buy", 0.001, round(last(kraken) * 1.05, 1),
                    {"postOnly": True})
        finally:
            await client.close()
    asyncio.run(asyncio.wait_for(run(), 3 * EVENT_MAX))


def test_each_thing_that_an_order_asks_is_told_back(kraken):
    trader = kraken.traders[1]
    trade = point_kraken_sdk(kraken.url, KrakenTrade, trader)
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    limit = {"ordertype": "limit", "side": "buy", "pair": PAIR, "volume": "0.001"}
    placed = trade.create_order(**limit, price="20000")
    assert placed["descr"]["order"] == "buy 0.00100000 XBTUSD @ limit 20000.0"
    [txid] = placed["txid"]
    trade.amend_order(txid=txid, limit_price="20500", order_qty="0.003")
    changed = trade.amend_order(txid=txid, order_qty="0.002")
    told = user.get_order_amends(order_id=txid)
    assert [(it["amend_type"], it["order_qty"], it["limit_price"]) for it in told["amends"]] == [
        ("original", "0.00100000", "20000.0"),
        ("user", "0.00300000", "20500.0"),
        ("user", "0.00200000", "20500.0")]
    assert told["count"] == 3 and told["amends"][-1]["amend_id"] == changed["amend_id"]
    price = last(kraken)
    [below] = trade.create_order(**limit, price="-50%")["txid"]
    assert float(of(user, below)["descr"]["price"]) == pytest.approx(price / 2, rel=0.05)
    iceberg = {**limit, "ordertype": "iceberg", "price": "20000"}
    [part] = trade.create_order(**iceberg, displayvol="0.0001")["txid"]
    assert of(user, part)["descr"]["ordertype"] == "iceberg"
    with pytest.raises(KrakenInvalidArgumentsError):
        trade.create_order(**iceberg)
    assert trade.cancel_order_batch(orders=[txid, below, part]) == {"count": 3}
    market = point_kraken_sdk(kraken.url)
    assert market.get_asset_pairs(pair=PAIR, info="fees")[KEY] == {
        "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "fee_volume_currency": "ZUSD"}
    assert market.get_asset_pairs(pair=PAIR, info="leverage")[KEY] == {
        "leverage_buy": [], "leverage_sell": []}


def test_nonsense_is_refused_and_places_nothing(kraken):
    trade = point_kraken_sdk(kraken.url, KrakenTrade, kraken.traders[1])
    asked = {"ordertype": "limit", "side": "buy", "pair": PAIR, "volume": "0.001",
             "price": "20000"}
    for wrong in (
            {"volume": "-1"}, {"volume": "0"}, {"volume": "1e-3"}, {"volume": "１"},
            {"volume": "NaN"}, {"volume": "9" * 40}, {"price": "0"}, {"price": "+"},
            {"price": "20000.12"}, {"price": "9" * 40}, {"price": "inf"}, {"side": "up"},
            {"ordertype": "trailing-stop"}, {"pair": "NONE"}, {"pair": "héllo"},
            {"cl_ord_id": "much-longer-than-that"}, {"timeinforce": "ever"},
            {"oflags": "fcib"}, {"leverage": 2}, {"close_ordertype": "stop-loss"}):
        with pytest.raises(Exception, match="'error': \\['E(General|Order|Query):"):
            trade.create_order(**{**asked, **wrong})
    user = point_kraken_sdk(kraken.url, KrakenUser, kraken.traders[1])
    assert user.get_open_orders()["open"] == {}
    for name in ("OXXXXX-XXXXX-XXXXXX", "héllo", "' OR 1=1"):
        with pytest.raises(KrakenUnknownOrderError):
            trade.cancel_order(txid=name)


def test_what_no_key_here_may_do_is_refused_as_the_venue_refuses_it(kraken):
    trader = kraken.traders[1]
    user = point_kraken_sdk(kraken.url, KrakenUser, trader)
    funding = point_kraken_sdk(kraken.url, Funding, trader)
    earn = point_kraken_sdk(kraken.url, Earn, trader)
    for ask in (
            lambda: earn.list_earn_strategies(),
            lambda: user.request_export_report(report="trades", description="all"),
            lambda: user.account_transfer(asset="XBT", amount=1, from_="a", to_="b"),
            lambda: funding.cancel_withdraw(asset="XBT", refid="Q"),
            lambda: funding.wallet_transfer("XBT", "Spot Wallet", "Futures Wallet", "1")):
        with pytest.raises(KrakenPermissionDeniedError):
            ask()
    client = point_ccxt_kraken(kraken.url, trader)
    client.load_markets()
    assert patiently(client.fetch_positions) == []


def test_who_signs_wrongly_or_asks_too_often_is_told_so_by_each_client(kraken):
    trader = kraken.traders[0]
    guessed = types.SimpleNamespace(key=trader.key, secret="Z3Vlc3NlZA==")
    with pytest.raises(KrakenInvalidSignatureError):
        point_kraken_sdk(kraken.url, KrakenUser, guessed).get_account_balance()

    async def run():
        client = point_ccxt_kraken(kraken.url, guessed, ccxt.pro.kraken)
        try:
            with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
                await client.watch_balance()
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(run(), 3 * EVENT_MAX))
    client = point_ccxt_kraken(kraken.url, trader)
    client.enableRateLimit = False
    with pytest.raises(ccxt.DDoSProtection):
        for _ in range(60):
            client.private_post_balance()
