"""binance-sdk-spot, Binance's own: it parses every answer into its models."""

import asyncio
import contextlib

import pytest
from binance_common import errors

from exchange import Signed
from pointing import point_sdk

SYMBOL = "BTCUSDT"
EVENT_MAX = 30


@pytest.fixture
def ann(quiet):
    return point_sdk(quiet.url, quiet.ann).rest_api


def limit(side="BUY", quantity=0.001, price=45000.0, **more):
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "time_in_force": "GTC",
            "quantity": quantity, "price": price, **more}


@contextlib.asynccontextmanager
async def websocket_api(url, trader, **options):
    api = point_sdk(url, trader, **options).websocket_api
    connection = await api.create_connection()
    try:
        yield connection
    finally:
        await connection.close_connection(close_session=True)


def test_market_data_fits_the_models(quiet, ann):
    assert ann.time().data().server_time > 0
    ann.ping()
    info = ann.exchange_info().data()
    symbols = {symbol.symbol: symbol for symbol in info.symbols}
    assert symbols[SYMBOL].base_asset == "BTC" and "LIMIT_MAKER" in symbols[SYMBOL].order_types
    ann.new_order(**limit())
    depth = ann.depth(symbol=SYMBOL, limit=5).data()
    assert [float(part) for part in depth.bids[0]] == [45000, 0.001]
    assert float(ann.get_trades(symbol=SYMBOL).data()[-1].price) == 50000
    assert float(ann.agg_trades(symbol=SYMBOL).data()[-1].p) == 50000
    assert float(ann.historical_trades(symbol=SYMBOL).data()[-1].price) == 50000
    assert float(ann.klines(symbol=SYMBOL, interval="1m").data()[-1][4]) == 50000
    assert float(ann.ui_klines(symbol=SYMBOL, interval="1h").data()[-1][4]) == 50000
    assert float(ann.avg_price(symbol=SYMBOL).data().price) > 0
    for ticker in (ann.ticker24hr, ann.ticker, ann.ticker_trading_day):
        told = ticker(symbol=SYMBOL).data()
        told = getattr(told, "actual_instance", told)
        assert float(told.last_price) == 50000, ticker.__name__
    price = ann.ticker_price(symbol=SYMBOL).data()
    assert float(getattr(price, "actual_instance", price).price) == 50000
    best = ann.ticker_book_ticker(symbol=SYMBOL).data()
    assert float(getattr(best, "actual_instance", best).bid_price) == 45000


def test_orders_live_and_end(quiet, ann, name):
    mine = name()
    ann.order_test(**limit())
    placed = ann.new_order(**limit(new_client_order_id=mine)).data()
    assert (placed.status, placed.client_order_id) == ("NEW", mine)
    opened = ann.get_open_orders(symbol=SYMBOL).data()
    assert [order.order_id for order in opened] == [placed.order_id]
    found = ann.get_order(symbol=SYMBOL, orig_client_order_id=mine).data()
    assert (found.order_id, found.orig_qty) == (placed.order_id, placed.orig_qty)
    amended = ann.order_amend_keep_priority(
        symbol=SYMBOL, order_id=placed.order_id, new_qty=0.0005).data()
    assert float(amended.amended_order.qty) == 0.0005
    replaced = ann.order_cancel_replace(
        symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.001,
        price=46000.0, cancel_replace_mode="STOP_ON_FAILURE",
        cancel_order_id=placed.order_id).data()
    assert replaced.new_order_result == "SUCCESS"
    gone = ann.delete_order(
        symbol=SYMBOL, order_id=replaced.new_order_response.order_id).data()
    assert gone.status == "CANCELED"
    ann.new_order(**limit(price=44000.0))
    assert len(ann.delete_open_orders(symbol=SYMBOL).data()) == 1
    statuses = {row.order_id: row.status for row in ann.all_orders(symbol=SYMBOL).data()}
    assert statuses[placed.order_id] == "CANCELED"


