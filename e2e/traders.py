"""Two traders at work, what they were told, and whether that is what is there.

Units   amounts are exact decimals; load is counted in answers, not in seconds.
Keeps   what `check` says: each acknowledged order is there exactly once and has not gone back; what
        was not acknowledged is there at most once, what was refused as busy not at all; what is
        locked is what open orders hold; the two traders and the fees they paid add up to what was
        brought in.
"""

import dataclasses
import http.client
import random
import re
import threading
import urllib.parse
from decimal import Decimal

THREADS_PER_TRADER = 3
SYMBOL = "BTCUSDT"
ENDED = ("FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED")
BUSY = -1008
# Most that a load may take until it has had the answers that are asked of it.
ANSWERS_SECONDS = 60


@dataclasses.dataclass
class Known:
    """What a client knows about one of its orders."""

    placed: dict | None = None
    canceled: dict | None = None
    refused: bool = False
    busy: bool = False

    @property
    def ended(self):
        """Whether it was told to be at its end."""
        return bool(self.canceled or self.placed and self.placed["status"] in ENDED)


def new_known():
    """What is known before anything was placed: trader to name to `Known`."""
    return {"a": {}, "b": {}}


class Trader(threading.Thread):
    """One connection that places and cancels until the server is gone or it is told to stop."""

    def __init__(self, signed, seed, prefix, known, load):
        super().__init__(daemon=True)
        self.signed, self.random, self.prefix = signed, random.Random(seed), prefix
        self.known, self.load = known, load
        self.open = []
        self.failure = None

    def run(self):
        host = urllib.parse.urlsplit(self.signed.exchange.url).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            number = 0
            while not self.load.stopping:
                number += 1
                if self.open and self.random.random() < 0.4:
                    self.cancel(connection)
                else:
                    self.place(connection, f"{self.prefix}-{number}")
                self.load.answered()
        except (OSError, http.client.HTTPException):
            self.load.lost()  # The kill.
        except Exception as failure:  # noqa: BLE001 (told by the main thread)
            self.failure = failure
        finally:
            connection.close()

    def place(self, connection, name):
        draw = self.random
        order = {"symbol": SYMBOL, "side": draw.choice(["BUY", "SELL"]), "newClientOrderId": name,
                 "quantity": f"0.{draw.randint(20, 300):05d}",
                 "selfTradePreventionMode": "EXPIRE_MAKER"}
        if draw.random() < 0.15:
            order["type"] = "MARKET"
        else:
            # Around 50,000, so that some cross and most rest.
            cents = draw.randint(4_990_000, 5_010_000)
            order.update(type="LIMIT", price=f"{cents / 100:.2f}",
                         timeInForce=draw.choice(["GTC", "GTC", "GTC", "IOC"]))
        mine = self.known[name] = Known()
        status, body = self.signed.call("POST", "/api/v3/order", connection, **order)
        if status == 200:
            mine.placed = body
            if body["status"] not in ENDED:
                self.open.append(name)
        elif (status, body["code"]) == (503, BUSY):
            mine.busy = True
            self.load.was_busy()
        else:
            assert 400 <= status < 500 and body["code"] in (-2010, -1013, -1015), (status, body)
            mine.refused = True

    def cancel(self, connection):
        name = self.open.pop(self.random.randrange(len(self.open)))
        status, body = self.signed.call(
            "DELETE", "/api/v3/order", connection, symbol=SYMBOL, origClientOrderId=name)
        if status == 200:
            self.known[name].canceled = body
        elif body["code"] == BUSY:
            self.open.append(name)
        else:
            assert body["code"] == -2011, (status, body)  # Somebody took it meanwhile.


