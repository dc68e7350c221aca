"""ccxt against us: what its users call, and that it means the same as at the venue it knows."""

from decimal import Decimal

import ccxt
import pytest

from exchange import Signed, wait_until
from pointing import point_ccxt

SYMBOL = "BTC/USDT"


@pytest.fixture
def ann(quiet):
    client = point_ccxt(quiet.url, quiet.ann)
    client.load_markets()
    return client


@pytest.fixture
def bob(quiet):
    return point_ccxt(quiet.url, quiet.bob)


def test_a_stock_client_loads_markets_with_default_options(ann):
    market = ann.market(SYMBOL)
    assert market["spot"] and market["active"]
    assert ann.price_to_precision(SYMBOL, 40000.017) == "40000.02"
    assert ann.amount_to_precision(SYMBOL, 0.0012345) == "0.00123"
    assert market["limits"]["cost"]["min"] == 5
    assert {"BTC", "USDT", "ETH"} <= set(ann.currencies)


def test_market_data_shows_the_book_and_the_last_trade(quiet, ann):
    ann.create_order(SYMBOL, "limit", "buy", 0.002, 49000)
    ann.create_order(SYMBOL, "limit", "buy", 0.003, 49000)
    ann.create_order(SYMBOL, "limit", "sell", 0.001, 51000)
    public = point_ccxt(quiet.url)
    book = public.fetch_order_book(SYMBOL, 5)
    assert (book["bids"], book["asks"]) == ([[49000, 0.005]], [[51000, 0.001]])
    ticker = public.fetch_ticker(SYMBOL)
    assert (ticker["last"], ticker["bid"], ticker["ask"]) == (50000, 49000, 51000)
    assert ticker["baseVolume"] > 0 and ticker["quoteVolume"] > 0
    assert public.fetch_tickers()[SYMBOL]["last"] == 50000
    assert public.fetch_bids_asks([SYMBOL])[SYMBOL]["bid"] == 49000
    assert public.fetch_last_prices([SYMBOL])[SYMBOL]["price"] == 50000
    assert public.fetch_trades(SYMBOL, limit=5)[-1]["price"] == 50000
    candle = public.fetch_ohlcv(SYMBOL, "1m", limit=5)[-1]
    assert len(candle) == 6 and candle[4] == 50000
    assert abs(public.fetch_time() - public.milliseconds()) < 5_000
    assert public.fetch_status()["status"] == "ok"


def test_a_limit_order_rests_holds_its_funds_and_is_cancelled(quiet, ann):
    before = ann.fetch_balance()
    order = ann.create_order(SYMBOL, "limit", "buy", 0.001, 40000)
    assert (order["status"], order["filled"], order["remaining"]) == ("open", 0, 0.001)
    held = ann.fetch_balance()
    assert held["USDT"]["used"] == before["USDT"]["used"] + 40
    assert [open_order["id"] for open_order in ann.fetch_open_orders(SYMBOL)] == [order["id"]]
    assert ann.fetch_order(order["id"], SYMBOL)["price"] == 40000
    canceled = ann.cancel_order(order["id"], SYMBOL)
    assert canceled["status"] == "canceled"
    assert ann.fetch_open_orders(SYMBOL) == []
    assert ann.fetch_balance()["USDT"] == before["USDT"]
    assert ann.fetch_canceled_orders(SYMBOL)[-1]["id"] == order["id"]


