"""`rialto venues`: each of Binance's clients sees what each of the others does, and what is over."""

import asyncio
import contextlib
import time
import uuid

import ccxt
import ccxt.pro
import pytest
from binance import DepthCacheManager
from binance.exceptions import BinanceAPIException
from binance_common import errors

from exchange import Venues, VenueAt, now_ms, request
from pointing import (
    point_ccxt, point_python_binance, point_python_binance_sockets, point_sdk)

SYMBOL, UNIFIED = "BTCUSDT", "BTC/USDT"
EVENT_MAX = 30
ORDER = "/api/v3/order"
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
         "quantity": "0.001", "price": "20000"}
# Further from now than a request may be stamped, as the scenario sets the clock.
SKEW_MS = 150_000


@pytest.fixture(scope="module")
def binance(tmp_path_factory):
    """Its Binance, with agents who trade."""
    log = tmp_path_factory.mktemp("calls") / "venues.log"
    with Venues(log, "--venues", "binance", "--seed", 5) as venues:
        yield VenueAt(venues.venues["binance"])


@pytest.fixture(scope="module")
def exhausted(tmp_path_factory):
    """Another, which bans who asks too much."""
    log = tmp_path_factory.mktemp("exhausted") / "venues.log"
    with Venues(log, "--venues", "binance", "--seed", 5) as venues:
        yield VenueAt(venues.venues["binance"])


async def filled_of_ccxt(client, names):
    """What ccxt.pro tells of these names, until all are filled."""
    while names:
        for order in await client.watch_orders(UNIFIED):
            if order["status"] == "closed":
                names.discard(order["clientOrderId"])


async def filled_of_python_binance(user, names):
    """What python-binance tells of them."""
    while names:
        event = await user.recv()
        if event["e"] == "executionReport" and event["X"] == "FILLED":
            names.discard(event["c"])


async def filled_of_sdk(events, names):
    """What Binance's own client tells of them, as its models read it."""
    while names:
        told = (await events.get()).actual_instance
        if getattr(told, "X", None) == "FILLED":
            names.discard(told.c)


def test_what_any_client_places_the_connection_of_any_other_sees_filled(binance):
    trader = binance.traders[0]
    names = {way: f"{way}-{uuid.uuid4().hex[:12]}"
             for way in ("ccxt", "pro", "python", "python-ws", "sdk", "sdk-ws")}

    async def run():
        async with contextlib.AsyncExitStack() as stack:
            pro = point_ccxt(binance.url, trader, ccxt.pro.binance)
            stack.push_async_callback(pro.close)
            await pro.load_markets()
            client, manager = await point_python_binance_sockets(binance.url, trader)
            stack.push_async_callback(client.close_connection)
            sdk = point_sdk(binance.url, trader)
            api = await sdk.websocket_api.create_connection()
            stack.push_async_callback(api.close_connection, close_session=True)
            user = await stack.enter_async_context(manager.user_socket())
            events = asyncio.Queue()
            subscribed = await api.user_data_stream_subscribe_signature()
            subscribed.stream.on("message", events.put_nowait)
            watched = [asyncio.ensure_future(watch) for watch in (
                filled_of_ccxt(pro, set(names.values())),
                filled_of_python_binance(user, set(names.values())),
                filled_of_sdk(events, set(names.values())))]
            # On the same socket as the subscription: it stands when this is answered.
            await pro.fetch_balance_ws()
            market = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET"}
            plain = point_ccxt(binance.url, trader)
            await asyncio.to_thread(
                plain.create_order, UNIFIED, "market", "buy", 0.001, None,
                {"clientOrderId": names["ccxt"]})
            await pro.create_order_ws(
                UNIFIED, "market", "buy", 0.001, None, {"newClientOrderId": names["pro"]})
            await asyncio.to_thread(
                point_python_binance(binance.url, trader).create_order, **market,
                quantity="0.001", newClientOrderId=names["python"])
            await client.ws_create_order(
                **market, quantity="0.001", newClientOrderId=names["python-ws"])
            await asyncio.to_thread(
                sdk.rest_api.new_order, **market, quantity=0.001,
                new_client_order_id=names["sdk"])
            await api.order_place(**market, quantity=0.001, new_client_order_id=names["sdk-ws"])
            await asyncio.wait_for(asyncio.gather(*watched), EVENT_MAX)

    asyncio.run(run())
    # And by all that are asked: each order once, with its fills.
    rows = point_sdk(binance.url, trader).rest_api.all_orders(symbol=SYMBOL).data()
    assert {row.client_order_id for row in rows} >= set(names.values())
    ids = {str(row.order_id) for row in rows if row.client_order_id in names.values()}
    client = point_ccxt(binance.url, trader)
    assert ids <= {fill["order"] for fill in client.fetch_my_trades(UNIFIED)}
    client = point_python_binance(binance.url, trader)
    assert ids <= {str(fill["orderId"]) for fill in client.get_my_trades(symbol=SYMBOL)}


