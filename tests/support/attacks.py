"""Bundles that are true, and every way that we know to make one lie: for each program that reads them to refuse."""

from __future__ import annotations

import copy
import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import rlp
from trie import HexaryTrie

from ledger.documents import Document
from ledger.events import Event
from ledger.lives import lives_of
from ledger.outcomes import Status
from ledger.promises import customer_of
from ledger.proofs.anchors import ANCHORED
from ledger.proofs.blocks import encode_receipt, receipts_proof
from ledger.proofs.bundles import Anchor, ReceiptBundle, ScoreBundle, State, encode_bundle
from ledger.proofs.statements import Statement, assured
from ledger.proofs.verification import Ledger
from ledger.receipts import Receipt
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book
from ledger.scoring.score import score
from ledger.scoring.tallies import fold
from ledger.units import Address, BlockNumber, Digest, Timestamp, digest_of, show_address, show_hex
from scripts.vectors import log_of
from tests.support.blocks import HEADER, receipt
from tests.support.build import CHAIN_ID, COMPANY, CONTRACT, CUSTOMER, DAY, NOON, History, a_promise

START = NOON - DAY
DUE = START + 500
AS_OF = Timestamp(START + 3600)
"""A full hour, after all events."""
POLICY = Policy.named("standard")
CODE = digest_of(b"code")
LEDGER = Ledger(f"eip155:{CHAIN_ID}:{show_address(CONTRACT)}", CHAIN_ID, CONTRACT, CODE)
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


HISTORY = a_history()
OTHERS = a_history(company=Address(b"\xc1" * 20))
OTHER_TIME = replace(HISTORY[5], at=replace(HISTORY[5].at, time=Timestamp(START + 7)))
LIE = a_statement(HISTORY)
INFLATED = replace(LIE, figures=LIE.figures | {"floor": 999_999})
SUBTLE = copy.deepcopy(LIE)
SUBTLE.figures["reliability"]["credited"]["low"] += 1
SHORT = a_statement(HISTORY[:-1])
STRICT = a_statement(HISTORY, policy=Policy.named("strict"))


