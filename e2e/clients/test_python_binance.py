"""python-binance against us: REST, sockets, and user data over the WebSocket API."""

import asyncio
import contextlib
from decimal import Decimal

import pytest
from binance.exceptions import BinanceAPIException

from exchange import Signed
from pointing import point_python_binance, point_python_binance_sockets

SYMBOL = "BTCUSDT"
EVENT_MAX = 30


@pytest.fixture
def ann(quiet):
    return point_python_binance(quiet.url, quiet.ann)


@pytest.fixture
def bob(quiet):
    return point_python_binance(quiet.url, quiet.bob)


@contextlib.asynccontextmanager
async def sockets(url, trader=None):
    client, manager = await point_python_binance_sockets(url, trader)
    try:
        yield client, manager
    finally:
        await client.close_connection()


def test_market_data_is_answered(quiet, ann):
    assert ann.ping() == {}
    assert ann.get_server_time()["serverTime"] > 0
    symbols = {symbol["symbol"]: symbol for symbol in ann.get_exchange_info()["symbols"]}
    assert symbols[SYMBOL]["status"] == "TRADING"
    filters = {filter["filterType"]: filter for filter in symbols[SYMBOL]["filters"]}
    assert float(filters["PRICE_FILTER"]["tickSize"]) == 0.01
    assert float(filters["LOT_SIZE"]["stepSize"]) == 0.00001
    assert ann.get_symbol_info(SYMBOL)["baseAsset"] == "BTC"
    ann.order_limit_buy(symbol=SYMBOL, quantity="0.002", price="45000")
    assert ann.get_order_book(symbol=SYMBOL)["bids"][0][0].startswith("45000.")
    assert float(ann.get_symbol_ticker(symbol=SYMBOL)["price"]) == 50000
    assert float(ann.get_orderbook_ticker(symbol=SYMBOL)["bidPrice"]) == 45000
    assert float(ann.get_ticker(symbol=SYMBOL)["lastPrice"]) == 50000
    assert float(ann.get_avg_price(symbol=SYMBOL)["price"]) > 0
    trades = ann.get_recent_trades(symbol=SYMBOL)
    assert float(trades[-1]["price"]) == 50000
    assert ann.get_historical_trades(symbol=SYMBOL)[-1]["id"] == trades[-1]["id"]
    aggregated = ann.get_aggregate_trades(symbol=SYMBOL)
    assert aggregated[-1]["l"] == trades[-1]["id"]
    klines = ann.get_klines(symbol=SYMBOL, interval="1m")
    assert len(klines[-1]) == 12 and float(klines[-1][4]) == 50000
    assert ann.get_system_status()["status"] == 0


def test_orders_live_and_end(ann, bob, name):
    mine = name()
    ann.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001")
    assert ann.get_open_orders(symbol=SYMBOL) == []
    placed = ann.order_limit_buy(
        symbol=SYMBOL, quantity="0.001", price="45000", newClientOrderId=mine)
    assert (placed["status"], placed["clientOrderId"], placed["fills"]) == ("NEW", mine, [])
    assert [order["orderId"] for order in ann.get_open_orders()] == [placed["orderId"]]
    found = ann.get_order(symbol=SYMBOL, origClientOrderId=mine)
    assert found["orderId"] == placed["orderId"] and found["isWorking"] is True
    held = ann.get_asset_balance("USDT")
    assert float(held["locked"]) == 45
    canceled = ann.cancel_order(symbol=SYMBOL, orderId=placed["orderId"])
    assert canceled["status"] == "CANCELED" and canceled["origClientOrderId"] == mine
    assert float(ann.get_asset_balance("USDT")["locked"]) == 0
    bob.order_limit_sell(symbol=SYMBOL, quantity="0.003", price="50000")
    filled = ann.order_market_buy(symbol=SYMBOL, quantity="0.003")
    assert filled["status"] == "FILLED" and float(filled["cummulativeQuoteQty"]) == 150
    assert sum(float(fill["qty"]) for fill in filled["fills"]) == pytest.approx(0.003)
    trade = ann.get_my_trades(symbol=SYMBOL)[-1]
    assert trade["orderId"] == filled["orderId"] and trade["isBuyer"] and not trade["isMaker"]
    assert trade["commissionAsset"] == "BTC" and float(trade["commission"]) == 0.000003
    assert ann.get_all_orders(symbol=SYMBOL)[-1]["status"] == "FILLED"


def test_one_cancels_the_other(ann, bob):
    listed = ann.create_oco_order(
        symbol=SYMBOL, side="SELL", quantity="0.001",
        aboveType="LIMIT_MAKER", abovePrice="53000",
        belowType="STOP_LOSS_LIMIT", belowStopPrice="48000", belowPrice="47000",
        belowTimeInForce="GTC")
    assert len(listed["orderReports"]) == 2
    assert [row["orderListId"] for row in ann.get_open_oco_orders()] == [listed["orderListId"]]
    bob.order_limit_buy(symbol=SYMBOL, quantity="0.001", price="53000")
    assert ann.get_open_oco_orders() == [] and ann.get_open_orders() == []


