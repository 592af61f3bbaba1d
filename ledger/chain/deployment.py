"""The deployment record: where the ledger is, and whether what is there is ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ledger.chain.contract import code_hash
from ledger.chain.node import Node
from ledger.errors import InvalidInput, NoContract, NoDeployment, WrongChain, WrongCode
from ledger.units import (
    Address,
    BlockNumber,
    Digest,
    digest_of,
    parse_address,
    parse_digest,
    show_address,
    show_hex,
)

CAIP2_PREFIX = "eip155:"
RECORDS = Path("deployments")
"""Where `ape run deploy` writes its records."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One ledger on one chain."""

    chain_id: int
    address: Address
    block: BlockNumber
    """The block that the contract was deployed in: its first event can't be earlier."""
    transaction: Digest
    code_hash: Digest

    @property
    def chain(self) -> str:
        """The chain by CAIP-2."""
        return f"{CAIP2_PREFIX}{self.chain_id}"

    @property
    def account(self) -> str:
        """The contract by CAIP-10: it names the ledger among all ledgers on all chains."""
        return f"{self.chain}:{show_address(self.address)}"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a record. Raises NoDeployment, saying what is wrong with it."""
        try:
            record = json.loads(path.read_text())
            chain = record["chain"]
            if not chain.startswith(CAIP2_PREFIX) or not chain.removeprefix(CAIP2_PREFIX).isdecimal():
                raise ValueError(f"{chain!r} is not the CAIP-2 name of an EVM chain, such as eip155:560048")
            return cls(
                chain_id=int(chain.removeprefix(CAIP2_PREFIX)),
                address=parse_address(record["address"]),
                block=BlockNumber(int(record["block"])),
                transaction=parse_digest(record["transaction"]),
                code_hash=parse_digest(record["codeHash"]),
            )
        except OSError as error:
            found = [str(other) for other in sorted(RECORDS.glob("*.json"))]
            raise NoDeployment(str(path), error.strerror or str(error), found) from error
        except KeyError as error:
            raise NoDeployment(str(path), f"it lacks {error}") from error
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise NoDeployment(str(path), str(error)) from error
        except InvalidInput as error:
            raise NoDeployment(str(path), error.what) from error

    def save(self, path: Path) -> None:
        """Writes the record whole or not at all."""
        record = {
            "chain": self.chain,
            "address": show_address(self.address),
            "block": self.block,
            "transaction": show_hex(self.transaction),
            "codeHash": show_hex(self.code_hash),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(record, indent=2) + "\n")
        partial.replace(path)

    def verify(self, node: Node) -> None:
        """Checks that the node serves this chain, and that the code at the address is ours.

        Raises WrongChain, NoContract, WrongCode.
        """
        if node.chain_id != self.chain_id:
            raise WrongChain(node.url, self.chain, f"{CAIP2_PREFIX}{node.chain_id}")
        verify_code(node, self.address)


def verify_code(node: Node, address: Address) -> None:
    """Checks that the code at an address is the one that this package carries. Raises NoContract, WrongCode."""
    code = node.code(address)
    if not code:
        raise NoContract(node.url, show_address(address))
    actual = digest_of(code)
    if actual != code_hash():
        raise WrongCode(show_address(address), show_hex(code_hash()), show_hex(actual))