def forged(anchor: Anchor) -> Anchor:
    """The proof of another log than the one that the block has."""
    return replace(anchor, nodes=tuple(node.replace(LIE.digest, INFLATED.digest) for node in anchor.nodes))


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
    # Who means no chain beforehand finds it by the history, whose first link binds the chain.
    "another chain": (
        lambda: a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.replace("31337", "1"))),
        "about the ledger|event 1 does not continue",
    ),
    "a statement about another chain": (
        lambda: replace(
            a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.replace("31337", "1"))), ledger=LEDGER.account
        ),
        "its statement is about another",
    ),
    "the ledger's name in small letters": (
        lambda: a_bundle(HISTORY, replace(LIE, ledger=LEDGER.account.lower())),
        "about the ledger",
    ),
    "a company in small letters": (
        lambda: replace(a_bundle(HISTORY, LIE), statement=LIE.words | {"company": show_hex(COMPANY)}),
        "not written as statements are",
    ),
    "a head in capitals": (
        lambda: replace(a_bundle(HISTORY, LIE), statement=LIE.words | {"head": f"0x{LIE.head.hex().upper()}"}),
        "not written as statements are",
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
    "no policy": (lambda: replace(a_bundle(HISTORY, LIE), policy={"name": "mine"}), "its policy is"),
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
    "a forged log in the receipt": (
        lambda: replace(a_bundle(HISTORY, LIE), statement=INFLATED.words, basis=forged(anchored(LIE))),
        "not the one that its parent names",
    ),
    "an old anchor under a new block's header": (
        lambda: replace(
            a_bundle(HISTORY, LIE), basis=replace(anchored(LIE), header=anchored(STRICT, AS_OF + DAY).header)
        ),
        "not the one that its parent names",
    ),
    "a time that no clock tells": (
        lambda: a_bundle(HISTORY, replace(LIE, as_of=Timestamp(2**53 - 1))),
        "they are to be as of",
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


# ── receipts ──

PROMISE = replace(a_promise(7, DUE), company=COMPANY)
RECEIPT = Receipt(
    LEDGER.account, replace(PROMISE, terms=digest_of(b"{}")), Digest(bytes(32)), Document(digest_of(b"{}"), b"{}")
)
"""Of a promise to the public, so whoever confirmed it was its arbiter."""
SALT = digest_of(b"salt")
KNOWN = replace(RECEIPT, promise=replace(RECEIPT.promise, customer=customer_of(SALT, CUSTOMER), nonce=8), salt=SALT)
"""Of a promise to a customer."""
FLAGS_AT, STATUS_AT, LAST_AT, FULFILLED_AT = 248, 240, 200, 160
COUNTERSIGNED, BY_ARBITER = 1 << 0, 1 << 4


def a_receipt_bundle(
    status: int = Status.CONFIRMED,
    fulfilled_at: int = DUE - 1,
    company: Address = COMPANY,
    code: Digest = CODE,
    flags: int | None = None,
    contract: Address = CONTRACT,
    state: bytes | None = None,
    receipt: Receipt = RECEIPT,
) -> ReceiptBundle:
    """What the contract held of a promise; if nothing else is said, its arbiter has confirmed it."""
    said = BY_ARBITER * (status == Status.CONFIRMED) if flags is None else flags
    value = (
        int.from_bytes(company, "big")
        | fulfilled_at << FULFILLED_AT
        | (DUE + 9 if fulfilled_at else START) << LAST_AT
        | status << STATUS_AT
        | said << FLAGS_AT
    )
    slot = digest_of(receipt.id + (3).to_bytes(32, "big"))
    packed = rlp.encode(value.to_bytes(32, "big").lstrip(b"\0")) if state is None else state
    slots: dict[bytes, bytes] = {slot: packed, digest_of(b"other"): rlp.encode(b"\x01")}
    return ReceiptBundle(receipt, a_state(slots, slot, code=code, contract=contract))


def with_state(**change: Any) -> ReceiptBundle:
    bundle = a_receipt_bundle()
    return replace(bundle, state=replace(bundle.state, **change))


RECEIPT_ATTACKS: dict[str, tuple[Callable[[], ReceiptBundle], str]] = {
    "another contract's code": (
        lambda: a_receipt_bundle(code=digest_of(b"other code")),
        "the contract's code has the hash",
    ),
    "another contract": (lambda: a_receipt_bundle(contract=Address(b"\x1f" * 20)), "its parent names"),
    "another company": (lambda: a_receipt_bundle(company=Address(b"\xc1" * 20)), "what the ledger never writes"),
    "a status that there is none of": (lambda: a_receipt_bundle(status=10), "what the ledger never writes"),
    "a state with a zero before it": (lambda: a_receipt_bundle(state=rlp.encode(b"\x00\x01")), "is no number"),
    "a state that is too long": (lambda: a_receipt_bundle(state=rlp.encode(bytes([1]) * 33)), "is no number"),
    "a state that is a list": (lambda: a_receipt_bundle(state=rlp.encode([])), "is no number"),
    "another state's proof": (
        lambda: with_state(storage=a_receipt_bundle(Status.OPEN).state.storage),
        "its parent names",
    ),
    "no proof of the account": (lambda: with_state(account=()), "missing"),
    "another block's header": (lambda: with_state(header=rlp.encode(HEADER)), "its parent names"),
    "another chain's ledger": (
        lambda: replace(a_receipt_bundle(), receipt=replace(RECEIPT, ledger="eip155:1:0x00")),
        "about the ledger",
    ),
    "another due time": (
        lambda: replace(
            a_receipt_bundle(),
            receipt=replace(RECEIPT, promise=replace(RECEIPT.promise, due_at=Timestamp(DUE + 9))),
        ),
        "holds nothing",
    ),
}


# ── the form ──


def file_of(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A true bundle with something in its JSON changed."""
    words = orjson.loads(gzip.decompress(encode_bundle(a_bundle(HISTORY, LIE))[1]))
    change(words)
    return gzip.compress(orjson.dumps(words))


TRUE = encode_bundle(a_bundle(HISTORY, LIE))[1]


def rewritten(one: bytes, other: bytes) -> bytes:
    """A true bundle with a part of its JSON written in another way."""
    inside = gzip.decompress(TRUE)
    assert inside.count(one) == 1
    return gzip.compress(inside.replace(one, other))


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "cut off"),
    "no gzip": (b"{}", "not a gzip file"),
    "the last byte cut off": (TRUE[:-1], "cut off"),
    "half of it": (TRUE[: len(TRUE) // 2], "cut off"),
    "a byte too many": (TRUE + b"\0", "comes after its end"),
    "twice": (TRUE + TRUE, "comes after its end"),
    "no UTF-8": (gzip.compress(b"\xff"), "not JSON"),
    "a list": (gzip.compress(b"[]"), "not a JSON object"),
    "nested too deeply": (gzip.compress(b"[" * 100_000), "not JSON"),
    "no version": (gzip.compress(b"{}"), "its version is"),
    "truth for a version": (gzip.compress(b'{"version":true,"bundle":"score"}'), "its version is"),
    "a kind to come": (gzip.compress(b'{"version":1,"bundle":"promise"}'), "a bundle of .promise"),
    "no events": (file_of(lambda words: words.pop("events")), "a part of it is not"),
    "a key too many": (file_of(lambda words: words.update(more=1)), "a part of it is not"),
    "a state and an anchor": (file_of(lambda words: words.update(state={})), "a part of it is not"),
    "events that are no list": (file_of(lambda words: words.update(events={})), "events are no list"),
    "an anchor that is nothing": (file_of(lambda words: words.update(anchor=None)), "a part of it is not"),
    "a policy that is a list": (file_of(lambda words: words.update(policy=[])), "its policy is no object"),
    "half an address": (file_of(lambda words: words.update(company="0x12")), "0x12"),
    "a negative number": (file_of(lambda words: words["anchor"].update(transaction=-1)), "is no number"),
    "a fraction": (file_of(lambda words: words["anchor"].update(log=1.0)), "is no number|not JSON"),
    "a huge number": (file_of(lambda words: words["anchor"].update(log=2**53)), "is no number|not JSON"),
    "nodes that are no list": (file_of(lambda words: words["anchor"].update(nodes="0x")), "no list"),
    "half a byte": (file_of(lambda words: words["anchor"].update(header="0x1")), "0x1"),
    "an event that is cut off": (file_of(lambda words: words["events"].append([1, "0x"])), "event 78 is not"),
    "a negative time": (
        file_of(lambda words: words["events"].__setitem__(0, [-1, *words["events"][0][1:]])),
        "is no number",
    ),
    "another contract's topic": (
        file_of(lambda words: words["events"][3].__setitem__(1, "0x" + "ab" * 32)),
        "event 4 is not",
    ),
    "a name that stands twice": (
        rewritten(b'"bundle":"score"', b'"bundle":"score","bundle":"score"'),
        "twice",
    ),
    "a name that stands twice, once written in another way": (
        rewritten(b'"bundle":"score"', b'"bundle":"score","b\\u0075ndle":"score"'),
        "twice",
    ),
    "a figure written as a fraction": (rewritten(b'"released":0', b'"released":0.0'), "not JSON"),
    "a figure with an exponent": (rewritten(b'"released":0', b'"released":0e0'), "not JSON"),
    "less than nothing": (rewritten(b'"released":0', b'"released":-0'), "not JSON"),
    "a figure that no reader tells from the next": (
        rewritten(b'"released":0', b'"released":-9007199254740992'),
        "not JSON",
    ),
    "a space in an event": (
        file_of(lambda words: words["events"][3].__setitem__(2, words["events"][3][2] + " ")),
        "event 4 is not",
    ),
}


def bomb(size: int) -> bytes:
    """A small file of so much JSON."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    part = b" " * 1024 * 1024
    return b"".join([*(stream.compress(part) for _ in range(size // len(part) + 1)), stream.flush()])
