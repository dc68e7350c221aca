"""A disk that is really full: the data directory on a small file system, filled to the last byte.

Proves  new orders are refused as busy and leave no trace; cancels and reads go on; with room again
        orders are taken again, by the same process; a start on the full disk works; nothing
        acknowledged is lost or doubled.
"""

import json
import random
import uuid

import pytest

import rigs
from conftest import SMALL_SEGMENTS
from exchange import Exchange, get, run, wait_until
from traders import BUSY, Load, acknowledged, check, new_known

DISK_BYTES = 24 << 20
FULL = "rialto_journal_disk_full"
CANCELS = 8


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request, tmp_path):
    """A small file system."""
    small = (rigs.tmpfs(tmp_path / "disk", DISK_BYTES) if request.param == "tmpfs" else
             rigs.ext4(tmp_path / "disk", tmp_path / "image", DISK_BYTES))
    with small as folder:
        yield folder


def place(trader, price="42000"):
    """Status, body and name of an order that rests."""
    name = uuid.uuid4().hex
    return *trader.call(
        "POST", "/api/v3/order", symbol="ETHUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
        quantity="0.01", price=price, newClientOrderId=name), name


def cancel(trader, order):
    """Status and body of the cancel of an order."""
    return trader.call(
        "DELETE", "/api/v3/order", symbol="ETHUSDT", orderId=order["orderId"])


def check_refusal(quiet):
    """A new order is refused as Binance refuses in overload, and is nowhere.

    A few may be taken before: what the database lets go of is room again.
    """
    def refusal():
        status, body, name = place(quiet.ann)
        return (body, name) if status != 200 else None

    body, name = wait_until(refusal, "a refusal")
    assert body["code"] == BUSY and "overloaded" in body["msg"], body
    status, body = quiet.ann.call(
        "GET", "/api/v3/order", symbol="ETHUSDT", origClientOrderId=name)
    assert body["code"] == -2013, body


def check_reads(quiet):
    """What is asked is answered, and the server says what is the matter."""
    assert get(quiet.url, "/health/ready")[0] == 200
    assert get(quiet.url, "/api/v3/depth?symbol=BTCUSDT")[0] == 200
    assert quiet.ann.balances() and quiet.ann.ok("GET", "/api/v3/openOrders")
    assert quiet.ann.ok("GET", "/api/v3/allOrders", symbol="ETHUSDT")
    assert quiet.exchange.metric(FULL) == 1


def test_a_full_disk_refuses_orders_keeps_cancels_and_recovers(disk, opened, tmp_path):
    exchange = Exchange(disk / "data", *SMALL_SEGMENTS)
    exchange.log = tmp_path / "server.log"  # A log on the full disk would stop there.
    known = new_known()
    with exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        process = exchange.process
        resting = [place(quiet.ann)[1] for _ in range(3 * CANCELS)]
        with Load(quiet, known, random.Random(1), 1) as load:
            load.wait_answers(50)
            filler = rigs.fill(disk)
            load.wait_busy(5)
        check_refusal(quiet)
        check_reads(quiet)
        assert "room on the disk of the journal full=true" in exchange.log_end()
        for _ in range(CANCELS):
            status, body = cancel(quiet.ann, resting.pop())
            assert (status, body["status"]) == (200, "CANCELED"), body

        filler.unlink()
        wait_until(lambda: place(quiet.ann)[0] == 200, "an order is taken again")
        assert exchange.metric(FULL) == 0 and exchange.process is process
        with Load(quiet, known, random.Random(2), 2) as load:
            load.wait_answers(50)
        check(quiet, known)

        filler = rigs.fill(disk)
        with Load(quiet, known, random.Random(3), 3) as load:
            load.wait_busy(5)
            exchange.kill()
        exchange.start()
        check(quiet, known)
        wait_until(lambda: place(quiet.ann)[0] == 503, "full again, and known to be")
        status, body = cancel(quiet.ann, resting.pop())
        assert (status, body["status"]) == (200, "CANCELED"), body
        filler.unlink()
        wait_until(lambda: place(quiet.ann)[0] == 200, "an order is taken again")
        check(quiet, known)
        check_replay(quiet)
    assert acknowledged(known) > 100


def check_replay(quiet):
    """The state is proven by replay; the journal is sound. The server ends."""
    engine = quiet.admin.engine()
    quiet.exchange.stop()
    data = ("--data", quiet.exchange.data)
    assert json.loads(run("journal", "verify", *data).stdout)["sound"]
    told = json.loads(run("journal", "replay", *data, "--to-seq", engine["seq"]).stdout)
    assert told["stateHash"] == engine["stateHash"]
