"""What is stated of a company, signed or anchored: only what its log gives holds, and only whoever signed is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidBundle, InvalidProof, UnknownPolicy
from ledger.events import Block, Log
from ledger.keys import Key
from ledger.links import head_in
from ledger.proofs import anchors
from ledger.proofs.anchors import Anchored, TrueAt, read_anchored, require_true_anchor, require_true_statement
from ledger.proofs.signed import KIND, SignedStatement, read_signed, require_signed
from ledger.proofs.statements import Statement, judged_at, statement_of
from ledger.scoring.policy import Policy
from ledger.signing import Domain, digest_to_sign, signer_of, typed_data
from ledger.units import Address, BlockNumber, Digest, Timestamp, digest_of, show_address
from scripts.vectors import log_of
from tests.support.attacks import HISTORY, LEDGER
from tests.support.build import COMPANY, CONTRACT

DOMAIN = Domain(31337, CONTRACT)
POLICY = Policy.named("standard")
POLICIES = {POLICY.hash: POLICY}
LOGS = [log_of(event)._replace(block=BlockNumber(7)) for event in HISTORY]
LAST = LOGS[-1].time
BLOCK = Block(BlockNumber(9), digest_of(b"nine"), Timestamp(LAST + 60))
SAID = SignedStatement(statement_of(LEDGER.account, LOGS, BLOCK.time, POLICY), BLOCK.number, BLOCK.hash)
ACCOUNT = Account.from_key(b"\x07" * 32)
SIGNED = Key(ACCOUNT).sign_statement(SAID, DOMAIN)


def with_figures(said: SignedStatement, **figures: Any) -> SignedStatement:
    return replace(said, statement=replace(said.statement, figures=said.statement.figures | figures))


def test_a_statement_goes_through_json_unchanged() -> None:
    assert read_signed(orjson.dumps(SIGNED.words)) == SIGNED
    assert read_signed(orjson.dumps(SAID.words)) == SAID


def test_who_signed_is_found_from_the_signature() -> None:
    require_signed(SIGNED, DOMAIN)
    assert show_address(SIGNED.signer or Address(b"")) == ACCOUNT.address
    require_signed(SAID, DOMAIN)  # nobody is said to have signed


def test_a_wallet_that_signs_typed_data_signs_the_same() -> None:
    data = typed_data(DOMAIN, KIND, SAID.message)
    signed = ACCOUNT.sign_message(encode_typed_data(full_message=data))
    assert bytes(signed.signature) == SIGNED.signature


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda: replace(SIGNED, signer=COMPANY), "signed it, and not"),
        (lambda: replace(SIGNED, number=BlockNumber(10)), "signed it, and not"),
        (lambda: with_figures(SIGNED, floor=999_999), "signed it, and not"),
        (lambda: replace(SIGNED, signature=b""), "its signature is none"),
        (lambda: replace(SIGNED, signature=SIGNED.signature[:64] + b"\x01"), "its signature is none"),
        (lambda: replace(SIGNED, signature=bytes(64) + b"\x1b"), "its signature is none"),
        (lambda: replace(SIGNED, signature=high(SIGNED.signature)), "the one that is not taken"),
    ],
)
def test_a_signature_of_somebody_else_or_over_something_else_is_refused(
    change: Callable[[], SignedStatement], why: str
) -> None:
    with pytest.raises(InvalidProof, match=why):
        require_signed(change(), DOMAIN)


def test_a_signature_for_another_chain_or_contract_is_refused() -> None:
    for domain in (DOMAIN, Domain(1, CONTRACT), Domain(31337, COMPANY)):
        if domain != DOMAIN:
            with pytest.raises(InvalidProof, match="signed it, and not"):
                require_signed(SIGNED, domain)


def high(signature: bytes) -> bytes:
    """The other signature that fits: with the high s."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])


@given(st.binary(min_size=65, max_size=65))
def test_any_bytes_are_a_signature_of_somebody_or_refused_by_name(signature: bytes) -> None:
    digest = digest_to_sign(DOMAIN, KIND, SAID.message)
    with suppress(ValueError):
        assert signer_of(digest, signature) != SIGNED.signer


def test_what_the_log_gives_holds() -> None:
    require_true_statement(SAID, BLOCK, LEDGER.account, LOGS, POLICIES)
    # As of an earlier block, later events do not count.
    later = LOGS[-1]._replace(block=BlockNumber(12))
    before = SignedStatement(statement_of(LEDGER.account, LOGS[:-1], BLOCK.time, POLICY), BLOCK.number, BLOCK.hash)
    require_true_statement(before, BLOCK, LEDGER.account, [*LOGS[:-1], later], POLICIES)


