"""Bundles: a true one is verified, and one with anything in it changed is refused by name, in bounded memory."""

from __future__ import annotations

import copy
import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.documents import Document
from ledger.errors import InvalidBundle, InvalidProof, TrothError
from ledger.events import Event
from ledger.links import head_in
from ledger.lives import lives_of
from ledger.outcomes import Status
from ledger.proofs.blocks import encode_receipt, receipts_proof
from ledger.proofs.bundles import MOST_BYTES, Anchor, ReceiptBundle, ScoreBundle, State, encode_bundle, read_bundle
from ledger.proofs.statements import Statement, assured
from ledger.proofs.verification import (
    ANCHORED,
    Ledger,
    ProvenReceipt,
    ProvenScore,
    require_block,
    verify_receipt,
    verify_score,
)
from ledger.receipts import Receipt
from ledger.scoring.policy import Policy
from ledger.scoring.score import score
from ledger.scoring.tallies import Book, fold
from ledger.units import Address, BlockNumber, Digest, Timestamp, digest_of, show_hex
from scripts.vectors import log_of
from tests.support.build import CHAIN_ID, COMPANY, CONTRACT, DAY, NOON, History, a_promise
from tests.unit.test_proofs import HEADER, receipt

START = NOON - DAY
DUE = START + 500
AS_OF = Timestamp(START + 3600)
"""A full hour, after all events."""
POLICY = Policy.named("standard")
CODE = digest_of(b"code")
LEDGER = Ledger(f"eip155:{CHAIN_ID}:{'0x' + CONTRACT.hex()}", CHAIN_ID, CONTRACT, CODE)
SENDER = Address(b"\x5e" * 20)


def a_history(promises: int = 40, company: Address = COMPANY) -> list[Event]:
    """Promises of which every fourth was late, and every tenth broken."""
    history = History(company)
    history.register()
    made = [replace(a_promise(number, DUE, cohort=1 + number % 2), company=company) for number in range(promises)]
    for promise in made:
        history.make(promise)
    for number, promise in enumerate(made):
        if number % 10:
            history.fulfil(promise)
    return history.events


def a_statement(events: list[Event], as_of: Timestamp = AS_OF, policy: Policy = POLICY, **other: Any) -> Statement:
    lives = lives_of([event for event in events if hasattr(event, "id")])  # type: ignore[misc]
    found = score(fold(lives.values(), as_of, policy), Book(), BlockNumber(0), as_of, policy)
    fields = {"ledger": LEDGER.account, "company": COMPANY, "head": events[-1].head, "policy": policy.hash}
    return Statement(**fields | {"as_of": as_of, "figures": assured(found)} | other)  # type: ignore[arg-type]


def anchored(
    statement: Statement,
    time: int = AS_OF + 12,
    emitter: Address = CONTRACT,
    status: int = 1,
    topic: Digest = ANCHORED,
    head: Digest | None = None,
) -> Anchor:
    """A block with three transactions, of which the second anchors a statement."""
    anchor = receipt(status=status)
    words = (head or statement.head) + statement.policy + statement.digest
    topics = [topic, bytes(12) + statement.company, bytes(12) + SENDER]
    anchor["logs"] = [{"address": show_hex(emitter), "topics": list(map(show_hex, topics)), "data": show_hex(words)}]
    root, nodes = receipts_proof([encode_receipt(each) for each in (receipt(0), anchor, receipt(3, logs=0))], 1)
    fields = [*HEADER[:5], root, *HEADER[6:11], time.to_bytes(4, "big"), *HEADER[12:]]
    return Anchor(rlp.encode(fields), 1, 0, tuple(nodes))


def held(head: Digest, time: int = AS_OF, company: Address = COMPANY, code: Digest = CODE) -> State:
    """A block after which the contract held a company's head, beside others."""
    slot = digest_of(bytes(12) + company + (2).to_bytes(32, "big"))
    return a_state({slot: rlp.encode(head), digest_of(b"other"): rlp.encode(b"\x01")}, slot, time, code)


