"""`rialto venues`: stock clients of a venue cannot tell it from the venue."""

import ccxt
import pytest

from exchange import Venues, VenueAt, request, wait_until
from pointing import point_ccxt, point_python_binance, point_sdk

SYMBOL, UNIFIED = "BTCUSDT", "BTC/USDT"


@pytest.fixture(scope="module")
def binance(tmp_path_factory):
    """Its Binance, with agents who trade."""
    log = tmp_path_factory.mktemp("venues") / "venues.log"
    with Venues(log, "--venues", "binance", "--seed", 7) as venues:
        yield VenueAt(venues.venues["binance"])


def test_what_one_client_places_another_sees_filled(binance):
    trader = binance.traders[0]
    mine = point_python_binance(binance.url, trader)
    ask = float(mine.get_order_book(symbol=SYMBOL)["asks"][0][0])
    placed = mine.order_limit_buy(symbol=SYMBOL, quantity="0.001", price=f"{ask * 1.01:.2f}")
    other = point_ccxt(binance.url, trader)
    other.load_markets()
    order = wait_until(lambda: closed(other, placed["orderId"]), "the order filled")
    assert (order["filled"], order["remaining"]) == (0.001, 0)
    assert order["clientOrderId"] == placed["clientOrderId"]
    fills = [it for it in other.fetch_my_trades(UNIFIED) if it["order"] == order["id"]]
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.001)
    assert {fill["fee"]["currency"] for fill in fills} == {"BTC"}
    balance = other.fetch_balance()
    assert balance["BTC"]["total"] == pytest.approx(20 + 0.001 * 0.999)


def whole(book):
    """The book, once agents have filled it."""
    return book if len(book["bids"]) == len(book["asks"]) == 20 else None


def closed(client, order):
    """The order, once it is closed."""
    found = client.fetch_order(str(order), UNIFIED)
    return found if found["status"] == "closed" else None


def test_prices_move_and_the_book_is_whole(binance):
    public = point_ccxt(binance.url)
    public.load_markets()
    assert len(public.symbols) >= 8
    book = wait_until(lambda: whole(public.fetch_order_book(UNIFIED, 20)), "a deep book")
    assert book["bids"][0][0] < book["asks"][0][0]
    first = public.fetch_trades(UNIFIED)
    wait_until(lambda: public.fetch_trades(UNIFIED) != first, "another trade")


def test_the_venues_own_client_trades_and_cancels(binance):
    client = point_sdk(binance.url, binance.traders[1]).rest_api
    account = client.get_account().data()
    assert {it.asset: float(it.free) for it in account.balances}["ETH"] == 300
    placed = client.new_order(
        symbol="ETHUSDT", side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.01,
        price=1_000).data()
    ended = client.delete_order(symbol="ETHUSDT", order_id=placed.order_id).data()
    assert ended.status == "CANCELED"


def test_a_wrong_signature_is_refused_and_weight_is_told(binance):
    wrong = point_ccxt(binance.url, binance.traders[0])
    wrong.secret = "guessed"
    with pytest.raises(ccxt.AuthenticationError):
        wrong.fetch_balance()
    status, _, headers = request(binance.url, "GET", "/api/v3/ping")
    assert status == 200 and int(headers["x-mbx-used-weight-1m"]) > 0
    assert request(binance.url, "GET", "/health/ready")[0] == 200


def test_a_scenario_is_switched_by_who_has_the_token_and_clients_feel_it(binance):
    client = point_ccxt(binance.url, binance.traders[0])
    client.load_markets()
    assert binance.play("outage", token="guessed")[0] == 401
    assert binance.play("outage", host="rebound.example")[0] in (403, 421)
    assert binance.play("storm")[0] == 400
    try:
        for scenario, error in [
            ("outage", ccxt.ExchangeNotAvailable),
            ("rate-limited", ccxt.DDoSProtection),
            ("clock-skew", ccxt.InvalidNonce),
        ]:
            assert binance.play(scenario)[0] == 200
            with pytest.raises(error):
                client.fetch_balance()
            assert binance.play("usual")[0] == 200
            client.fetch_balance()
        assert binance.play("rejects")[0] == 200
        mine = client.create_order(UNIFIED, "limit", "buy", 0.001, 20_000)
        with pytest.raises(ccxt.ExchangeError):
            client.create_order(UNIFIED, "limit", "buy", 0.001, 20_001)
        assert {it["id"] for it in client.fetch_open_orders(UNIFIED)} == {mine["id"]}
        client.cancel_order(mine["id"], UNIFIED)
    finally:
        assert binance.play("usual")[0] == 200
