"""The index against a chain that forks, nodes that fail and deaths at any commit: in the end, nothing but the truth."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ledger.errors import BrokenLink, Contradiction, HeadMismatch, Unavailable
from ledger.indexer.follow import Finality
from ledger.indexer.run import Indexer, Limits
from ledger.indexer.scores import rows_of_all
from ledger.store.database import Database
from ledger.store.packing import pack
from tests.support.databases import contents, sqlite
from tests.support.simulator import DEPLOYMENT, POLICY, Chain, Killed, MortalDatabase, nodes_of

SEEDS = int(os.environ.get("CHAOS_SEEDS", "500"))
FIRST = int(os.environ.get("CHAOS_FIRST_SEED", "0"))
PART = 50
FINALIZED = Finality("finalized")
TRIES = 12


def assert_truth_is_found(seed: int, folder: Path) -> None:
    """Indexes with faults for a while, then once without, and compares every row with an index that met none."""
    random = Random(seed)
    chain = Chain(random)
    chain.mine(random.randint(1, 20))
    faults = random.choice((0.0, 0.02, 0.05, 0.1))
    # One node or several; perhaps one that fails more often than the others, and perhaps one that never does.
    rates = [faults, *random.choices((0.0, faults, 0.3), k=random.choice((0, 0, 1, 2)))]
    quorum = random.randint(1, len(rates)) if random.random() < 0.2 else 1
    path = folder / f"{seed}.db"
    limits = Limits(blocks=random.choice((1, 3, 10, 1000)), ahead=1, quorum=quorum)
    nodes = nodes_of(chain, random, rates)
    database = MortalDatabase(path, random, faults)
    for _ in range(TRIES):
        try:
            Indexer(nodes, database, DEPLOYMENT, FINALIZED, limits, policy=POLICY).synchronise()
        except (Unavailable, Contradiction):
            pass
        except Killed:
            database.close()
            database = MortalDatabase(path, random, faults)
            nodes = nodes_of(chain, random, rates)
        chain.mine(random.randint(0, 3))
        if random.random() < 0.3:
            chain.reorganise()
        if random.random() < 0.2:
            chain.finalise()
    database.close()
    # A chain that gave up blocks for fewer grows past them in the end.
    chain.mine(2 + chain.highest - len(chain.blocks))
    truth = folder / f"{seed}-truth.db"
    for each in (path, truth):
        database = MortalDatabase(each, random, 0.0)
        # What a node left out earlier is found at the first contradiction, and forgotten; then at another, all is.
        for chances in (2, 1, 0):
            try:
                nodes = nodes_of(chain, random, [0.0])
                Indexer(nodes, database, DEPLOYMENT, FINALIZED, Limits(ahead=1), policy=POLICY).synchronise()
                break
            except (BrokenLink, HeadMismatch):
                if each == truth or not chances:
                    raise
        database.close()
    logs = [log for block in chain.blocks for log in block.logs]
    found, expected = contents(sqlite(path)), contents(sqlite(truth))
    assert len(expected["event"]) == len(logs)
    for table in expected:
        assert found[table] == expected[table], f"seed {seed}: {table}"
    assert {(company, key): row for company, key, row in expected["score"]} == folded(truth), f"seed {seed}: scores"


def folded(path: Path) -> dict[tuple[bytes, bytes], bytes]:
    """The rows that scores are made of, computed anew from all promises."""
    with closing(Database(sqlite(path))) as database, database.read() as reader:
        rows = rows_of_all(reader, reader.require_cursor().block.time, POLICY)
    return {(company, key): pack(row) for company, own in rows.items() for key, row in own.items() if any(row)}


def parts(seeds: int) -> Iterable[range]:
    return (range(start, min(start + PART, FIRST + seeds)) for start in range(FIRST, FIRST + seeds, PART))


@pytest.mark.parametrize("seeds", parts(SEEDS), ids=str)
def test_nothing_is_lost_doubled_or_out_of_order(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        try:
            assert_truth_is_found(seed, tmp_path)
        except Exception as error:
            raise AssertionError(f"CHAOS_FIRST_SEED={seed} CHAOS_SEEDS=1 shows it") from error
