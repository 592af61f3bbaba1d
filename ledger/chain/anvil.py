"""A local chain: anvil started and stopped by us, whose clock and blocks we drive."""

from __future__ import annotations

import ctypes
import errno
import gzip
import shutil
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.chain.node import Node, Request
from ledger.errors import (
    InvalidSettings,
    MissingTool,
    NodeUnreachable,
    PortBusy,
    TransactionFailed,
    Unavailable,
    UnusableChain,
)
from ledger.units import Address, Timestamp, show_hex

CHAIN_ID = 31337
HOST = "127.0.0.1"
START_LIMIT_S = 60
STOP_LIMIT_S = 10
POLL_S = 0.1
GAS_OVERHEAD = 100_000
GAS_PER_BYTE = 400
"""Enough for any batch of our calls: a promise made alone takes some 57,000 gas and 230 bytes of calldata."""

TRANSACTION_GAS_CAP = 16_777_216
"""What a transaction may use at most (EIP-7825)."""

_GAS_LIMIT = 60_000_000
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class LocalChain(Node):
    """A running anvil that mines when it is told to."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._nonces: dict[Address, int] = {}

    def accounts(self) -> list[Address]:
        """The unlocked accounts, in the order of their derivation."""
        return [Address(bytes.fromhex(account[2:])) for account in self.request("eth_accounts")]

    def mine(self, when: Timestamp, calls: list[tuple[Address, Address, bytes]]) -> None:
        """Mines one block with the time `when` that holds `calls`: (sender, contract, calldata), from each sender once.

        Raises TransactionFailed if any of them reverted.
        """
        sends = [self._send(sender, contract, data) for sender, contract, data in calls]
        hashes = self.batch(sends)
        self.request("evm_mine", {"timestamp": int(when)})
        receipts = self.batch([("eth_getTransactionReceipt", [transaction]) for transaction in hashes])
        for transaction, receipt in zip(hashes, receipts, strict=True):
            if receipt is None or receipt["status"] != "0x1":
                raise TransactionFailed(transaction, "it was not mined" if receipt is None else "it reverted")

    def save(self, path: Path) -> None:
        """Writes the whole chain, blocks and logs included, gzipped, to a file that `run_anvil` goes on from."""
        partial = path.with_suffix(".partial")
        partial.write_bytes(bytes.fromhex(self.request("anvil_dumpState")[2:]))
        partial.replace(path)

    def _send(self, sender: Address, contract: Address, data: bytes) -> Request:
        nonce = self._nonces.get(sender)
        if nonce is None:
            nonce = int(self.request("eth_getTransactionCount", show_hex(sender), "latest"), 16)
        self._nonces[sender] = nonce + 1
        transaction: dict[str, Any] = {
            "from": show_hex(sender),
            "to": show_hex(contract),
            "data": show_hex(data),
            "nonce": hex(nonce),
            # Said rather than estimated: an estimate would run each transaction twice.
            "gas": hex(min(TRANSACTION_GAS_CAP, GAS_OVERHEAD + GAS_PER_BYTE * len(data))),
            "gasPrice": "0x0",
        }
        return "eth_sendTransaction", [transaction]


@contextmanager
def run_anvil(port: int, genesis: Timestamp, log: Path, saved: Path | None = None) -> Iterator[LocalChain]:
    """Starts anvil on a port of this machine, and stops it at the end.

    The chain is new and begins at the time `genesis`, or goes on from a file that `LocalChain.save` wrote. What anvil
    says goes to `log`. Raises MissingTool, PortBusy; UnusableChain where the file is not such a chain.
    """
    require_free(HOST, port, "--node-port")
    command = [
        anvil_binary(),
        *("--host", HOST, "--port", str(port), "--chain-id", str(CHAIN_ID)),
        *("--accounts", "20", "--timestamp", str(genesis), "--no-mining", "--hardfork", "osaka"),
        *("--gas-limit", str(_GAS_LIMIT), "--base-fee", "0", "--gas-price", "0", "--quiet"),
        # Without this it keeps every block's whole state: half as long again for a week of flights.
        *("--prune-history", "32"),
        # As real chains do since EIP-7825.
        "--enable-tx-gas-limit",
    ]
    if saved is not None:
        plain = saved.with_suffix(".json")
        try:
            state = gzip.decompress(saved.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise UnusableChain(str(saved), str(error)) from error
        plain.write_bytes(state)
        command += ["--load-state", str(plain)]
    with log.open("wb") as output:
        # In a group of its own: Ctrl-C goes to us alone, and we stop it when we are done with it.
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, preexec_fn=_die_with_parent
        )
    try:
        chain = LocalChain(f"http://{HOST}:{port}")
        try:
            _await(chain, process, log)
        except Unavailable as error:
            # It ends by itself over a state that it can't read; where it is slow or killed, the state may be sound.
            if saved is None or (process.poll() or 0) <= 0:
                raise
            raise UnusableChain(str(saved), error.what.removesuffix(".")) from error
        yield chain
    finally:
        if saved is not None:
            plain.unlink(missing_ok=True)
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def anvil_binary() -> str:
    """The anvil to run: npm's platform package in this checkout, else one on the PATH. Raises MissingTool."""
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        for binary in sorted(folder.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
            return str(binary)
    if found := shutil.which("anvil"):
        return found
    raise MissingTool("anvil, the local Ethereum node,", "Run `make demo` in the checkout: it installs anvil by npm.")


def require_free(host: str, port: int, option: str) -> None:
    """Checks that a program can listen on a port; `option` is how another is chosen.

    Raises PortBusy if another program does, InvalidSettings if none can, as where the host is not this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortBusy(host, port, option) from error
        why = f"nothing can listen on {host!r}, port {port} ({error})"
        raise InvalidSettings(f"{why}; see TROTH_HOST and {option}") from error


def _die_with_parent() -> None:
    # Who is killed outright can stop nothing: on Linux the kernel does it then. Elsewhere, anvil goes on.
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _await(chain: LocalChain, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            chain.request("eth_chainId")
        except NodeUnreachable:
            time.sleep(POLL_S)
            continue
        return
    raise Unavailable(f"anvil did not start: {log.read_text()[-500:]!r}.", f"What it said is in {log}.")
