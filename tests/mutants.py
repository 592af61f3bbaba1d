"""Mutation testing of the contract: every check left out, every comparison and connective turned, one at a time.

`python -m tests.mutants` prints what became of each mutant, and exits 1 where fewer than 95 % were killed. It takes
minutes for each core: forge compiles the contract and its tests anew for every mutant.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

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

EQUIVALENT: dict[str, str] = {}
"""Mutants that no test can tell from the contract, by what they change, and why."""


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


def survives(mutant: Mutant) -> bool | None:
    """Whether all tests pass on a mutant; None if it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("contracts", "tests/forge", "tests/vectors"):
            shutil.copytree(ROOT / name, copy / name)
        for name in ("node_modules", ".solcx"):
            (copy / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "foundry.toml", copy)
        path = copy / "contracts" / mutant.source
        lines = path.read_text().splitlines()
        lines[mutant.line - 1] = mutant.after
        path.write_text("\n".join(lines) + "\n")
        (forge,) = ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge")
        # Without the optimiser, which takes most of the time and changes no behaviour.
        settings = {"FOUNDRY_OPTIMIZER": "false", "FOUNDRY_INVARIANT_RUNS": "20", "FOUNDRY_FUZZ_RUNS": "64"}
        run = [str(forge), "test", "--fail-fast", "--threads", "1"]
        environment = os.environ | settings | {"FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0"}
        done = subprocess.run(run, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        if "Compiler run failed" in done.stdout + done.stderr:
            return None
        return done.returncode == 0


def main() -> None:
    """Runs all mutants whose name holds an argument, or all."""
    chosen = [mutant for mutant in mutants() if all(word in mutant.name for word in sys.argv[1:])]
    say = partial(Console(soft_wrap=True).print, markup=False, highlight=False)
    killed = survivors = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for mutant, survived in zip(chosen, pool.map(survives, chosen), strict=True):
            if survived is None or mutant.name in EQUIVALENT:
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