class Load:
    """Both traders at work on several connections, from `start` until `end`."""

    def __init__(self, quiet, known, draw, name):
        self.stopping = False
        self.answers = self.busy = self.gone = 0
        self.changed = threading.Condition()
        self.threads = [
            Trader(signed, draw.random(), f"{who}{name}-{line}", known[who], self)
            for who, signed in (("a", quiet.ann), ("b", quiet.bob))
            for line in range(THREADS_PER_TRADER)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, failure, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join(ANSWERS_SECONDS)
            assert failure or thread.failure is None, repr(thread.failure)

    def answered(self):
        with self.changed:
            self.answers += 1
            self.changed.notify_all()

    def was_busy(self):
        with self.changed:
            self.busy += 1
            self.changed.notify_all()

    def lost(self):
        with self.changed:
            self.gone += 1
            self.changed.notify_all()

    def wait(self, condition, what):
        """Until `condition` holds, which is asked after each answer."""
        with self.changed:
            came = self.changed.wait_for(condition, ANSWERS_SECONDS)
        failures = [thread.failure for thread in self.threads if thread.failure]
        assert came and not failures, failures or f"not within {ANSWERS_SECONDS} s: {what}"

    def wait_answers(self, count):
        """Until so many more answers came."""
        until = self.answers + count
        self.wait(lambda: until <= self.answers, f"{count} answers")

    def wait_busy(self, count=1):
        """Until so many more orders were refused as busy."""
        until = self.busy + count
        self.wait(lambda: until <= self.busy, f"{count} refusals")

    def wait_gone(self):
        """Until no connection is left."""
        self.wait(lambda: self.gone == len(self.threads), "the end of all connections")


def all_orders(signed):
    """Every order of a trader, from page to page."""
    orders, after = [], 0
    while True:
        page = signed.ok(
            "GET", "/api/v3/allOrders", symbol=SYMBOL, orderId=after, limit=1000)
        orders += page
        if len(page) < 1000:
            return orders
        after = page[-1]["orderId"] + 1


def all_trades(signed):
    """Every fill of a trader, from page to page."""
    trades, after = [], 0
    while True:
        page = signed.ok("GET", "/api/v3/myTrades", symbol=SYMBOL, fromId=after, limit=1000)
        trades += page
        if len(page) < 1000:
            return trades
        after = page[-1]["id"] + 1


def check_orders(signed, known):
    """What was acknowledged against what is there."""
    rows = [row for row in all_orders(signed) if re.match(r"[ab]\d+-", row["clientOrderId"])]
    found = {}
    for row in rows:
        name = row["clientOrderId"]
        assert name not in found, f"{name} is there twice: {row} and {found[name]}"
        assert name in known, f"nobody placed {row}"
        found[name] = row
    for name, mine in known.items():
        row = found.get(name)
        if mine.busy:
            assert row is None, f"{name} was refused as busy and is there: {row}"
        if mine.refused:
            assert row is None or row["status"] == "REJECTED", (name, row)
        if mine.placed:
            assert row, f"{name} was acknowledged and is lost: {mine.placed}"
            assert row["orderId"] == mine.placed["orderId"], (row, mine.placed)
            assert Decimal(row["executedQty"]) >= Decimal(mine.placed["executedQty"]), row
            if mine.placed["status"] in ENDED:
                assert row["status"] == mine.placed["status"], (row, mine.placed)
        if mine.canceled:
            assert row["status"] == "CANCELED", (row, mine.canceled)
            assert row["executedQty"] == mine.canceled["executedQty"], (row, mine.canceled)
    return found


def check_money(quiet, found):
    """What is locked, and that nothing came from nowhere."""
    totals = {asset: Decimal(0) for asset in quiet.funds}
    for who, signed in (("a", quiet.ann), ("b", quiet.bob)):
        balances = signed.balances()
        locked = {asset: Decimal(0) for asset in quiet.funds}
        opened = signed.ok("GET", "/api/v3/openOrders")
        still = {name for name, row in found[who].items() if row["status"] not in ENDED}
        assert {row["clientOrderId"] for row in opened if row["symbol"] == SYMBOL} == still
        for row in opened:
            rest = Decimal(row["origQty"]) - Decimal(row["executedQty"])
            if row["side"] == "SELL":
                locked[row["symbol"].removesuffix("USDT")] += rest
            else:
                locked["USDT"] += rest * Decimal(row["price"])
        for asset in quiet.funds:
            free, held = map(Decimal, balances[asset])
            assert free >= 0 and held == locked[asset], (who, asset, held, locked[asset])
            totals[asset] += free + held
        trades = all_trades(signed)
        for trade in trades:
            totals[trade["commissionAsset"]] += Decimal(trade["commission"])
        filled = sum(Decimal(row["executedQty"]) for row in all_orders(signed))
        assert filled == sum(Decimal(trade["qty"]) for trade in trades), who
        assert len({trade["id"] for trade in trades}) == len(trades)
    for asset, total in totals.items():
        assert total == 2 * quiet.funds[asset], (asset, total)


def check(quiet, known):
    """Orders and money, while nobody trades."""
    found = {who: check_orders(signed, known[who])
             for who, signed in (("a", quiet.ann), ("b", quiet.bob))}
    check_money(quiet, found)


def acknowledged(known):
    """How many orders were acknowledged."""
    return sum(1 for ours in known.values() for mine in ours.values() if mine.placed)
