"""`troth anchor`, `troth prove` and `troth verify`: files that prove themselves, made and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.badge import percent_down, read_badge
from ledger.cli.acting import Keystore, desk_of, key_of, read_bytes, receipt_of, say
from ledger.cli.nodes import Rpc, index_of_own, settings_with
from ledger.cli.text import care_of
from ledger.documents import text_of
from ledger.errors import InvalidBundle, InvalidProof, NeedsNodes, NotChecked, visible
from ledger.files import write_private
from ledger.outcomes import Status
from ledger.proofs.bundles import MOST_BYTES, Bundle, ReceiptBundle, encode_bundle, read_bundle
from ledger.proofs.signed import SignedStatement, read_signed
from ledger.proofs.verification import ProvenReceipt, ProvenScore, require_block
from ledger.services import proving
from ledger.services.monitoring import Verdict, examine_statement
from ledger.settings import Settings
from ledger.units import Digest, parse_digest, show_address, show_hex, show_time

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
    bundle = proving.anchor(desk, prepared, drafted)
    if out is not None:
        _write(settings, out, bundle)
        return
    prover = proving.Prover(desk.node, settings.load_deployment, policy, settings.home)
    _told(prover.keep(bundle).path, *encode_bundle(bundle))


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
    file: Annotated[Path, typer.Argument(help="A bundle, a promise's receipt, a badge, or a gateway's statement.")],
    block_hash: Annotated[
        str | None, typer.Option(help="The hash of a bundle's block, from whom you trust: then nobody is asked.")
    ] = None,
    rpc: Rpc = None,
) -> None:
    """Check a file down to the last figure, against a block's hash or your nodes, all of which have to agree.

    A bundle has all that is needed in itself. A receipt is looked up in the contract's state; for a badge or a
    statement, the whole log is fetched from the nodes, and what it must say is computed.

    Exit codes: 0 verified; 1 something is not so, and what; 2 it could not be checked, and why.
    """
    settings = settings_with(rpc)
    trusted = None if block_hash is None else parse_digest(block_hash)
    content = read_bytes(file, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InvalidBundle(f"it holds more than {MOST_BYTES:,} bytes")
    kind = content.lstrip()[:1]
    if kind not in (b"<", b"{"):
        _verify_bundle(settings, *read_bundle(content), trusted)
    elif trusted is not None:
        raise NeedsNodes(str(file))
    elif kind == b"<":
        name, said = read_badge(content)
        say(f"The badge names {name!r}, and shows what its statement says.")
        _verify_statement(settings, said, f"{file}", name)
    elif b'"document"' in content:
        _verify_statement(settings, read_signed(content), f"{file}")
    else:
        desk = desk_of(settings)
        bundle = proving.prove_receipt(desk, receipt_of(desk, file))
        _verify_bundle(settings, encode_bundle(bundle)[0], bundle, None)


def _verify_bundle(settings: Settings, name: Digest, bundle: Bundle, trusted: Digest | None) -> None:
    account = bundle.receipt.ledger if isinstance(bundle, ReceiptBundle) else bundle.ledger
    record = settings.found_deployment()
    # A record that only lies about means this ledger, or none.
    pinned = record is not None and (settings.deployment is not None or record.account == account)
    ledger = proving.ledger_of(record) if record and pinned else proving.ledger_named(account)
    proven = proving.verify(bundle, ledger, settings.known_policies().keys())
    if trusted is not None:
        require_block(proven, trusted)
        since = "Later events are not excluded: no node was asked."
    else:
        nodes = settings.open_nodes().all
        still = proving.require_on_chain(proven, nodes, ledger)
        since = f"{len(nodes)} nodes have that block." if len(nodes) > 1 else f"{nodes[0].url} has that block."
        if isinstance(proven, ProvenScore):
            since += f" The company has {'done nothing' if still else 'acted'} since."
            if still and (left := proven.score.open):
                # A promise breaks by nobody's doing.
                since += f" Not yet due then: {left}. What became of those is not in these figures."
    block = proven.block
    say(f"Verified as of block {block.number}, {show_time(block.time)} ({show_hex(block.hash)}).")
    for line in _score(proven) if isinstance(proven, ProvenScore) else _promise(proven):
        say(line)
    for line in care_of(ledger.chain_id):
        say(line)
    say(since)
    if not pinned:
        say(f"The ledger is {account}: see that this is the chain that you mean.")
    say(f"Bundle {show_hex(name)}")


def _verify_statement(settings: Settings, said: SignedStatement, where: str, named: str | None = None) -> None:
    with index_of_own(settings) as (reader, nodes, deployment):
        found = examine_statement(reader, nodes[0], said, where, deployment, settings.known_policies(), named)
    if found.verdict is Verdict.UNCHECKED:
        raise NotChecked(found.said, found.why)
    if found.verdict is Verdict.FALSE:
        raise InvalidProof(found.why)
    figures, signer = said.statement.figures, said.signer
    floor = "too little evidence" if figures["floor"] is None else f"at least {percent_down(figures['floor'])} assured"
    say(f"Verified as of block {said.number}, {show_time(said.statement.as_of)} ({show_hex(said.hash)}).")
    say(f"Company {show_address(said.statement.company)}: {floor} ({figures['grade']}).")
    say(f"Signed by {show_address(signer)}." if signer else "Nobody signed it: whoever gave it can't be held to it.")
    for line in care_of(deployment.chain_id):
        say(line)
    gave = "gave" if len(nodes) == 1 else "agree on"
    say(f"{', '.join(node.url for node in nodes)} {gave} the log, whole by the contract's own heads.")


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
    due = "is due" if promise.due_at > proven.block.time else "was due"
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
    _told(path, name, content)


def _told(path: Path, name: Digest, content: bytes) -> None:
    say(f"Bundle {show_hex(name)}: {path}, {len(content):,} bytes. Check it: troth verify {path}")