def a_state(
    slots: dict[bytes, bytes], slot: bytes, time: int = AS_OF, code: Digest = CODE, contract: Address = CONTRACT
) -> State:
    """A block after which a contract's storage held these values, and the proof of one."""
    root, storage = proof_in(slots, slot)
    account = rlp.encode([b"\x01", b"", root, code])
    world, nodes = proof_in({contract: account, b"\x01" * 20: account, b"\x02" * 20: account}, contract)
    fields = [*HEADER[:3], world, *HEADER[4:11], time.to_bytes(4, "big"), *HEADER[12:]]
    return State(rlp.encode(fields), nodes, storage)


def proof_in(content: dict[bytes, bytes], key: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """The root of a trie whose keys are hashed, and the nodes down to one of them."""
    trie = HexaryTrie({})
    for each, value in content.items():
        trie[digest_of(each)] = value
    return trie.root_hash, tuple(rlp.encode(node) for node in trie.get_proof(digest_of(key)))


def a_bundle(events: list[Event] | None = None, statement: Statement | None = None, **anchor: Any) -> ScoreBundle:
    told = events or a_history()
    said = statement or a_statement(told)
    return ScoreBundle(
        ledger=said.ledger,
        company=said.company,
        logs=[log_of(event) for event in told],
        policy=POLICY.model_dump(),
        statement=said.words,
        basis=anchored(said, **anchor),
    )


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


def test_a_bundle_s_name_is_its_content_s_and_its_file_is_always_the_same() -> None:
    name, content = encode_bundle(a_bundle())
    assert encode_bundle(reread(a_bundle())) == (name, content)
    assert name == digest_of(gzip.decompress(content)) == read_bundle(content)[0]


HISTORY = a_history()
OTHERS = a_history(company=Address(b"\xc1" * 20))
OTHER_TIME = replace(HISTORY[5], at=replace(HISTORY[5].at, time=Timestamp(START + 7)))
LIE = a_statement(HISTORY)
INFLATED = replace(LIE, figures=LIE.figures | {"floor": 999_999})
SUBTLE = copy.deepcopy(LIE)
SUBTLE.figures["reliability"]["credited"]["low"] += 1
SHORT = a_statement(HISTORY[:-1])
STRICT = a_statement(HISTORY, policy=Policy.named("strict"))

ATTACKS: dict[str, tuple[Callable[[], ScoreBundle], str]] = {
    "one event left out": (lambda: a_bundle(HISTORY[:7] + HISTORY[8:], LIE), "event 8 does not continue"),
    "the last event left out": (lambda: a_bundle(HISTORY[:-1], LIE), "lead to 0x"),
    "a tail that was forgotten when it was anchored": (
        lambda: a_bundle(HISTORY[:-1], a_statement(HISTORY[:-1]), head=HISTORY[-1].head),
        "another ledger, company, head or policy",
    ),
    "no events at all": (lambda: replace(a_bundle(HISTORY, LIE), logs=[]), "lead to nothing"),
    "two events swapped": (
        lambda: a_bundle([*HISTORY[:3], HISTORY[4], HISTORY[3], *HISTORY[5:]], LIE),
        "event 4 does not continue",
    ),
    "an event twice": (lambda: a_bundle([*HISTORY[:4], *HISTORY[3:]], LIE), "event 5 does not continue"),
    "another time of an event": (lambda: a_bundle([*HISTORY[:5], OTHER_TIME, *HISTORY[6:]], LIE), "event 6 does not"),
    "an outcome rewritten": (
        lambda: a_bundle([*HISTORY[:50], replace(HISTORY[50], id=HISTORY[45].id), *HISTORY[51:]], LIE),  # type: ignore[call-arg, attr-defined]
        "event 51 does not continue",
    ),
    "a floor that is not its": (lambda: a_bundle(HISTORY, INFLATED), "says 999999 for floor, and its events give"),
    "a floor that is not its, after the anchor": (
        lambda: replace(a_bundle(HISTORY, LIE), statement=INFLATED.words),
        "is anchored",
    ),
    "one millionth too many": (lambda: a_bundle(HISTORY, SUBTLE), "for reliability.credited.low"),
    "a figure left out": (
        lambda: a_bundle(HISTORY, replace(LIE, figures={k: v for k, v in LIE.figures.items() if k != "burns"})),
        "for its figures",
    ),
    "truth for a number": (
        lambda: a_bundle(HISTORY, replace(LIE, figures=LIE.figures | {"released": False})),
        "says false for released, and its events give 0",
    ),
    "another company's history": (lambda: a_bundle(OTHERS, LIE), "event 1 is of 0x"),
    "another company's anchor": (
        lambda: replace(a_bundle(HISTORY, LIE), company=Address(b"\xc1" * 20)),
        "its anchor is about",
    ),
    "another chain": (lambda: a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.replace("31337", "1"))), "ledger"),
    "a statement about another chain": (
        lambda: replace(
            a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.replace("31337", "1"))), ledger=LEDGER.account
        ),
        "its statement is about another",
    ),
    "another contract's log": (lambda: a_bundle(HISTORY, LIE, emitter=Address(b"\x1f" * 20)), "and not the ledger"),
    "a policy that nobody accepts": (
        lambda: replace(a_bundle(HISTORY, STRICT), policy=Policy.named("strict").model_dump()),
        "none of those that you accept",
    ),
    "a policy in the place of another": (
        lambda: replace(a_bundle(HISTORY, LIE), policy=Policy.named("strict").model_dump()),
        "its policy is 0x",
    ),
    "no policy": (lambda: replace(a_bundle(HISTORY, LIE), policy={"name": "mine"}), "its policy is none"),
    "an old statement as of a later time": (
        lambda: replace(a_bundle(HISTORY, LIE), statement=replace(LIE, as_of=Timestamp(AS_OF + DAY)).words),
        "is anchored",
    ),
    "a statement of the future": (lambda: a_bundle(HISTORY, LIE, time=AS_OF - 1), "they are to be as of"),
    "a day that was chosen": (lambda: a_bundle(HISTORY, LIE, time=AS_OF + 3600), "they are to be as of"),
    "an event after its anchor": (
        lambda: a_bundle(HISTORY, LIE, time=HISTORY[-1].at.time - 1),
        "its last event is of",
    ),
    "a time before the last event": (
        lambda: a_bundle(HISTORY, a_statement(HISTORY, Timestamp(HISTORY[-1].at.time - 1)), time=AS_OF),
        "they are to be as of",
    ),
    "a failed transaction": (lambda: a_bundle(HISTORY, LIE, status=0), "the transaction failed"),
    "a log that is no anchor": (lambda: a_bundle(HISTORY, LIE, topic=digest_of(b"Checkpoint")), "is none"),
    "another log of the block": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), transaction=2)),
        "not the one that its parent names",
    ),
    "a log that is not there": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), log=1)),
        "none at the place 1",
    ),
    "another block's header": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), header=rlp.encode(HEADER))),
        "trie node",
    ),
    "a trie node too few": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), nodes=anchored(LIE).nodes[:-1])),
        "a trie node is missing",
    ),
    "a trie node too many": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), nodes=(*anchored(LIE).nodes, b"\xc0"))),
        "1 trie nodes are left over",
    ),
    "a head that the contract did not hold": (
        lambda: replace(a_bundle(HISTORY[:-1], SHORT), basis=held(HISTORY[-1].head)),
        "the contract held the head 0x",
    ),
    "a head that another contract held": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=held(LIE.head, code=digest_of(b"other code"))),
        "the contract's code has the hash",
    ),
    "another company's head": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=held(LIE.head, company=Address(b"\xc1" * 20))),
        "trie",
    ),
    "a head, and a time that was chosen": (
        lambda: replace(a_bundle(HISTORY, LIE), basis=held(LIE.head, time=AS_OF + 12)),
        "they are to be as of",
    ),
    "a head, and a floor that is not its": (
        lambda: replace(a_bundle(HISTORY, INFLATED), basis=held(LIE.head)),
        "says 999999 for floor, and its events give",
    ),
    "a head, and a statement about another chain": (
        lambda: replace(
            a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.replace("31337", "1"))),
            ledger=LEDGER.account,
            basis=held(LIE.head),
        ),
        "its statement is about another ledger or company",
    ),
}


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

