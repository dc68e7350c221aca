"""`rialto venues`: stock clients of a venue cannot tell it from the venue."""

import json
import subprocess
from urllib.parse import quote

import ccxt
import pytest

from exchange import Venues, VenueAt, any_binary, request, wait_until
from pointing import point_ccxt, point_python_binance, point_sdk
from tapes import tape_line

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
            ("outage", ccxt.ExchangeError),
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


def trades(venue, symbol):
    """What was traded there so far: price, quantity and side by number."""
    status, body, _ = request(venue.url, "GET", f"/api/v3/trades?symbol={symbol}&limit=1000")
    assert status == 200, body
    return {it["id"]: (it["price"], it["qty"], it["isBuyerMaker"]) for it in body}


def fewest(venue, symbols):
    """How often the market of these was traded in that was traded in least."""
    asked = quote(json.dumps(symbols).replace(" ", ""))
    status, body, _ = request(venue.url, "GET", f"/api/v3/ticker/24hr?symbols={asked}")
    assert status == 200, body
    return min(it["count"] for it in body)


def test_two_runs_of_a_seed_trade_the_same(tmp_path):
    symbols = ["BTCUSDT", "ETHBTC", "USDCUSDT"]
    runs = []
    for run in ("one", "other"):
        with Venues(tmp_path / f"{run}.log", "--venues", "binance", "--seed", 11) as venues:
            venue = VenueAt(venues.venues["binance"])
            wait_until(lambda: fewest(venue, symbols) >= 5, "some trades")
            runs.append([trades(venue, it) for it in symbols])
    for symbol, one, other in zip(symbols, *runs):
        both = one.keys() & other.keys()
        assert len(both) >= 5 and min(both) == min(one) == min(other), symbol
        assert [one[it] for it in sorted(both)] == [other[it] for it in sorted(both)], symbol


def test_a_tape_drives_prices_and_nonsense_is_refused(tmp_path):
    tape = tmp_path / "tape"
    tape.write_text(tape_line(0, "4321.00", "4321.02") + tape_line(60, "4322.00", "4322.02"))
    with Venues(tmp_path / "log", "--venues", "binance", "--tape", tape) as venues:
        venue = VenueAt(venues.venues["binance"])
        prices = wait_until(lambda: trades(venue, SYMBOL), "a trade").values()
        assert all(4_300 < float(price) < 4_350 for price, _, _ in prices), prices
    tape.write_text(tape_line(0, "4321.00", "4321.02") + tape_line(1, "4321.00", "4320.00"))
    command = [any_binary(), "venues", "--base-port", "0", "--tape", str(tape)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "line 2: its bid is above its ask" in refused.stderr
