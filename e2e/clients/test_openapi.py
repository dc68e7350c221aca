"""Requests made up from the OpenAPI document, by the thousand: nobody may find an error of the
server, an answer that the document does not describe, or wrong input that is taken."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

from exchange import ROOT, Exchange, request

DOCUMENT = ROOT / "docs" / "openapi.json"
CASES_MIN = 1_000
# What would end the session that asks.
ENDING = ("/api/v1/auth/logout", "/api/v1/auth/password", "/api/v1/auth/sessions",
          "/api/v1/auth/sessions/{id}")


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A demo of its own: who is admin here halts markets at random."""
    data = tmp_path_factory.mktemp("openapi") / "data"
    options = ("--demo", "--demo-venues", "none", "--request-weight-per-minute", 10_000_000)
    with Exchange(data, *options) as exchange:
        yield exchange.start()


def token(exchange, role):
    """The access token of a person of the demo; one that is none for nobody."""
    if role == "nobody":
        return "nobody"
    person = next(user for user in exchange.demo["users"] if user["role"] == role)
    said = json.dumps({"email": person["email"], "password": person["password"]})
    status, body, _ = request(
        exchange.url, "POST", "/api/v1/auth/login", {"content-type": "application/json"}, said)
    assert status == 200, body
    return body["accessToken"]


@pytest.mark.parametrize("role", ["nobody", "user", "admin"])
def test_requests_made_up_from_the_document_find_no_error(busy, role, tmp_path):
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"), "run", DOCUMENT,
        "--url", busy.url, "--header", f"Authorization: Bearer {token(busy, role)}",
        # One worker: two that parse Python at a time can break the interpreter's parser.
        "--seed", 1, "--max-examples", 15, "--workers", 1, "--no-color", "--continue-on-failure",
        "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all",
        "--warnings", "off", "--request-timeout", 30,
        # What a schema cannot say (prices on a tick, funds) is refused with reason.
        "--exclude-checks", "positive_data_acceptance",
    ]
    if role != "nobody":
        command += [word for path in ENDING for word in ("--exclude-path", path)]
    done = subprocess.run(
        list(map(str, command)), cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    cases = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert cases and CASES_MIN < int(cases[2]), done.stdout[-2000:]
    assert "panicked" not in busy.log.read_text(errors="replace")
