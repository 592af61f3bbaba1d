"""`troth` and its commands.

Exit codes: 0 well; 1 two things that must agree do not (a lying node, a foreign database); 2 it could not be done, or
the command was not understood; 3 a transaction was sent, and nobody knows yet what became of it; 4 the ledger has it
already, and nothing was sent.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated

import typer
import uvicorn
from pydantic import BaseModel
from rich.text import Text

from api.schemas import CompanyOut, CompanyPage, ExplanationOut, ScoreOut
from ledger.chain.anvil import require_free
from ledger.chain.deployment import Deployment
from ledger.cli import acting, auditing, proving
from ledger.cli import demo as demo_run
from ledger.cli.nodes import DOUBTFUL, DOUBTS, complain
from ledger.cli.text import (
    findings_table,
    index_progress,
    losses_table,
    past_progress,
    plain_console,
    print_whole,
    rank_table,
    score_tables,
)
from ledger.cli.watching import Journal, measure, remember, serve_metrics
from ledger.errors import (
    Contradiction,
    Refused,
    TransactionPending,
    TrothError,
    Unavailable,
)
from ledger.indexer.follow import Pause
from ledger.indexer.notices import Notice, Tell
from ledger.indexer.run import Indexer, require_same_ledger
from ledger.scoring.collusion import Ring
from ledger.scoring.policy import Policy
from ledger.services.checkup import examine
from ledger.services.companies import Scorer, directory, explain_company, view_company
from ledger.services.past import block_at, view_at
from ledger.services.verifying import verify as verify_all
from ledger.services.witnesses import ring_of
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.units import BlockNumber

CONTRADICTION = 1
COULD_NOT = 2
UNKNOWN = 3
ALREADY = 4
GATEWAY = "api.app:create_app"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, group in (("keys", acting.keys), ("company", acting.company), ("promise", acting.promise)):
    app.add_typer(group, name=name)
for command in (proving.anchor, proving.prove, proving.verify, auditing.audit, auditing.watch):
    app.command()(command)
out = plain_console()
err = plain_console(stderr=True)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"troth {version('troth')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Troth: a ledger of kept promises, and scores that prove themselves."""


@app.command()
def demo(
    days: Annotated[int | None, typer.Option(min=1, max=342, help="Days of flights, from 2013-01-24 on.")] = None,
    node_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the local Ethereum node.")] = 8545,
    serve: Annotated[bool, typer.Option(help="Serve the gateway when everything is loaded.")] = True,
) -> None:
    """Load real flights as promises onto a local chain, score them, and serve the result.

    A second run starts from what the first left. Another number of days starts over.
    """
    demo_run.run(Settings.read(), out, days, node_port, GATEWAY if serve else None)


@app.command()
def serve() -> None:
    """Serve the gateway: pages, API and badges. Run `troth index --follow` beside it."""
    settings = Settings.read()
    with settings.open_database().read() as reader:
        reader.require_cursor()
    require_free(settings.host, settings.port, "TROTH_PORT")
    uvicorn.run(GATEWAY, factory=True, host=settings.host, port=settings.port)


@app.command()
def index(
    follow: Annotated[bool, typer.Option(help="Go on as the chain grows, until stopped.")] = False,
    to: Annotated[int | None, typer.Option(min=0, help="Stop at this block.")] = None,
    verify: Annotated[bool, typer.Option(help="Index nothing: look over all that is stored.")] = False,
    from_scratch: Annotated[bool, typer.Option(help="Forget all that comes from the chain first.")] = False,
) -> None:
    """Bring the database up to date with the chain, from where it stopped, and compare every company's head.

    SIGTERM or Ctrl-C ends it after the step that it is at; Ctrl-C again, at once.
    """
    if follow + verify + (to is not None) > 1 or (verify and from_scratch):
        raise typer.BadParameter("--follow, --to and --verify exclude each other, and --verify forgets nothing.")
    settings = Settings.read()
    deployment, database = settings.load_deployment(), settings.open_database()
    if verify:
        nodes, policy = settings.open_nodes().all, settings.load_policy()
        cursor, events = verify_all(nodes, settings.quorum, database, deployment, policy)
        out.print(
            f"Block {cursor.block.number}: {events} events replayed; their links, the contract's heads, and every"
            " company, promise and score agree.",
        )
        return
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    def begin() -> None:
        # Not before all settings are sound, and it is sure that there is something to index.
        if from_scratch:
            _require_ledger(settings, deployment)
            with database.write() as writer:
                require_same_ledger(writer, deployment, database.url)
                writer.forget_all()

    with database.only_indexer():
        if follow:
            _follow(settings, deployment, database, stopping, begin)
        else:
            _index_once(settings, deployment, database, stopping, to, begin)


def _require_ledger(settings: Settings, deployment: Deployment) -> None:
    """Raises what the last node raised, if by none of them the chain has the ledger."""
    *others, last = settings.open_nodes().all
    for node in others:
        with suppress(Unavailable):
            return deployment.verify(node)
    return deployment.verify(last)


class _Stopped(Exception):
    """One is to stop, and a step is done."""


def _stoppable(stopping: threading.Event, *tell: Tell) -> Tell:
    def told(notice: Notice) -> None:
        for each in tell:
            each(notice)
        if stopping.is_set():
            raise _Stopped

    return told


