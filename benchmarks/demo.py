"""How long the demo's steps take for one week of flights: on chain, indexed, scored."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.report import report
from ledger.chain.anvil import run_anvil
from ledger.chain.nodes import Nodes
from ledger.cli.demo import DEFAULT_DAYS, deploy_through_ape, find_ape
from ledger.cli.text import bar
from ledger.indexer.follow import Finality
from ledger.indexer.run import Indexer
from ledger.scoring.policy import Policy
from ledger.services.companies import Scorer, directory
from ledger.services.replay import cast_actors, perform, plan
from ledger.sources.flights import FIRST_DAY, carriers, flights
from ledger.store.database import Database
from ledger.units import Timestamp
from tests.support.chain import free_port


def main() -> None:
    """Measures each step once, in a folder of its own."""
    start = time.perf_counter()
    chosen, names = flights(FIRST_DAY, DEFAULT_DAYS), carriers()
    genesis = Timestamp(min(flight.departs_at for flight in chosen) - 3600)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with run_anvil(free_port(), genesis, home / "anvil.log") as chain, bar(Console()) as shown:
            deployment = deploy_through_ape(find_ape(), chain, home / "deployment.json")
            replay = plan(chosen, names, cast_actors(chain.accounts(), names), Timestamp(genesis + 60))
            task = shown.add_task("Recording promises on chain")
            loading = time.perf_counter()
            perform(replay, chain, deployment, lambda done, total: shown.update(task, completed=done, total=total))
            indexing = time.perf_counter()
            database = Database(f"sqlite:///{home / 'troth.db'}")
            Indexer(Nodes([chain]), database, deployment, Finality("latest")).synchronise()
            scoring = time.perf_counter()
            with database.read() as reader:
                views = directory(reader, Scorer(Policy.named("standard")))
            end = time.perf_counter()
            database.close()
    if len(views) != len(names):
        sys.exit(f"{len(views)} companies were scored, not {len(names)}")
    report(
        "demo",
        {
            "rows": replay.actions,
            "load_s": round(indexing - loading, 3),
            "index_s": round(scoring - indexing, 3),
            "score_s": round(end - scoring, 3),
            "total_s": round(end - start, 3),
        },
    )


if __name__ == "__main__":
    main()
