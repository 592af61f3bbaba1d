"""A fresh chain that gas is measured on: one transaction to a block, and the same clock and accounts in every run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.chain.anvil import CHAIN_ID, HOST, anvil_binary
from ledger.chain.node import Node
from ledger.errors import NodeUnreachable, TransactionFailed
from ledger.units import Address, Timestamp, parse_address, show_hex
from tests.support.chain import free_port

GENESIS = Timestamp(1_767_225_600)
"""2026-01-01 00:00 UTC."""
BLOCK_TIME_S = 12
GAS_CAP = 1 << 24
"""What one transaction may use since Osaka (EIP-7825)."""
BLOCK_GAS = 60_000_000
"""What all transactions of a block may use; here also what one may, on a chain without the cap."""
START_LIMIT_S = 60
POLL_S = 0.1


@dataclass(frozen=True)
class Spent:
    """What a transaction carried and emitted, and the gas that it used."""

    gas: int
    data: bytes
    logs: tuple[tuple[int, bytes], ...]
    """Of each log how many topics it has, and its data."""
    contract: Address | None
    """The contract that it created, if any."""


class Meter(Node):
    """A running anvil on which every transaction has a block to itself, so that it finds nothing warm."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._now = GENESIS

    def accounts(self) -> list[Address]:
        """The unlocked accounts, which anvil derives from a phrase that never changes."""
        return [parse_address(account) for account in self.request("eth_accounts")]

    def send(self, sender: Address, to: Address | None, data: bytes, gas: int = GAS_CAP) -> Spent:
        """Sends a transaction that may use `gas`, and mines it; to nobody, it creates a contract.

        Raises NodeRefused where the node does not take it, TransactionFailed where it reverted.
        """
        sent = {"from": show_hex(sender), "data": show_hex(data), "gas": hex(gas), "gasPrice": "0x0"}
        transaction = self.request("eth_sendTransaction", sent if to is None else sent | {"to": show_hex(to)})
        self._now = Timestamp(self._now + BLOCK_TIME_S)
        self.request("evm_mine", {"timestamp": int(self._now)})
        receipt = self.request("eth_getTransactionReceipt", transaction)
        if receipt is None or receipt["status"] != "0x1":
            raise TransactionFailed(transaction, "it was not mined" if receipt is None else "it reverted")
        created = receipt["contractAddress"]
        return Spent(
            gas=int(receipt["gasUsed"], 16),
            data=data,
            logs=tuple((len(log["topics"]), bytes.fromhex(log["data"][2:])) for log in receipt["logs"]),
            contract=None if created is None else parse_address(created),
        )

    def create(self, sender: Address, code: bytes) -> Address:
        """Creates a contract."""
        contract = self.send(sender, None, code).contract
        assert contract is not None
        return contract


@contextmanager
def run_meter(*, capped: bool = True) -> Iterator[Meter]:
    """Starts an anvil by the rules of Osaka, with its cap on a transaction's gas or without; stops it at the end."""
    port = free_port()
    options = ["--host", HOST, "--port", str(port), "--chain-id", str(CHAIN_ID), "--timestamp", str(GENESIS)]
    options += ["--hardfork", "osaka", "--gas-limit", str(BLOCK_GAS), "--base-fee", "0", "--no-mining", "--quiet"]
    if capped:
        options.append("--enable-tx-gas-limit")
    process = subprocess.Popen([anvil_binary(), *options])
    try:
        meter = Meter(f"http://{HOST}:{port}")
        _await(meter, process)
        yield meter
    finally:
        process.terminate()
        process.wait()


def _await(meter: Meter, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            meter.request("eth_chainId")
            return
        except NodeUnreachable:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(POLL_S)
