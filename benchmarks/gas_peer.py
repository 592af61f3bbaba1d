"""What the same costs on the Ethereum Attestation Service (EAS), the registry that many use for statements on chain.

Its compiled contracts come from its npm package's tarball, which `make bench-gas` downloads.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account.messages import encode_typed_data

from benchmarks.gas_case import (
    BATCH,
    CUSTOMER,
    POLICY,
    RATING,
    STATEMENT,
    Cast,
    cast,
    customer_address,
    evidence,
    promise,
)
from ledger.promises import FIELDS, packed
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, digest_of, show_address
from tests.support.meter import BLOCK_GAS, Meter, Spent, run_meter

TARBALL = Path(__file__).parents[1] / ".cache" / "ethereum-attestation-service-eas-contracts-1.9.0.tgz"
INTEGRITY = "L60y1fgKlY3a45xxnPlgRbiGQY8RF/lF+AzF1iVoR7/aEzitS0Nuyyjq8+IXs1sSSU0dl2+yGSmELxVeB6FelA=="
"""SHA-512 of the tarball, as npm publishes it."""

_REQUEST_DATA = "(address,uint64,bool,bytes32,bytes,uint256)"
_ATTEST = (
    ("attester", "address"),
    ("schema", "bytes32"),
    ("recipient", "address"),
    ("expirationTime", "uint64"),
    ("revocable", "bool"),
    ("refUID", "bytes32"),
    ("data", "bytes"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint64"),
)


@dataclass(frozen=True)
class Schema:
    """What attestations of one kind hold: fields as EAS writes them. No resolver, not revocable."""

    text: str

    @property
    def uid(self) -> Digest:
        """What EAS's registry calls it."""
        return digest_of(self.text.encode() + ZERO_ADDRESS + b"\0")

    def encode(self, *values: object) -> bytes:
        """The data of an attestation."""
        return encode([field.split()[0] for field in self.text.split(",")], values)


PROMISE = Schema(",".join(f"{kind} {name}" for name, kind in FIELDS if name != "company"))
PACKED_PROMISE = Schema("bytes32 customer,bytes32 terms,uint256 schedule,uint256 labels")
FULFILMENT = Schema("bytes32 evidence")
CONFIRMATION = Schema("uint8 rating")
ANCHOR = Schema("bytes32 head,bytes32 policy,bytes32 statement")
SCHEMAS = (PROMISE, PACKED_PROMISE, FULFILMENT, CONFIRMATION, ANCHOR)

Data = tuple[Address, int, bool, Digest, bytes, int]
"""EAS's AttestationRequestData: recipient, expiry, revocable, the attestation referred to, data, value."""


def measure() -> dict[str, Spent]:
    """Each transaction, and makes with the packed schema, on a chain of its own.

    The schemas are registered, and the customer has signed for a relayer before. The chain does not cap a
    transaction's gas: a batch of 100 promises is above the cap.
    """
    with run_meter(capped=False) as meter:
        actors = cast(meter)
        eas = _deploy(meter, actors)
        company = actors.company

        def attest(schema: Schema, *data: Data) -> Spent:
            one = len(data) == 1
            return meter.send(company, eas, _attest(schema, data[0]) if one else _multi(schema, data), BLOCK_GAS)

        numbers = range(100, 100 + BATCH)
        spent = {
            "make": attest(PROMISE, _promise(actors, 1)),
            "make_batch100": attest(PROMISE, *(_promise(actors, number) for number in numbers)),
            "make_packed": attest(PACKED_PROMISE, _packed_promise(actors, 1)),
            "make_packed_batch100": attest(PACKED_PROMISE, *(_packed_promise(actors, number) for number in numbers)),
        }
        [made], hundred = _uids(spent["make"]), _uids(spent["make_batch100"])
        spent["fulfil"] = attest(FULFILMENT, _fulfilment(made, 1))
        pairs = zip(hundred, numbers, strict=True)
        spent["fulfil_batch100"] = attest(FULFILMENT, *(_fulfilment(uid, number) for uid, number in pairs))

        earlier, [fulfilled] = _uids(spent["fulfil_batch100"])[0], _uids(spent["fulfil"])
        meter.send(actors.relayer, eas, _confirmation(meter.chain_id, eas, earlier, nonce=0))
        confirmation = _confirmation(meter.chain_id, eas, fulfilled, nonce=1)
        spent["confirm_relayed"] = meter.send(actors.relayer, eas, confirmation)
        statement = _data(ZERO_DIGEST, ANCHOR.encode(digest_of(b"head"), POLICY, STATEMENT), recipient=company)
        spent["anchor"] = meter.send(actors.relayer, eas, _attest(ANCHOR, statement))
        return spent


