"""Sending: what a key does on chain, checked before it is sent and followed into its block."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ledger.chain.contract import refusal
from ledger.chain.node import Node
from ledger.errors import (
    FeeTooHigh,
    InsufficientFunds,
    NodeRefused,
    NodeUnreachable,
    TransactionFailed,
    TransactionPending,
)
from ledger.keys import Key
from ledger.units import (
    Address,
    BlockNumber,
    Digest,
    parse_quantity,
    show_address,
    show_hex,
)

INCLUSION_LIMIT_S = 180
"""How long to wait for a block: fifteen of Ethereum's."""

_POLL_S = 0.5
FEE_CAP_WEI = 10**17
"""What a transaction may cost at the most, whatever the node says of fees: a tenth of an ether."""

_TRANSACTION_GAS_LIMIT = 16_777_216
"""No transaction may use more (EIP-7825)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction that would succeed if it were in the next block, and is not sent yet."""

    raw: bytes
    hash: Digest


def prepare(node: Node, key: Key, to: Address, data: bytes) -> Prepared:
    """Tries a call out, and signs a transaction of it.

    Raises Refused where the contract does not take it, FeeTooHigh, InsufficientFunds, and what a node's request raises.
    """
    sender = show_hex(key.address)
    call = {"from": sender, "to": show_hex(to), "data": show_hex(data)}
    gas, nonce, balance, tip, base_fee = _asked(node, call, sender)
    # Room for what others change before it is in a block.
    gas = min(gas * 5 // 4, _TRANSACTION_GAS_LIMIT)
    # Twice the fee of now lasts six full blocks; what is not needed is not paid (EIP-1559).
    fee = 2 * base_fee + tip
    if gas * fee > FEE_CAP_WEI:
        raise FeeTooHigh(gas * fee, FEE_CAP_WEI)
    if balance < gas * fee:
        raise InsufficientFunds(show_address(key.address), balance, gas * fee)
    raw, hash_ = key.sign_transaction(
        {
            "type": 2,
            "chainId": node.chain_id,
            "nonce": nonce,
            "to": show_address(to),
            "data": show_hex(data),
            "value": 0,
            "gas": gas,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": tip,
        }
    )
    return Prepared(raw, Digest(hash_))


def send(node: Node, prepared: Prepared) -> BlockNumber:
    """Sends a transaction, and waits for the block that it is in.

    Raises NodeRefused if the node does not take it and does not have it, TransactionFailed if it was in a block and
    came to nothing, and TransactionPending if nobody knows, or nobody wants to wait any more.
    """
    shown = show_hex(prepared.hash)
    try:
        try:
            node.request("eth_sendRawTransaction", show_hex(prepared.raw))
        except NodeRefused as error:
            # It may refuse what it has: because it has it, or in spite of it.
            if not _has(node, shown, error):
                raise
        return _included(node, shown)
    except NodeUnreachable as error:
        raise TransactionPending(shown, error.what.removesuffix(".")) from error
    except KeyboardInterrupt as interrupt:
        raise TransactionPending(shown, "waiting for it was interrupted") from interrupt


def _has(node: Node, shown: str, error: NodeRefused) -> bool:
    """Whether a node that refused a transaction has it all the same. Raises TransactionPending if it won't say."""
    try:
        return node.request("eth_getTransactionByHash", shown) is not None
    except NodeRefused:
        raise TransactionPending(shown, error.what.removesuffix(".")) from error


def _included(node: Node, shown: str) -> BlockNumber:
    deadline = time.monotonic() + INCLUSION_LIMIT_S
    while time.monotonic() < deadline:
        found = _receipt(node, shown)
        if found is not None:
            block, status = found
            if status != 1:
                raise TransactionFailed(shown, f"block {block} holds it as refused, which it was not when it was sent")
            return block
        time.sleep(_POLL_S)
    raise TransactionPending(shown, f"none of {INCLUSION_LIMIT_S} s held it")


def _receipt(node: Node, shown: str) -> tuple[BlockNumber, int] | None:
    """The block that holds a transaction, and its status; None where the node knows of none, or says nothing sound."""
    try:
        receipt = node.request("eth_getTransactionReceipt", shown)
        with node.understanding("eth_getTransactionReceipt"):
            if receipt is None:
                return None
            return BlockNumber(parse_quantity(receipt["blockNumber"])), parse_quantity(receipt["status"])
    except NodeRefused:
        # The transaction was sent: whether it is in a block is asked again.
        return None


def _asked(node: Node, call: dict[str, str], sender: str) -> tuple[int, int, int, int, int]:
    try:
        gas = node.request("eth_estimateGas", call, "pending")
    except NodeRefused as error:
        if (refused := refusal(error.data)) is not None:
            raise refused from error
        raise
    with node.understanding("a batch"):
        nonce, balance, tip, block = node.batch(
            [
                ("eth_getTransactionCount", [sender, "pending"]),
                ("eth_getBalance", [sender, "pending"]),
                ("eth_maxPriorityFeePerGas", []),
                ("eth_getBlockByNumber", ["latest", False]),
            ]
        )
        base_fee = parse_quantity(block["baseFeePerGas"])
        return parse_quantity(gas), parse_quantity(nonce), int(balance, 16), parse_quantity(tip), base_fee
