"""`troth anchor`, `troth prove` and `troth verify`: files that prove themselves, made and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.badge import percent_down
from ledger.cli.acting import Keystore, desk_of, key_of, read_bytes, receipt_of, say
from ledger.documents import text_of
from ledger.errors import visible
from ledger.files import write_private
from ledger.outcomes import Status
from ledger.proofs.bundles import Bundle, encode_bundle
from ledger.proofs.verification import ProvenReceipt, ProvenScore, require_block
from ledger.scoring.policy import PUBLISHED, Policy
from ledger.services import proving
from ledger.settings import Settings
from ledger.units import parse_digest, show_address, show_hex, show_time

Out = Annotated[Path | None, typer.Option("--out", help="Where to write the bundle; else under TROTH_HOME.")]


def anchor(
    company: Annotated[str, typer.Argument(help="A company's address or handle.")],
    out: Out = None,
    keystore: Keystore = None,
) -> None:
    """Put a company's figures on chain, under the policy in force, and write the bundle that proves them.

    Anybody may: who does, pays for one transaction, and is named in it. The index must have all that the company did.
    """
    settings = Settings.read()
    desk, policy = desk_of(settings), settings.load_policy()
    with settings.open_database().read() as reader:
        drafted = proving.draft(reader, desk, company, policy)
    prepared = proving.prepare_anchor(desk, key_of(settings, keystore), drafted)
    say(f"Transaction {show_hex(prepared.hash)} …")
    _write(settings, out, proving.anchor(desk, prepared, drafted))


def prove(
    what: Annotated[str, typer.Argument(help="A promise's receipt, or a company's address or handle.")],
    out: Out = None,
) -> None:
    """Write a bundle that proves, as of the latest block, what became of a promise, or a company's figures.

    A promise's is as private as the receipt in it. A company's is the same as that of an anchor, but nobody pays, and
    the node must still have the block's state. The index must have all that the company did.
    """
    settings = Settings.read()
    desk, path = desk_of(settings), Path(what)
    bundle: Bundle
    if path.is_file():
        bundle = proving.prove_receipt(desk, receipt_of(desk, path))
    else:
        with settings.open_database().read() as reader:
            bundle = proving.prove_score(reader, desk, what, settings.load_policy())
    _write(settings, out, bundle)


def verify(
    file: Annotated[Path, typer.Argument(help="The bundle.")],
    block_hash: Annotated[
        str | None, typer.Option(help="The hash of its block, from whom you trust: then nobody is asked.")
    ] = None,
) -> None:
    """Check a bundle down to the last figure, against a block's hash or the nodes of TROTH_RPC_URL, all of them.

    Exit codes: 0 verified; 1 something is not so, and what; 2 it could not be checked, and why.
    """
    settings = Settings.read()
    deployment = settings.load_deployment()
    trusted = None if block_hash is None else parse_digest(block_hash)
    accepted = [*map(Policy.named, PUBLISHED), settings.load_policy()]
    name, proven = proving.verify(read_bytes(file), deployment, accepted)
    if trusted is not None:
        require_block(proven, trusted)
        since = "Later events are not excluded: no node was asked."
    else:
        nodes = settings.open_nodes().all
        still = proving.require_on_chain(proven, nodes, deployment)
        since = f"{len(nodes)} nodes have that block." if len(nodes) > 1 else f"{nodes[0].url} has that block."
        if isinstance(proven, ProvenScore):
            since += f" The company has {'done nothing' if still else 'acted'} since."
    block = proven.block
    say(f"Verified as of block {block.number}, {show_time(block.time)} ({show_hex(block.hash)}).")
    for line in _score(proven) if isinstance(proven, ProvenScore) else _promise(proven):
        say(line)
    say(since)
    say(f"Bundle {show_hex(name)}")


def _score(proven: ProvenScore) -> list[str]:
    score = proven.score
    floor = "too little evidence" if score.floor is None else f"at least {percent_down(score.floor)} assured"
    return [
        f"Company {show_address(proven.company)}: {floor} ({score.grade}), fairness: {score.fairness.state}.",
        f"Of {score.counts.matured} matured promises, {score.counts.kept} were kept in time, by {proven.events} events"
        f" and the policy {proven.policy.name} as of {show_time(score.as_of)}.",
        *(f"With care: {caution}." for caution in score.cautions),
        *([f"Anchored by {show_address(proven.sender)}."] if proven.sender else []),
    ]


def _promise(proven: ProvenReceipt) -> list[str]:
    promise = proven.receipt.promise
    words = text_of(proven.receipt.terms) or "terms without words"
    fulfilled = "not fulfilled"
    if proven.fulfilled_at is not None:
        fulfilled = f"fulfilled at {show_time(proven.fulfilled_at)}, {'in time' if proven.in_time else 'late'}"
    due = "due" if promise.due_at > proven.block.time else "was due"
    witness = ""
    if proven.status is Status.CONFIRMED:
        witness = f", confirmed by the {'arbiter' if proven.by_arbiter else 'customer'}"
    return [
        f"Promised by {show_address(promise.company)}: {' '.join(visible(words).split())}",
        f"It {due} at {show_time(promise.due_at)}: {fulfilled}{witness}."
        f" State: {proven.status.name.lower()} since {show_time(proven.last_at)}.",
    ]


def _write(settings: Settings, out: Path | None, bundle: Bundle) -> None:
    name, content = encode_bundle(bundle)
    path = out or settings.home / "bundles" / f"{show_hex(name)}.json.gz"
    write_private(path, content)
    say(f"Bundle {show_hex(name)}: {path}, {len(content):,} bytes. Check it: troth verify {path}")
