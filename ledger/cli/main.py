"""`troth` and its commands.

Exit codes: 0 well; 1 two things that must agree do not (a lying node, a foreign database); 2 it could not be done, or
the command was not understood; 3 a transaction was sent, and nobody knows yet what became of it; 4 the ledger has it
already, and nothing was sent.
"""

from __future__ import annotations

import signal
import sys
import threading
from importlib.metadata import version
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from api.schemas import ScoreOut
from ledger.chain.anvil import require_free
from ledger.cli import acting
from ledger.cli import demo as demo_run
from ledger.cli.text import findings_table, index_progress, score_tables
from ledger.errors import Contradiction, Refused, TransactionPending, TrothError, Unavailable
from ledger.indexer.run import synchronise
from ledger.services.checkup import examine
from ledger.services.companies import Scorer, view_company
from ledger.settings import Settings

CONTRADICTION = 1
COULD_NOT = 2
UNKNOWN = 3
ALREADY = 4
POLL_S = 2.0
GATEWAY = "api.app:create_app"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, group in (("keys", acting.keys), ("company", acting.company), ("promise", acting.promise)):
    app.add_typer(group, name=name)
out = Console()
err = Console(stderr=True)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"troth {version('troth')}", highlight=False)
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
) -> None:
    """Bring the database up to date with the chain, from where it stopped, and compare every company's head.

    SIGTERM or Ctrl-C ends it after the step that it is at; Ctrl-C again, at once.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    settings = Settings.read()
    deployment = settings.load_deployment()
    node, database = settings.open_node(), settings.open_database()
    finality = settings.finality_of(deployment)
    while True:
        try:
            with index_progress(err, stopping.is_set) as progress:
                cursor = synchronise(node, database, deployment, finality, settings.blocks_per_step, progress)
        except KeyboardInterrupt as interrupt:
            # Who follows is stopped when all is well; who does not has left something.
            raise typer.Exit(0 if follow else COULD_NOT) from interrupt
        except Unavailable as error:
            if not follow:
                raise
            err.print(f"[yellow]waiting:[/] {error}", highlight=False)
        else:
            if not follow:
                with database.read() as reader:
                    events, companies = reader.event_count(), len(reader.companies())
                out.print(
                    f"Block {cursor.block.number}: {events} events; the heads of {companies} companies agree"
                    " with the contract's.",
                    highlight=False,
                )
                return
        if stopping.wait(POLL_S):
            return


@app.command()
def score(
    company: Annotated[str, typer.Argument(help="A company's address or handle.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, the same as the API's.")] = False,
) -> None:
    """Print a company's score: reliability, fairness, and what they rest on."""
    settings = Settings.read()
    policy = settings.load_policy()
    with settings.open_database().read() as reader:
        view = view_company(reader, company, Scorer(policy))
    if as_json:
        # Not through rich, which would wrap it.
        print(ScoreOut.of(view).model_dump_json(indent=2))
    else:
        for table in score_tables(view, policy):
            out.print(table)


@app.command()
def doctor() -> None:
    """Check settings, policy, deployment, node, contract and database, and say what to do about each fault."""
    settings = Settings.read()
    findings = list(
        examine(
            settings.open_node(),
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
    """The program's entry: errors become one sentence and an exit code."""
    try:
        app()
    except TrothError as error:
        # Not wrapped: what it names is to be copied.
        err.print("[bold red]error:[/] ", end="")
        err.print(error.what, error.remedy, sep="\n", markup=False, highlight=False, soft_wrap=True)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.exit(0)