def test_an_order_is_replaced_in_one_step(ann):
    first = ann.order_limit_buy(symbol=SYMBOL, quantity="0.001", price="45000")
    done = ann.cancel_replace_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.002",
        price="46000", cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=first["orderId"])
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    opened = ann.get_open_orders(symbol=SYMBOL)
    assert [order["orderId"] for order in opened] == [done["newOrderResponse"]["orderId"]]
    with pytest.raises(BinanceAPIException) as refusal:
        ann.cancel_replace_order(
            symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.002",
            price="46000", cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=999999999)
    assert refusal.value.code == -2022


def test_account_pages_are_answered(ann):
    account = ann.get_account()
    assert account["canTrade"] and account["accountType"] == "SPOT"
    assert float(ann.get_trade_fee(symbol=SYMBOL)[0]["takerCommission"]) == 0.001
    rights = ann.get_account_api_permissions()
    assert rights["enableReading"] and rights["enableSpotAndMarginTrading"]
    deposits = {row["coin"]: Decimal(row["amount"]) for row in ann.get_deposit_history()}
    assert deposits == {"BTC": 100, "USDT": 10_000_000}, "what she was funded with"
    assert ann.get_withdraw_history() == []
    assert ann.get_current_order_count()


def test_errors_carry_binances_codes(quiet, ann):
    def code(action, **parameters):
        with pytest.raises(BinanceAPIException) as refusal:
            action(**parameters)
        return refusal.value.code

    order = {"symbol": SYMBOL, "quantity": "0.001", "price": "45000"}
    assert code(ann.order_limit_buy, **{**order, "symbol": "NOSUCH"}) == -1121
    assert code(ann.order_limit_buy, **{**order, "quantity": "5000"}) == -2010
    assert code(ann.order_limit_buy, **{**order, "quantity": "0.0001"}) == -1013
    assert code(ann.cancel_order, symbol=SYMBOL, orderId=999999999) == -2011
    assert code(ann.get_order, symbol=SYMBOL, orderId=999999999) == -2013
    thief = point_python_binance(quiet.url, Signed(quiet.exchange, quiet.ann.key, "x" * 64))
    assert code(thief.get_account) == -1022
    ann.timestamp_offset = -60_000
    assert code(ann.get_account) == -1021


def test_market_sockets_tell_what_happens(quiet):
    async def run():
        async with sockets(quiet.url) as (_, manager):
            async with manager.trade_socket(SYMBOL) as single, manager.multiplex_socket(
                    ["btcusdt@bookTicker", "btcusdt@depth@100ms"]) as several:
                streams = {"btcusdt@bookTicker", "btcusdt@depth@100ms"}
                async with asyncio.timeout(EVENT_MAX):
                    while streams:
                        await asyncio.to_thread(quiet.trade, "50002.00")
                        streams.discard((await several.recv())["stream"])
                    trade = await single.recv()
                    while float(trade["p"]) != 50002:
                        trade = await single.recv()
                assert (trade["e"], trade["s"]) == ("trade", SYMBOL)
                # A quiet socket is closed only after its read times out: give it something.
                await asyncio.to_thread(quiet.trade, "50003.00")
    asyncio.run(run())


def test_user_data_and_orders_go_over_the_websocket_api(quiet, name):
    mine = name()

    async def run():
        async with sockets(quiet.url, quiet.ann) as (client, manager):
            async with manager.user_socket() as user:
                placed = await client.ws_create_order(
                    symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC",
                    quantity=0.001, price="45000", newClientOrderId=mine)
                assert placed["status"] == "NEW"
                events = []
                async with asyncio.timeout(EVENT_MAX):
                    while not {"executionReport", "outboundAccountPosition"} <= {
                            event["e"] for event in events}:
                        events.append(await user.recv())
                report = next(event for event in events if event["e"] == "executionReport")
                assert (report["c"], report["x"], report["X"]) == (mine, "NEW", "NEW")
                opened = await client.ws_get_open_orders(symbol=SYMBOL)
                assert [order["clientOrderId"] for order in opened] == [mine]
                await asyncio.to_thread(
                    quiet.bob.ok, "POST", "/api/v3/order", symbol=SYMBOL, side="SELL",
                    type="MARKET", quantity="0.001")
                async with asyncio.timeout(EVENT_MAX):
                    while True:
                        event = await user.recv()
                        if event["e"] == "executionReport" and event["x"] == "TRADE":
                            break
                assert (event["X"], float(event["z"]), event["m"]) == ("FILLED", 0.001, True)
                assert event["N"] == "BTC"
                account = await client.ws_get_account()
                assert any(row["asset"] == "BTC" for row in account["balances"])
    asyncio.run(run())
