"""kill -9 at random moments under load: nothing acknowledged is lost or doubled.

Units   amounts are exact decimals; moments of killing are counted in answers, not in seconds.
Keeps   after every restart what `traders` says; the journal is sound.
Fails   with the seed, which gives the same orders and the same moments again.
"""

import os
import random
import re
import shutil
import threading
import time

from conftest import GENEROUS, open_quiet
from exchange import Exchange, binary, run
from traders import Load, acknowledged, check, new_known

KILLS = int(os.environ.get("CRASH_KILLS", "60"))
SEED = int(os.environ.get("CRASH_SEED", "20260101"))
# A kill comes after so many answers; a few come before the server is ready at all.
ANSWERS_MAX = 120
EARLY_KILLS = 0.15
# Verified after each of these many kills, and at the end.
VERIFY_EVERY = 10


def load_until_killed(quiet, known, draw, kill):
    """Traders at work; the kill comes after a drawn number of answers, from beside them."""
    with Load(quiet, known, draw, kill) as load:
        load.wait_answers(draw.randint(1, ANSWERS_MAX))
        quiet.exchange.kill()


def replayed(data, seq, program):
    """The state hash that a build reaches at a sequence."""
    out = run("journal", "replay", "--data", data, "--to-seq", seq, program=program).stdout
    return re.search(r"\b[0-9a-f]{64}\b", out)[0]


def crash_and_check(quiet):
    """All the kills; what the clients know in the end."""
    exchange, draw = quiet.exchange, random.Random(SEED)
    known = new_known()
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
        check(quiet, known)
    print(f"a start took {sorted(starts)[len(starts) // 2]:.2f} s")
    return known


def check_load(known):
    """The load was one: kills that hit nothing in flight prove nothing."""
    orders = [mine for ours in known.values() for mine in ours.values()]
    canceled = sum(1 for mine in orders if mine.canceled)
    unknown = sum(1 for mine in orders if not mine.placed and not mine.refused)
    placed = acknowledged(known)
    print(f"{placed} acknowledged, {canceled} cancelled, {unknown} unanswered")
    assert placed > 10 * KILLS and canceled > KILLS and unknown > KILLS


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
