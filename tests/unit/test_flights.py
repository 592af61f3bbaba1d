"""Flights as promises: the right instants, checked against what the source's own clocks showed."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.sources import flights as source
from ledger.sources.flights import Flight, arrival_after, carriers, flights

YEAR_FIRST = date(2013, 1, 1)


@pytest.fixture(scope="module")
def year() -> list[Flight]:
    return flights(YEAR_FIRST, 365)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with zipfile.ZipFile(source._folder() / "flights.csv.zip") as archive:
        return list(csv.DictReader(io.TextIOWrapper(archive.open("flights.csv"))))


def test_every_row_is_a_flight(year: list[Flight], rows: list[dict[str, str]]) -> None:
    assert len(year) == len(rows) == 336_776
    assert sum(flight.landed_at is None for flight in year) == 8255 + 1175


def test_new_york_s_clocks_show_the_scheduled_departure(year: list[Flight], rows: list[dict[str, str]]) -> None:
    new_york = ZoneInfo("America/New_York")
    for flight, row in zip(year, rows, strict=True):
        local = datetime.fromtimestamp(flight.departs_at, new_york)
        assert (local.date(), local.hour * 100 + local.minute) == (flight.day, int(row["sched_dep_time"]))


def test_the_destination_s_clocks_show_schedule_and_landing(year: list[Flight], rows: list[dict[str, str]]) -> None:
    """`arr_time` is not used in reading the flights, so this is a second way to each landing.

    On the night when the clocks went forward, the source counts on in winter time (a landing at 02:03); Python reads
    such a time as the instant that was meant.
    """
    zones = source._zones()
    for flight, row in zip(year, rows, strict=True):
        zone = zones[flight.destination]
        due = datetime.fromtimestamp(flight.due_at, zone)
        assert due.hour * 100 + due.minute == int(row["sched_arr_time"]) % 2400
        if flight.landed_at is not None:
            day = datetime.fromtimestamp(flight.landed_at, zone).date()
            hour, minute = divmod(int(row["arr_time"]) % 2400, 100)
            shown = [datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=zone) for fold in (0, 1)]
            assert flight.landed_at in [moment.timestamp() for moment in shown]


def test_no_flight_lands_before_it_leaves_or_takes_a_day(year: list[Flight], rows: list[dict[str, str]]) -> None:
    for flight, row in zip(year, rows, strict=True):
        assert 40 * 60 < flight.due_at - flight.departs_at < 13 * 3600
        if flight.landed_at is not None:
            left = flight.departs_at + int(row["dep_delay"]) * 60
            assert left + int(float(row["air_time"])) * 60 <= flight.landed_at < left + 16 * 3600


@pytest.mark.parametrize(
    "departs, clock, zone, due",
    [
        # Overnight, to the east and to the west.
        ("2013-01-25T04:00+00:00", 230, "America/New_York", "2013-01-25T02:30-05:00"),
        ("2013-01-25T02:00+00:00", 30, "America/Los_Angeles", "2013-01-25T00:30-08:00"),
        # At midnight, written both ways.
        ("2013-01-25T02:00+00:00", 2400, "America/New_York", "2013-01-25T00:00-05:00"),
        ("2013-01-25T02:00+00:00", 0, "America/New_York", "2013-01-25T00:00-05:00"),
        # Across both changes of the clocks.
        ("2013-03-10T04:30+00:00", 430, "America/New_York", "2013-03-10T04:30-04:00"),
        ("2013-11-03T03:30+00:00", 430, "America/New_York", "2013-11-03T04:30-05:00"),
        # Arizona and Puerto Rico do not change theirs.
        ("2013-07-01T12:00+00:00", 1000, "America/Phoenix", "2013-07-01T10:00-07:00"),
        ("2013-07-01T12:00+00:00", 1200, "America/Puerto_Rico", "2013-07-01T12:00-04:00"),
    ],
)
def test_an_arrival_is_the_first_time_that_the_clocks_show_it(departs: str, clock: int, zone: str, due: str) -> None:
    found = arrival_after(datetime.fromisoformat(departs), clock, ZoneInfo(zone))
    assert found.isoformat(timespec="minutes") == due
    assert found.astimezone(UTC) > datetime.fromisoformat(departs)


def test_the_first_week_has_all_sixteen_carriers() -> None:
    week = flights(source.FIRST_DAY, 7)
    assert {flight.carrier for flight in week} == set(carriers())
    assert len(carriers()) == 16
    assert {flight.origin for flight in week} == set(source.ORIGINS)
