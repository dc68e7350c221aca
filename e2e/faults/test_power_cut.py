"""Power cuts: what had reached the device at one instant, mounted anew and started on.

The data directory is on an ext4 whose device is a file on another file system. That one is frozen
at a random moment under load, in the middle of whatever the kernel was writing; the file is copied
while nothing can change it; then the copy is mounted, which replays the journal of ext4 as after a
crash, and a server is started on it.

Proves  what was acknowledged before the freeze is there exactly once after losing every page that
        only memory had, at any point between two writes of the kernel; the journal is sound.
Not     that the device keeps what it says it has: a cache of a disk that lies, or torn sectors. The
        journal's own tests have those.
"""

import contextlib
import copy
import json
import random
import shutil

import pytest

import rigs
from conftest import SMALL_SEGMENTS
from exchange import Exchange, run
from traders import Known, Load, acknowledged, check, new_known

CUTS = 5
ANSWERS_MAX = 120
DEVICE_BYTES = 64 << 20
MEMORY_BYTES = 4 * DEVICE_BYTES


class Device:
    """A disk whose power can be cut: a file on a file system that can be frozen."""

    def __init__(self, folder, stack):
        memory = stack.enter_context(rigs.tmpfs(folder / "memory", MEMORY_BYTES))
        self.below = stack.enter_context(
            rigs.ext4(folder / "below", memory / "below", 2 * DEVICE_BYTES))
        self.file = self.below / "device"
        self.disk = stack.enter_context(rigs.ext4(folder / "disk", self.file, DEVICE_BYTES))
        self.memory = memory

    def cut(self, name, known):
        """A copy of the device at one instant, and what was known just before it."""
        # Never synced: it must not survive.
        (self.disk / f"{name}.canary").write_bytes(bytes(4096))
        at_cut, told = self.memory / name, told_until_now(known)
        with rigs.frozen(self.below):
            shutil.copyfile(self.file, at_cut)
        for who, ours in told_until_now(known).items():
            for unanswered in ours.keys() - told[who].keys():
                told[who][unanswered] = Known()
        return at_cut, told


def told_until_now(known):
    """What traders know at this moment, while they work."""
    return {who: {name: copy.copy(mine) for name, mine in list(ours.items())}
            for who, ours in known.items()}


@contextlib.contextmanager
def after_cut(folder, at_cut):
    """An exchange on a copy of the device, not yet started."""
    with rigs.ext4(folder / "after", at_cut) as disk:
        canary = disk / f"{at_cut.name}.canary"
        assert not canary.exists() or canary.stat().st_size == 0, "nothing was lost: no power cut"
        with Exchange(disk / "data", *SMALL_SEGMENTS) as exchange:
            exchange.log = folder / f"{at_cut.name}.log"
            yield exchange


def start_and_check(quiet, exchange, known):
    """Verifies what is there, starts, and checks what the traders know."""
    assert json.loads(run("journal", "verify", "--data", exchange.data).stdout)["sound"]
    exchange.start()
    check(quiet.moved(exchange), known)


def test_nothing_acknowledged_is_lost_when_the_power_goes(opened, tmp_path):
    draw, known = random.Random(1), new_known()
    with contextlib.ExitStack() as stack:
        device = Device(tmp_path, stack)
        exchange = Exchange(device.disk / "data", *SMALL_SEGMENTS, "--snapshot-every", 200)
        exchange.log = tmp_path / "server.log"
        stack.enter_context(exchange)
        quiet = opened.copied(exchange)
        exchange.start()
        rigs.sync(device.disk)
        with Load(quiet, known, draw, 1) as load:
            for number in range(CUTS):
                load.wait_answers(draw.randint(1, ANSWERS_MAX))
                at_cut, told = device.cut(f"cut-{number}", known)
                with after_cut(tmp_path, at_cut) as after:
                    start_and_check(quiet, after, told)
                at_cut.unlink()
        check(quiet, known)
    assert acknowledged(known) > CUTS


def test_the_rig_catches_a_server_that_does_not_sync(opened, tmp_path):
    known = new_known()
    with contextlib.ExitStack() as stack:
        device = Device(tmp_path, stack)
        exchange = Exchange(device.disk / "data", *SMALL_SEGMENTS)
        exchange.log = tmp_path / "server.log"
        stack.enter_context(exchange)
        quiet = opened.copied(exchange)
        exchange.start()
        rigs.sync(device.disk)
        pretended = stack.enter_context(rigs.Injected(
            exchange.threads("journal"), "fdatasync,fsync", "retval=0", tmp_path / "log"))
        with Load(quiet, known, random.Random(1), 1) as load:
            load.wait_answers(50)
            pretended.wait(5)
            at_cut, told = device.cut("cut", known)
        with after_cut(tmp_path, at_cut) as after, pytest.raises(AssertionError) as loss:
            start_and_check(quiet, after, told)
        print(f"caught: {str(loss.value)[:300]}")
