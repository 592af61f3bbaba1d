"""Deploys the ledger: `ape run deploy --network ethereum:hoodi --account ALIAS`. On the local chain, neither is needed.

The contract, and OpenZeppelin's verifiers of passkeys and devices' keys, go to addresses that follow from their code
alone, by CREATE2 through the deterministic deployment proxy: the same on every chain, whoever deploys, and no second
time on any. Writes the deployment record that the gateway reads.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import click
from ape import accounts
from ape.api import AccountAPI, ProviderAPI, ReceiptAPI, SubprocessProvider
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException, ConfigError
from ape.logging import logger
from eth_utils.address import to_checksum_address

from ledger.chain.contract import (
    LEDGER,
    P256_VERIFIER,
    PROXY,
    SALT,
    WEBAUTHN_VERIFIER,
    code_hash,
    created_address,
    init_code,
)
from ledger.chain.deployment import RECORDS, Deployment
from ledger.errors import TrothError, WrongCode
from ledger.units import Address, BlockNumber, Digest, digest_of, show_address, show_hex

LOCAL = "local"


def deploy(provider: ProviderAPI, account: AccountAPI, record: Path) -> Deployment:
    """Deploys and writes the record. Raises click.ClickException with what to do where it can't."""
    address = created_address()
    if _code(provider, address):
        raise click.ClickException(_already(provider, address, record))
    if record.exists() and provider.network.name != LOCAL:
        raise click.ClickException(
            f"{record} says that the ledger is on chain {provider.chain_id}, but its code is not at "
            f"{show_address(address)}. Check the node; if the record is wrong, delete it and deploy again."
        )
    if not provider.get_code(PROXY):
        raise click.ClickException(
            f"Chain {provider.chain_id} has no deterministic deployment proxy at {PROXY}. "
            "Put it there first, as its repository (Arachnid/deterministic-deployment-proxy) says."
        )
    # First what the ledger calls: where it is, passkeys and devices can sign.
    for verifier in (P256_VERIFIER, WEBAUTHN_VERIFIER):
        if not _code(provider, created_address(verifier)):
            _create(provider, account, verifier)
    receipt = _create(provider, account, LEDGER)
    deployment = Deployment(
        chain_id=provider.chain_id,
        address=address,
        block=BlockNumber(receipt.block_number),
        transaction=Digest(bytes.fromhex(receipt.txn_hash.removeprefix("0x"))),
        code_hash=code_hash(),
    )
    deployment.save(record)
    return deployment


def _create(provider: ProviderAPI, account: AccountAPI, name: str) -> ReceiptAPI:
    receipt = account.transfer(PROXY, data=SALT + init_code(name), value=0)
    found = digest_of(_code(provider, created_address(name)))
    if found != code_hash(name):
        raise WrongCode(show_address(created_address(name)), show_hex(code_hash(name)), show_hex(found))
    return receipt


def _code(provider: ProviderAPI, address: Address) -> bytes:
    return bytes(provider.get_code(to_checksum_address(address)))


def _already(provider: ProviderAPI, address: Address, record: Path) -> str:
    if digest_of(_code(provider, address)) != code_hash():
        return f"{show_address(address)} has other code than the ledger's on chain {provider.chain_id}: do not use it."
    there = f"The ledger is already on chain {provider.chain_id}, at {show_address(address)}."
    if record.exists():
        return f"{there} {record} says so: nothing is left to do."
    return (
        f"{there} Only the record {record} is missing. Take it from whoever deployed, or write it with the block and "
        f"the transaction that an explorer shows for that address; the code's hash is {show_hex(code_hash())}."
    )


class DeployCommand(ConnectedProviderCommand):
    """Ape's command on a network; one whose URL is not set is named instead of traced."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Raises click.ClickException where ape-config.yaml names a variable that is not set."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            if unset := re.search(r"\$(\w+)", str(error)):
                raise click.ClickException(
                    f"{unset[1]} is not set: give it the URL of a node of that network."
                ) from error
            raise


@click.command(cls=DeployCommand)
@click.option("--account", "alias", help="Alias of the Ape account that pays; see `ape accounts list`.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the deployment record.")
def cli(provider: ProviderAPI, alias: str | None, record: Path | None) -> None:
    """Deploys the ledger and writes its deployment record."""
    if isinstance(provider, SubprocessProvider) and provider.process is not None:
        raise click.ClickException(
            f"No node answers at {provider.http_uri}, so Ape started one that ends with this command, and a ledger on "
            "it would too. Start a node that stays, such as `anvil`, and deploy again; or name a network by --network."
        )
    local = provider.network.name == LOCAL
    if alias is None and not local:
        raise click.UsageError("--account is needed on this network: an alias of `ape accounts list`.")
    if alias is not None and alias not in accounts.aliases:
        known = ", ".join(accounts.aliases) or "none yet: `ape accounts import ALIAS` or `ape accounts generate ALIAS`"
        raise click.BadParameter(f"Ape has no account {alias!r}. It has: {known}.", param_hint="--account")
    account = accounts.load(alias) if alias else accounts.test_accounts[0]
    record = record or RECORDS / f"eip155-{provider.chain_id}.json"
    try:
        deployment = deploy(provider, account, record)
    except TrothError as error:
        raise click.ClickException(str(error)) from error
    except ApeException as error:
        elsewhere = (
            'A local node at another address than Ape\'s is named by --provider-settings \'{"host": "http://…"}\'.'
        )
        raise click.ClickException(f"{error} {elsewhere if local else ''}".strip()) from error
    logger.success(f"{deployment.account} in block {deployment.block}; record: {record}")
    print(f"export TROTH_DEPLOYMENT={shlex.quote(str(record))}")
