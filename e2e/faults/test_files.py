"""No file can be opened any more, while the journal goes from segment to segment.

Proves  orders are refused as busy or the process ends with the documented code and its reason;
        either way nothing acknowledged is lost, and with files again orders are taken.
"""

import random
import resource

from conftest import SMALL_SEGMENTS
from exchange import Exchange
from traders import Load, check, new_known

FATAL = 70


def test_without_files_to_open_nothing_acknowledged_is_lost(opened, tmp_path):
    known = new_known()
    with Exchange(tmp_path / "data", *SMALL_SEGMENTS) as exchange:
        quiet = opened.copied(exchange)
        exchange.start()
        pid = exchange.process.pid
        with Load(quiet, known, random.Random(1), 1) as load:
            load.wait_answers(20)
            soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
            load.wait(lambda: load.busy or load.gone, "a segment that cannot be begun")
        if load.gone:
            assert exchange.end_code() == FATAL
            assert "Too many open files" in exchange.log.read_text().splitlines()[-1]
            exchange.start()
        else:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        check(quiet, known)
        with Load(quiet, known, random.Random(2), 2) as load:
            load.wait_answers(50)
        check(quiet, known)
