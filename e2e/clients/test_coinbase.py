"""`rialto venues`: stock clients of Coinbase Advanced Trade cannot tell it from the venue."""

import asyncio
import http.client
import json
import ssl
import time
import uuid

import ccxt
import ccxt.pro
import pytest

from coinbase_client import Apart, Failed, environment
from exchange import Venues, VenueAt, request, wait_until
from pointing import point_ccxt

PRODUCT, UNIFIED = "BTC-USD", "BTC/USD"
API = "/api/v3/brokerage"
EVENT_MAX = 30
# Asked slowly enough for the rate of an address.
CALM = 0.2


@pytest.fixture(scope="module")
def coinbase(tmp_path_factory):
    """Its Coinbase, with agents who trade."""
    log = tmp_path_factory.mktemp("coinbase") / "venues.log"
    with Venues(log, "--venues", "coinbase", "--seed", 7) as venues:
        yield VenueAt(venues.venues["coinbase"])


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The same by TLS, which Coinbase's own client insists on."""
    if not environment():
        pytest.skip("coinbase-advanced-py: its environment was not made (scripts/prepare-tests)")
    log = tmp_path_factory.mktemp("secure-coinbase") / "venues.log"
    with Venues(log, "--venues", "coinbase", "--seed", 7, "--tls") as venues:
        yield VenueAt(venues.venues["coinbase"])


def point(venue, number=0, kind=ccxt.coinbase, **options):
    """ccxt as one of the accounts."""
    client = point_ccxt(venue.url, venue.traders[number], kind=kind, **options)
    if kind is ccxt.coinbase:
        client.load_markets()
    return client


def closed(client, order):
    """The order, once it is closed."""
    found = client.fetch_order(order, UNIFIED)
    return found if found["status"] == "closed" else None


def test_markets_books_and_candles_are_read_by_ccxt(coinbase):
    public = point_ccxt(coinbase.url, kind=ccxt.coinbase)
    public.load_markets()
    market = public.market(UNIFIED)
    assert market["precision"]["price"] == 0.01 and market["limits"]["cost"]["min"] == 1
    assert "ETH/USDC" in public.symbols and public.currencies["USD"]["type"] == "fiat"
    book = public.fetch_order_book(UNIFIED, 20)
    assert len(book["bids"]) > 5 and book["bids"][0][0] < book["asks"][0][0]
    trades = wait_until(lambda: public.fetch_trades(UNIFIED, limit=10), "a trade")
    assert trades and {trade["side"] for trade in trades} <= {"buy", "sell"}
    assert public.fetch_ohlcv(UNIFIED, "1m", limit=5)
    assert abs(public.fetch_time() - time.time() * 1000) < 5_000


def test_what_one_client_places_another_sees_filled(coinbase):
    mine, other = point(coinbase), point(coinbase)
    before = mine.fetch_balance()["BTC"]["total"]
    ask = mine.fetch_order_book(UNIFIED, 1)["asks"][0][0]
    placed = mine.create_order(UNIFIED, "limit", "buy", 0.001, round(ask * 1.01, 2))
    order = wait_until(lambda: closed(other, placed["id"]), "the order filled")
    assert (order["filled"], order["amount"]) == (0.001, 0.001)
    fills = [it for it in other.fetch_my_trades(UNIFIED) if it["order"] == order["id"]]
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.001)
    assert {fill["fee"]["currency"] for fill in fills} == {"USD"}
    fee = sum(fill["fee"]["cost"] for fill in fills)
    assert fee == pytest.approx(order["cost"] * 0.012, rel=1e-6)
    assert other.fetch_balance()["BTC"]["total"] == pytest.approx(before + 0.001)


def test_orders_rest_are_found_and_are_cancelled(coinbase):
    client = point(coinbase, 0)
    placed = client.create_order(UNIFIED, "limit", "buy", 0.01, 20_000, {"postOnly": True})
    found = client.fetch_order(placed["id"], UNIFIED)
    assert found["status"] == "open" and found["postOnly"] is True
    assert found["clientOrderId"].startswith("ccxt-")
    assert placed["id"] in [order["id"] for order in client.fetch_open_orders(UNIFIED)]
    assert client.fetch_balance({"v3": True})["USD"]["used"] > 0
    client.cancel_order(placed["id"], UNIFIED)
    assert client.fetch_order(placed["id"], UNIFIED)["status"] == "canceled"
    with pytest.raises(ccxt.BadRequest):
        client.cancel_order(placed["id"], UNIFIED)
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(UNIFIED, "limit", "buy", 300, 30_000)
    with pytest.raises(ccxt.ExchangeError):
        client.fetch_order(str(uuid.uuid4()), UNIFIED)