def test_market_stop_and_iceberg_orders_act(quiet, ann):
    quiet.bob.ok("POST", "/api/v3/order", symbol=SYMBOL, side="SELL", type="LIMIT",
                 timeInForce="GTC", quantity="0.002", price="50000")
    filled = ann.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.001).data()
    assert filled.status == "FILLED" and float(filled.fills[0].price) == 50000
    by_quote = ann.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quote_order_qty=50.0).data()
    assert float(by_quote.executed_qty) == 0.001
    assert {row.order_id for row in ann.my_trades(symbol=SYMBOL).data()} >= {
        filled.order_id, by_quote.order_id}
    stop = ann.new_order(symbol=SYMBOL, side="SELL", type="STOP_LOSS_LIMIT", time_in_force="GTC",
                         quantity=0.001, price=47000.0, stop_price=48000.0).data()
    assert ann.get_order(symbol=SYMBOL, order_id=stop.order_id).data().is_working is False
    trailing = ann.new_order(symbol=SYMBOL, side="SELL", type="STOP_LOSS", quantity=0.001,
                             trailing_delta=500).data()
    quiet.trade("47400.00")
    woken = ann.get_order(symbol=SYMBOL, order_id=stop.order_id).data()
    assert woken.is_working is True and woken.status == "NEW"
    assert ann.get_order(symbol=SYMBOL, order_id=trailing.order_id).data().status in (
        "EXPIRED", "CANCELED")
    iceberg = ann.new_order(**limit("SELL", 0.010, 60000.0, iceberg_qty=0.001)).data()
    depth = ann.depth(symbol=SYMBOL).data()
    assert [float(part) for part in depth.asks[-1]] == [60000, 0.001]
    assert float(ann.get_order(symbol=SYMBOL, order_id=iceberg.order_id).data().orig_qty) == 0.01


def test_order_lists(quiet, ann):
    listed = ann.order_list_oco(
        symbol=SYMBOL, side="SELL", quantity=0.001, above_type="LIMIT_MAKER", above_price=53000.0,
        below_type="STOP_LOSS_LIMIT", below_stop_price=48000.0, below_price=47000.0,
        below_time_in_force="GTC").data()
    assert listed.contingency_type == "OCO" and len(listed.orders) == 2
    opened = ann.open_order_list().data()
    assert [row.order_list_id for row in opened] == [listed.order_list_id]
    ended = ann.delete_order_list(symbol=SYMBOL, order_list_id=listed.order_list_id).data()
    assert ended.list_order_status == "ALL_DONE"
    assert ann.get_open_orders(symbol=SYMBOL).data() == []
    assert listed.order_list_id in [row.order_list_id for row in ann.all_order_list().data()]
    assert ann.get_order_list(order_list_id=listed.order_list_id).data().list_status_type


def test_account_pages_fit_the_models(quiet, ann):
    account = ann.get_account().data()
    balances = {row.asset: row.free for row in account.balances}
    assert balances["USDT"] == quiet.ann.balances()["USDT"][0]
    commission = ann.account_commission(symbol=SYMBOL).data()
    assert float(commission.standard_commission.maker) == 0.001
    assert ann.rate_limit_order().data()
    assert ann.my_prevented_matches(symbol=SYMBOL, order_id=1).data() == []


def test_self_trade_prevention_is_reported(quiet, ann):
    first = ann.new_order(**limit("SELL", 0.001, 51000.0)).data()
    second = ann.new_order(
        **limit("BUY", 0.001, 51000.0, self_trade_prevention_mode="EXPIRE_TAKER")).data()
    assert second.status == "EXPIRED_IN_MATCH"
    prevented = ann.my_prevented_matches(symbol=SYMBOL, order_id=second.order_id).data()
    assert [row.maker_order_id for row in prevented] == [first.order_id]
    assert ann.get_order(symbol=SYMBOL, order_id=first.order_id).data().status == "NEW"