def test_a_wrong_signature_is_refused_to_every_client_and_on_every_road(binance):
    thief = type(binance.traders[0])(binance, binance.traders[0].key, "x" * 64)
    with pytest.raises(ccxt.AuthenticationError):
        point_ccxt(binance.url, thief).fetch_balance()
    with pytest.raises(BinanceAPIException, match="-1022"):
        point_python_binance(binance.url, thief).get_account()
    sdk = point_sdk(binance.url, thief)
    with pytest.raises(errors.BadRequestError, match="-1022"):
        sdk.rest_api.get_account()

    async def run():
        pro = point_ccxt(binance.url, thief, ccxt.pro.binance)
        try:
            with pytest.raises(ccxt.AuthenticationError):
                await asyncio.wait_for(pro.watch_orders(UNIFIED), EVENT_MAX)
            with pytest.raises(ccxt.AuthenticationError):
                await asyncio.wait_for(pro.fetch_balance_ws(), EVENT_MAX)
        finally:
            await pro.close()
        client, manager = await point_python_binance_sockets(binance.url, thief)
        try:
            with pytest.raises(BinanceAPIException, match="-1022"):
                await client.ws_get_account()
            with pytest.raises(BinanceAPIException, match="-1022"):
                async with manager.user_socket():
                    pass
        finally:
            await client.close_connection()
        api = await sdk.websocket_api.create_connection()
        try:
            told = await api.account_status()
            assert told.data()["error"]["code"] == -1022
        finally:
            await api.close_connection(close_session=True)

    asyncio.run(run())


def test_the_depth_cache_of_python_binance_follows_the_book(binance):
    async def run():
        client, _ = await point_python_binance_sockets(binance.url)
        try:
            async with DepthCacheManager(client, symbol=SYMBOL) as cache:
                for _ in range(5):
                    book = await asyncio.wait_for(cache.recv(), EVENT_MAX)
                    bids, asks = book.get_bids(), book.get_asks()
                    assert bids[0][0] < asks[0][0] and len(bids) > 5
        finally:
            await client.close_connection()

    asyncio.run(run())


OTO = {"symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": 20000,
       "working_quantity": 0.001, "working_time_in_force": "GTC", "pending_side": "SELL"}
NOT_HERE = [
    ("order_list_oto", "order_list_place_oto", -2010,
     {**OTO, "pending_type": "MARKET", "pending_quantity": 0.001}),
    ("order_list_otoco", "order_list_place_otoco", -2010,
     {**OTO, "pending_quantity": 0.001, "pending_above_type": "LIMIT_MAKER",
      "pending_above_price": 90000}),
    ("order_list_opo", "order_list_place_opo", -2010, {**OTO, "pending_type": "MARKET"}),
    ("order_list_opoco", "order_list_place_opoco", -2010,
     {**OTO, "pending_above_type": "LIMIT_MAKER", "pending_above_price": 90000}),
    ("sor_order", "sor_order_place", -2010,
     {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC",
      "quantity": 0.001, "price": 20000}),
    ("reference_price", "reference_price", -2043, {"symbol": SYMBOL}),
    ("reference_price_calculation", "reference_price_calculation", -2043, {"symbol": SYMBOL}),
]


