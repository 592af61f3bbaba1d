"""Promises, links and projections: what follows from events, and what does not."""

from dataclasses import replace
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BrokenLink, InvalidPromise, MalformedLog
from ledger.events import Event
from ledger.indexer.project import Projection, project
from ledger.outcomes import Outcome, Standing, advance, begin, lateness, outcome
from ledger.promises import FIELDS, TYPEHASH, Promise, promise_id, service_code
from ledger.store.records import Company
from ledger.units import Address, PromiseId, Timestamp, digest_of
from tests.support.build import CHAIN_ID, COMPANY, CONTRACT, NOON, History, a_promise, a_standing, interleaved, replayed

OTHER = Address(b"\xc1" * 20)

promises = st.builds(
    Promise,
    company=st.binary(min_size=20, max_size=20),
    customer=st.binary(min_size=32, max_size=32),
    terms=st.binary(min_size=32, max_size=32),
    due_at=st.integers(0, 2**40 - 1),
    dispute_window=st.integers(0, 2**32 - 1),
    arbiter=st.binary(min_size=20, max_size=20),
    service=st.binary(min_size=8, max_size=8),
    experience=st.integers(0, 255),
    stage=st.integers(0, 255),
    stakes=st.integers(0, 255),
    cohort=st.integers(0, 2**16 - 1),
    nonce=st.integers(0, 2**64 - 1),
)


@given(promises)
def test_the_id_is_the_eip_712_struct_hash(promise: Promise) -> None:
    values = [getattr(promise, name) for name in Promise.__slots__]
    message = {
        name: "0x" + value.hex() if isinstance(value, bytes) else value
        for (name, _), value in zip(FIELDS, values, strict=True)
    }
    typed = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}],
            "Promise": [{"name": name, "type": kind} for name, kind in FIELDS],
        },
        "primaryType": "Promise",
        "domain": {"name": "any"},
        "message": message,
    }
    # eth-account calls the struct hash of the message the signable message's body.
    assert encode_typed_data(full_message=typed).body == promise_id(promise)


def test_a_change_of_any_field_changes_the_id() -> None:
    promise = a_promise()
    changed = []
    for name in Promise.__slots__:
        value = getattr(promise, name)
        other: dict[str, Any] = {name: value + 1 if isinstance(value, int) else bytes([value[0] ^ 1]) + value[1:]}
        changed.append(replace(promise, **other))
    assert len({promise_id(each) for each in [promise, *changed]}) == len(FIELDS) + 1


@pytest.mark.parametrize(
    "field, value",
    [
        ("cohort", 2**16),
        ("nonce", -1),
        ("stakes", 256),
        ("due_at", 2**40),
        ("service", b"short"),
        ("company", bytes(32)),
        ("terms", None),
    ],
)
def test_a_value_that_its_field_can_t_hold_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidPromise, match=r"The promise's \w+ can't be"):
        replace(a_promise(), **{field: value})


def a_history(company: Address = COMPANY) -> list[Event]:
    history = History(company)
    history.register()
    kept, broken = replace(a_promise(1), company=company), replace(a_promise(2), company=company)
    for promise in (kept, broken):
        history.make(promise)
    history.fulfil(kept)
    history.confirm(kept)
    return history.events


def projected(events: list[Event]) -> Projection:
    return project(events, {}, {})


def test_a_history_replays_to_its_last_head() -> None:
    events = a_history()
    assert replayed(events) == {COMPANY: events[-1].head}


@pytest.mark.parametrize("left_out", range(4))
def test_a_history_with_an_event_left_out_breaks(left_out: int) -> None:
    events = a_history()
    del events[left_out]
    with pytest.raises(BrokenLink):
        replayed(events)


def test_a_history_without_its_last_event_ends_at_another_head() -> None:
    events = a_history()
    assert replayed(events[:-1]) != {COMPANY: events[-1].head}


def test_a_history_in_another_order_or_with_an_event_twice_breaks() -> None:
    events = a_history()
    for wrong in ([events[0], events[2], events[1], *events[3:]], [*events[:2], events[1], *events[2:]]):
        with pytest.raises(BrokenLink):
            replayed(wrong)


@pytest.mark.parametrize(
    "chain, contract, company", [(1, CONTRACT, COMPANY), (CHAIN_ID, COMPANY, COMPANY), (CHAIN_ID, CONTRACT, OTHER)]
)
def test_a_history_is_of_one_chain_contract_and_company(chain: int, contract: Address, company: Address) -> None:
    with pytest.raises(BrokenLink):
        replayed([replace(event, company=company) for event in a_history()], chain, contract)


def test_a_changed_time_breaks_the_link() -> None:
    events = a_history()
    events[1] = replace(events[1], at=replace(events[1].at, time=Timestamp(events[1].at.time + 1)))
    with pytest.raises(BrokenLink):
        replayed(events)


@given(st.data())
def test_projecting_in_any_steps_gives_the_same(data: st.DataObject) -> None:
    events = interleaved(a_history(), a_history(OTHER))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=5)))
    companies: dict[Address, Company] = {}
    standings: dict[PromiseId, Standing] = {}
    for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True):
        step = project(events[first:last], companies, standings)
        companies |= step.companies
        standings |= step.standings
    whole = projected(events)
    assert (companies, standings) == (whole.companies, whole.standings)


def test_a_company_acts_only_after_it_registered() -> None:
    history = History()
    history.make(a_promise())
    with pytest.raises(MalformedLog, match="acts before it registered"):
        projected(history.events)


def test_an_event_that_the_life_cycle_forbids_is_refused() -> None:
    for wrong in ("fulfil", "confirm"):
        history = History()
        history.register()
        getattr(history, wrong)(a_promise())
        with pytest.raises(MalformedLog, match="does not follow from"):
            projected(history.events)


def test_a_profile_that_can_t_be_read_leaves_the_company_nameless() -> None:
    history = History()
    registered = history.register()
    assert projected(history.events).companies[COMPANY].handle == "acme"
    history = History()
    history._append(replace(registered, profile=digest_of(b"another document")))
    assert projected(history.events).companies[COMPANY].handle is None


@pytest.mark.parametrize(
    "late, as_of, expected",
    [
        (0, -1, Outcome.OPEN),
        (-60, -1, Outcome.OPEN),
        (-60, 0, Outcome.KEPT),
        (0, 0, Outcome.KEPT),
        (1, 1, Outcome.LATE),
        (None, 0, Outcome.BROKEN),
        (None, -1, Outcome.OPEN),
    ],
)
def test_a_promise_counts_when_it_matures(late: int | None, as_of: int, expected: Outcome) -> None:
    assert outcome(a_standing(late), Timestamp(NOON + as_of)) is expected


def test_lateness_is_known_once_fulfilled() -> None:
    assert lateness(a_standing(90)) == 90
    assert lateness(a_standing(-90)) == 0
    assert lateness(a_standing(None)) is None


def test_a_standing_follows_its_events() -> None:
    _, made, _, fulfilled, confirmed = a_history()
    fields = begin(made)  # type: ignore[arg-type]  # promise events
    for event in (fulfilled, confirmed):
        advance(fields, event)  # type: ignore[arg-type]
    standing = Standing._make(fields)
    assert (standing.made_at, standing.fulfilled_at, standing.confirmed_at) == (
        made.at.time,
        fulfilled.at.time,
        confirmed.at.time,
    )
    assert standing.confirmed_by_arbiter
    assert standing.service == service_code("delivery")


def test_the_typehash_is_that_of_the_written_type() -> None:
    assert (
        digest_of(
            b"Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
            b"bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
        )
        == TYPEHASH
    )