def _deploy(meter: Meter, actors: Cast) -> Address:
    """Creates EAS and its registry, with the schemas in it."""
    registry = meter.create(actors.deployer, _bytecode("SchemaRegistry"))
    for schema in SCHEMAS:
        meter.send(
            actors.deployer,
            registry,
            _call("register", ["string", "address", "bool"], [schema.text, ZERO_ADDRESS, False]),
        )
    return meter.create(actors.deployer, _bytecode("EAS") + encode(["address"], [registry]))


def _promise(actors: Cast, number: int) -> Data:
    _, *fields = astuple(promise(actors, number))
    return _data(ZERO_DIGEST, PROMISE.encode(*fields))


def _packed_promise(actors: Cast, number: int) -> Data:
    promised = promise(actors, number)
    return _data(ZERO_DIGEST, PACKED_PROMISE.encode(promised.customer, promised.terms, *packed(promised)))


def _fulfilment(promised: Digest, number: int) -> Data:
    return _data(promised, FULFILMENT.encode(evidence(number)))


def _confirmation(chain_id: int, eas: Address, fulfilled: Digest, nonce: int) -> bytes:
    """Calldata of `attestByDelegation` with the customer's signature."""
    data, signer = _data(fulfilled, CONFIRMATION.encode(RATING)), customer_address()
    domain = {"name": "EAS", "version": "1.4.0", "chainId": chain_id, "verifyingContract": show_address(eas)}
    types = {"Attest": [{"name": name, "type": kind} for name, kind in _ATTEST]}
    values = (signer, CONFIRMATION.uid, *data, nonce, 0)
    message = {name: value for (name, _), value in zip(_ATTEST, values, strict=True)}
    signed = CUSTOMER.sign_message(encode_typed_data(domain, types, message))
    signature = (signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
    request = f"(bytes32,{_REQUEST_DATA},(uint8,bytes32,bytes32),address,uint64)"
    return _call("attestByDelegation", [request], [(CONFIRMATION.uid, data, signature, signer, 0)])


def _attest(schema: Schema, data: Data) -> bytes:
    return _call("attest", [f"(bytes32,{_REQUEST_DATA})"], [(schema.uid, data)])


def _multi(schema: Schema, data: tuple[Data, ...]) -> bytes:
    return _call("multiAttest", [f"(bytes32,{_REQUEST_DATA}[])[]"], [[(schema.uid, data)]])


def _data(refers_to: Digest, content: bytes, recipient: Address = ZERO_ADDRESS) -> Data:
    """An attestation that never expires and carries no ether."""
    return recipient, 0, False, refers_to, content, 0


def _uids(spent: Spent) -> list[Digest]:
    """What EAS calls the attestations that a transaction made: the data of its logs."""
    return [Digest(data) for _, data in spent.logs]


def _call(name: str, types: list[str], values: list[Any]) -> bytes:
    return digest_of(f"{name}({','.join(types)})".encode())[:4] + encode(types, values)


def _bytecode(name: str) -> bytes:
    """The code that creates one of EAS's contracts, as its authors compiled it."""
    with tarfile.open(fileobj=io.BytesIO(_tarball())) as archive:
        member = archive.extractfile(f"package/artifacts/contracts/{name}.sol/{name}.json")
        if member is None:
            raise FileNotFoundError(f"{TARBALL} has no compiled {name}")
        return bytes.fromhex(json.load(member)["bytecode"][2:])


@cache
def _tarball() -> bytes:
    if not TARBALL.exists():
        sys.exit(f"EAS's contracts are not in {TARBALL}. Run `make bench-gas`, which downloads them.")
    content = TARBALL.read_bytes()
    if hashlib.sha512(content).digest() != base64.b64decode(INTEGRITY):
        sys.exit(f"{TARBALL} is not what npm publishes. Remove it, and run `make bench-gas` again.")
    return content