PROMISE = replace(a_promise(7, DUE), company=COMPANY)
RECEIPT = Receipt(
    LEDGER.account, replace(PROMISE, terms=digest_of(b"{}")), Digest(bytes(32)), Document(digest_of(b"{}"), b"{}")
)
FLAGS_AT, STATUS_AT, LAST_AT, FULFILLED_AT = 248, 240, 200, 160


def a_receipt_bundle(
    status: int = Status.CONFIRMED,
    fulfilled_at: int = DUE - 1,
    company: Address = COMPANY,
    code: Digest = CODE,
    flags: int = 0,
    contract: Address = CONTRACT,
    state: bytes | None = None,
) -> ReceiptBundle:
    value = (
        int.from_bytes(company, "big")
        | fulfilled_at << FULFILLED_AT
        | (DUE + 9) << LAST_AT
        | status << STATUS_AT
        | flags << FLAGS_AT
    )
    slot = digest_of(RECEIPT.id + (3).to_bytes(32, "big"))
    packed = rlp.encode(value.to_bytes(32, "big").lstrip(b"\0")) if state is None else state
    slots: dict[bytes, bytes] = {slot: packed, digest_of(b"other"): rlp.encode(b"\x01")}
    return ReceiptBundle(RECEIPT, a_state(slots, slot, code=code, contract=contract))


