"""The two databases: their tables, who may write when, and that readers wait for nobody."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from ledger.errors import IndexBusy, NoDatabase, TrothError
from ledger.events import Block, Confirmed, Log, Matter
from ledger.indexer.project import project
from ledger.outcomes import Standing
from ledger.promises import signer_hash
from ledger.scoring.collusion import Ring
from ledger.services.witnesses import ring_of
from ledger.store.database import Database
from ledger.store.engines import PATIENCE
from ledger.store.records import Company, Cursor
from ledger.store.tables import CompanyRow, EventRow, PromiseRow
from ledger.store.writing import _company_values
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Timestamp, digest_of
from scripts.vectors import log_of
from tests.support.build import History, a_promise, interleaved
from tests.support.databases import contents, new_postgresql

FIRST, SECOND = (Block(BlockNumber(number), digest_of(b"%d" % number), Timestamp(10 * number)) for number in (5, 7))
CURSOR = Cursor("eip155:1:0x00", SECOND, BlockNumber(3), FIRST, ZERO_DIGEST)


def at(number: int) -> Cursor:
    return replace(CURSOR, block=replace(CURSOR.block, number=BlockNumber(number)))


def move(place: str, cursor: Cursor) -> None:
    with closing(Database(place)) as database, database.write() as writer:
        writer.move_cursor(cursor)


def test_all_blocks_that_may_be_given_up_are_kept_and_the_one_before(place: str) -> None:
    """Of every choice of seven numbers, whatever is final, and whatever is given up then."""
    every = [Block(BlockNumber(number), digest_of(b"%d" % number), Timestamp(number)) for number in range(7)]
    with closing(Database(place)) as database, database.write() as writer:
        for chosen, final in product(range(1, 2 ** len(every)), range(len(every) + 1)):
            blocks = [block for block in every if chosen >> block.number & 1]
            oldest = max((block.number for block in blocks if block.number <= final), default=0)
            kept = [block for block in blocks if block.number >= oldest]
            writer.forget_all()
            for block in blocks:
                writer.add_recent(block)
            for _ in range(2):
                writer.settle(BlockNumber(final))
                assert writer.recent() == kept
            writer.undo(BlockNumber(final))
            assert writer.recent() == [block for block in kept if block.number <= final]


def test_the_migrations_make_the_tables_that_the_program_knows(place: str) -> None:
    with closing(Database(place)) as database:
        with database.write():
            pass
        with database._open().plain.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


@pytest.mark.parametrize(
    "table, names", [(EventRow, Log._fields), (CompanyRow, Company.__slots__), (PromiseRow, Standing._fields)]
)
def test_rows_have_the_order_of_the_values_they_are_written_from(table: type[SQLModel], names: tuple[str, ...]) -> None:
    columns: Any = table.__dict__["__table__"].columns
    assert tuple(column.name for column in columns) == tuple(names)


def test_who_reads_sees_one_state_and_waits_for_nobody(place: str) -> None:
    move(place, at(1))
    with closing(Database(place)) as writing, closing(Database(place)) as reading:
        with writing.write() as writer:
            writer.move_cursor(at(2))
            with reading.read() as reader:
                assert reader.require_cursor() == at(1)
        with reading.read() as reader:
            assert reader.require_cursor() == at(2)
            move(place, at(3))
            assert reader.heads() == {}
            assert reader.require_cursor() == at(2), "what is committed meanwhile is not seen"


def test_who_has_it_open_is_told_when_another_program_changed_its_tables(place: str) -> None:
    with closing(Database(place)) as database, closing(Database(place)) as changing:
        with database.write() as writer:
            writer.move_cursor(at(1))
        for version, told in (("0005", "`troth index` sees to it"), ("9999", "newer than this program")):
            with changing._open().plain.begin() as connection:
                connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
            with pytest.raises(NoDatabase, match=told), database.read() as reader:
                reader.cursor()
            with pytest.raises(NoDatabase, match=told), database.write() as writer:
                writer.cursor()


def test_who_reads_to_write_waits_for_the_one_at_it(place: str) -> None:
    move(place, at(1))
    seen: list[Cursor] = []

    def second() -> None:
        with closing(Database(place)) as database, database.write() as writer:
            seen.append(writer.require_cursor())

    with closing(Database(place)) as database:
        with database.write() as writer:
            assert writer.require_cursor() == at(1)
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(0.5)
            assert thread.is_alive()
            assert seen == []
            writer.move_cursor(at(2))
        thread.join(10)
    assert seen == [at(2)]


def test_what_fails_half_way_leaves_nothing(place: str) -> None:
    move(place, at(1))
    before = contents(place)
    with closing(Database(place)) as database, suppress(ZeroDivisionError), database.write() as writer:
        writer.move_cursor(at(2))
        raise ZeroDivisionError
    assert contents(place) == before


def test_one_indexer_keeps_another_out(place: str) -> None:
    with closing(Database(place)) as one, closing(Database(place)) as other:
        with one.only_indexer(), pytest.raises(IndexBusy), other.only_indexer():
            pass
        with other.only_indexer():
            pass


def test_an_indexer_that_was_killed_keeps_nobody_out(place: str) -> None:
    program = (
        "import sys, time; from ledger.store.database import Database\n"
        "with Database(sys.argv[1]).only_indexer(): print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, place], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with closing(Database(place)) as database:
            with pytest.raises(IndexBusy), database.only_indexer():
                pass
            os.kill(holder.pid, signal.SIGKILL)
            holder.wait()
            for _ in range(50):
                try:
                    with database.only_indexer():
                        return
                except IndexBusy:
                    # PostgreSQL needs a moment to see that nobody is there.
                    threading.Event().wait(0.1)
    raise AssertionError("the lock outlived its holder")


def test_a_ring_of_confirmations_is_found_in_the_log(place: str) -> None:
    one, other, third = (History(Address(bytes([number]) * 20)) for number in (1, 2, 3))
    for history, witness in ((one, other), (other, one), (third, one)):
        history.register()
        promise = replace(a_promise(), company=history.company)
        history.make(promise)
        history.fulfil(promise)
        fields = {"by_arbiter": False, "matter": Matter.FULFILMENT, "rating": 0}
        history.add(Confirmed, promise, actor=signer_hash(witness.company), **fields)
    events = interleaved(one.events, other.events, third.events)
    placed = [replace(event, at=replace(event.at, log_index=number)) for number, event in enumerate(events)]
    with closing(Database(place)) as database:
        with database.write() as writer:
            writer.add_events([log_of(event) for event in placed])
            writer.put_companies(project(placed, {}, {}).companies.values())
        with database.read() as reader:
            last = events[-1].at.block
            assert ring_of(reader, one.company, last) == Ring((other.company,), (other.company,))
            assert ring_of(reader, third.company, last) == Ring((), ())
            assert ring_of(reader, one.company, BlockNumber(last - 1)) == Ring((), ())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1:1/x?user=u&password=SECRET",
        "postgresql://u:SECRET@127.0.0.1:1/x",
        "postgresql://u:half@SECRET@127.0.0.1:1/x",
        "mysql://h/x?p=SECRET",
    ],
)
def test_no_password_of_a_database_is_shown(url: str) -> None:
    with pytest.raises(TrothError) as refused, Database(url).write():
        pass
    assert "SECRET" not in str(refused.value)


def test_a_lock_that_can_t_be_had_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "troth.db.lock").mkdir()
    with (
        closing(Database(f"sqlite:///{tmp_path}/troth.db")) as database,
        pytest.raises(NoDatabase, match="Is a directory"),
        database.only_indexer(),
    ):
        pass


def test_a_file_system_without_locks_is_a_named_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with (
        closing(Database(f"sqlite:///{tmp_path}/troth.db")) as database,
        pytest.raises(NoDatabase, match="No locks available"),
        database.only_indexer(),
    ):
        pass


def test_a_lock_that_somebody_keeps_is_not_waited_for_for_ever(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.engines.BUSY_TIMEOUT_MS", 300)
    move(place, at(1))
    with closing(Database(place)) as one, closing(Database(place)) as other, one.write() as writer:
        writer.require_cursor()
        with pytest.raises(NoDatabase, match="lock"), other.write() as second:
            second.require_cursor()


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PATIENCE, "connect_timeout", "2")
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(Database(f"postgresql://u:SECRET@127.0.0.1:{silent.getsockname()[1]}/x")) as database,
        pytest.raises(NoDatabase, match="timeout") as refused,
        database.write(),
    ):
        pass
    assert "SECRET" not in str(refused.value)


def test_two_names_of_one_file_are_one_database(tmp_path: Path) -> None:
    real, link = tmp_path / "real.db", tmp_path / "link.db"
    link.symlink_to(real)
    with (
        closing(Database(f"sqlite:///{real}")) as one,
        closing(Database(f"sqlite:///{link}")) as other,
        one.only_indexer(),
        pytest.raises(IndexBusy),
        other.only_indexer(),
    ):
        pass


def test_an_error_of_copy_is_a_named_one(postgresql: str) -> None:
    nobody = Company(Address(bytes(20)), Timestamp(0), ZERO_DIGEST, BlockNumber(0), ZERO_DIGEST, "", None)
    with closing(Database(new_postgresql(postgresql))) as database:
        with database.write() as writer:
            writer._connection.exec_driver_sql(
                "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN"
                " RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql"
            )
            writer._connection.exec_driver_sql(
                "CREATE TRIGGER refuses BEFORE INSERT ON company EXECUTE FUNCTION refuse()"
            )
        with pytest.raises(NoDatabase, match="disk full"), database.write() as writer:
            writer._add(CompanyRow, [_company_values(nobody)])
