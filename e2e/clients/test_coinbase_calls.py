"""`rialto venues`: Coinbase's clients see what the others do; what is not served is said so."""

import asyncio
import time
import uuid

import ccxt
import ccxt.pro
import pytest

from coinbase_client import Apart, Failed
from exchange import request, wait_until
from pointing import point_ccxt
from test_coinbase import (
    API, CALM, EVENT_MAX, PRODUCT, UNIFIED, bearer, coinbase, filled, other_secret, secure)

__all__ = ["coinbase", "secure"]  # Fixtures.
# As far as the scenario sets the clock ahead, in seconds.
SKEW = 150


def trusting(venue, number=0):
    """ccxt as one of the accounts, over TLS."""
    client = point_ccxt(venue.url, venue.traders[number], ccxt.coinbase,
                        validateServerSsl=venue.certificate)
    client.load_markets()
    return client


def test_what_one_client_places_the_connection_of_the_other_sees_filled(secure):
    trader = secure.traders[0]

    async def run(own):
        pro = point_ccxt(secure.url, trader, ccxt.pro.coinbase, cafile=secure.certificate)
        placed, seen = set(), set()

        async def watch():
            while not placed & seen:
                seen.update(order["id"] for order in await pro.watch_orders(UNIFIED)
                            if order["status"] == "closed")

        try:
            await pro.load_markets()
            watching = asyncio.ensure_future(watch())
            # Until the subscription stands, an event may go by.
            async with asyncio.timeout(EVENT_MAX):
                while not watching.done():
                    bought = await asyncio.to_thread(
                        own.market_order_buy, client_order_id="", product_id=PRODUCT,
                        base_size="0.001")
                    placed.add(bought["success_response"]["order_id"])
                    await asyncio.wait([watching], timeout=CALM)
            await watching
            return (placed & seen).pop()
        finally:
            await pro.close()

    with Apart(secure, trader) as own:
        name = asyncio.run(run(own))
        plain = trusting(secure)
        assert plain.fetch_order(name, UNIFIED)["status"] == "closed"
        own.listen(["user", "heartbeats"], [PRODUCT])
        own.heard("user", '"snapshot"')
        placed = plain.create_order(UNIFIED, "market", "buy", 0.001, 70_000)
        own.heard("user", f'"order_id":"{placed["id"]}"')
        order = wait_until(lambda: filled(own, placed["id"]), "the order filled")
        fills = own.get_fills(order_ids=[placed["id"]])["fills"]
        assert order["status"] == "FILLED" and len(fills) == int(order["number_of_fills"])


def test_a_stranger_hears_nothing_of_an_account_over_any_socket(coinbase, secure):
    async def watch():
        stranger = point_ccxt(coinbase.url, coinbase.traders[0], ccxt.pro.coinbase)
        stranger.secret = other_secret()
        try:
            with pytest.raises(ccxt.AuthenticationError):
                await asyncio.wait_for(stranger.watch_orders(UNIFIED), EVENT_MAX)
        finally:
            await stranger.close()

    asyncio.run(watch())
    thief = type(secure.traders[0])(secure, secure.traders[0].key, other_secret())
    with Apart(secure, thief) as own:
        own.listen(["user"], [PRODUCT])
        told = own.heard(None, "authentication failure")
        assert told["type"] == "error"


def test_lists_are_of_what_the_venues_own_client_asks_for(secure):
    with Apart(secure, secure.traders[1]) as client:
        asked = {"product_id": "SOL-USD", "base_size": "1"}
        for price in ("101", "103", "102"):
            client.limit_order_gtc_buy(client_order_id="", limit_price=price, **asked)
        client.market_order_buy(client_order_id="", **asked)
        listed = client.list_orders(
            product_ids=["SOL-USD"], order_types=["LIMIT"], sort_by="LIMIT_PRICE")["orders"]
        prices = [it["order_configuration"]["limit_limit_gtc"]["limit_price"] for it in listed]
        assert prices == ["103", "102", "101"]
        [market] = client.list_orders(product_ids=["SOL-USD"], order_types=["MARKET"])["orders"]
        immediate = client.list_orders(
            product_ids=["SOL-USD"], time_in_forces=["IMMEDIATE_OR_CANCEL"])["orders"]
        assert [it["order_id"] for it in immediate] == [market["order_id"]]
        fills = client.get_fills(order_ids=[market["order_id"]])["fills"]
        named = client.get_fills(trade_ids=[fills[0]["trade_id"]])["fills"]
        assert named == fills[:1]
        client.cancel_orders(order_ids=[it["order_id"] for it in listed])