def with_state(**change: Any) -> ReceiptBundle:
    bundle = a_receipt_bundle()
    return replace(bundle, state=replace(bundle.state, **change))


def shown(bundle: ReceiptBundle) -> ProvenReceipt:
    _, found = read_bundle(encode_bundle(bundle)[1])
    assert isinstance(found, ReceiptBundle)
    return verify_receipt(found, LEDGER)


def test_what_became_of_a_promise_is_proven_from_its_block_s_hash() -> None:
    bundle = a_receipt_bundle(flags=1 | 1 << 4)
    proven = shown(bundle)
    assert (proven.status, proven.fulfilled_at, proven.last_at) == (Status.CONFIRMED, DUE - 1, DUE + 9)
    assert proven.in_time is True
    assert proven.countersigned
    assert proven.by_arbiter
    require_block(proven, digest_of(bundle.state.header))
    assert shown(a_receipt_bundle(fulfilled_at=DUE + 1)).in_time is False
    assert shown(a_receipt_bundle(Status.OPEN, 0)).in_time is None


@pytest.mark.parametrize(
    "build, why",
    [
        (lambda: a_receipt_bundle(code=digest_of(b"other code")), "the contract's code has the hash"),
        (lambda: a_receipt_bundle(contract=Address(b"\x1f" * 20)), "its parent names"),
        (lambda: a_receipt_bundle(company=Address(b"\xc1" * 20)), "what the ledger never writes"),
        (lambda: a_receipt_bundle(status=10), "what the ledger never writes"),
        (lambda: a_receipt_bundle(state=rlp.encode(b"\x00\x01")), "is no number"),
        (lambda: a_receipt_bundle(state=rlp.encode(bytes([1]) * 33)), "is no number"),
        (lambda: a_receipt_bundle(state=rlp.encode([])), "is no number"),
        (lambda: with_state(storage=a_receipt_bundle(Status.OPEN).state.storage), "its parent names"),
        (lambda: with_state(account=()), "missing"),
        (lambda: with_state(header=rlp.encode(HEADER)), "its parent names"),
        (lambda: replace(a_receipt_bundle(), receipt=replace(RECEIPT, ledger="eip155:1:0x00")), "about the ledger"),
        (
            lambda: replace(
                a_receipt_bundle(),
                receipt=replace(RECEIPT, promise=replace(RECEIPT.promise, due_at=Timestamp(DUE + 9))),
            ),
            "holds nothing",
        ),
    ],
)
def test_a_state_that_is_not_the_promise_s_is_refused_by_name(build: Callable[[], ReceiptBundle], why: str) -> None:
    with pytest.raises(InvalidProof, match=why):
        shown(build())


