"""What README tells a newcomer to type, typed."""

import ast
import json
import re
import shutil
import subprocess
import sys

from exchange import ROOT, Exchange, run

README = (ROOT / "README.md").read_text()
HOST_THERE = "127.0.0.1:8080"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROOF = re.compile(r"^python3 - <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


def typed(program, exchange):
    """What it prints, line by line, in the directory in which the demo was started."""
    host = exchange.url.removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-c", program.replace(HOST_THERE, host)], cwd=exchange.data.parent,
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_the_python_of_readme_trades_and_proves(tmp_path):
    with Exchange(tmp_path / "data", "--demo") as exchange:
        exchange.start()
        blocks = PYTHON.findall(README)
        assert len(blocks) == 3, "one for each client"
        *ours, account = typed("".join(blocks), exchange)
        free, bought, resting = map(ast.literal_eval, ours)
        assert free["USDT"] > 0
        assert (bought["symbol"], bought["status"], bought["filled"]) == ("BTC/USDT", "closed", 0.01)
        assert (resting["symbol"], resting["status"]) == ("BTCUSDT", "NEW")
        assert "balances" in account

        state, command = typed(PROOF.search(README)[1], exchange)
        state, words = ast.literal_eval(state), command.split()
        assert words[:5] == ["rialto", "journal", "replay", "--data", "data-copy"]
        shutil.copytree(exchange.data, tmp_path / "data-copy",
                        ignore=shutil.ignore_patterns("*.sock"))
        words[4] = tmp_path / "data-copy"
        replayed = json.loads(run(*words[1:]).stdout)
        assert replayed["stateHash"] == state["stateHash"]
