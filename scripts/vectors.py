"""Writes tests/vectors/protocol.json: examples of all that is hashed, for every implementation of the protocol to meet.

`python scripts/vectors.py` writes it; with `--check` it compares instead, and exits 1 where they differ. In a message,
a promise stands by its place in the list `promises`. Integers that may be large are decimal text: JavaScript's numbers
hold 53 bits.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from ledger.events import (
    Accepted,
    Amended,
    Answered,
    Appointed,
    Confirmed,
    Disputed,
    Event,
    Fulfilled,
    HandedOff,
    Log,
    Made,
    Matter,
    Position,
    PromiseEvent,
    Registered,
    Remedied,
    Ruled,
    Withdrawn,
)
from ledger.links import extend, genesis
from ledger.promises import Promise, customer_of, packed, promise_id, service_code, signer_hash
from ledger.signing import ACTIONS, Domain, Value, digest_to_sign, struct_hash, typed_data
from ledger.units import (
    ZERO_ADDRESS,
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    digest_of,
    show_address,
    show_hex,
)

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "vectors" / "protocol.json"

DOMAIN = Domain(chain_id=8453, contract=Address(digest_of(b"contract")[:20]))
COMPANY = Address(digest_of(b"company")[:20])
ARBITER = Address(digest_of(b"arbiter")[:20])
ACCOUNT = digest_of(b"customer")[:20]
PASSKEY = digest_of(b"verifier")[:20] + digest_of(b"x") + digest_of(b"y")
SALT = digest_of(b"salt")
NOON = Timestamp(1_700_000_000)
ORDINARY = Promise(
    company=COMPANY,
    customer=customer_of(SALT, ACCOUNT),
    terms=digest_of(b"terms"),
    due_at=Timestamp(NOON + 3600),
    dispute_window=86_400,
    arbiter=ARBITER,
    service=service_code("delivery"),
    experience=1,
    stage=2,
    stakes=3,
    cohort=7,
    nonce=1,
)
HIGHEST = Promise(
    company=Address(b"\xff" * 20),
    customer=Digest(b"\xff" * 32),
    terms=Digest(b"\xff" * 32),
    due_at=Timestamp(2**40 - 1),
    dispute_window=2**32 - 1,
    arbiter=Address(b"\xff" * 20),
    service=b"\xff" * 8,
    experience=255,
    stage=255,
    stakes=255,
    cohort=2**16 - 1,
    nonce=2**64 - 1,
)
LOWEST = Promise(ZERO_ADDRESS, ZERO_DIGEST, ZERO_DIGEST, Timestamp(0), 0, ZERO_ADDRESS, bytes(8), 0, 0, 0, 0, 0)
PROMISES = (
    ORDINARY,
    replace(ORDINARY, customer=customer_of(SALT, PASSKEY), nonce=2),
    replace(ORDINARY, customer=ZERO_DIGEST),
    replace(ORDINARY, arbiter=ZERO_ADDRESS),
    replace(ORDINARY, due_at=HIGHEST.due_at),
    replace(ORDINARY, dispute_window=HIGHEST.dispute_window),
    replace(ORDINARY, cohort=HIGHEST.cohort),
    # More than JavaScript's numbers and databases' integers hold.
    replace(ORDINARY, nonce=2**53 + 1),
    replace(ORDINARY, nonce=HIGHEST.nonce),
    replace(ORDINARY, service=bytes(7) + b"\x01", experience=3, stage=3, stakes=0),
    LOWEST,
    HIGHEST,
)


def main() -> None:
    """Writes the file, or compares it."""
    write_or_check(FILE, content(), __doc__, "python scripts/vectors.py")


def write_or_check(file: Path, fresh: str, about: str | None, command: str) -> None:
    """What a script does that makes a file: writes it; with `--check`, exits 1 where the committed one is another."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="compare with the committed file instead of writing")
    shown = file.relative_to(ROOT)
    if not parser.parse_args().check:
        file.write_text(fresh)
        sys.stdout.write(f"{shown}: {len(fresh)} characters\n")
    elif file.read_text() != fresh:
        sys.exit(f"{shown} is not what the code gives. Run: {command}")


