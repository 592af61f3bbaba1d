"""Bundles: a true one is verified, and one with anything in it changed is refused by name, in bounded memory."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents import Document
from ledger.errors import HistoryTooLong, InvalidBundle, InvalidProof, TrothError
from ledger.links import head_in
from ledger.outcomes import Status
from ledger.proofs.bundles import MOST_BYTES, ReceiptBundle, ScoreBundle, encode_bundle, read_bundle, require_fit
from ledger.proofs.verification import (
    Ledger,
    ProvenReceipt,
    ProvenScore,
    require_block,
    verify_receipt,
    verify_score,
)
from ledger.units import Address, digest_of
from scripts.vectors import log_of
from tests.support.attacks import (
    AS_OF,
    ATTACKS,
    BY_ARBITER,
    COUNTERSIGNED,
    DUE,
    HISTORY,
    KNOWN,
    LEDGER,
    LIE,
    POLICY,
    RECEIPT,
    RECEIPT_ATTACKS,
    SENDER,
    TRUE,
    UNREADABLE,
    a_bundle,
    a_history,
    a_receipt_bundle,
    a_statement,
    bomb,
    held,
)
from tests.support.build import COMPANY


def reread(bundle: ScoreBundle) -> ScoreBundle:
    _, found = read_bundle(encode_bundle(bundle)[1])
    assert isinstance(found, ScoreBundle)
    return found


def verified(bundle: ScoreBundle, ledger: Ledger = LEDGER) -> ProvenScore:
    return verify_score(reread(bundle), ledger, {POLICY.hash})


def test_a_true_score_is_proven_from_its_block_s_hash() -> None:
    events = a_history()
    proven = verified(a_bundle(events))
    assert (proven.company, proven.sender, proven.events) == (COMPANY, SENDER, len(events))
    assert proven.head == head_in(log_of(events[-1])) == events[-1].head
    assert proven.score.counts.matured == 40
    assert proven.score.counts.kept == 36
    header = a_bundle(events).basis.header
    require_block(proven, digest_of(header))
    with pytest.raises(InvalidProof, match="has the hash 0x"):
        require_block(proven, digest_of(b"another block"))


def test_a_score_is_proven_without_an_anchor_by_the_contract_s_own_head() -> None:
    events = a_history()
    bundle = replace(a_bundle(events), basis=held(events[-1].head))
    proven = verified(bundle)
    assert (proven.sender, proven.head, proven.score.as_of) == (None, events[-1].head, AS_OF)
    assert proven.score.counts == verified(a_bundle(events)).score.counts
    require_block(proven, digest_of(bundle.basis.header))


def test_an_anchor_right_after_an_event_judges_as_of_that_event() -> None:
    last = a_history()[-1].at.time
    assert verified(a_bundle(statement=a_statement(a_history(), last), time=last + 5)).score.as_of == last


def test_a_history_that_a_bundle_can_t_hold_is_refused_before_anything_is_made_of_it() -> None:
    logs = a_bundle().logs
    bundle = replace(a_bundle(), logs=logs * (MOST_BYTES // 700 // len(logs)))
    require_fit(bundle.logs)
    assert len(gzip.decompress(encode_bundle(bundle)[1])) < MOST_BYTES
    with pytest.raises(HistoryTooLong, match="do not fit into one bundle"):
        require_fit(logs * (MOST_BYTES // 400 // len(logs)))


def test_a_bundle_s_name_is_its_content_s_and_its_file_is_always_the_same() -> None:
    name, content = encode_bundle(a_bundle())
    assert encode_bundle(reread(a_bundle())) == (name, content)
    assert name == digest_of(gzip.decompress(content)) == read_bundle(content)[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_by_name(attack: str) -> None:
    build, why = ATTACKS[attack]
    with pytest.raises(InvalidProof, match=why):
        verified(build())


@pytest.mark.parametrize(
    "ledger",
    [
        LEDGER._replace(account="eip155:1:0x00"),
        LEDGER._replace(chain_id=1),
        LEDGER._replace(contract=Address(b"\x1f" * 20)),
    ],
    ids=["account", "chain", "contract"],
)
def test_what_is_proven_is_of_the_ledger_that_the_verifier_means(ledger: Ledger) -> None:
    with pytest.raises(InvalidProof):
        verified(a_bundle(HISTORY, LIE), ledger)


# ── receipts ──


def shown(bundle: ReceiptBundle) -> ProvenReceipt:
    _, found = read_bundle(encode_bundle(bundle)[1])
    assert isinstance(found, ReceiptBundle)
    return verify_receipt(found, LEDGER)


def test_what_became_of_a_promise_is_proven_from_its_block_s_hash() -> None:
    bundle = a_receipt_bundle(flags=COUNTERSIGNED | BY_ARBITER, receipt=KNOWN)
    proven = shown(bundle)
    assert (proven.status, proven.fulfilled_at, proven.last_at) == (Status.CONFIRMED, DUE - 1, DUE + 9)
    assert proven.in_time is True
    assert proven.countersigned
    assert proven.by_arbiter
    assert not shown(a_receipt_bundle()).countersigned
    require_block(proven, digest_of(bundle.state.header))
    assert shown(a_receipt_bundle(fulfilled_at=DUE + 1)).in_time is False
    assert shown(a_receipt_bundle(Status.OPEN, 0)).in_time is None


@pytest.mark.parametrize("attack", RECEIPT_ATTACKS)
def test_a_state_that_is_not_the_promise_s_is_refused_by_name(attack: str) -> None:
    build, why = RECEIPT_ATTACKS[attack]
    with pytest.raises(InvalidProof, match=why):
        shown(build())


def test_a_receipt_bundle_with_other_terms_is_refused() -> None:
    other = Document(digest_of(b"[]"), b"[]")
    with pytest.raises(InvalidBundle, match="its terms are not those"):
        shown(replace(a_receipt_bundle(), receipt=replace(RECEIPT, terms=other)))


# ── the form ──


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_no_bundle_says_what_it_lacks(what: str) -> None:
    content, why = UNREADABLE[what]
    with pytest.raises(InvalidBundle, match=why):
        read_bundle(content)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 50 * 1024 * 1024, 2 * 1024**3])
def test_a_bomb_is_refused_in_bounded_memory(size: int) -> None:
    with pytest.raises(InvalidBundle, match="more than 33,554,432 bytes"):
        read_bundle(bomb(size))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("0x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(st.data(), json_values)
def test_whatever_stands_in_a_place_of_a_bundle_is_refused_by_name_or_changes_nothing(
    data: st.DataObject, value: Any
) -> None:
    words = orjson.loads(gzip.decompress(TRUE))
    place: Any = words
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        place = inner
    place[key] = value
    try:
        content = gzip.compress(orjson.dumps(words))
    except TypeError:
        return  # a number that the writer can't write
    try:
        _, bundle = read_bundle(content)
        assert isinstance(bundle, ScoreBundle)
        verify_score(bundle, LEDGER, {POLICY.hash})
    except TrothError:
        return
    assert orjson.dumps(inner) == orjson.dumps(value), "what was verified is what was true"


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(TRUE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_refused_by_name_or_changes_nothing(place: int, bit: int) -> None:
    content = bytearray(TRUE)
    content[place] ^= 1 << bit
    try:
        name, _ = read_bundle(bytes(content))
    except TrothError:
        return
    assert name == read_bundle(TRUE)[0], "only gzip's own header says nothing"