def test_a_market_order_fills_at_the_makers_price_and_pays_the_fee(quiet, ann, bob):
    resting = bob.create_order(SYMBOL, "limit", "sell", 0.01, 50100)
    had = quiet.ann.balances(), quiet.bob.balances()
    order = ann.create_order(SYMBOL, "market", "buy", 0.004)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.004, 50100)
    have = quiet.ann.balances(), quiet.bob.balances()

    def change(who, asset):
        return sum(map(Decimal, have[who][asset])) - sum(map(Decimal, had[who][asset]))

    assert change(0, "USDT") == Decimal("-200.4")
    assert change(0, "BTC") == Decimal("0.004") * Decimal("0.999")
    assert change(1, "USDT") == Decimal("200.4") * Decimal("0.999")
    assert change(1, "BTC") == Decimal("-0.004")
    fill = ann.fetch_my_trades(SYMBOL)[-1]
    assert fill["order"] == order["id"] and fill["takerOrMaker"] == "taker"
    assert fill["fee"]["currency"] == "BTC" and fill["fee"]["cost"] == pytest.approx(0.000004)
    made = bob.fetch_my_trades(SYMBOL)[-1]
    assert made["id"] == fill["id"] and made["takerOrMaker"] == "maker"
    assert made["order"] == resting["id"]
    rest = bob.fetch_order(resting["id"], SYMBOL)
    assert (rest["status"], rest["filled"], rest["remaining"]) == ("open", 0.004, 0.006)
    assert order["id"] in [closed["id"] for closed in ann.fetch_closed_orders(SYMBOL)]


def test_a_market_order_by_cost_spends_no_more_than_that(quiet, ann, bob):
    bob.create_order(SYMBOL, "limit", "sell", 0.01, 50000)
    order = ann.create_market_buy_order_with_cost(SYMBOL, 100)
    assert order["status"] == "closed" and order["cost"] == 100 and order["filled"] == 0.002


def test_time_in_force_and_post_only_mean_what_they_say(quiet, ann, bob):
    bob.create_order(SYMBOL, "limit", "sell", 0.001, 50100)
    ioc = ann.create_order(SYMBOL, "limit", "buy", 0.002, 50100, {"timeInForce": "IOC"})
    assert ioc["filled"] == 0.001 and ioc["status"] in ("canceled", "expired")
    bob.create_order(SYMBOL, "limit", "sell", 0.001, 50100)
    fok = ann.create_order(SYMBOL, "limit", "buy", 0.002, 50100, {"timeInForce": "FOK"})
    assert fok["filled"] == 0 and fok["status"] in ("canceled", "expired")
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        ann.create_order(SYMBOL, "limit", "buy", 0.001, 50100, {"postOnly": True})
    assert ann.fetch_open_orders(SYMBOL) == []


def test_a_stop_order_waits_wakes_and_trades(quiet, ann, bob):
    stop = ann.create_order(SYMBOL, "limit", "sell", 0.001, 46000, {"stopLossPrice": 48000})
    waiting = ann.fetch_order(stop["id"], SYMBOL)
    assert waiting["status"] == "open" and waiting["triggerPrice"] == 48000
    assert ann.fetch_order_book(SYMBOL)["asks"] == []
    quiet.trade("47500.00")
    assert ann.fetch_order(stop["id"], SYMBOL)["status"] == "open"
    assert ann.fetch_order_book(SYMBOL)["asks"] == [[46000, 0.001]]
    taken = bob.create_order(SYMBOL, "limit", "buy", 0.001, 46000)
    assert taken["status"] == "closed"
    assert ann.fetch_order(stop["id"], SYMBOL)["status"] == "closed"


def test_a_take_profit_market_order_wakes_and_trades(quiet, ann, bob):
    profit = ann.create_order(SYMBOL, "market", "sell", 0.001, None, {"takeProfitPrice": 52000})
    bid = bob.create_order(SYMBOL, "limit", "buy", 0.001, 51000)
    assert ann.fetch_order(profit["id"], SYMBOL)["status"] == "open"
    quiet.trade("52500.00")
    done = ann.fetch_order(profit["id"], SYMBOL)
    assert (done["status"], done["average"]) == ("closed", 51000)
    assert bob.fetch_order(bid["id"], SYMBOL)["status"] == "closed"


def test_one_cancels_the_other(quiet, ann, bob):
    listed = ann.private_post_orderlist_oco({
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.001",
        "aboveType": "LIMIT_MAKER", "abovePrice": "53000",
        "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "48000", "belowPrice": "47000",
        "belowTimeInForce": "GTC",
    })
    assert listed["listOrderStatus"] == "EXECUTING" and len(listed["orders"]) == 2
    assert len(ann.fetch_open_orders(SYMBOL)) == 2
    held = ann.fetch_balance()["BTC"]["used"]
    assert held == 0.001
    bob.create_order(SYMBOL, "limit", "buy", 0.001, 53000)
    assert ann.fetch_open_orders(SYMBOL) == []
    ended = ann.private_get_orderlist({"orderListId": listed["orderListId"]})
    assert ended["listOrderStatus"] == "ALL_DONE"
    both = [ann.fetch_order(order["orderId"], SYMBOL)["status"] for order in listed["orders"]]
    assert sorted(both)[0] in ("canceled", "closed", "expired") and "closed" in both