def test_a_receipt_bundle_with_other_terms_is_refused() -> None:
    other = Document(digest_of(b"[]"), b"[]")
    with pytest.raises(InvalidBundle, match="its terms are not those"):
        shown(replace(a_receipt_bundle(), receipt=replace(RECEIPT, terms=other)))


# ── the form ──


def file_of(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A true bundle with something in its JSON changed."""
    words = orjson.loads(gzip.decompress(encode_bundle(a_bundle(HISTORY, LIE))[1]))
    change(words)
    return gzip.compress(orjson.dumps(words))


TRUE = encode_bundle(a_bundle(HISTORY, LIE))[1]


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "cut off"),
        (b"{}", "not a gzip file"),
        (TRUE[:-1], "cut off"),
        (TRUE[: len(TRUE) // 2], "cut off"),
        (TRUE + b"\0", "comes after its end"),
        (TRUE + TRUE, "comes after its end"),
        (gzip.compress(b"\xff"), "not JSON"),
        (gzip.compress(b"[]"), "not a JSON object"),
        (gzip.compress(b"[" * 100_000), "not JSON"),
        (gzip.compress(b"{}"), "its version is None"),
        (gzip.compress(b'{"version":true,"bundle":"score"}'), "its version is True"),
        (gzip.compress(b'{"version":1,"bundle":"promise"}'), "a bundle of 'promise'"),
        (file_of(lambda words: words.pop("events")), "a part of it is not"),
        (file_of(lambda words: words.update(more=1)), "a part of it is not"),
        (file_of(lambda words: words.update(state={})), "a part of it is not"),
        (file_of(lambda words: words.update(events={})), "events are no list"),
        (file_of(lambda words: words.update(anchor=None)), "a part of it is not"),
        (file_of(lambda words: words.update(policy=[])), "its policy is no object"),
        (file_of(lambda words: words.update(company="0x12")), "0x12"),
        (file_of(lambda words: words["anchor"].update(transaction=-1)), "-1 is no number"),
        (file_of(lambda words: words["anchor"].update(log=1.0)), "1.0 is no number"),
        (file_of(lambda words: words["anchor"].update(log=2**53)), "is no number"),
        (file_of(lambda words: words["anchor"].update(nodes="0x")), "no list"),
        (file_of(lambda words: words["anchor"].update(header="0x1")), "0x1"),
        (file_of(lambda words: words["events"].append([1, "0x"])), "event 78 is not"),
        (file_of(lambda words: words["events"].__setitem__(0, [-1, *words["events"][0][1:]])), "is no number"),
        (file_of(lambda words: words["events"][3].__setitem__(1, "0x" + "ab" * 32)), "event 4 is not"),
        (file_of(lambda words: words["events"][3].__setitem__(2, words["events"][3][2] + " ")), "event 4 is not"),
    ],
)
def test_a_file_that_is_no_bundle_says_what_it_lacks(content: bytes, why: str) -> None:
    with pytest.raises(InvalidBundle, match=why):
        read_bundle(content)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 50 * 1024 * 1024, 2 * 1024**3])
def test_a_bomb_is_refused_in_bounded_memory(size: int) -> None:
    stream = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    part = b" " * 1024 * 1024
    packed = b"".join([*(stream.compress(part) for _ in range(size // len(part) + 1)), stream.flush()])
    with pytest.raises(InvalidBundle, match="more than 33,554,432 bytes"):
        read_bundle(packed)


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