def test_what_exchange_info_does_not_advertise_is_refused_in_the_venues_words(binance):
    sdk = point_sdk(binance.url, binance.traders[1])
    [info] = sdk.rest_api.exchange_info(symbol=SYMBOL).data().symbols
    assert (info.oto_allowed, info.opo_allowed) == (False, False)
    for method, _, code, arguments in NOT_HERE:
        with pytest.raises(errors.BadRequestError, match=str(code)):
            getattr(sdk.rest_api, method)(**arguments)
        with pytest.raises(errors.BadRequestError, match="-1121"):
            getattr(sdk.rest_api, method)(**{**arguments, "symbol": "NOSUCH"})
    assert sdk.rest_api.historical_block_trades(symbol=SYMBOL, from_id=0).data() == []

    async def run():
        api = await sdk.websocket_api.create_connection()
        try:
            for _, method, code, arguments in NOT_HERE:
                told = (await getattr(api, method)(**arguments)).data()
                assert told["error"]["code"] == code, method
        finally:
            await api.close_connection(close_session=True)

    asyncio.run(run())
    assert binance.traders[1].ok("GET", "/api/v3/openOrders") == []


def test_the_wallet_is_what_the_engine_says_and_nothing_leaves_it(binance):
    trader = binance.traders[1]
    client = point_python_binance(binance.url, trader)
    held = {row["asset"]: row["free"] for row in client.get_user_asset()}
    assert held == {asset: free for asset, (free, _) in trader.balances().items()}
    [told] = client.get_user_asset(asset="ETH")
    assert (told["free"], told["locked"]) == trader.balances()["ETH"]
    assert client.funding_wallet() == []
    assert point_ccxt(binance.url, trader).fetch_balance({"type": "funding"})["total"] == {}
    for leaves in (
            lambda: client.withdraw(coin="BTC", address="somewhere", amount=1),
            lambda: client.get_deposit_address(coin="BTC")):
        with pytest.raises(BinanceAPIException, match="This operation is not supported"):
            leaves()


def test_what_was_signed_is_good_once_also_where_the_clock_was_ahead_meanwhile(binance):
    trader = binance.traders[1]
    sent = trader.query(**LIMIT, recvWindow=60_000)
    status, placed = trader.send("POST", ORDER, sent)
    assert status == 200, placed
    window_end = int(now_ms() + 60_000)
    try:
        assert binance.play("clock-skew")[0] == 200
        # One for each second in which a window can end by that clock.
        for ahead in range(SKEW_MS // 1000 - 55, SKEW_MS // 1000 + 1):
            stamp = int(now_ms() + ahead * 1000)
            status, told = trader.call(
                "POST", "/api/v3/order/test", **LIMIT, timestamp=stamp, recvWindow=60_000)
            assert status == 200, told
    finally:
        assert binance.play("usual")[0] == 200
    assert now_ms() < window_end
    status, told = trader.send("POST", ORDER, sent)
    assert (status, told["code"], told["msg"]) == (400, -2010, "Duplicate order sent.")
    trader.ok("DELETE", ORDER, symbol=SYMBOL, orderId=placed["orderId"])


def test_whoever_goes_on_asking_too_much_is_banned_and_every_client_hears_it(exhausted):
    book = f"/api/v3/depth?symbol={SYMBOL}&limit=5000"
    for _ in range(200):
        status, body, headers = request(exhausted.url, "GET", book)
        used = int(headers["x-mbx-used-weight-1m"])
        if status != 200:
            break
        assert used <= 6_000
    assert (status, body["code"]) == (429, -1003)
    assert 0 < int(headers["retry-after"]) <= 60
    for point, method, error in [
            (point_ccxt, "fetch_balance", ccxt.DDoSProtection),
            (point_python_binance, "get_account", BinanceAPIException)]:
        with pytest.raises(error, match="-1003"):
            getattr(point(exhausted.url, exhausted.traders[0]), method)()
    with pytest.raises((errors.TooManyRequestsError, errors.RateLimitBanError)):
        point_sdk(exhausted.url, exhausted.traders[0]).rest_api.get_account()
    deadline = time.monotonic() + EVENT_MAX
    while status != 418:
        assert time.monotonic() < deadline
        status, body, headers = request(exhausted.url, "GET", book)
    assert body["code"] == -1003 and "banned until" in body["msg"]
    assert int(headers["retry-after"]) > 60
    with pytest.raises(errors.RateLimitBanError):
        point_sdk(exhausted.url).rest_api.depth(symbol=SYMBOL)