def test_an_order_is_edited_and_all_are_cancelled(quiet, ann):
    order = ann.create_order(SYMBOL, "limit", "buy", 0.001, 40000)
    edited = ann.edit_order(order["id"], SYMBOL, "limit", "buy", 0.002, 41000)
    assert edited["id"] != order["id"]
    opened = ann.fetch_open_orders(SYMBOL)
    assert [(row["id"], row["amount"], row["price"]) for row in opened] == [
        (edited["id"], 0.002, 41000)]
    ann.create_order("ETH/USDT", "limit", "buy", 0.01, 2000)
    ann.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    assert len(ann.fetch_open_orders()) == 2
    ann.cancel_all_orders(SYMBOL)
    assert [row["symbol"] for row in ann.fetch_open_orders()] == ["ETH/USDT"]


def test_fees_limits_and_wallet_pages_are_answered(ann):
    fee = ann.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.001, 0.001)
    assert SYMBOL in ann.fetch_trading_fees()
    deposits = {(it["currency"], it["status"]) for it in ann.fetch_deposits()}
    assert ("USDT", "ok") in deposits and ann.fetch_withdrawals() == []


def test_errors_arrive_as_the_exceptions_that_users_catch(quiet, ann):
    with pytest.raises(ccxt.InsufficientFunds):
        ann.create_order(SYMBOL, "limit", "buy", 5000, 40000)
    with pytest.raises(ccxt.OrderNotFound):
        ann.cancel_order("999999999", SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        ann.fetch_order("999999999", SYMBOL)
    with pytest.raises(ccxt.BadSymbol):
        ann.public_get_depth({"symbol": "NOSUCH"})
    with pytest.raises(ccxt.BadRequest, match="NOTIONAL"):
        ann.create_order(SYMBOL, "limit", "buy", 0.00001, 40000)
    thief = point_ccxt(quiet.url, Signed(quiet.exchange, quiet.ann.key, "x" * 64))
    with pytest.raises(ccxt.AuthenticationError):
        thief.fetch_balance()
    stranger = point_ccxt(quiet.url, Signed(quiet.exchange, "N" * 64, "x" * 64))
    with pytest.raises(ccxt.AuthenticationError):
        stranger.fetch_balance()
    late = point_ccxt(quiet.url, quiet.ann)
    late.options["timeDifference"] = 60_000
    with pytest.raises(ccxt.InvalidNonce):
        late.fetch_balance()
    assert ann.fetch_open_orders(SYMBOL) == []


def test_the_demo_has_markets_that_move_and_money_to_trade_with(demo):
    users = demo.demo["users"]
    assert sorted(user["role"] for user in users) == ["admin", "user", "user"]
    assert demo.demo["baseUrl"] == demo.url
    trader = next(user for user in users if user["role"] == "user")
    client = point_ccxt(demo.url, Signed(demo, trader["apiKey"], trader["secretKey"]))
    markets = client.load_markets()
    assert len(markets) >= 8
    assets = {asset for market in markets.values() for asset in (market["base"], market["quote"])}
    assert {"BTC", "ETH", "SOL", "XRP", "ADA", "USDT", "USDC"} <= assets
    assert client.fetch_balance()["USDT"]["free"] > 0
    for symbol in markets:
        def both(symbol=symbol):
            book = client.fetch_order_book(symbol, 20)
            return book["bids"] and book["asks"] and book
        book = wait_until(both, f"makers in {symbol}")
        assert book["bids"][0][0] < book["asks"][0][0], symbol
    order = client.create_order(SYMBOL, "market", "buy", 0.001)
    assert order["status"] == "closed" and order["filled"] == 0.001
    assert client.fetch_my_trades(SYMBOL)[-1]["order"] == order["id"]