def _index_once(
    settings: Settings,
    deployment: Deployment,
    database: Database,
    stopping: threading.Event,
    to: int | None,
    begin: Callable[[], None],
) -> None:
    with index_progress(err) as show:
        tell = _stoppable(stopping, show, complain)
        finality, limits = settings.finality_of(deployment), settings.limits()
        policy = settings.load_policy()
        indexer = Indexer(settings.open_nodes(), database, deployment, finality, limits, tell, policy)
        begin()
        try:
            cursor = indexer.synchronise(None if to is None else BlockNumber(to))
        except _Stopped as stopped:
            # It has left something.
            raise typer.Exit(COULD_NOT) from stopped
    with database.read() as reader:
        events, companies = reader.event_count(), len(reader.heads())
    if cursor.checked == cursor.block:
        heads = f"the heads of {companies} companies agree with the contract's."
    else:
        heads = f"the links of {companies} companies hold; the node keeps no state of that block to compare heads with."
    out.print(f"Block {cursor.block.number}: {events} events; {heads}")


def _follow(
    settings: Settings,
    deployment: Deployment,
    database: Database,
    stopping: threading.Event,
    begin: Callable[[], None],
) -> None:
    journal = Journal()
    if settings.metrics_port is not None:
        serve_metrics(settings.metrics_port)
    tell = _stoppable(stopping, journal.write, measure)
    finality, limits = settings.finality_of(deployment), settings.limits()
    indexer = Indexer(settings.open_nodes(), database, deployment, finality, limits, tell, settings.load_policy())
    begin()
    with suppress(Unavailable), database.read() as reader:
        remember(reader.require_cursor())
    pause = Pause()
    doubts = 0
    while not stopping.is_set():
        wait = pause.seconds
        try:
            pause.saw(indexer.synchronise().block)
            doubts, wait = 0, pause.seconds
        except _Stopped:
            return
        except Unavailable as error:
            journal.waiting(str(error))
        except DOUBTFUL as error:
            # One address may stand for many nodes, of which some are behind others.
            if doubts == DOUBTS:
                raise
            journal.waiting(str(error))
            doubts, wait = doubts + 1, 2.0 ** (doubts + 1)
        stopping.wait(wait)


PolicyOption = Annotated[
    str | None, typer.Option(help="`standard`, `strict`, or a policy's file; by default the one that is in force.")
]
AtOption = Annotated[int | None, typer.Option(min=0, help="As of this block, by replaying the log up to it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, the same as the API's.")]
EXPLAINED = 20
"""How many of the promises that cost most are shown."""


@app.command()
def score(
    company: Annotated[str, typer.Argument(help="A company's address or handle.")],
    at: AtOption = None,
    policy: PolicyOption = None,
    explain: Annotated[bool, typer.Option(help="Say which promises cost how much.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print a company's score: reliability, fairness, and what they rest on."""
    settings = Settings.read()
    chosen = settings.load_policy() if policy is None else Policy.find(policy)
    with settings.open_database().read() as reader:
        if at is None:
            view = view_company(reader, company, Scorer(chosen))
            explanation = explain_company(reader, view, chosen) if explain else None
        else:
            block = block_at(reader, settings.open_node(), BlockNumber(at))
            with past_progress(err) as show:
                view, explanation = view_at(reader, company, block, chosen, explain, show)
        ring = ring_of(reader, view.company.address, view.score.as_of_block) if explain else Ring((), ())
    if as_json:
        shown: BaseModel = ScoreOut.of(view, chosen)
        if explanation is not None:
            shown = ExplanationOut.of(view, explanation, ring, 0, len(explanation.losses))
        # Not through rich, which would wrap it.
        print(shown.model_dump_json(indent=2))
        return
    for table in score_tables(view, chosen):
        out.print(table)
    if explanation is not None:
        print_whole(out, losses_table(view, explanation, ring, EXPLAINED))


@app.command()
def rank(policy: PolicyOption = None, as_json: JsonOption = False) -> None:
    """Print all companies, the highest assured floor first; those with too little evidence last."""
    settings = Settings.read()
    chosen = settings.load_policy() if policy is None else Policy.find(policy)
    with settings.open_database().read() as reader:
        views = directory(reader, Scorer(chosen))
    if as_json:
        page = CompanyPage(total=len(views), items=[CompanyOut.of(view) for view in views])
        print(page.model_dump_json(indent=2))
    else:
        out.print(rank_table(views, chosen))


@app.command()
def doctor() -> None:
    """Check settings, policy, deployment, node, contract and database, and say what to do about each fault."""
    settings = Settings.read()
    findings = list(
        examine(
            settings.open_nodes().all,
            settings.quorum,
            settings.load_deployment,
            settings.load_policy,
            settings.open_database(),
        )
    )
    out.print(findings_table(findings))
    if any(isinstance(finding.fault, Contradiction) for finding in findings):
        raise typer.Exit(CONTRADICTION)
    if any(finding.fault for finding in findings):
        raise typer.Exit(COULD_NOT)


def _exit_code(error: TrothError) -> int:
    match error:
        case Contradiction():
            return CONTRADICTION
        case TransactionPending():
            return UNKNOWN
        case Refused(name="AlreadyDone"):
            return ALREADY
    return COULD_NOT


def run() -> None:
    """Runs the command that was given: errors become one sentence and an exit code."""
    try:
        app()
    except TrothError as error:
        with suppress(OSError):
            err.print(Text("error:", "bold red"), end=" ")
            # Not wrapped: what it names is to be copied.
            err.print(error.what, error.remedy, sep="\n", soft_wrap=True)
        sys.exit(_exit_code(error))
    except OSError as error:
        # Nobody can be told any more, as where a disk is full that the output goes to.
        out.on_broken_pipe()
        with suppress(OSError):
            err.print(Text("error:", "bold red"), str(error), soft_wrap=True)
        sys.exit(COULD_NOT)
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        # Python would try once more at its end, and make a failure of it.
        try:
            err.file.flush()
        except OSError:
            err.on_broken_pipe()
