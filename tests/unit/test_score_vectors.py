"""The shared histories: whole, shuffled, merged from partitions and event by event, they have the scores that stand
beside them; and between them they have every rule and every edge."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.events import PromiseEvent
from ledger.lives import lives_of
from ledger.outcomes import Outcome, Standing, Status, outcome
from ledger.scoring.counting import counted
from ledger.scoring.fairness import Fairness
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book, Shares
from ledger.scoring.score import Caution, Grade, score
from ledger.scoring.tallies import peers_shares, update
from ledger.units import BlockNumber, PromiseId, Timestamp
from scripts.score_vectors import (
    FILE,
    companies_of,
    content,
    figures,
    histories,
    policies,
    scored,
    standings_at,
)

VECTORS = json.loads(FILE.read_text())
HISTORIES = {history.name: history for history in histories()}
POLICIES = policies()


def test_the_file_is_what_the_code_gives() -> None:
    assert FILE.read_text() == content()
    assert len(HISTORIES) >= 40
    assert [each["name"] for each in VECTORS["histories"]] == list(HISTORIES)


@pytest.mark.parametrize("case", VECTORS["histories"], ids=lambda case: case["name"])
def test_a_history_has_its_scores_in_any_order(case: dict[str, Any]) -> None:
    companies = companies_of(HISTORIES[case["name"]])
    chance = random.Random(case["name"])
    for expected in case["scores"]:
        as_of, policy = Timestamp(expected["asOf"]), POLICIES[expected["policy"]]
        own, *peers = companies
        assert figures(scored(own, peers, as_of, policy)) == expected["score"]
        for _ in range(3):
            assert figures(_score(companies, as_of, policy, lambda found: _merged(found, chance))) == expected["score"]


@pytest.mark.parametrize("case", VECTORS["histories"], ids=lambda case: case["name"])
def test_a_history_has_its_scores_event_by_event(case: dict[str, Any]) -> None:
    companies = companies_of(HISTORIES[case["name"]])
    for policy in {expected["policy"] for expected in case["scores"]}:
        books = [Book() for _ in companies]
        market = Book()
        then = Timestamp(0)
        for expected in (each for each in case["scores"] if each["policy"] == policy):
            for now in _moments(companies, then, expected["asOf"]):
                for events, book in zip(companies, books, strict=True):
                    _step(events, book, market, then, now, POLICIES[policy])
                then = now
            found = score(books[0], market, BlockNumber(then // 12), then, POLICIES[policy])
            assert figures(found) == expected["score"]


def test_the_histories_have_every_rule_and_edge() -> None:
    scores = [each["score"] for case in VECTORS["histories"] for each in case["scores"]]
    for name in scores[0]["counts"]:
        assert any(found["counts"][name] for found in scores), name
    assert {found["grade"] for found in scores} == set(map(str, Grade))
    assert {caution for found in scores for caution in found["cautions"]} == set(map(str, Caution))
    for part in ("outcome", "remedy"):
        states = {gap["state"] for found in scores for gap in found["fairness"][part]}
        assert {str(Fairness.UNFAIR), str(Fairness.FAIR if part == "outcome" else Fairness.UNFAIR)} <= states
    for part in scores[0]["fairness"]["conduct"]:
        states = {found["fairness"]["conduct"][part]["state"] for found in scores}
        assert str(Fairness.UNFAIR) in states, part
    assert {found["fairness"]["state"] for found in scores} == set(map(str, Fairness))
    cohorts = [(found["fairness"]["outcome_ratio"], found["fairness"]["cohorts"]) for found in scores]
    assert any(each["kept"] is None for _, all_ in cohorts for each in all_)
    assert {(ratio is None, sum(each["kept"] is not None for each in all_) > 1) for ratio, all_ in cohorts} == {
        *((True, False), (True, True), (False, True)),
    }
    assert any(found["routine"] and found["critical"] for found in scores)
    assert {estimate["learnt"] for found in scores for estimate in found["estimates"]} == {True, False}
    reached = {
        (standing.status, outcome(standing, as_of))
        for history in HISTORIES.values()
        for as_of in map(Timestamp, history.times)
        for standing in standings_at(companies_of(history)[0], as_of)
    }
    assert {result for _, result in reached} == set(Outcome)
    assert {status for status, _ in reached} == set(Status) - {Status.NONE}


def _score(companies: list[list[PromiseEvent]], as_of: Timestamp, policy: Policy, book_of: Any) -> Any:
    books = [book_of((standings_at(events, as_of), as_of, policy)) for events in companies]
    market = Book()
    for book in books:
        market.put(update(market, peers_shares({}, book.rows), policy))
    return score(books[0], market, BlockNumber(as_of // 12), as_of, policy)


def _merged(found: tuple[list[Standing], Timestamp, Policy], chance: random.Random) -> Book:
    """Rows of a company's promises, shuffled and dealt out to three who sum apart."""
    standings, as_of, policy = found
    chance.shuffle(standings)
    parts: list[list[Standing]] = [[], [], []]
    for standing in standings:
        chance.choice(parts).append(standing)
    book, whole = Book(), Shares()
    for part in parts:
        whole.add(counted(part, as_of, policy))
    book.put(update(book, whole, policy))
    return book


def _moments(companies: list[list[PromiseEvent]], then: int, last: int) -> Iterator[Timestamp]:
    """The times at which something happens, up to one that is asked for."""
    times = {event.at.time for events in companies for event in events if then < event.at.time < last}
    return map(Timestamp, [*sorted(times), last])


def _step(
    events: list[PromiseEvent], book: Book, market: Book, then: Timestamp, now: Timestamp, policy: Policy
) -> None:
    """Brings a company's rows, and those of all, from one time to another."""
    before, after = _lives(events, then), _lives(events, now)
    shares = counted(after.values(), now, policy)
    shares.take(counted(before.values(), then, policy))
    changed = update(book, shares, policy)
    old = book.get(changed)
    book.put(changed)
    market.put(update(market, peers_shares(old, changed), policy))


def _lives(events: list[PromiseEvent], as_of: Timestamp) -> dict[PromiseId, Standing]:
    return lives_of(event for event in events if event.at.time <= as_of)
