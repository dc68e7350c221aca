"""Syncs that fail, by strace: the call of one thread returns EIO and does nothing.

Proves  the process ends at once, with the documented code and reason, and told nobody about what
        was not synced; a start has everything acknowledged exactly once. A database whose syncs
        fail stops nobody: its history comes later.
Not     that the kernel dropped the pages: it did not, for the call never reached it. The journal's
        own tests have a disk that forgets.
"""

import contextlib
import json
import random
import re
import sqlite3

import pytest

from conftest import SMALL_SEGMENTS
from exchange import STOP_MAX, Exchange, get, run, wait_until
from rigs import Injected
from traders import Load, check, new_known

SYNCS = "fdatasync,fsync"
FATAL = 70
# Of the database, so that one follows from the other.
FAILURES = 3
# For each thread that syncs: how its reason begins.
REASONS = {
    "journal": r"cannot (sync record \d+|begin \d{16}\.segment)",
    "journal-spares": r"cannot (sync the watermark|prepare a segment)",
}


def stored_orders(data):
    """The names of the orders that are in the database: those that ended."""
    with contextlib.closing(sqlite3.connect(f"file:{data}/rialto.db?mode=ro", uri=True)) as stored:
        return {row[0] for row in stored.execute("SELECT first_client_id FROM orders")}


def verified(data):
    """What `rialto journal verify` tells."""
    return json.loads(run("journal", "verify", "--data", data).stdout)


# The sync of a record, the one that begins a segment, the watermark's, a spare segment's.
@pytest.mark.parametrize("thread, calls, when", [
    ("journal", "fdatasync", 20),
    ("journal", "fsync", 1),
    ("journal-spares", "fdatasync", 1),
    ("journal-spares", "fsync", 1),
])
def test_a_failed_sync_ends_the_process_and_loses_nothing(opened, tmp_path, thread, calls, when):
    known = new_known()
    with Exchange(tmp_path / "data", *SMALL_SEGMENTS) as exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        fault = Injected(
            exchange.threads(thread), calls, f"error=EIO:when={when}", tmp_path / "log")
        with fault, Load(quiet, known, random.Random(when), 1) as load:
            assert exchange.end_code() == FATAL
            load.wait_gone()
        assert fault.count() == 1
        reason = exchange.log.read_text().splitlines()[-1]
        assert re.fullmatch(f"rialto: {REASONS[thread]}: Input/output error .*", reason), reason
        told = verified(exchange.data)
        assert told["sound"]
        failed = re.search(r"sync record (\d+)", reason)
        if failed:
            assert told["acknowledged"] < int(failed[1]), (told, reason)

        exchange.start()
        check(quiet, known)
        with Load(quiet, known, random.Random(when), 2) as load:
            load.wait_answers(50)
        check(quiet, known)
    assert verified(exchange.data)["sound"]


def test_a_database_that_cannot_sync_stops_nobody_and_catches_up(opened, tmp_path):
    known = new_known()
    with Exchange(tmp_path / "data", *SMALL_SEGMENTS) as exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        # A connection that failed is replaced, with its thread.
        fault = Injected([exchange.process.pid], SYNCS, "error=EIO", tmp_path / "log",
                         path=exchange.data / "rialto.db-wal")
        with fault, Load(quiet, known, random.Random(1), 1) as load:
            fault.wait(FAILURES)
            load.wait_answers(100)
        # What the database does not have is answered from memory.
        check(quiet, known)
        assert exchange.metric("rialto_history_failures_total") >= FAILURES - 1
        assert get(quiet.url, "/health/ready")[0] == 200
        ended = {name for ours in known.values() for name, mine in ours.items() if mine.ended}
        wait_until(lambda: ended <= stored_orders(exchange.data), "the history", STOP_MAX)
        check(quiet, known)
        exchange.kill()
        assert ended <= stored_orders(exchange.data)
        exchange.start()
        check(quiet, known)
    assert len(ended) > 50
