"""`rialto serve --demo`: its venues are there for stock clients, and their prices are followed."""

import re

import ccxt
import pytest

from exchange import Exchange, Venues, VenueAt, request, wait_until
from pointing import point_ccxt, point_python_binance
from tapes import tape_line

SYMBOL, UNIFIED = "BTCUSDT", "BTC/USDT"
VENUES = ["binance", "coinbase", "kraken", "kucoin"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A demo with all its venues, as `make run` starts it."""
    with Exchange(tmp_path_factory.mktemp("whole") / "data", "--demo") as exchange:
        yield exchange.start()


def venue_of(exchange, name):
    """One of the demo's venues."""
    return VenueAt(next(it for it in exchange.demo["venues"] if it["id"] == name))


def measured(exchange, name, **labels):
    """The value of a metric with these labels; None while there is none."""
    for line in request(exchange.url, "GET", "/metrics")[1].splitlines():
        found = re.fullmatch(rf"{name}{{(.*)}} (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1])) == labels:
            return float(found[2])
    return None


def followed(exchange, venue):
    """Whether streams tell of each market of a venue; how many these are."""
    states = ("live", "asked", "lost", "connecting")
    of = {it: measured(exchange, "rialto_venue_markets", venue=venue, state=it) for it in states}
    return of["live"] if of["live"] and not of["lost"] and not of["connecting"] else None


def closed(client, order):
    """The order, once it is closed."""
    found = client.fetch_order(str(order), UNIFIED)
    return found if found["status"] == "closed" else None


def test_a_script_reads_of_all_venues_and_their_accounts(whole):
    venues = whole.demo["venues"]
    assert [it["id"] for it in venues] == VENUES
    assert all(len(it["accounts"]) == 2 for it in venues)
    secrets = {account["apiSecret"] for it in venues for account in it["accounts"]}
    assert len(secrets) == 8
    assert {it["id"] for it in venues if it["accounts"][0]["passphrase"]} == {"kucoin"}
    assert all(request(it["restUrl"], "GET", "/health/ready")[0] == 200 for it in venues)


def test_what_one_client_places_at_a_venue_another_sees_filled(whole):
    venue = venue_of(whole, "binance")
    mine = point_python_binance(venue.url, venue.traders[0])
    ask = float(mine.get_order_book(symbol=SYMBOL)["asks"][0][0])
    placed = mine.order_limit_buy(symbol=SYMBOL, quantity="0.001", price=f"{ask * 1.01:.2f}")
    other = point_ccxt(venue.url, venue.traders[0])
    other.load_markets()
    order = wait_until(lambda: closed(other, placed["orderId"]), "the order filled")
    assert (order["filled"], order["remaining"]) == (0.001, 0)
    assert other.fetch_balance()["BTC"]["total"] == pytest.approx(20 + 0.001 * 0.999)
    # The money of a venue is no money of the house, and its keys open nothing there.
    stranger = point_ccxt(whole.url, venue.traders[0])
    with pytest.raises(ccxt.AuthenticationError):
        stranger.fetch_balance()


def test_prices_of_all_venues_are_followed_and_counted(whole):
    for venue in VENUES:
        markets = wait_until(lambda: followed(whole, venue), f"the prices of {venue}")
        assert markets >= 8, venue
        asked = lambda: measured(  # noqa: E731
            whole, "rialto_venue_refreshes_total", venue=venue, outcome="answered")
        assert wait_until(asked, f"{venue} asked for what streams do not tell") > 1
        updates = lambda kind: measured(  # noqa: E731
            whole, "rialto_venue_updates_total", venue=venue, kind=kind)
        before = updates("book")
        wait_until(lambda: before < updates("book"), f"another book of {venue}")
        assert measured(whole, "rialto_venue_age_seconds", venue=venue) < 30


def test_a_venue_that_goes_is_told_as_lost_and_comes_back(whole):
    venue = venue_of(whole, "kucoin")
    wait_until(lambda: followed(whole, "kucoin"), "its prices")
    before = measured(whole, "rialto_venue_reconnects_total", venue="kucoin") or 0
    try:
        assert venue.play("outage:kucoin")[0] == 200
        lost = lambda: measured(  # noqa: E731
            whole, "rialto_venue_markets", venue="kucoin", state="lost")
        wait_until(lost, "its prices lost")
        assert followed(whole, "kraken"), "the others go on"
    finally:
        assert venue.play("usual")[0] == 200
    wait_until(lambda: followed(whole, "kucoin"), "its prices again")
    assert before < measured(whole, "rialto_venue_reconnects_total", venue="kucoin")


def test_a_demo_that_was_killed_begins_its_venues_anew_and_leaves_nothing(tmp_path):
    journals = lambda: list((tmp_path / "data").glob("rialto-venues-*"))
    held = lambda: {it.name for it in next(iter(journals())).iterdir()}
    mine = tmp_path / "data" / "venues" / "mine.txt"
    with Exchange(tmp_path / "data", "--demo", "--demo-venues", "kraken,binance") as exchange:
        exchange.start()
        keys = [it["accounts"] for it in exchange.demo["venues"]]
        assert held() == {"kraken", "binance", "lock"}
        mine.parent.mkdir()
        mine.write_text("no journal")
        (killed,) = journals()
        exchange.kill()
        exchange.start()
        assert len(journals()) == 1 and killed not in journals()
        assert held() == {"kraken", "binance", "lock"}
        assert [it["accounts"] for it in exchange.demo["venues"]] == keys
        client = point_ccxt(venue_of(exchange, "binance").url, kind=ccxt.binance)
        assert client.fetch_order_book(UNIFIED)["bids"]
        exchange.stop()
        assert journals() == [] and mine.read_text() == "no journal"


def test_an_exchange_of_ones_own_follows_a_venue_that_is_named(tmp_path):
    with Venues(tmp_path / "venues.log", "--venues", "kraken") as venues:
        named = f"kraken={venues.venues['kraken']['restUrl']}"
        with Exchange(tmp_path / "data", "--venue", named) as exchange:
            exchange.start()
            assert wait_until(lambda: followed(exchange, "kraken"), "its prices") >= 8
            assert followed(exchange, "binance") is None


def test_a_tape_drives_the_prices_of_a_demo_and_of_its_venues(tmp_path):
    tape = tmp_path / "tape"
    tape.write_text(tape_line(0, "4321.00", "4321.02") + tape_line(60, "4322.00", "4322.02"))
    with Exchange(tmp_path / "data", "--demo", "--demo-venues", "binance", "--tape", tape) as exchange:
        exchange.start()
        for url in (exchange.url, venue_of(exchange, "binance").url):
            client = point_ccxt(url, kind=ccxt.binance)
            prices = [trade["price"] for trade in wait_until(lambda: client.fetch_trades(UNIFIED), "a trade")]
            assert all(4_300 < price < 4_350 for price in prices), prices
