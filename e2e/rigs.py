"""Disks that are small, cut off, slow or broken: real ones, by the kernel's own means.

Needs   root for mounts, `strace` for faults of system calls. Where one of them is not allowed, the
        test that needs it is skipped and says so.
Keeps   everything mounted or attached is let go with the test.
"""

import contextlib
import errno
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from exchange import STOP_MAX, wait_until

FILL_BYTES = 1 << 20


def tried(*command):
    """A command to its end."""
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=STOP_MAX)


@contextlib.contextmanager
def mounted(what, on, *options):
    """Something mounted; skips the test where that is not allowed."""
    on.mkdir(parents=True, exist_ok=True)
    done = tried("mount", *options, what, on)
    if done.returncode != 0:
        pytest.skip(f"mounting is not possible here: {done.stderr.strip()}")
    try:
        yield on
    finally:
        done = tried("umount", on)
        if done.returncode != 0:
            tried("umount", "--lazy", on)


@contextlib.contextmanager
def tmpfs(on, size_bytes):
    """A file system in memory of so many bytes."""
    with mounted("none", on, "-t", "tmpfs", "-o", f"size={size_bytes}"):
        yield on


def image(path, size_bytes):
    """A file with an empty ext4 in it."""
    if not shutil.which("mkfs.ext4"):
        pytest.skip("mkfs.ext4 is not installed")
    with open(path, "xb") as file:
        file.truncate(size_bytes)
    done = tried("mkfs.ext4", "-q", "-F", "-m", "0", path)
    assert done.returncode == 0, done.stderr
    return path


@contextlib.contextmanager
def ext4(on, file, size_bytes=None):
    """The ext4 in `file`, through a loop device; with a size, a new one."""
    if size_bytes:
        image(file, size_bytes)
    with mounted(file, on, "-t", "ext4", "-o", "loop"):
        yield on


def sync(folder):
    """Everything of a file system is on its device."""
    done = tried("sync", "--file-system", folder)
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def frozen(folder):
    """A file system that nobody can change: who writes, waits."""
    done = tried("fsfreeze", "--freeze", folder)
    if done.returncode != 0:
        pytest.skip(f"file systems cannot be frozen here: {done.stderr.strip()}")
    try:
        yield
    finally:
        done = tried("fsfreeze", "--unfreeze", folder)
        assert done.returncode == 0, done.stderr


def fill(folder):
    """Takes all the room there is, to the last byte; returns the file that has it."""
    path = folder / "filler"
    with open(path, "xb", buffering=0) as file:
        part = FILL_BYTES
        while part:
            try:
                file.write(bytes(part))
                os.fsync(file.fileno())
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
                part //= 2
    assert free_bytes(folder) < 64 * 1024, f"{free_bytes(folder)} bytes are left"
    return path


def free_bytes(folder):
    """What the file system has left."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize


class Injected:
    """System calls of some threads, tampered with by strace as long as this lasts.

    `how` is strace's own language: `error=EIO:when=5` lets the fifth call of a thread fail. With
    a path, only calls about that file, by these threads and all that they start."""

    def __init__(self, threads, calls, how, log, path=None):
        self.log = pathlib.Path(log)
        if not shutil.which("strace"):
            pytest.skip("strace is not installed")
        attached = [f"--attach={thread}" for thread in threads]
        only = ["-f", "-P", str(path)] if path else []
        self.process = subprocess.Popen(
            ["strace", *attached, *only, "-o", str(log), "-e", f"trace={calls}",
             "-e", f"inject={calls}:{how}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in threads:
            said = self.process.stderr.readline()
            if "attached" not in said:
                self.process.wait(STOP_MAX)
                pytest.skip(f"strace may not attach here: {said.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_MAX)
        self.process.stderr.close()

    def count(self):
        """How many calls were tampered with."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum(1 for line in lines if "(INJECTED)" in line or "(DELAYED)" in line)

    def wait(self, count=1):
        """Until so many calls were tampered with."""
        wait_until(lambda: count <= self.count(), f"{count} tampered calls of {self.log}")