def test_errors_carry_status_and_code(quiet, ann):
    with pytest.raises(errors.BadRequestError) as refusal:
        ann.new_order(**{**limit(), "symbol": "NOSUCH"})
    assert "-1121" in str(vars(refusal.value)) or "Invalid symbol" in str(refusal.value)
    with pytest.raises(errors.BadRequestError):
        ann.new_order(**limit(quantity=5000.0))
    with pytest.raises(errors.BadRequestError):
        ann.delete_order(symbol=SYMBOL, order_id=999999999)
    stranger = point_sdk(quiet.url, Signed(quiet.exchange, "N" * 64, "x" * 64)).rest_api
    with pytest.raises(errors.UnauthorizedError):
        stranger.get_account()


@pytest.mark.parametrize("kind", ["Ed25519", "RSA"])
def test_public_keys_sign_requests(quiet, kind, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    made = (ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519"
            else rsa.generate_private_key(65537, 2048))
    (tmp_path / "private.pem").write_bytes(made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    (tmp_path / "public.pem").write_bytes(made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    key = quiet.exchange.key(
        "ann@example.com", "read,trade", "--public-key", tmp_path / "public.pem")
    assert key.secret is None
    signer = {"api_key": key.key, "private_key": str(tmp_path / "private.pem")}
    rest = point_sdk(quiet.url, **signer).rest_api
    placed = rest.new_order(**limit()).data()
    opened = quiet.ann.ok("GET", "/api/v3/openOrders")
    assert [order["orderId"] for order in opened] == [placed.order_id]
    if kind == "RSA":
        return

    async def session():
        async with websocket_api(quiet.url, None, **signer) as api:
            await api.session_logon()
            status = (await api.session_status()).data().result
            assert status.api_key == key.key
            subscribed = await api.user_data_stream_subscribe()
            events = asyncio.Queue()
            subscribed.stream.on("message", events.put_nowait)
            gone = (await api.order_cancel(symbol=SYMBOL, order_id=placed.order_id)).data().result
            assert gone.status == "CANCELED"
            await asyncio.wait_for(events.get(), EVENT_MAX)
            await api.session_logout()
    asyncio.run(session())


def test_the_websocket_api_places_reads_and_tells(quiet, name):
    mine = name()

    async def run():
        async with websocket_api(quiet.url, quiet.ann) as api:
            assert (await api.time()).data().result.server_time > 0
            subscribed = await api.user_data_stream_subscribe_signature()
            events = asyncio.Queue()
            subscribed.stream.on("message", events.put_nowait)
            placed = (await api.order_place(**limit(new_client_order_id=mine))).data().result
            assert placed.client_order_id == mine
            told = await asyncio.wait_for(events.get(), EVENT_MAX)
            assert told is not None
            status = await api.order_status(symbol=SYMBOL, orig_client_order_id=mine)
            status = status.data().result
            assert status.order_id == placed.order_id and status.status == "NEW"
            opened = (await api.open_orders_status(symbol=SYMBOL)).data().result
            assert [order.order_id for order in opened] == [placed.order_id]
            account = (await api.account_status()).data().result
            assert account.balances
            depth = (await api.depth(symbol=SYMBOL)).data().result
            assert float(depth.bids[0][0]) == 45000
            gone = (await api.order_cancel(symbol=SYMBOL, order_id=placed.order_id)).data().result
            assert gone.status == "CANCELED"
    asyncio.run(run())


def test_market_streams_fit_the_models(quiet):
    streams = {"trade": {}, "agg_trade": {}, "kline": {"interval": "1m"}, "mini_ticker": {},
               "ticker": {}, "book_ticker": {}, "diff_book_depth": {},
               "partial_book_depth": {"levels": "5"}, "avg_price": {}}

    async def run():
        connection = await point_sdk(quiet.url).websocket_streams.create_connection()
        missing = set(streams)
        try:
            for stream, options in streams.items():
                handle = await getattr(connection, stream)(symbol=SYMBOL.lower(), **options)
                handle.on("message", lambda message, stream=stream: missing.discard(stream))
            async with asyncio.timeout(EVENT_MAX):
                while missing:
                    await asyncio.to_thread(quiet.trade, "50004.00")
        except TimeoutError:
            raise AssertionError(f"silent streams: {missing}") from None
        finally:
            await connection.close_connection(close_session=True)
    asyncio.run(run())