def content() -> str:
    """The file as it must be."""
    vectors = {
        "chainId": DOMAIN.chain_id,
        "contract": show_address(DOMAIN.contract),
        "domainSeparator": show_hex(DOMAIN.separator()),
        "customers": [_customer(signer) for signer in (ACCOUNT, PASSKEY)],
        "promises": [_promise(place) for place in range(len(PROMISES))],
        "history": {
            "company": show_address(COMPANY),
            "genesis": show_hex(_genesis()),
            "logs": [_log(event) for event in history()],
        },
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


def _customer(signer: bytes) -> dict[str, str]:
    return {"signer": show_hex(signer), "salt": show_hex(SALT), "customer": show_hex(customer_of(SALT, signer))}


# ── promises, and what is signed about them ─────────────────────────────────────────────────────────────────────────


def _promise(place: int) -> dict[str, Any]:
    promise = PROMISES[place]
    schedule, labels = packed(promise)
    return {
        "fields": typed_data(DOMAIN, "Make", {"promise": promise})["message"]["promise"],
        "schedule": show_hex(_word(schedule)),
        "labels": show_hex(_word(labels)),
        "id": show_hex(promise_id(promise)),
        "signed": {action: _signed(action, place) for action in ACTIONS},
    }


def _signed(action: str, place: int) -> dict[str, Any]:
    message = message_of(action, place)
    shown = typed_data(DOMAIN, action, message)["message"]
    places = _places(place)
    return {
        "message": {name: places[name] if kind == "Promise" else shown[name] for name, kind in ACTIONS[action]},
        "structHash": show_hex(struct_hash(action, message)),
        "digest": show_hex(digest_to_sign(DOMAIN, action, message)),
    }


def message_of(action: str, place: int) -> dict[str, Value]:
    """An example of an action about the promise at a place, and about the next one where it is about two."""
    places = _places(place)
    return {
        name: PROMISES[places[name]] if kind == "Promise" else _example(name, kind, place)
        for name, kind in ACTIONS[action]
    }


def _places(place: int) -> dict[str, int]:
    # A hand-off's `from` and `to` are units, not promises.
    return {"promise": place, "from": place, "to": (place + 1) % len(PROMISES)}


def _example(name: str, kind: str, place: int) -> Any:
    """Zeros about the first promise, ones about the second, anything about the others."""
    if name == "matter":
        return Matter(place % 3)
    anything = digest_of(f"{name} {place}".encode())
    if kind == "string":
        return ("", "ipfs://profile", "data:,Grüße ✓ 約束")[place % 3]
    if kind == "bool":
        return place % 2 == 1
    size = {"address": 20, "bytes32": 32}.get(kind) or int(kind.removeprefix("uint")) // 8
    chosen = (bytes(size), b"\xff" * size, *[anything[:size]] * len(PROMISES))[place]
    return int.from_bytes(chosen, "big") if kind.startswith("uint") else chosen


# ── a history with every kind of event ──────────────────────────────────────────────────────────────────────────────


def history() -> Iterator[Event]:
    """A company's events, each with its head, two minutes apart but for some in one block."""
    head = _genesis()
    for number, event in enumerate(_unlinked()):
        at = Position(BlockNumber(number // 2), number % 2, ZERO_DIGEST, Timestamp(NOON + number // 2 * 120))
        timed = replace(event, at=at)
        head = extend(head, log_of(timed))
        yield replace(timed, head=head)


def _unlinked() -> Iterator[Event]:
    company, customer, arbiter = (signer_hash(signer) for signer in (COMPANY, PASSKEY, ARBITER))
    delegate = signer_hash(b"delegate")
    first, second, third = ORDINARY, replace(ORDINARY, nonce=2**64 - 1, cohort=2**16 - 1), PROMISES[2]
    one, two, three = map(promise_id, (first, second, third))
    digest = digest_of(b"document")
    nowhere = Position(BlockNumber(0), 0, ZERO_DIGEST, Timestamp(0))

    def by(actor: Digest) -> dict[str, Any]:
        return {"at": nowhere, "company": COMPANY, "actor": actor, "head": ZERO_DIGEST}

    # Strings that fill no word, a part of one, a whole one, and more in other letters than English.
    for uri in ("", "ipfs://profile", "https://example.com/profile.json", "data:,Grüße ✓ 約束 und noch ein wenig mehr"):
        yield Registered(**by(company), profile=digest_of(uri.encode()), uri=uri)
    yield Appointed(**by(company), delegate=delegate, actions=7, until=Timestamp(2**40 - 1))
    yield Made(**by(company), id=one, promise=first)
    yield Accepted(**by(customer), id=one)
    yield HandedOff(**by(delegate), id=one, giver=0, taker=2**16 - 1, channel=255)
    yield Amended(**by(company), id=one, successor=two, consented=True)
    yield Made(**by(company), id=two, promise=second)
    yield Fulfilled(**by(delegate), id=two, evidence=ZERO_DIGEST)
    yield Confirmed(**by(arbiter), id=two, by_arbiter=True, matter=Matter.FULFILMENT, rating=0)
    yield Disputed(**by(customer), id=two, matter=Matter.FULFILMENT, reason=digest)
    yield Answered(**by(company), id=two, response=digest)
    yield Ruled(**by(arbiter), id=two, upheld=True, ruling=digest)
    yield Remedied(**by(company), id=two, kind=3, remedy=digest)
    yield Confirmed(**by(customer), id=two, by_arbiter=False, matter=Matter.REMEDY, rating=5)
    yield Made(**by(delegate), id=three, promise=third)
    yield Withdrawn(**by(company), id=three, reason=digest, consented=False)


def _genesis() -> Digest:
    return genesis(DOMAIN.chain_id, DOMAIN.contract, COMPANY)


def _log(event: Event) -> dict[str, Any]:
    """The event as a node gives it, and the head after it."""
    topics, data = words_of(event)
    return {
        "event": type(event).__name__,
        "topics": [show_hex(topic) for topic in topics],
        "data": show_hex(data),
        "time": int(event.at.time),
        "head": show_hex(event.head),
        "fields": _fields(event),
    }


def _fields(record: Event | Promise) -> dict[str, Any]:
    """What an event or a promise says, as JSON has it; a promise's nonce as text."""
    said = {field.name: getattr(record, field.name) for field in fields(record) if field.name not in ("at", "head")}
    return {_camel(name): str(value) if name == "nonce" else _shown(value) for name, value in said.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, Promise):
        return _fields(value)
    return show_hex(value) if isinstance(value, bytes) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def words_of(event: Event) -> tuple[list[bytes], bytes]:
    """The topics and the data of the log that the contract emits."""
    shape = event.SHAPE
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    if isinstance(event, Made):
        schedule, labels = packed(event.promise)
        values |= {"customer": event.promise.customer, "terms": event.promise.terms}
        values |= {"schedule": schedule, "labels": labels}
    topics = [bytes(shape.topic), *(encode([kind], [values[name]]) for name, kind in shape.topics)]
    return topics, encode([kind for _, kind in shape.data], [values[name] for name, _ in shape.data])


def log_of(event: Event) -> Log:
    """The log that the contract emits."""
    topics, data = words_of(event)
    at, promise = event.at, event.id if isinstance(event, PromiseEvent) else None
    return Log(at.block, at.log_index, at.time, at.transaction, b"".join(topics), data, event.company, promise)


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


if __name__ == "__main__":
    main()
