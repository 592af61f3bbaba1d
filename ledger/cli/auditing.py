"""`troth audit` and `troth watch`: what a company's log gives, straight from nodes, and whether others say so too."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from api.report import report_of
from api.schemas import AuditOut, ScoreOut
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.cli.acting import say
from ledger.cli.nodes import DOUBTFUL, DOUBTS, Rpc, agreeing, complain, deployment_for, err, index_of_own, settings_with
from ledger.cli.text import (
    anchors_progress,
    audit_lines,
    finding_line,
    losses_table,
    past_progress,
    plain_console,
    print_whole,
    score_tables,
)
from ledger.errors import CannotWrite, NoDatabase, NodeRefused, NodeUnreachable, Unavailable
from ledger.files import require_writable
from ledger.gateways import Gateway, Webhook
from ledger.indexer.follow import Pause
from ledger.indexer.run import Indexer
from ledger.scoring.policy import Policy
from ledger.services import auditing
from ledger.services.companies import CompanyView
from ledger.services.monitoring import Verdict, claims_of
from ledger.services.telling import Teller
from ledger.services.watching import Watcher
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.outbox import Outbox
from ledger.units import BlockNumber, parse_address

out = plain_console()

DIFFERS = 1
COULD_NOT = 2
EXPLAINED = 20
AGAIN_S = 2.0
"""After which a node that does not answer at the start is asked again."""

GatewayUrl = Annotated[
    list[str] | None, typer.Option("--gateway", help="URL of a gateway, whose figures are compared with the log's.")
]


def audit(
    company: Annotated[str, typer.Argument(help="A company's address or handle.")],
    rpc: Rpc = None,
    at: Annotated[int | None, typer.Option(min=0, help="As of this block; by default the latest.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="`standard`, `strict`, or a policy's file; by default the one that is in force.")
    ] = None,
    gateway: Annotated[
        str | None, typer.Option(help="URL of a gateway, whose figures are compared with the log's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a report for people into this file.")] = None,
) -> None:
    """Inspect a company's whole history, straight from nodes: no database, no gateway.

    Fetches the ledger's log, replays it to the contract's own heads, and computes every figure; looks at every anchor
    of the company's figures, and at what a gateway says. Where several nodes are given, all have to agree.

    Exit codes: 0 verified; 1 something differs, and what; 2 it could not be checked, and why.
    """
    settings = settings_with(rpc)
    if html is not None:
        # Not after all the work.
        require_writable(html)
    chosen = settings.load_policy() if policy is None else Policy.find(policy)
    # Asked first, so that the index goes at least as far.
    claims = claims_of(Gateway(gateway), company) if gateway else None
    until = None if at is None else BlockNumber(at)
    with (
        index_of_own(settings, until) as (reader, nodes, deployment),
        past_progress(err) as replaying,
        anchors_progress(err) as looking,
    ):
        found = auditing.audit(
            reader,
            nodes,
            deployment,
            company,
            until,
            chosen,
            settings.known_policies() | {chosen.hash: chosen},
            claims,
            _shape,
            replaying,
            looking,
        )
    if html is not None:
        try:
            html.write_text(report_of(found))
        except OSError as error:
            raise CannotWrite(str(html), error.strerror or str(error)) from error
    if as_json:
        # Not through rich, which would wrap it.
        print(AuditOut.of(found).model_dump_json(indent=2))
    else:
        for line in audit_lines(found):
            say(line)
        for table in score_tables(found.view, chosen):
            out.print(table)
        print_whole(out, losses_table(found.view, found.explanation, found.ring, EXPLAINED))
        if html is not None:
            say(f"Report: {html}")
    if found.verdict is not Verdict.HOLDS:
        raise typer.Exit(DIFFERS if found.verdict is Verdict.FALSE else COULD_NOT)


def watch(
    companies: Annotated[list[str], typer.Argument(help="Companies, by address or handle.")],
    rpc: Rpc = None,
    sender: Annotated[
        list[str] | None, typer.Option(help="Look only at what this account anchors; several times for several.")
    ] = None,
    gateway: GatewayUrl = None,
    webhook: Annotated[
        str | None, typer.Option(help="URL to which all that does not hold, or stands still, is posted once, as JSON.")
    ] = None,
    once: Annotated[bool, typer.Option(help="Look once at all that there is, and end.")] = False,
) -> None:
    """Follow companies, and report every statement about them that does not hold: anchored, or by a gateway; and each
    gateway that stands still while the chain goes on.

    Keeps an index of its own in TROTH_HOME/watch.db, of what the nodes say, and goes on until it is stopped.

    Exit codes: 0 all held; 1 something did not, and what; 2 it could not be looked at, and why.
    """
    settings = settings_with(rpc)
    hook = None if webhook is None else Webhook(webhook)
    teller = None if hook is None else Teller(Outbox(settings.home / "watch-posts.db"), hook)
    senders = [parse_address(each) for each in sender or []]
    gateways = [Gateway(url) for url in gateway or []]
    nodes = settings.open_nodes()
    policies, policy = settings.known_policies(), settings.load_policy()
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda _signal, _frame: stopping.set())
    deployment = _deployment(settings, nodes.all[0], stopping, once)
    if deployment is None:
        return
    database = Database.in_file(settings.home / "watch.db")
    limits, finality = settings.limits(agreeing=len(nodes.all)), settings.finality_of(deployment)
    indexer = Indexer(nodes, database, deployment, finality, limits, complain, policy)
    watcher = Watcher(
        nodes.all,
        indexer,
        database,
        deployment,
        policies,
        companies,
        senders,
        gateways,
        _shape,
        lambda: anchors_progress(err),
    )
    with agreeing(), database.only_indexer():
        worst = _watch(watcher, teller, stopping, once)
    if worst is not Verdict.HOLDS:
        raise typer.Exit(DIFFERS if worst is Verdict.FALSE else COULD_NOT)


def _deployment(settings: Settings, node: Node, stopping: threading.Event, once: bool) -> Deployment | None:
    """The ledger that is meant, once the node tells; None where one is told to stop before."""
    while not stopping.is_set():
        try:
            return deployment_for(settings, node)
        except (NodeUnreachable, NodeRefused) as error:
            if once:
                raise
            err.print(f"waiting: {error.what}")
            stopping.wait(AGAIN_S)
    return None


def _watch(watcher: Watcher, teller: Teller | None, stopping: threading.Event, once: bool) -> Verdict:
    """Looks until told to stop, and gives the worst that was found."""
    order = (Verdict.HOLDS, Verdict.UNCHECKED, Verdict.STALE, Verdict.FALSE)
    worst, doubts = Verdict.HOLDS, 0
    pause = Pause()
    while not stopping.is_set():
        wait = max(1.0, pause.seconds)
        try:
            for matter, finding in watcher.look():
                say(finding_line(finding))
                worst = max(worst, finding.verdict, key=order.index)
                if teller is not None:
                    teller.hear(matter, finding)
            pause.saw(watcher.reached)
            doubts = 0
        except (Unavailable, *DOUBTFUL) as error:
            # One address may stand for many nodes, of which some are behind others.
            if once or (isinstance(error, DOUBTFUL) and doubts == DOUBTS):
                raise
            err.print(f"waiting: {error.what}")
            doubts += isinstance(error, DOUBTFUL)
            wait = 2.0 ** (doubts + 1)
        finally:
            if teller is not None:
                _deliver(teller, stopping)
        if once:
            break
        stopping.wait(wait)
    if teller is not None and (left := teller.waiting()):
        err.print(f"webhook: {left} left to post, which the next watch does.")
        worst = max(worst, Verdict.UNCHECKED, key=order.index)
    return worst


def _deliver(teller: Teller, stopping: threading.Event) -> None:
    try:
        complaint = teller.deliver(stopping.is_set)
    except NoDatabase as error:
        complaint = error.what
    if complaint:
        err.print(f"webhook: {complaint}", soft_wrap=True)


def _shape(view: CompanyView, policy: Policy) -> dict[str, Any]:
    return ScoreOut.of(view, policy).model_dump(mode="json")
