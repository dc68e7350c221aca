"""A slow disk, by strace: each sync of the journal returns late.

Proves  many orders share one sync; they are answered in the order in which they came, and keep
        it in the book; what waits is bounded by what clients may have under way; a disk that hangs
        for longer than the answer may take is told as "status unknown", and the order is there
        once; both pass without a start.
"""

import asyncio
import json
import random

import websockets

from conftest import SMALL_SEGMENTS
from exchange import Exchange, wait_until
from rigs import Injected
from traders import Load, check, new_known

# Of each sync, in microseconds.
DELAY = 200_000
HANG = 11_000_000
# Fewer than an account may have open in a market.
ORDERS = 190
# Commands under way on one socket at most, as the server bounds them.
IN_FLIGHT_MAX = 256
STATUS_UNKNOWN = -1007
QUEUE = "rialto_sequencer_queue_commands"
FRAMES = "rialto_journal_frame_commands_count"


async def place_all(quiet):
    """Orders of one price on one socket, without waiting for answers; the answers as they come."""
    async with websockets.connect(f"{quiet.ws}/ws-api/v3", max_queue=None) as socket:
        for number in range(ORDERS):
            parameters = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
                          "quantity": "0.01", "price": "42000",
                          "newClientOrderId": f"slow-{number}"}
            await socket.send(json.dumps({
                "id": number, "method": "order.place", "params": quiet.ann.signed(parameters)}))
        return [json.loads(await socket.recv()) for _ in range(ORDERS)]


def test_a_slow_disk_shares_its_syncs_and_keeps_the_order_of_arrival(opened, tmp_path):
    with Exchange(tmp_path / "data", *SMALL_SEGMENTS) as exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        before = exchange.metric(FRAMES) or 0
        slow = Injected(
            exchange.threads("journal"), "fdatasync", f"delay_exit={DELAY}", tmp_path / "log")
        with slow:
            answers = asyncio.run(place_all(quiet))
            assert slow.count() > 0
        assert exchange.metric(FRAMES) - before < ORDERS / 10, "orders share a sync"
        assert exchange.metric(QUEUE) <= IN_FLIGHT_MAX
        assert [answer["status"] for answer in answers] == [200] * ORDERS
        assert [answer["id"] for answer in answers] == list(range(ORDERS))
        numbers = [answer["result"]["orderId"] for answer in answers]
        assert numbers == sorted(numbers)
        sold = quiet.bob.ok("POST", "/api/v3/order", symbol="BTCUSDT", side="SELL", type="LIMIT",
                            timeInForce="IOC", quantity="0.03", price="42000")
        assert sold["status"] == "FILLED"
        filled = quiet.ann.ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")
        assert [trade["orderId"] for trade in filled] == numbers[:3]


def test_a_disk_that_hangs_is_told_as_unknown_and_loses_nothing(opened, tmp_path):
    known = new_known()
    with Exchange(tmp_path / "data", *SMALL_SEGMENTS) as exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        hung = Injected(
            exchange.threads("journal"), "fdatasync", f"delay_exit={HANG}:when=1", tmp_path / "log")
        with hung:
            status, body = quiet.ann.call(
                "POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT",
                timeInForce="GTC", quantity="0.01", price="42000", newClientOrderId="unknown")
            assert (status, body["code"]) == (504, STATUS_UNKNOWN), (status, body)
            hung.wait()
        wait_until(lambda: quiet.ann.ok("GET", "/api/v3/openOrders"), "the order is there")
        there = quiet.ann.ok("GET", "/api/v3/allOrders", symbol="BTCUSDT")
        assert [order["clientOrderId"] for order in there] == ["unknown"]
        with Load(quiet, known, random.Random(1), 1) as load:
            load.wait_answers(50)
        check(quiet, known)