@pytest.mark.parametrize(
    "said, why",
    [
        (with_figures(SAID, floor=999_999), "says 999999 for floor, and its events give"),
        (replace(SAID, hash=digest_of(b"ten")), "block 9 has the hash"),
        (replace(SAID, number=BlockNumber(8)), "block 8 has the hash"),
        (replace(SAID, statement=replace(SAID.statement, ledger="eip155:1:0x00")), "about the ledger"),
        (replace(SAID, statement=replace(SAID.statement, as_of=LAST)), "promises are judged as of"),
        (replace(SAID, statement=replace(SAID.statement, head=digest_of(b"head"))), "its head is"),
        (
            SignedStatement(statement_of(LEDGER.account, LOGS[:-1], BLOCK.time, POLICY), BLOCK.number, BLOCK.hash),
            "its head is",
        ),
    ],
    ids=["figure", "block", "number", "ledger", "time", "head", "event left out"],
)
def test_what_the_log_does_not_give_is_refused_by_name(said: SignedStatement, why: str) -> None:
    with pytest.raises(InvalidProof, match=why):
        require_true_statement(said, BLOCK, LEDGER.account, LOGS, POLICIES)


def test_what_is_said_under_a_policy_that_nobody_has_is_not_judged() -> None:
    with pytest.raises(UnknownPolicy):
        require_true_statement(SAID, BLOCK, LEDGER.account, LOGS, {})
    with pytest.raises(UnknownPolicy):
        require_true_anchor(an_anchor(LAST), BLOCK.time, LEDGER.account, LOGS, {}, {})


def an_anchor(time: int, until: int | None = None) -> Anchored:
    logs = LOGS[:until]
    said = statement_of(LEDGER.account, logs, judged_at(logs[-1].time, Timestamp(time)), POLICY)
    return Anchored(COMPANY, COMPANY, head_in(logs[-1]), POLICY.hash, said.digest)


@pytest.mark.parametrize("time, until", [(LAST, None), (LAST + 10_000, None), (LAST + 10_000, -3)])
def test_an_anchor_has_the_one_statement_that_the_log_gives(time: int, until: int | None) -> None:
    require_true_anchor(an_anchor(time, until), Timestamp(time), LEDGER.account, LOGS, POLICIES, {})


@pytest.mark.parametrize(
    "anchored, time, why",
    [
        (replace(an_anchor(LAST), statement=digest_of(b"lie")), LAST, "is anchored, and the log gives"),
        (an_anchor(LAST + 10_000), LAST + 20_000, "is anchored, and the log gives"),
        (replace(an_anchor(LAST), head=digest_of(b"head")), LAST, "never had the head"),
        (replace(an_anchor(LAST, -1), head=head_in(LOGS[-1])), LAST, "is anchored, and the log gives"),
    ],
    ids=["another statement", "another hour", "no head of its", "an event left out"],
)
def test_an_anchor_of_anything_else_is_found_without_its_words(anchored: Anchored, time: int, why: str) -> None:
    with pytest.raises(InvalidProof, match=why):
        require_true_anchor(anchored, Timestamp(time), LEDGER.account, LOGS, POLICIES, {})


def test_whoever_anchors_often_costs_nobody_more(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[Timestamp] = []

    def counted(ledger: str, logs: Sequence[Log], as_of: Timestamp, policy: Policy) -> Statement:
        computed.append(as_of)
        return statement_of(ledger, logs, as_of, policy)

    monkeypatch.setattr(anchors, "statement_of", counted)
    # Two hours, and two heads.
    times = [LAST + 7200 - LAST % 3600 + second for second in (0, 1, 3599, 3600)]
    known: dict[TrueAt, Digest] = {}
    for time in times:
        for until in (None, -3):
            anchored = an_anchor(time, until)
            require_true_anchor(anchored, Timestamp(time), LEDGER.account, LOGS, POLICIES, known)
            lie = replace(anchored, statement=digest_of(b"lie"))
            with pytest.raises(InvalidProof, match="is anchored, and the log gives"):
                require_true_anchor(lie, Timestamp(time), LEDGER.account, LOGS, POLICIES, known)
    assert len(computed) == 4


@pytest.mark.parametrize(
    "topics, data", [((), b""), ((digest_of(b"Other"), bytes(32), bytes(32)), bytes(96)), ((bytes(32),) * 3, bytes(96))]
)
def test_a_log_that_is_no_anchor_is_refused(topics: tuple[Digest, ...], data: bytes) -> None:
    with pytest.raises(InvalidProof, match="is none"):
        read_anchored(topics, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words.pop("block"),
        lambda words: words.update(more=1),
        lambda words: words.update(document="bundle"),
        lambda words: words.update(version=2),
        lambda words: words["block"].update(number=-1),
        lambda words: words["block"].update(number=1.5),
        lambda words: words["block"].update(number=2**63),
        lambda words: words["block"].pop("hash"),
        lambda words: words.update(block=[]),
        lambda words: words.update(signer="0x12"),
        lambda words: words.update(signature="12"),
    ],
)
def test_json_that_is_no_statement_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    words = orjson.loads(orjson.dumps(SIGNED.words))
    change(words)
    with pytest.raises(InvalidBundle):
        read_signed(orjson.dumps(words))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_statement_are_refused(content: bytes) -> None:
    with pytest.raises((InvalidBundle, InvalidProof)):
        read_signed(content)
