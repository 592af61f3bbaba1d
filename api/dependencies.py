"""What routes are given: one state of the database to read, and the scorer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from ledger.services.companies import Scorer
from ledger.services.proving import Prover
from ledger.services.scheduling import Schedule
from ledger.services.speaking import Speaker
from ledger.store.database import Database
from ledger.store.reading import Reader


def _reader(request: Request) -> Iterator[Reader]:
    database: Database = request.app.state.database
    with database.read() as reader:
        yield reader


def _scorer(request: Request) -> Scorer:
    scorer: Scorer = request.app.state.scorer
    return scorer


def _speaker(request: Request) -> Speaker:
    speaker: Speaker = request.app.state.speaker
    return speaker


def _prover(request: Request) -> Prover:
    prover: Prover = request.app.state.prover
    return prover


def _schedule(request: Request) -> Schedule | None:
    schedule: Schedule | None = request.app.state.schedule
    return schedule


READERS = 10
"""Requests that read at once. Fewer than the database has connections, so that none waits for one in a thread: a route
that holds one needs a thread too, and all would wait for each other."""

ReaderOf = Annotated[Reader, Depends(_reader, max_concurrency=READERS)]
ScorerOf = Annotated[Scorer, Depends(_scorer)]
SpeakerOf = Annotated[Speaker, Depends(_speaker)]
ProverOf = Annotated[Prover, Depends(_prover)]
ScheduleOf = Annotated[Schedule | None, Depends(_schedule)]
CompanyName = Annotated[str, Path(description="The company's address, or the handle it gives itself.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="How many to leave out before the first.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many to give at the most.")]
Days = Annotated[int, Query(ge=1, le=3660, description="How many days back, the last block's included.")]
DAYS = 366
