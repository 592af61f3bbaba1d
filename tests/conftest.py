"""What several suites share: two days of real flights on a real chain, indexed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.chain.anvil import run_anvil
from ledger.cli.__main__ import COLLECT_AFTER
from ledger.services.replay import cast_actors, perform, plan
from ledger.sources.flights import FIRST_DAY, carriers, flights
from ledger.store.database import Database
from ledger.units import Timestamp
from tests.support.chain import Loaded, deploy, free_port
from tests.support.databases import KINDS, Places, new_postgresql, postgresql_server, sqlite, synchronise

# As the program does.
gc.set_threshold(*COLLECT_AFTER)

DAYS = 2
LONGEST = (
    *("test_chaos", "test_index_command", "test_commands", "test_index", "test_nodes", "test_outages", "test_acting"),
    *("test_verify_page", "test_auditing", "test_score_twins", "test_stranger", "test_stranger_bundles"),
)
"""Files that take minutes, the longest first: whoever is left with such a one at the end would work alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first, and leaves each in its order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """A chain that holds the flights of two days, and a database that has indexed it."""
    home = tmp_path_factory.mktemp("home")
    chosen, names = flights(FIRST_DAY, DAYS), carriers()
    genesis = Timestamp(min(flight.departs_at for flight in chosen) - 3600)
    with run_anvil(free_port(), genesis, home / "anvil.log") as chain:
        deployment = deploy(chain, Timestamp(genesis + 1))
        deployment.save(home / "deployment.json")
        cast = cast_actors(chain.accounts(), names)
        replay = plan(chosen, names, cast, Timestamp(genesis + 2))
        perform(replay, chain, deployment, lambda done, total: None)
        database = Database(f"sqlite:///{home / 'troth.db'}")
        synchronise(chain, database, deployment)
        with database.write() as writer:
            writer.put_documents(replay.documents)
        database.close()
        yield Loaded(chain, deployment, chosen, cast, replay, home)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=KINDS)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """Empty databases, of each kind."""
    if request.param == "sqlite":
        return lambda: sqlite(tmp_path / f"{uuid4().hex}.db")
    server: str = request.getfixturevalue("postgresql")
    return lambda: new_postgresql(server)


@pytest.fixture
def place(places: Places) -> str:
    """An empty database, of each kind."""
    return places()
