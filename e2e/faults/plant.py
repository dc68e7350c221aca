#!/usr/bin/env python3
"""Plants faults one by one in a copy of the tree and sees that the named tests turn red.

A check that cannot fail is a defect. `faults.toml` lists small textual changes, each with the test
that must catch it. Here the copy is first tested as it is: every named test must pass. Then each
fault is planted alone: the copy must still build, and its test must run and fail.

    python3 e2e/faults/plant.py              all of them
    python3 e2e/faults/plant.py posting      those whose name contains "posting"
    python3 e2e/faults/plant.py --check      only that each change still finds its place
    python3 e2e/faults/plant.py --list       their names and tests

Ends with 1 if a fault was not caught, its place was not found, or a test fails without it.
Builds go to CARGO_TARGET_DIR, or `target`, so that dependencies are built once.
"""

import os
import shlex
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("faults.toml")
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
COPY = TARGET / "faults" / "tree"
# A planted fault may make a loop endless.
TEST_SECONDS_MAX = 300
BUILD_SECONDS_MAX = 1_800
FILES_MAX = 20_000


@dataclass(frozen=True)
class Fault:
    """One change, and the test that must turn red: `cargo test <cargo> -- --exact <test>`."""

    name: str
    file: str
    find: str
    replace: str
    cargo: str
    test: str

    def planted(self, text: str) -> str:
        """The file with the fault in it."""
        return text.replace(self.find, self.replace)

    def complaint(self) -> str | None:
        """Why it cannot be planted."""
        path = ROOT / self.file
        if not path.is_file():
            return f"{self.file} does not exist"
        count = path.read_text().count(self.find)
        if count != 1:
            return f"its place is found {count} times in {self.file}, not once"
        if self.find == self.replace:
            return "it changes nothing"
        return None


def read_table() -> list[Fault]:
    """The faults of the table; each names all it needs."""
    with TABLE.open("rb") as file:
        rows = tomllib.load(file).get("fault", [])
    faults = [Fault(**row) for row in rows]
    names = [fault.name for fault in faults]
    assert len(set(names)) == len(names), "two faults have one name"
    return faults


def copy_tree() -> None:
    """Makes COPY equal to the tree; what is the same stays untouched, so that builds are short."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    wanted = {name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
    assert 0 < len(wanted) < FILES_MAX, f"{len(wanted)} files: is this the repository?"
    for name in wanted:
        write(COPY / name, (ROOT / name).read_bytes())
        (COPY / name).chmod((ROOT / name).stat().st_mode)
    for path in COPY.rglob("*"):
        if path.is_file() and str(path.relative_to(COPY)) not in wanted:
            path.unlink()


def write(path: Path, content: bytes) -> None:
    """Writes a file unless it holds just that."""
    if not (path.is_file() and path.read_bytes() == content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def cargo(arguments: list[str], seconds_max: int) -> tuple[int | None, str]:
    """Exit status (None if it took too long) and output of cargo in the copy."""
    env = os.environ | {"CARGO_TARGET_DIR": str(TARGET), "RUST_BACKTRACE": "0"}
    try:
        done = subprocess.run(
            ["cargo", *arguments],
            cwd=COPY,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds_max,
        )
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return None, output if isinstance(output, str) else output.decode(errors="replace")
    return done.returncode, done.stdout


def builds(fault: Fault) -> str | None:
    """Why the copy does not build, if so."""
    arguments = ["test", "--no-run", "--quiet", *shlex.split(fault.cargo)]
    status, output = cargo(arguments, BUILD_SECONDS_MAX)
    return None if status == 0 else f"it does not build:\n{output[-4_000:]}"


def verdict(fault: Fault) -> tuple[str, str]:
    """What its test says of the copy as it is now: `ok`, `FAILED`, `hangs` or `absent`."""
    arguments = ["test", *shlex.split(fault.cargo), "--", "--exact", fault.test]
    status, output = cargo(arguments, TEST_SECONDS_MAX)
    lines = output.splitlines()
    starts = f"test {fault.test} ... "
    # What a test prints may stand between its name and its verdict.
    if status is None:
        return "hangs", output
    if status == 0 and f"{starts}ok" in lines:
        return "ok", output
    ran = any(line.startswith(starts) for line in lines)
    if status != 0 and ran and any(line.startswith("test result: FAILED") for line in lines):
        return "FAILED", output
    return "absent", output


def plant(fault: Fault) -> str | None:
    """Why the fault was not caught, if so. The copy is whole again afterwards."""
    path = COPY / fault.file
    whole = path.read_text()
    path.write_text(fault.planted(whole))
    try:
        complaint = builds(fault)
        if complaint:
            return complaint
        said, output = verdict(fault)
        return None if said == "FAILED" else f"{fault.test} says `{said}`:\n{output[-2_000:]}"
    finally:
        path.write_text(whole)


def check_places(faults: list[Fault]) -> int:
    """How many faults have no place to be planted."""
    failures = 0
    for fault in faults:
        complaint = fault.complaint()
        if complaint:
            failures += 1
            print(f"LOST    {fault.name}: {complaint}", flush=True)
    return failures


def check_whole(faults: list[Fault]) -> int:
    """How many of the named tests fail without any fault."""
    failures = 0
    for fault in {(fault.cargo, fault.test): fault for fault in faults}.values():
        said, output = verdict(fault)
        if said != "ok":
            failures += 1
            print(f"BROKEN  {fault.test} says `{said}` without a fault:\n{output[-2_000:]}")
    return failures


def main(arguments: list[str]) -> int:
    """Runs what the arguments ask for."""
    flags = {argument for argument in arguments if argument.startswith("--")}
    words = [argument for argument in arguments if not argument.startswith("--")]
    unknown = flags - {"--check", "--list"}
    if unknown:
        print(f"unknown: {' '.join(sorted(unknown))}\n\n{__doc__}", file=sys.stderr)
        return 2
    faults = [
        fault for fault in read_table() if not words or any(word in fault.name for word in words)
    ]
    if "--list" in flags:
        for fault in faults:
            print(f"{fault.name}: {fault.test}")
        return 0
    failures = check_places(faults)
    if failures or not faults:
        print(f"{failures} of {len(faults)} faults have no place")
        return 1
    if "--check" in flags:
        print(f"{len(faults)} faults have their place")
        return 0
    copy_tree()
    failures = check_whole(faults)
    if failures:
        return 1
    for fault in faults:
        began = time.monotonic()
        complaint = plant(fault)
        seconds = time.monotonic() - began
        failures += complaint is not None
        said = f"MISSED  {fault.name}: {complaint}" if complaint else f"caught  {fault.name}"
        print(f"{said} ({seconds:.0f} s)", flush=True)
    print(f"{len(faults) - failures} of {len(faults)} planted faults were caught")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
