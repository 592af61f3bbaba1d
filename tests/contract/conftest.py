"""Labelled actors and a fresh ledger for each test of the contract."""

import os
from pathlib import Path

# A node of its own on a free port, so that tests never touch one that somebody runs.
os.environ["APE_FOUNDRY_HOST"] = "auto"
os.environ["PATH"] = f"{Path(__file__).parents[2] / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"


from dataclasses import replace

import pytest
from ape.api import AccountAPI, ProviderAPI
from ape.contracts import ContractContainer, ContractInstance
from ape.managers.chain import ChainManager
from ethpm_types import ContractType

from ledger.chain.contract import SENDER, UNSIGNED, artifact, words_of
from ledger.promises import Promise, customer_of, service_code
from ledger.units import ZERO_DIGEST, Address, Timestamp, digest_of

DAY = 86_400


@pytest.fixture(scope="session")
def container() -> ContractContainer:
    built = artifact()
    return ContractContainer(
        ContractType.model_validate(
            {
                "contractName": built["contractName"],
                "abi": built["abi"],
                "deploymentBytecode": {"bytecode": built["bytecode"]},
                "runtimeBytecode": {"bytecode": built["deployedBytecode"]},
            }
        )
    )


@pytest.fixture
def company(accounts: list[AccountAPI]) -> AccountAPI:
    return accounts[1]


@pytest.fixture
def customer(accounts: list[AccountAPI]) -> AccountAPI:
    return accounts[2]


@pytest.fixture
def arbiter(accounts: list[AccountAPI]) -> AccountAPI:
    return accounts[3]


@pytest.fixture
def stranger(accounts: list[AccountAPI]) -> AccountAPI:
    return accounts[4]


@pytest.fixture
def ledger(container: ContractContainer, accounts: list[AccountAPI]) -> ContractInstance:
    return accounts[0].deploy(container)


@pytest.fixture
def registered(ledger: ContractInstance, company: AccountAPI) -> ContractInstance:
    """The ledger after `company` has registered."""
    ledger.register(SENDER, company, digest_of(b"profile"), "ipfs://profile", UNSIGNED, sender=company)
    return ledger


@pytest.fixture
def salt() -> bytes:
    return bytes(31) + b"\x07"


@pytest.fixture
def promise(
    chain: ChainManager, company: AccountAPI, customer: AccountAPI, arbiter: AccountAPI, salt: bytes
) -> Promise:
    """A sound promise from `company` to `customer`, due in an hour."""
    return Promise(
        company=address_of(company),
        customer=customer_of(salt, address_of(customer)),
        terms=digest_of(b"terms"),
        due_at=Timestamp(chain.pending_timestamp + 3600),
        dispute_window=DAY,
        arbiter=address_of(arbiter),
        service=service_code("delivery"),
        experience=1,
        stage=2,
        stakes=3,
        cohort=7,
        nonce=1,
    )


@pytest.fixture
def to_public(promise: Promise) -> Promise:
    """The same to the public."""
    return replace(promise, customer=ZERO_DIGEST)


@pytest.fixture
def made(registered: ContractInstance, company: AccountAPI, promise: Promise) -> Promise:
    """`promise`, after it was made."""
    registered.make(words(promise), sender=company)
    return promise


def address_of(account: AccountAPI) -> Address:
    return Address(bytes.fromhex(account.address[2:]))


def words(promise: Promise) -> tuple[object, ...]:
    """A promise as Ape passes a struct."""
    return words_of(promise)


@pytest.fixture
def provider(chain: ChainManager) -> ProviderAPI:
    return chain.provider
