"""A PostgreSQL server of the tests' own, in a folder and behind a socket in it."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import pytest

from exchange import STOP_MAX, wait_until

INSTALLED = pathlib.Path("/usr/lib/postgresql")


def programs():
    """Where the newest installed server has its programs; skips the test without one."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = found[-1] if found else shutil.which("initdb")
    if not path:
        pytest.skip("PostgreSQL is not installed")
    return pathlib.Path(path).parent


@contextlib.contextmanager
def postgres():
    """The URL of an empty database of a server that runs as long as this lasts."""
    at = programs()
    with tempfile.TemporaryDirectory(prefix="rialto-pg") as name:
        folder, user = pathlib.Path(name), {}
        if os.geteuid() == 0:  # It does not run as root.
            its = pwd.getpwnam("postgres")
            user = {"user": its.pw_uid, "group": its.pw_gid}
            os.chown(folder, its.pw_uid, its.pw_gid)
        with running(at, folder, user):
            yield f"postgres://postgres@localhost/postgres?host={folder}"


@contextlib.contextmanager
def running(at, folder, user):
    """A server in an empty folder, by the programs at some place."""
    data = folder / "data"
    done = subprocess.run(
        [at / "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C",
         "--no-sync", "--pgdata", data], capture_output=True, text=True, cwd=folder, **user)
    assert done.returncode == 0, done.stderr
    server = subprocess.Popen(
        [at / "postgres", "-c", "listen_addresses=", "-c", "fsync=off", "-c",
         "shared_buffers=16MB", "-k", folder, "-D", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user)
    try:
        asked = [at / "pg_isready", "-q", "-h", folder, "-U", "postgres"]
        wait_until(lambda: subprocess.run(asked).returncode == 0, "PostgreSQL", STOP_MAX)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(STOP_MAX)
