"""What an operator types and scrapes: the shell, health, metrics, and the proof by replay."""

import json
import re

import pytest

from conftest import GENEROUS, open_quiet
from exchange import Exchange, Signed, binary, get, request, run, wait_until


def replayed(data, seq=None, program=None):
    """Sequence and state hash as `rialto journal replay` prints them."""
    to = ["--to-seq", seq] if seq is not None else []
    out = run("journal", "replay", "--data", data, *to, program=program).stdout
    found = json.loads(out) if out.lstrip().startswith("{") else dict(
        re.findall(r"(seq|stateHash)\W+(\w+)", out))
    return int(found["seq"]), found["stateHash"]


def test_health_readiness_and_metrics_are_served(quiet):
    assert get(quiet.url, "/health/live")[0] == 200
    assert get(quiet.url, "/health/ready")[0] == 200
    status, text, headers = request(quiet.url, "GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert samples and all(re.match(r"^[a-zA-Z_:][\w:]*(\{.*\})? \S+$", line) for line in samples)
    for word in ("queue", "batch", "sync", "match", "lag"):
        # Some are told only when their thread next wakes.
        wait_until(lambda word=word: word in request(quiet.url, "GET", "/metrics")[1],
                   f"a metric about {word}")


def test_state_hash_is_for_admins_only(quiet):
    engine = quiet.admin.engine()
    assert engine["seq"] > 0 and re.fullmatch("[0-9a-f]{64}", engine["stateHash"])
    assert engine["rulesVersion"] == 2
    assert quiet.ann.call("GET", "/api/v1/admin/engine")[0] in (401, 403)
    assert get(quiet.url, "/api/v1/admin/engine")[0] in (401, 403)


def test_the_running_state_is_proven_by_replay_of_a_copy(quiet, tmp_path):
    quiet.ann.ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT",
                 timeInForce="GTC", quantity="0.001", price="42000")
    engine = quiet.admin.engine()
    copy = quiet.exchange.copy(tmp_path / "copy")
    assert run("journal", "verify", "--data", copy).returncode == 0
    assert replayed(copy, engine["seq"]) == (engine["seq"], engine["stateHash"])
    earlier, other = replayed(copy, engine["seq"] - 1)
    assert earlier == engine["seq"] - 1 and other != engine["stateHash"]


@pytest.mark.parametrize("profile", ["debug", "release"])
def test_the_busy_demo_is_proven_by_every_build(demo, tmp_path, profile):
    program = binary(profile)
    assert program, f"no {profile} build"
    admin = next(user for user in demo.demo["users"] if user["role"] == "admin")
    engine = Signed(demo, admin["apiKey"], admin["secretKey"]).engine()
    copy = demo.copy(tmp_path / "copy")
    assert replayed(copy, engine["seq"], program) == (engine["seq"], engine["stateHash"])


def test_a_damaged_journal_is_told(quiet, tmp_path):
    quiet.ann.ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT",
                 timeInForce="GTC", quantity="0.001", price="42000")
    copy = quiet.exchange.copy(tmp_path / "copy")
    segments = sorted(path for path in (copy / "journal").iterdir() if path.stat().st_size > 4096)
    text = bytearray(segments[0].read_bytes())
    at = next(at for at in range(1024, len(text)) if text[at])
    text[at] ^= 0x10
    segments[0].write_bytes(text)
    assert run("journal", "verify", "--data", copy, check=False).returncode == 1


def test_usage_errors_exit_with_two(tmp_path):
    for arguments in (["nosuch"], ["serve", "--nosuch"], ["journal", "verify", "--nosuch"]):
        assert run(*arguments, check=False).returncode == 2, arguments


def test_an_exchange_opened_on_a_stopped_directory_trades_and_continues(tmp_path):
    with Exchange(tmp_path / "data", *GENEROUS) as exchange:
        quiet = open_quiet(exchange)
        exchange.start()
        quiet.trade("50000.00")
        placed = quiet.ann.ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="LIMIT",
                              timeInForce="GTC", quantity="0.001", price="42000")
        before = quiet.ann.balances(), quiet.ann.ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")
        exchange.stop()
        assert run("journal", "verify", "--data", exchange.data).returncode == 0
        exchange.start()
        after = quiet.ann.balances(), quiet.ann.ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")
        assert after == before
        opened = quiet.ann.ok("GET", "/api/v3/openOrders")
        assert [order["orderId"] for order in opened] == [placed["orderId"]]


def test_a_second_server_on_the_same_directory_is_refused(quiet):
    second = Exchange(quiet.exchange.data)
    second.log = second.data.with_suffix(".second.log")
    second.spawn()
    assert second.process.wait(60) == 1
    assert get(quiet.url, "/api/v3/ping") == (200, {})


def test_a_killed_demo_continues_with_the_same_users_and_keys(tmp_path):
    with Exchange(tmp_path / "data", "--demo", "--demo-venues", "none") as exchange:
        before = exchange.start().demo
        trader = next(user for user in before["users"] if user["role"] == "user")
        client = Signed(exchange, trader["apiKey"], trader["secretKey"])
        wait_until(lambda: get(exchange.url, "/api/v3/depth?symbol=BTCUSDT")[1]["asks"], "makers")
        placed = client.ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET",
                           quantity="0.001")
        assert placed["status"] == "FILLED", placed
        exchange.kill()
        exchange.start()
        assert exchange.demo["users"] == before["users"]
        found = client.ok("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
        assert found["status"] == "FILLED"