def test_what_is_not_served_is_refused_in_the_venues_words_and_places_nothing(secure):
    with Apart(secure, secure.traders[1]) as client:
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        order = {"product_id": PRODUCT, "base_size": "0.001", "limit_price": "90000"}
        limit = {"limit_limit_gtc": {"base_size": "0.001", "limit_price": "20000"}}
        bracket = {"trigger_bracket_gtc": {"limit_price": "90000", "stop_trigger_price": "10000"}}
        for method, arguments in [
            ("trigger_bracket_order_gtc_sell", {**order, "stop_trigger_price": "20000"}),
            ("trigger_bracket_order_gtd_sell",
             {**order, "stop_trigger_price": "20000", "end_time": later}),
            ("create_order", {"product_id": PRODUCT, "side": "BUY", "order_configuration": limit,
                              "attached_order_configuration": bracket}),
            ("create_order", {"product_id": PRODUCT, "side": "BUY", "order_configuration": {
                "twap_limit_gtd": {"base_size": "1", "limit_price": "20000",
                                   "start_time": later, "end_time": later}}}),
        ]:
            told = getattr(client, method)(client_order_id="", **arguments)
            assert told["success"] is False
            assert told["error_response"]["error"] == "UNSUPPORTED_ORDER_CONFIGURATION", method
        previewed = client.preview_trigger_bracket_order_gtc_sell(
            **order, stop_trigger_price="20000")
        assert previewed["errs"] == ["PREVIEW_INVALID_ORDER_CONFIG"]
        fine = client.market_order_buy(
            client_order_id="", product_id=PRODUCT, quote_size="50.001")
        assert fine["error_response"]["error"] == "INVALID_SIZE_PRECISION"
        closed = client.close_position(client_order_id="", product_id=PRODUCT)
        assert closed["error_response"]["error"] == "INVALID_PRODUCT_ID"
        assert client.list_orders(product_ids=[PRODUCT], order_status=["OPEN"])["orders"] == []
        assert client.list_payment_methods()["payment_methods"] == []
        with pytest.raises(Failed, match="Unsupported account in this conversion"):
            client.create_convert_quote(from_account="USD", to_account="BTC", amount="1")
        now = int(time.time())
        with pytest.raises(Failed, match="number of candles requested should be less than 350"):
            client.get_candles(product_id=PRODUCT, start=str(now - 360_000), end=str(now),
                               granularity="ONE_MINUTE")


def test_a_portfolio_is_worth_what_is_in_it_and_a_book_is_gathered(secure):
    with Apart(secure, secure.traders[1]) as client:
        [portfolio] = client.get_portfolios()["portfolios"]
        told = client.get_portfolio_breakdown(portfolio_uuid=portfolio["uuid"])["breakdown"]
        held = {it["currency"]: float(it["available_balance"]["value"]) + float(it["hold"]["value"])
                for it in client.get_accounts()["accounts"]}
        positions = {it["asset"]: it for it in told["spot_positions"]}
        assert {asset: it["total_balance_crypto"] for asset, it in positions.items()} == (
            pytest.approx(held))
        total = float(told["portfolio_balances"]["total_balance"]["value"])
        assert total == pytest.approx(sum(it["total_balance_fiat"] for it in positions.values()))
        book = client.get_product_book(
            product_id=PRODUCT, limit=3, aggregation_price_increment="100")["pricebook"]
        for side in ("bids", "asks"):
            prices = [float(level["price"]) for level in book[side]]
            assert prices and all(price % 100 == 0 for price in prices), prices
            assert len(set(prices)) == len(prices) <= 3
        assert float(book["bids"][0]["price"]) < float(book["asks"][0]["price"])


def test_every_client_hears_that_it_asked_too_much(coinbase, secure):
    plain = point_ccxt(coinbase.url, coinbase.traders[0], ccxt.coinbase, enableRateLimit=False)
    with pytest.raises(ccxt.RateLimitExceeded):
        for _ in range(200):
            plain.v3PrivateGetBrokerageKeyPermissions()
    with Apart(secure, secure.traders[0]) as own, pytest.raises(Failed, match="429"):
        for _ in range(400):
            own.get_api_key_permissions()


def test_a_token_is_spent_also_where_the_clock_was_ahead_meanwhile(coinbase):
    client = point_ccxt(coinbase.url, coinbase.traders[0], kind=ccxt.coinbase)
    path = f"{API}/key_permissions"

    def status(headers):
        time.sleep(CALM)
        return request(coinbase.url, "GET", path, headers)[0]

    time.sleep(1)  # Another second than that in which too much was asked.
    spent = bearer(client, "GET", path)
    assert status(spent) == 200
    try:
        assert coinbase.play("clock-skew")[0] == 200
        assert status(spent) == 401, "too old by that clock"
        time.sleep(1)  # What has expired by then would be forgotten.
        ahead = bearer(client, "GET", path, int(time.time()) + SKEW)
        assert status(ahead) == 200
    finally:
        assert coinbase.play("usual")[0] == 200
    assert status(spent) == 401, "replayed"
    assert status(ahead) == 401, "not yet, and spent"
    assert status(bearer(client, "GET", path)) == 200


def test_orders_of_every_kind_that_ccxt_has_are_told_as_they_were_asked(coinbase):
    client = point_ccxt(coinbase.url, coinbase.traders[1], ccxt.coinbase)
    client.secret = coinbase.traders[1].secret
    client.load_markets()
    last = client.fetch_ticker(UNIFIED)["last"]
    low, high = round(last * 0.9, 2), round(last * 1.1, 2)
    ends = client.iso8601(client.milliseconds() + 3_600_000)
    for side, price, params, status, lasting in [
        ("buy", low, {"timeInForce": "IOC"}, "canceled", "IOC"),
        ("buy", low, {"timeInForce": "FOK"}, "canceled", "FOK"),
        ("buy", low, {"timeInForce": "GTD", "end_time": ends}, "open", "GTD"),
        ("sell", low, {"stopLossPrice": round(last * 0.95, 2)}, "open", "GTC"),
        ("sell", high, {"takeProfitPrice": round(last * 1.05, 2)}, "open", "GTC"),
    ]:
        placed = client.create_order(UNIFIED, "limit", side, 0.001, price, params)
        found = client.fetch_order(placed["id"], UNIFIED)
        assert (found["status"], found["timeInForce"]) == (status, lasting), params
        if status == "open":
            client.cancel_order(placed["id"], UNIFIED)
    assert uuid.UUID(placed["id"])
    with pytest.raises(ccxt.ExchangeError, match="BELOW_LAST_TRADE_PRICE"):
        client.create_order(UNIFIED, "limit", "buy", 0.001, high,
                            {"stopLossPrice": round(last * 0.95, 2)})
