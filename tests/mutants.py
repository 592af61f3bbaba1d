"""Mutation testing of the contract: every check left out, every comparison and connective turned, one at a time.

`python -m tests.mutants` prints what became of each mutant, and exits 1 where fewer than 95 % were killed. It takes
most of an hour on two cores.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("TrustLedger.sol", "base/Authority.sol", "base/Batches.sol", "base/History.sol", "libraries/Slots.sol")
LEAST_KILLED_PERCENT = 95
WORKERS = 2

TURNED = {
    " < ": (" <= ",),
    " <= ": (" < ",),
    " > ": (" >= ",),
    " >= ": (" > ",),
    " == ": (" != ",),
    " != ": (" == ",),
    " && ": (" || ",),
    " || ": (" && ",),
    " & ": (" | ",),
    "true": ("false",),
    "false": ("true",),
}
"""What is put in the place of an operator or a value."""

SETTINGS = {
    # Without the optimiser, which takes most of the time and changes no behaviour, and compiling but the mutant.
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_DYNAMIC_TEST_LINKING": "true",
    "FOUNDRY_FUZZ_RUNS": "64",
    "FOUNDRY_INVARIANT_RUNS": "20",
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
}
INVARIANTS = "tests/forge/invariant/*"

EQUIVALENT = {
    "since >= dueAt ? since": "of two equal times, either is the later",
    "available <= gasLimit": "where they are equal, nothing is left for the margin either",
    "available - gasLimit <= GAS_MARGIN": "one gas more of a margin that is rounded up anyway",
}
"""Mutants that are as good as the contract, by a part of what they make of it, and why."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one line."""

    source: str
    line: int
    before: str
    after: str

    @property
    def name(self) -> str:
        """Where and what."""
        return f"{self.source}:{self.line} {self.before.strip()} → {self.after.strip() or '(left out)'}"


def mutants() -> Iterator[Mutant]:
    """All of them, from the sources as they are."""
    for source in SOURCES:
        for number, line in enumerate((ROOT / "contracts" / source).read_text().splitlines(), start=1):
            code = line.split("//")[0]
            if not code.strip() or code.lstrip().startswith(("import", "pragma", "*", "/")):
                continue
            if re.match(r"\s*(if \(.*\) revert .*;|_(require|use)\w*\(.*\);)$", code):
                yield Mutant(source, number, line, "")
            for operator, others in TURNED.items():
                for match in re.finditer(rf"{re.escape(operator)}" if " " in operator else rf"\b{operator}\b", code):
                    for other in others:
                        yield Mutant(source, number, line, code[: match.start()] + other + code[match.end() :])


class Bench:
    """A copy of the contract and its tests, in which one mutant after another is tried."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("contracts", "tests/forge", "tests/vectors"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("node_modules", ".solcx"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "foundry.toml", folder)
        (self._forge,) = ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge")

    def passes(self, *arguments: str) -> bool | None:
        """Whether tests pass; None if it does not compile."""
        run = [str(self._forge), "test", "--fail-fast", "--threads", "1", *arguments]
        done = subprocess.run(
            run, cwd=self._folder, env=os.environ | SETTINGS, capture_output=True, text=True, check=False
        )
        if "Compiler run failed" in done.stdout + done.stderr:
            return None
        return done.returncode == 0

    def survives(self, mutant: Mutant) -> bool | None:
        """Whether all tests pass on a mutant; None if it does not compile."""
        path = self._folder / "contracts" / mutant.source
        sound = path.read_text()
        lines = sound.splitlines()
        lines[mutant.line - 1] = mutant.after
        path.write_text("\n".join(lines) + "\n")
        try:
            # The quick tests first: they kill most.
            return self.passes("--no-match-path", INVARIANTS) and self.passes("--match-path", INVARIANTS)
        finally:
            path.write_text(sound)


def main() -> None:
    """Tries all mutants whose name holds every argument, or all."""
    chosen = [mutant for mutant in mutants() if all(word in mutant.name for word in sys.argv[1:])]
    say = partial(Console(soft_wrap=True).print, markup=False, highlight=False)
    killed = survivors = 0
    with TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        benches: SimpleQueue[Bench] = SimpleQueue()
        for number in range(WORKERS):
            benches.put(bench := Bench(Path(folder) / str(number)))
            if not bench.passes():
                sys.exit("The tests fail on the contract as it is: mend that first.")

        def survives(mutant: Mutant) -> bool | None:
            bench = benches.get()
            try:
                return bench.survives(mutant)
            finally:
                benches.put(bench)

        for mutant, survived in zip(chosen, pool.map(survives, chosen), strict=True):
            if survived is None:
                continue
            if survived and (why := next((why for part, why in EQUIVALENT.items() if part in mutant.after), None)):
                say(f"as good  {mutant.name}: {why}")
                continue
            killed += not survived
            survivors += survived
            say(f"{'survived' if survived else 'killed  '} {mutant.name}")
    percent = 100 * killed // max(1, killed + survivors)
    say(f"{killed} of {killed + survivors} mutants killed: {percent} %")
    if percent < LEAST_KILLED_PERCENT:
        sys.exit(1)


if __name__ == "__main__":
    main()
