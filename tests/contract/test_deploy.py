"""Deploying: the record it writes, and what it refuses."""

from pathlib import Path

import click
import pytest
from ape.api import AccountAPI, ProviderAPI

from ledger.chain.contract import P256_VERIFIER, PROXY, SALT, WEBAUTHN_VERIFIER, code_hash, created_address, init_code
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.errors import WrongChain, WrongCode
from ledger.units import digest_of, show_address
from scripts.deploy import deploy


@pytest.fixture
def deployer(accounts: list[AccountAPI]) -> AccountAPI:
    return accounts[0]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "deployment.json"


def test_deploy_writes_a_record_that_verifies(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    deployment = deploy(provider, deployer, record)
    assert Deployment.load(record) == deployment
    assert deployment.account == f"eip155:31337:{show_address(created_address())}"
    assert deployment.code_hash == code_hash()
    node = Node(provider.http_uri)
    deployment.verify(node)
    receipt = node.request("eth_getTransactionReceipt", "0x" + deployment.transaction.hex())
    assert int(receipt["blockNumber"], 16) == deployment.block


def test_the_address_does_not_depend_on_who_deploys(
    provider: ProviderAPI, accounts: list[AccountAPI], record: Path
) -> None:
    assert deploy(provider, accounts[5], record).address == created_address()


def test_passkeys_and_devices_can_sign_where_the_ledger_is(
    provider: ProviderAPI, deployer: AccountAPI, record: Path
) -> None:
    deploy(provider, deployer, record)
    node = Node(provider.http_uri)
    for verifier in (P256_VERIFIER, WEBAUTHN_VERIFIER):
        assert digest_of(node.code(created_address(verifier))) == code_hash(verifier)


def test_a_verifier_that_is_there_already_is_used(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    deployer.transfer(PROXY, data=SALT + init_code(P256_VERIFIER), value=0)
    deployment = deploy(provider, deployer, record)
    deployment.verify(Node(provider.http_uri))


def test_deploy_refuses_a_second_time(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    deploy(provider, deployer, record)
    before = record.read_bytes()
    with pytest.raises(click.ClickException, match=r"already on chain 31337.*nothing is left to do"):
        deploy(provider, deployer, record)
    assert record.read_bytes() == before


def test_deploy_says_what_to_do_when_only_the_record_is_gone(
    provider: ProviderAPI, deployer: AccountAPI, record: Path
) -> None:
    deploy(provider, deployer, record)
    record.unlink()
    with pytest.raises(click.ClickException, match=f"Only the record {record} is missing"):
        deploy(provider, deployer, record)


def test_deploy_refuses_a_chain_without_the_proxy(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    provider.make_request("anvil_setCode", [PROXY, "0x"])
    with pytest.raises(click.ClickException, match="no deterministic deployment proxy"):
        deploy(provider, deployer, record)
    assert not record.exists()


def test_deploy_refuses_foreign_code_at_its_address(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    provider.make_request("anvil_setCode", [show_address(created_address()), "0x6001"])
    with pytest.raises(click.ClickException, match="other code than the ledger's"):
        deploy(provider, deployer, record)


def test_a_deployment_is_refused_where_the_code_is_not_ours(
    provider: ProviderAPI, deployer: AccountAPI, record: Path
) -> None:
    deployment = deploy(provider, deployer, record)
    provider.make_request("anvil_setCode", [show_address(created_address()), "0x6001"])
    with pytest.raises(WrongCode, match=show_address(created_address())):
        deployment.verify(Node(provider.http_uri))


def test_a_deployment_is_refused_on_another_chain(provider: ProviderAPI, deployer: AccountAPI, record: Path) -> None:
    deploy(provider, deployer, record)
    record.write_text(record.read_text().replace("eip155:31337", "eip155:560048"))
    with pytest.raises(WrongChain, match="serves chain eip155:31337, but the ledger was deployed on eip155:560048"):
        Deployment.load(record).verify(Node(provider.http_uri))
