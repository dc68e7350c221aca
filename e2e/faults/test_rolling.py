"""kill -9 under load while the journal goes from segment to segment, snapshots are taken and what
is old is removed, with the history in SQLite and in PostgreSQL.

Proves  what `traders` says after every restart; the journal is sound, without its beginning.
"""

import json
import random
import re

import pytest

from conftest import SMALL_SEGMENTS, open_quiet
from exchange import Exchange, run
from postgres import postgres
from traders import Load, acknowledged, check, new_known

KILLS = 6
ANSWERS = (300, 1_000)
ROLLING = (*SMALL_SEGMENTS, "--snapshot-every", 60, "--journal-retention-bytes", 0)


def segments(data):
    """The numbers of the segments that are there."""
    names = (path.name for path in (data / "journal").iterdir())
    return sorted(int(name[:16]) for name in names if re.fullmatch(r"\d{16}\.segment", name))


@pytest.fixture(params=["sqlite", "postgres"])
def history(request):
    """Options that say where the history is."""
    if request.param == "sqlite":
        yield ()
        return
    with postgres() as url:
        yield ("--database-url", url)


def test_kills_between_segments_snapshots_and_removal_lose_nothing(history, tmp_path):
    draw, known, snapshots = random.Random(1), new_known(), set()
    with Exchange(tmp_path / "data", *ROLLING, *history) as exchange:
        quiet = open_quiet(exchange.start())
        for kill in range(KILLS):
            with Load(quiet, known, draw, kill) as load:
                load.wait_answers(draw.randint(*ANSWERS))
                exchange.kill()
            told = json.loads(run("journal", "verify", "--data", exchange.data).stdout)
            assert told["sound"], told
            snapshots |= set(told["snapshots"])
            exchange.start()
            check(quiet, known)
    there = segments(exchange.data)
    print(f"segments {there}, snapshots {len(snapshots)}, {acknowledged(known)} orders")
    assert there[0] > 0 and there == list(range(there[0], there[-1] + 1)), there
    assert len(snapshots) > KILLS and acknowledged(known) > 10 * KILLS
