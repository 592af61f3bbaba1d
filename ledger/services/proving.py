"""Proving: anchors a company's figures, and makes the files by which anybody checks them, or a promise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ledger.chain import contract
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.sending import Prepared, send
from ledger.decoding import decode
from ledger.errors import NodeRefused, UnknownPromise
from ledger.events import Log, PromiseEvent
from ledger.keys import Key
from ledger.lives import lives_of
from ledger.proofs.blocks import encode_receipt, read_header, receipts_proof
from ledger.proofs.bundles import Anchor, ReceiptBundle, ScoreBundle, read_bundle
from ledger.proofs.statements import Statement, assured
from ledger.proofs.verification import (
    ANCHORED,
    Ledger,
    ProvenReceipt,
    ProvenScore,
    require_block,
    slot_of,
    verify_receipt,
    verify_score,
)
from ledger.receipts import Receipt
from ledger.scoring.policy import Policy
from ledger.scoring.score import score
from ledger.scoring.tallies import Book, fold
from ledger.services.acting import Desk
from ledger.services.companies import find_company
from ledger.store.reading import Reader
from ledger.units import BlockNumber, Digest, show_hex

Proven = ProvenScore | ProvenReceipt


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement that is ready to be anchored, and the log that it follows from."""

    statement: Statement
    logs: list[Log]
    policy: Policy


def ledger_of(deployment: Deployment) -> Ledger:
    """What a verifier pins of a ledger."""
    return Ledger(deployment.account, deployment.chain_id, deployment.address, deployment.code_hash)


def draft(reader: Reader, deployment: Deployment, text: str, policy: Policy) -> Draft:
    """The statement about a company, by its address or handle, as of the last block indexed. Raises as `find_company`
    does.
    """
    company = find_company(reader, text)
    cursor = reader.require_cursor()
    now = cursor.block.time
    logs = reader.history_of(company.address)
    lives = lives_of(event for log in logs if isinstance(event := decode(log), PromiseEvent))
    found = score(fold(lives.values(), now, policy), Book(), cursor.block.number, now, policy)
    statement = Statement(deployment.account, company.address, company.head, policy.hash, now, assured(found))
    return Draft(statement, logs, policy)


def prepare_anchor(desk: Desk, key: Key, drafted: Draft) -> Prepared:
    """The transaction that anchors a statement. Raises Refused where the company has acted since, and as `Desk.prepare`
    does.
    """
    said = drafted.statement
    return desk.prepare(key, contract.anchor(said.company, said.head, said.policy, said.digest))


def anchor(desk: Desk, prepared: Prepared, drafted: Draft) -> ScoreBundle:
    """Sends an anchor, and makes the bundle, verified. Raises as `send` does, and NodeRefused where the node gives no
    proof.
    """
    block = send(desk.node, prepared)
    bundle = _bundle(desk.node, desk.deployment, prepared.hash, block, drafted)
    verify_score(bundle, ledger_of(desk.deployment), {drafted.policy.hash})
    return bundle


def _bundle(node: Node, deployment: Deployment, transaction: Digest, block: BlockNumber, drafted: Draft) -> ScoreBundle:
    header, receipts = node.sealed(block)
    with node.understanding("eth_getBlockReceipts"):
        place = [receipt["transactionHash"] for receipt in receipts].index(show_hex(transaction))
        topics = [log["topics"][:1] for log in receipts[place]["logs"]]
        root, nodes = receipts_proof([encode_receipt(receipt) for receipt in receipts], place)
        log = topics.index([show_hex(ANCHORED)])
    if root != read_header(header).receipts:
        raise NodeRefused(node.url, "eth_getBlockReceipts", f"its receipts are not those of block {block}")
    return ScoreBundle(
        ledger=deployment.account,
        company=drafted.statement.company,
        logs=drafted.logs,
        policy=drafted.policy.model_dump(),
        statement=drafted.statement.words,
        anchor=Anchor(header, place, log, tuple(nodes)),
    )


def prove_receipt(desk: Desk, receipt: Receipt) -> ReceiptBundle:
    """What the contract holds of a promise after the latest block, with the proof, verified. Raises UnknownPromise, and
    NodeRefused where the node gives none.
    """
    node, deployment = desk.node, desk.deployment
    latest = node.block("latest")
    if latest is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
    header, _ = node.sealed(latest.number)
    state, account, storage = node.proof(deployment.address, slot_of(receipt.id), latest.number)
    if not state:
        raise UnknownPromise(show_hex(receipt.id))
    bundle = ReceiptBundle(receipt, header, account, storage)
    verify_receipt(bundle, ledger_of(deployment))
    return bundle


def verify(content: bytes, deployment: Deployment, policies: Collection[Policy]) -> tuple[Digest, Proven]:
    """The name of a bundle, and what it proves if its block is on the chain. Raises InvalidBundle, InvalidProof."""
    name, bundle = read_bundle(content)
    ledger = ledger_of(deployment)
    if isinstance(bundle, ReceiptBundle):
        return name, verify_receipt(bundle, ledger)
    return name, verify_score(bundle, ledger, {policy.hash for policy in policies})


def require_on_chain(proven: Proven, nodes: Sequence[Node], deployment: Deployment) -> bool:
    """Checks that nodes have the block, all of them, and gives whether the company's head is still what it was then.

    Raises InvalidProof where one has another block, and what a node raises that can't be asked.
    """
    still = True
    for node in nodes:
        deployment.verify(node)
        header, latest = node.blocks([proven.block.number, "latest"])
        if header is None or latest is None:
            raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {proven.block.number}")
        require_block(proven, header.hash)
        if isinstance(proven, ProvenScore):
            [head] = contract.heads(node, deployment.address, [proven.company], latest.number)
            still &= head == proven.head
    return still
