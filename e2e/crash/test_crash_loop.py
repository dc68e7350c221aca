"""kill -9 at random moments under load: nothing acknowledged is lost or doubled.

Units   amounts are exact decimals; moments of killing are counted in answers, not in seconds.
Keeps   after every restart: each acknowledged order is there exactly once and has not gone back;
        what was not acknowledged is there at most once; what is locked is what open orders hold;
        the two traders and the fees they paid add up to what was brought in; the journal is sound.
Fails   with the seed, which gives the same orders and the same moments again.
"""

import dataclasses
import http.client
import os
import random
import re
import shutil
import threading
import time
import urllib.parse
from decimal import Decimal

from conftest import GENEROUS, open_quiet
from exchange import Exchange, binary, run

KILLS = int(os.environ.get("RIALTO_KILLS", "60"))
SEED = int(os.environ.get("RIALTO_SEED", "20260101"))
THREADS_PER_TRADER = 3
# A kill comes after so many answers; a few come before the server is ready at all.
ANSWERS_MAX = 120
EARLY_KILLS = 0.15
# Verified after each of these many kills, and at the end.
VERIFY_EVERY = 10
SYMBOL = "BTCUSDT"
ENDED = ("FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED")


@dataclasses.dataclass
class Known:
    """What a client knows about one of its orders."""

    placed: dict | None = None
    canceled: dict | None = None
    refused: bool = False


class Trader(threading.Thread):
    """One connection that places and cancels until the server is gone."""

    def __init__(self, signed, seed, prefix, known, answered):
        super().__init__(daemon=True)
        self.signed, self.random, self.prefix = signed, random.Random(seed), prefix
        self.known, self.answered = known, answered
        self.open = []
        self.failure = None

    def run(self):
        host = urllib.parse.urlsplit(self.signed.exchange.url).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            number = 0
            while True:
                number += 1
                if self.open and self.random.random() < 0.4:
                    self.cancel(connection)
                else:
                    self.place(connection, f"{self.prefix}-{number}")
                self.answered()
        except (OSError, http.client.HTTPException):
            pass  # The kill.
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
        mine = self.known.setdefault(name, Known())
        status, body = self.signed.call("POST", "/api/v3/order", connection, **order)
        if status == 200:
            mine.placed = body
            if body["status"] not in ENDED:
                self.open.append(name)
        else:
            assert 400 <= status < 500 and body["code"] in (-2010, -1013, -1015), (status, body)
            mine.refused = True

    def cancel(self, connection):
        name = self.open.pop(self.random.randrange(len(self.open)))
        status, body = self.signed.call(
            "DELETE", "/api/v3/order", connection, symbol=SYMBOL, origClientOrderId=name)
        if status == 200:
            self.known[name].canceled = body
        else:
            assert body["code"] == -2011, (status, body)  # Somebody took it meanwhile.


def load_until_killed(quiet, known, draw, kill):
    """Traders at work; the kill comes after a drawn number of answers, from beside them."""
    wanted, count, reached = draw.randint(1, ANSWERS_MAX), [0], threading.Event()
    lock = threading.Lock()

    def answered():
        with lock:
            count[0] += 1
            if count[0] == wanted:
                reached.set()

    threads = []
    for who, signed in (("a", quiet.ann), ("b", quiet.bob)):
        for line in range(THREADS_PER_TRADER):
            threads.append(Trader(
                signed, draw.random(), f"{who}{kill}-{line}", known[who], answered))
    for thread in threads:
        thread.start()
    assert reached.wait(60), [thread.failure for thread in threads] or "no answers"
    quiet.exchange.kill()
    for thread in threads:
        thread.join(60)
        assert thread.failure is None, repr(thread.failure)


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
        opened = signed.ok("GET", "/api/v3/openOrders", symbol=SYMBOL)
        still = {name for name, row in found[who].items() if row["status"] not in ENDED}
        assert {row["clientOrderId"] for row in opened} == still
        for row in opened:
            rest = Decimal(row["origQty"]) - Decimal(row["executedQty"])
            if row["side"] == "SELL":
                locked["BTC"] += rest
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


def replayed(data, seq, program):
    """The state hash that a build reaches at a sequence."""
    out = run("journal", "replay", "--data", data, "--to-seq", seq, program=program).stdout
    return re.search(r"\b[0-9a-f]{64}\b", out)[0]


def crash_and_check(quiet):
    """All the kills; what the clients know in the end."""
    exchange, draw = quiet.exchange, random.Random(SEED)
    known = {"a": {}, "b": {}}
    starts = []
    for kill in range(KILLS):
        load_until_killed(quiet, known, draw, kill)
        if draw.random() < EARLY_KILLS:
            # Again while it recovers, at a drawn part of what a start takes.
            typical = sorted(starts)[len(starts) // 2] if starts else 0.2
            exchange.spawn()
            threading.Event().wait(draw.random() * typical)
            exchange.kill()
        if kill % VERIFY_EVERY == 0:
            assert run("journal", "verify", "--data", exchange.data).returncode == 0
        began = time.monotonic()
        exchange.start()
        starts.append(time.monotonic() - began)
        print(f"kill {kill}: started after {starts[-1]:.2f} s")
        found = {who: check_orders(signed, known[who])
                 for who, signed in (("a", quiet.ann), ("b", quiet.bob))}
        check_money(quiet, found)
    print(f"a start took {sorted(starts)[len(starts) // 2]:.2f} s")
    return known


def check_load(known):
    """The load was one: kills that hit nothing in flight prove nothing."""
    orders = [mine for ours in known.values() for mine in ours.values()]
    acknowledged = sum(1 for mine in orders if mine.placed)
    canceled = sum(1 for mine in orders if mine.canceled)
    unknown = sum(1 for mine in orders if not mine.placed and not mine.refused)
    print(f"{acknowledged} acknowledged, {canceled} cancelled, {unknown} unanswered")
    assert acknowledged > 10 * KILLS and canceled > KILLS and unknown > KILLS


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    print(f"seed {SEED}, {KILLS} kills")
    with Exchange(tmp_path / "data", *GENEROUS, "--snapshot-every", 500) as exchange:
        quiet = open_quiet(exchange.start())
        known = crash_and_check(quiet)
        quiet.clear()
        engine = quiet.admin.engine()
        copy = exchange.copy(tmp_path / "copy")
    check_load(known)
    assert run("journal", "verify", "--data", exchange.data).returncode == 0
    for profile in ("release", "debug"):
        program = binary(profile)
        if program is None:
            print(f"skipped: no {profile} build to compare with")
            continue
        again = shutil.copytree(copy, tmp_path / profile)
        assert replayed(again, engine["seq"], program) == engine["stateHash"], profile