def test_what_an_account_began_with_is_told_as_deposits(coinbase):
    client = point(coinbase, 0)
    [told] = client.fetch_deposits("BTC", params={"currencyType": "crypto"})
    assert (told["amount"], told["currency"], told["status"]) == (20, "BTC", "ok")
    [told] = client.fetch_deposits("USD")
    assert told["currency"] == "USD" and told["amount"] > 0
    assert client.fetch_withdrawals("USD") == []


def test_a_name_given_twice_is_one_order(coinbase):
    client = point(coinbase, 0)
    name = f"once-{uuid.uuid4()}"
    first = client.create_order(UNIFIED, "limit", "buy", 0.01, 20_000, {"client_order_id": name})
    again = client.create_order(UNIFIED, "limit", "buy", 0.01, 20_000, {"client_order_id": name})
    assert first["id"] == again["id"] and first["clientOrderId"] == name
    client.cancel_order(first["id"], UNIFIED)


def test_private_and_public_sockets_tell_ccxt_pro(coinbase):
    async def script():
        client = point_ccxt(coinbase.url, coinbase.traders[0], kind=ccxt.pro.coinbase)
        try:
            await client.load_markets()
            async def until(what, condition):
                async def waiting():
                    while True:
                        told = await what()
                        if condition(told):
                            return told
                return await asyncio.wait_for(waiting(), EVENT_MAX)

            book = await asyncio.wait_for(client.watch_order_book(UNIFIED), EVENT_MAX)
            assert book["bids"][0][0] < book["asks"][0][0]
            assert await asyncio.wait_for(client.watch_trades(UNIFIED), EVENT_MAX)
            ticker = await asyncio.wait_for(client.watch_ticker(UNIFIED), EVENT_MAX)
            assert ticker["bid"] < ticker["ask"]
            watching = asyncio.ensure_future(until(
                lambda: client.watch_orders(UNIFIED),
                lambda orders: any(it["status"] == "closed" for it in orders)))
            await asyncio.sleep(1)
            ask = (await client.fetch_order_book(UNIFIED, 1))["asks"][0][0]
            placed = await client.create_order(
                UNIFIED, "limit", "buy", 0.002, round(ask * 1.01, 2))
            orders = await watching
            assert placed["id"] in [it["id"] for it in orders]
        finally:
            await client.close()

    asyncio.run(script())


def bearer(client, method, path, seconds=None):
    """The header that ccxt makes for a request."""
    seconds = seconds or int(time.time())
    url = client.urls["api"]["rest"] + path
    return {"Authorization": f"Bearer {client.create_auth_token(seconds, method, url)}"}


def test_tokens_are_good_once_for_their_request_and_while_they_last(coinbase):
    client = point_ccxt(coinbase.url, coinbase.traders[0], kind=ccxt.coinbase)
    path = f"{API}/key_permissions"

    def status(headers, asked=path):
        time.sleep(CALM)
        return request(coinbase.url, "GET", asked, headers)

    good = bearer(client, "GET", path)
    assert status(good)[1]["can_trade"] is True
    assert status(good)[:2] == (401, "Unauthorized\n"), "replayed"
    now = int(time.time())
    for headers in (
            bearer(client, "GET", path, now - 121),
            bearer(client, "GET", path, now + 60),
            bearer(client, "POST", path),
            bearer(client, "GET", f"{API}/accounts"),
            {"Authorization": bearer(client, "GET", path)["Authorization"][:-6] + "AAAAAA"},
            {"Authorization": "Bearer a.b.c"},
            {}):
        assert status(headers)[0] == 401, headers
    stranger = point_ccxt(coinbase.url, coinbase.traders[0], kind=ccxt.coinbase)
    stranger.secret = other_secret()
    with pytest.raises(ccxt.AuthenticationError):
        stranger.fetch_balance()
    # Another algorithm, with the name of the key.
    stranger.secret = coinbase.traders[1].secret
    assert status(bearer_eddsa(stranger, path))[0] == 401


