"""What the gas of both sides is measured on: the same accounts, the same promises, the same digests, in every run."""

from __future__ import annotations

from dataclasses import dataclass

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ledger.promises import Promise, customer_of, service_code
from ledger.units import Address, Digest, Timestamp, digest_of
from tests.support.meter import GENESIS, Meter

BATCH = 100
RATING = 5
SALT = digest_of(b"salt")
POLICY = digest_of(b"policy")
STATEMENT = digest_of(b"statement")
CUSTOMER: LocalAccount = Account.from_key(digest_of(b"customer"))

_DAY = 86_400


@dataclass(frozen=True)
class Cast:
    """Who sends what."""

    deployer: Address
    company: Address
    arbiter: Address
    relayer: Address
    """Who pays for what the customer signs, and publishes statements."""


def cast(meter: Meter) -> Cast:
    """The chain's first accounts in their roles."""
    return Cast(*meter.accounts()[:4])


def customer_address() -> Address:
    """The customer's account, which never sends."""
    return Address(bytes.fromhex(CUSTOMER.address[2:]))


def promise(actors: Cast, number: int) -> Promise:
    """One promise of many, each with terms of its own and nothing left at zero."""
    return Promise(
        company=actors.company,
        customer=customer_of(SALT, customer_address()),
        terms=digest_of(b"terms %d" % number),
        due_at=Timestamp(GENESIS + 30 * _DAY),
        dispute_window=7 * _DAY,
        arbiter=actors.arbiter,
        service=service_code("delivery"),
        experience=1,
        stage=2,
        stakes=1,
        cohort=7,
        nonce=number,
    )


def evidence(number: int) -> Digest:
    """The evidence of one fulfilment."""
    return digest_of(b"evidence %d" % number)
