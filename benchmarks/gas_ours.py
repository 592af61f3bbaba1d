"""What this ledger's transactions cost: the committed artifact, used as the gateway uses it."""

from __future__ import annotations

from benchmarks.gas_case import (
    BATCH,
    CUSTOMER,
    POLICY,
    RATING,
    SALT,
    STATEMENT,
    Cast,
    cast,
    customer_address,
    evidence,
    promise,
)
from benchmarks.gas_floor import Needs
from ledger.chain import contract
from ledger.chain.contract import SENDER, UNSIGNED, Auth, artifact
from ledger.events import Matter
from ledger.promises import Promise, promise_id
from ledger.signing import Domain, Message, typed_data
from ledger.units import Address, BlockNumber, digest_of, parse_quantity
from tests.support.meter import Spent, run_meter

NEEDS = {
    "make": Needs(new=1, changed=1),
    "make_batch100": Needs(new=BATCH, changed=1),
    "fulfil": Needs(changed=2),
    "fulfil_batch100": Needs(changed=BATCH + 1),
    "confirm_relayed": Needs(changed=2, recovered=1),
    "anchor": Needs(read=1),
}
"""What each needs: a slot for each promise and the company's head, which a statement only reads."""

FIRST_OF_100 = 100
FIRST_OF_300 = 1_000


def measure() -> dict[str, Spent]:
    """Each transaction of NEEDS, and `make_batch300`, on a chain of its own that caps a transaction's gas.

    The company has registered and made a promise before, so its head is not zero.
    """
    with run_meter() as meter:
        actors = cast(meter)
        ledger = meter.create(actors.deployer, bytes.fromhex(artifact()["bytecode"][2:]))
        company, one = actors.company, promise(actors, 1)
        profile = contract.register(SENDER, company, digest_of(b"profile"), "ipfs://profile", UNSIGNED)
        meter.send(company, ledger, profile)
        meter.send(company, ledger, contract.make(promise(actors, 0)))

        hundred = range(FIRST_OF_100, FIRST_OF_100 + BATCH)
        spent = {
            "make": meter.send(company, ledger, contract.make(one)),
            "make_batch100": meter.send(company, ledger, _make_all(actors, hundred)),
            "make_batch300": meter.send(company, ledger, _make_all(actors, range(FIRST_OF_300, FIRST_OF_300 + 300))),
            "fulfil": meter.send(company, ledger, contract.fulfil(promise_id(one), evidence(1))),
            "fulfil_batch100": meter.send(company, ledger, _fulfil_all(actors, hundred)),
        }
        confirmation = contract.confirm(_confirming(meter.chain_id, ledger, one), one, SALT, Matter.FULFILMENT, RATING)
        spent["confirm_relayed"] = meter.send(actors.relayer, ledger, confirmation)
        latest = BlockNumber(parse_quantity(meter.request("eth_blockNumber")))
        [head] = contract.heads(meter, ledger, [company], latest)
        anchor = contract.anchor(company, head, POLICY, STATEMENT)
        spent["anchor"] = meter.send(actors.relayer, ledger, anchor)
        return spent


def _make_all(actors: Cast, numbers: range) -> bytes:
    return contract.make_all([promise(actors, number) for number in numbers])


def _fulfil_all(actors: Cast, numbers: range) -> bytes:
    return contract.fulfil_all([(promise_id(promise(actors, number)), evidence(number)) for number in numbers])


def _confirming(chain_id: int, ledger: Address, promised: Promise) -> Auth:
    """The customer's signature in 65 bytes."""
    confirmation: Message = {"promise": promised, "matter": Matter.FULFILMENT, "rating": RATING}
    message = typed_data(Domain(chain_id, ledger), "Confirm", confirmation)
    return Auth(customer_address(), bytes(CUSTOMER.sign_typed_data(full_message=message).signature))
