"""The exchanges that tests share: a busy demo, and a quiet one that nobody trades on but the test."""

import dataclasses
import pathlib
import shutil
import sys
import uuid
from decimal import Decimal

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from exchange import Exchange, Signed  # noqa: E402  (the path is set above)

# So that no test is refused for being quick.
GENEROUS = (
    "--request-weight-per-minute", 10_000_000,
    "--orders-per-ten-seconds", 1_000_000,
    "--orders-per-day", 100_000_000,
)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A demo exchange, as `make run` starts it, but without venues beside it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    with Exchange(data, "--demo", "--demo-venues", "none") as exchange:
        yield exchange.start()


@dataclasses.dataclass
class Quiet:
    """An exchange with two traders, opened for business from the shell."""

    exchange: Exchange
    ann: Signed
    bob: Signed
    admin: Signed
    funds: dict

    @property
    def url(self):
        return self.exchange.url

    @property
    def ws(self):
        return self.exchange.ws

    def trade(self, price, quantity="0.001", symbol="BTCUSDT"):
        """Bob sells to Ann at a price: now that is the last price."""
        for trader, side, lasting in ((self.bob, "SELL", "GTC"), (self.ann, "BUY", "IOC")):
            # Named, since two requests that are equal to the millisecond are one, sent twice.
            done = trader.ok(
                "POST", "/api/v3/order", symbol=symbol, side=side, type="LIMIT",
                timeInForce=lasting, quantity=quantity, price=price,
                newClientOrderId=uuid.uuid4().hex)
        assert done["status"] == "FILLED", done

    def moved(self, exchange):
        """The same people, who now speak to another exchange."""
        signed = (Signed(exchange, it.key, it.secret) for it in (self.ann, self.bob, self.admin))
        return Quiet(exchange, *signed, self.funds)

    def copied(self, exchange):
        """The same people on a copy of the data directory, which is stopped."""
        shutil.copytree(self.exchange.data, exchange.data)
        return self.moved(exchange)

    def clear(self):
        """Nobody has an open order."""
        for trader in (self.ann, self.bob):
            for symbol in {order["symbol"] for order in trader.ok("GET", "/api/v3/openOrders")}:
                trader.ok("DELETE", "/api/v3/openOrders", symbol=symbol)


def open_quiet(exchange):
    """Lists markets, makes users, brings money: what docs/operating.md tells an operator to do."""
    exchange.market("BTC-USDT", tick="0.01", lot="0.00001",
                    filters={"notional-min": "5", "price-max": "1000000", "qty-max": "9000",
                             "orders-max": 1000})
    exchange.market("ETH-USDT", tick="0.01", lot="0.0001",
                    filters={"notional-min": "5", "price-max": "100000"})
    admin = exchange.user("root@example.com", "--admin")
    ann, bob = exchange.user("ann@example.com"), exchange.user("bob@example.com")
    funds = {"BTC": Decimal(100), "USDT": Decimal(10_000_000)}
    for email in ("ann@example.com", "bob@example.com"):
        for asset, amount in funds.items():
            exchange.fund(email, asset, amount)
    return Quiet(exchange, ann, bob, admin, funds)


@pytest.fixture(scope="session")
def quiet_exchange(tmp_path_factory):
    """One quiet exchange for all tests that put things back as they were."""
    with Exchange(tmp_path_factory.mktemp("quiet") / "data", *GENEROUS) as exchange:
        yield open_quiet(exchange.start())


@pytest.fixture
def quiet(quiet_exchange):
    """The quiet exchange with empty books and a last price of 50,000."""
    quiet_exchange.clear()
    quiet_exchange.trade("50000.00")
    yield quiet_exchange


@pytest.fixture
def name():
    """A client order id that no other test uses."""
    return lambda: f"e2e-{uuid.uuid4().hex[:20]}"


# So that a test of seconds fills and drops many.
SEGMENT_BYTES = 64 * 1024
SMALL_SEGMENTS = (*GENEROUS, "--journal-segment-bytes", SEGMENT_BYTES)


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """An exchange that was opened for business and stopped, to be copied."""
    with Exchange(tmp_path_factory.mktemp("opened") / "data", *SMALL_SEGMENTS) as exchange:
        quiet = open_quiet(exchange.start())
    return quiet