def other_secret():
    """A private key that nobody gave the account."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption()).decode()


def bearer_eddsa(client, path):
    """The header that ccxt makes for a request with a key of Ed25519."""
    url = client.urls["api"]["rest"] + path
    token = client.create_auth_token(int(time.time()), "GET", url, True)
    return {"Authorization": f"Bearer {token}"}


def test_a_key_of_ed25519_signs_as_well(coinbase):
    trader = coinbase.traders[1]
    client = point_ccxt(coinbase.url, trader, kind=ccxt.coinbase)
    time.sleep(CALM)
    status, body, _ = request(
        coinbase.url, "GET", f"{API}/accounts", bearer_eddsa(client, f"{API}/accounts"))
    assert status == 200 and len(body["accounts"]) == 8


def test_whoever_asks_too_much_is_told_so(coinbase):
    answers = [request(coinbase.url, "GET", f"{API}/time") for _ in range(40)]
    statuses = {answer[0] for answer in answers}
    assert statuses == {200, 429}
    refused = next(answer for answer in answers if answer[0] == 429)
    assert refused[1]["error"] == "rate_limit_exceeded"
    assert refused[2]["x-ratelimit-limit"] == "10"
    assert refused[2]["x-ratelimit-remaining"] == "0"
    # The next second is another.
    time.sleep(1.1)
    assert request(coinbase.url, "GET", f"{API}/time")[0] == 200


def test_the_venues_own_client_trades(secure):
    with Apart(secure, secure.traders[0]) as mine, Apart(secure, secure.traders[0]) as other:
        assert mine.get_product(product_id=PRODUCT)["quote_currency_id"] == "USD"
        products = mine.get_public_products()
        assert products["num_products"] == len(products["products"]) >= 8
        book = mine.get_product_book(product_id=PRODUCT, limit=1)["pricebook"]
        ask = float(book["asks"][0]["price"])
        assert mine.get_best_bid_ask(product_ids=[PRODUCT])["pricebooks"][0]["bids"]
        assert traded(mine)
        assert mine.get_candles(product_id=PRODUCT, start=str(int(time.time()) - 600),
                                end=str(int(time.time())), granularity="ONE_MINUTE")["candles"]
        assert mine.get_api_key_permissions()["can_trade"] is True
        assert mine.get_transaction_summary()["fee_tier"]["taker_fee_rate"] == "0.012"
        assert mine.get_portfolios()["portfolios"][0]["type"] == "DEFAULT"
        other.listen(["user", "heartbeats"], [PRODUCT])
        other.heard("subscriptions", "user")
        placed = mine.limit_order_gtc_buy(client_order_id="", product_id=PRODUCT,
                                          base_size="0.001", limit_price=f"{ask * 1.01:.2f}")
        assert placed["success"] is True
        name = placed["success_response"]["order_id"]
        told = other.heard("user", f'"order_id":"{name}"')
        assert told["events"][0]["orders"][0]["order_id"] == name
        other.heard("user", '"status":"FILLED"')
        order = wait_until(lambda: filled(other, name), "the order filled")
        assert order["filled_size"] == "0.001"
        fills = other.get_fills(order_ids=[name])["fills"]
        assert {fill["liquidity_indicator"] for fill in fills} == {"TAKER"}
        by_quote = mine.market_order_buy(
            client_order_id=str(uuid.uuid4()), product_id=PRODUCT, quote_size="100")
        order = mine.get_order(order_id=by_quote["success_response"]["order_id"])["order"]
        assert order["status"] == "FILLED" and 0 < float(order["filled_value"]) <= 100


def traded(client):
    """The latest trades, once there are some. It asks slowly enough for the rate of a key."""
    def latest():
        time.sleep(CALM)
        return client.get_market_trades(product_id=PRODUCT, limit=5)["trades"]
    return wait_until(latest, "a trade")


def filled(client, name):
    """The order, once it is filled."""
    order = client.get_order(order_id=name)["order"]
    return order if order["status"] == "FILLED" else None


def test_the_venues_own_client_cancels_and_is_refused(secure):
    with Apart(secure, secure.traders[1]) as client:
        accounts = client.get_accounts()["accounts"]
        assert {it["currency"]: it["available_balance"]["value"] for it in accounts}["ETH"] == "300"
        asked = {"product_id": "ETH-USD", "base_size": "0.5", "limit_price": "1500"}
        placed = client.limit_order_gtc_buy(client_order_id="mine", post_only=True, **asked)
        name = placed["success_response"]["order_id"]
        again = client.limit_order_gtc_buy(client_order_id="mine", post_only=True, **asked)
        assert again["success_response"]["order_id"] == name
        assert client.list_orders(order_status=["OPEN"])["orders"][0]["client_order_id"] == "mine"
        results = client.cancel_orders(order_ids=[name, str(uuid.uuid4())])["results"]
        assert [it["success"] for it in results] == [True, False]
        assert results[1]["failure_reason"] == "UNKNOWN_CANCEL_ORDER"
        assert client.get_order(order_id=name)["order"]["status"] == "CANCELLED"
        book = client.get_product_book(product_id="ETH-USD", limit=1)["pricebook"]
        crossing = f'{float(book["asks"][0]["price"]) * 1.1:.2f}'
        for arguments, error in (
                ({"base_size": "5000", "limit_price": "1500"}, "INSUFFICIENT_FUND"),
                ({"base_size": "0.123456789", "limit_price": "1500"}, "INVALID_SIZE_PRECISION"),
                ({"base_size": "0.5", "limit_price": "1500.001"}, "INVALID_PRICE_PRECISION"),
                ({"base_size": "0.5", "limit_price": crossing, "post_only": True},
                 "INVALID_LIMIT_PRICE_POST_ONLY")):
            refused = client.limit_order_gtc_buy(
                client_order_id="", product_id="ETH-USD", **arguments)
            assert refused["success"] is False
            assert refused["error_response"]["error"] == error, arguments
        with pytest.raises(Failed, match="404"):
            client.get_order(order_id=str(uuid.uuid4()))


def test_an_order_that_one_client_edits_is_the_same_to_the_other(secure):
    with Apart(secure, secure.traders[1]) as client, Apart(secure, secure.traders[1]) as other:
        asked = {"product_id": "ETH-USD", "base_size": "0.5", "limit_price": "1500"}
        preview = client.preview_limit_order_gtc_buy(**asked)
        assert (preview["quote_size"], preview["errs"]) == ("750", [])
        placed = client.limit_order_gtc_buy(client_order_id="to-edit", **asked)
        name = placed["success_response"]["order_id"]
        looked = client.preview_edit_order(order_id=name, size="0.4", price="1510")
        assert (looked["errors"], looked["quote_size"]) == ([], "604")
        edited = client.edit_order(order_id=name, size="0.4", price="1510")
        assert edited["success"] is True
        order = other.get_order(order_id=name)["order"]
        terms = order["order_configuration"]["limit_limit_gtc"]
        assert (terms["base_size"], terms["limit_price"]) == ("0.4", "1510")
        assert (order["status"], order["client_order_id"]) == ("OPEN", "to-edit")
        book = client.get_product_book(product_id="ETH-USD", limit=1)["pricebook"]
        crossing = f'{float(book["asks"][0]["price"]) * 1.01:.2f}'
        assert client.edit_order(order_id=name, size="0.4", price=crossing)["success"] is True
        order = wait_until(lambda: filled(other, name), "the order filled")
        assert order["filled_size"] == "0.4"
        again = client.edit_order(order_id=name, size="0.4", price="1510")
        reason = again["errors"][0]["edit_failure_reason"]
        assert (again["success"], reason) == (False, "ONLY_OPEN_ORDERS_CAN_BE_EDITED")


def test_every_channel_tells_the_venues_own_client(secure):
    with Apart(secure, secure.traders[0]) as client:
        channels = ["level2", "market_trades", "ticker", "candles", "status", "heartbeats"]
        client.listen(channels, [PRODUCT])
        sides = {it["side"] for it in client.heard("l2_data", "snapshot")["events"][0]["updates"]}
        assert sides == {"bid", "offer"}
        for channel in ("l2_data", "market_trades", "ticker", "candles"):
            assert client.heard(channel, '"update"')["events"], channel
        assert client.heard("heartbeats")["events"][0]["heartbeat_counter"] >= 1


def test_a_stranger_hears_nothing_of_an_account(secure):
    stranger = type(secure.traders[0])(secure, secure.traders[0].key, other_secret())
    with Apart(secure, stranger) as client, pytest.raises(Failed, match="401"):
        client.get_accounts()


def test_plain_requests_are_no_answer_over_tls(secure):
    host = secure.url.split("//")[1]
    trust = ssl.create_default_context(cafile=secure.certificate)
    connection = http.client.HTTPSConnection(host, timeout=30, context=trust)
    connection.request("GET", f"{API}/time")
    answer = connection.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["epochSeconds"]
    connection.close()
