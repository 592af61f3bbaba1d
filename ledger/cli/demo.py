"""`troth demo`: a local chain, real flights on it, scored and served; a second run goes on from what the first left."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import uvicorn
from rich.console import Console

from ledger.chain.anvil import CHAIN_ID, LocalChain, require_free, run_anvil
from ledger.chain.contract import code_hash
from ledger.chain.deployment import CAIP2_PREFIX, Deployment
from ledger.chain.nodes import Nodes
from ledger.cli.text import bar, index_progress
from ledger.errors import (
    DeployFailed,
    HomeInUse,
    InvalidSettings,
    MissingTool,
    NoDeployment,
    Unavailable,
    UnusableChain,
)
from ledger.indexer.follow import Finality
from ledger.indexer.run import Indexer
from ledger.outcomes import Outcome
from ledger.services.companies import Scorer, directory, list_promises
from ledger.services.replay import Replay, cast_actors, perform, plan
from ledger.settings import Settings
from ledger.sources.flights import FIRST_DAY, carriers, flights
from ledger.units import Timestamp, show_address, show_hex, show_time

DEFAULT_DAYS = 7
MANY_DAYS = 35
HOUR_S = 3600
MINUTE_S = 60
START_LIMIT_S = 30
POLL_S = 0.05
OWN_SETTINGS = ("TROTH_RPC_URL", "TROTH_DEPLOYMENT", "TROTH_DATABASE")


def run(settings: Settings, console: Console, days: int | None, node_port: int, gateway: str | None) -> None:
    """Runs the demo until Ctrl-C, or until everything is loaded if `gateway` is None."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    _require_own_settings(settings)
    if gateway is not None:
        require_free(settings.host, settings.port, "TROTH_PORT")
    kept = _Kept(settings.home)
    with ExitStack() as stack:
        stack.enter_context(_only_one(settings.home))
        loaded = kept.days()
        days = days or loaded or DEFAULT_DAYS
        if days > MANY_DAYS:
            console.print(f"{days} days are some {days * 2600:,} events; anvil takes about 24 kB of memory for each.")
        chain = _go_on(settings, console, stack, kept, days, node_port) if loaded == days else None
        if chain is None:
            chain = _load(settings, console, stack, kept, days, node_port)
        _index(settings, console, chain, settings.load_deployment(), days)
        console.print(f"Loaded in {time.monotonic() - began:.0f} s.")
        if gateway is not None:
            _serve(settings, console, chain.url, gateway)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Keeps other demos out of the folder, as long as this one runs. Raises HomeInUse, InvalidSettings."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "demo.lock").open("w")
    except OSError as error:
        raise InvalidSettings(f"TROTH_HOME={home} can't be written to ({error.strerror})") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUse(str(home)) from error
        yield


class _Kept:
    """What a run leaves for the next in the home folder: valid only as a whole, which `manifest` says."""

    def __init__(self, home: Path) -> None:
        self.chain = home / "chain.gz"
        self.manifest = home / "demo.json"
        self.record = home / "deployment.json"
        self._database = [home / f"troth.db{end}" for end in ("", "-wal", "-shm")]

    def days(self) -> int | None:
        """How many days are loaded, by this version of the contract; None if there is nothing to go on from."""
        try:
            manifest = json.loads(self.manifest.read_text())
            Deployment.load(self.record)
            fits = manifest["code_hash"] == show_hex(code_hash()) and self.chain.exists()
            return int(manifest["days"]) if fits else None
        except (OSError, ValueError, KeyError, TypeError, NoDeployment):
            return None

    def finish(self, chain: LocalChain, days: int) -> None:
        """Keeps the chain, and says that everything is there."""
        chain.save(self.chain)
        self.manifest.write_text(json.dumps({"days": days, "code_hash": show_hex(code_hash())}) + "\n")

    def clear(self) -> None:
        """Forgets what an earlier run left."""
        for path in (self.manifest, self.chain, self.record, *self._database):
            path.unlink(missing_ok=True)


def _go_on(
    settings: Settings, console: Console, stack: ExitStack, kept: _Kept, days: int, node_port: int
) -> LocalChain | None:
    """The chain that was kept; None, saying so, if it is damaged."""
    try:
        chain = stack.enter_context(run_anvil(node_port, Timestamp(0), settings.home / "anvil.log", kept.chain))
    except UnusableChain as error:
        console.print(f"{error.what} Loading it again.")
        return None
    console.print(f"Going on from the {days} days of flights in {settings.home}.")
    return chain


def _load(settings: Settings, console: Console, stack: ExitStack, kept: _Kept, days: int, node_port: int) -> LocalChain:
    console.print(f"Reading {days} days of flights from {FIRST_DAY} on …")
    chosen = flights(FIRST_DAY, days)
    genesis = Timestamp(min(flight.departs_at for flight in chosen) - HOUR_S)
    ape = find_ape()
    chain = stack.enter_context(run_anvil(node_port, genesis, settings.home / "anvil.log"))
    # Not before everything that is needed is there.
    kept.clear()
    console.print("Deploying the contract through Ape …")
    deployment = deploy_through_ape(ape, chain, kept.record)
    begin = Timestamp(genesis + MINUTE_S)
    names = carriers()
    replay = plan(chosen, names, cast_actors(chain.accounts(), names), begin)
    with bar(console) as shown:
        task = shown.add_task("Recording promises on chain")
        perform(replay, chain, deployment, lambda done, total: shown.update(task, completed=done, total=total))
    kept.finish(chain, days)
    return chain


def find_ape() -> str:
    """The Ape to run, which finds its settings in this folder. Raises MissingTool."""
    ape = shutil.which("ape", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if ape is None:
        raise MissingTool("Ape, which deploys the contract,", "Run `pip install 'troth[chain]'`.")
    if not Path("ape-config.yaml").exists():
        raise MissingTool("ape-config.yaml", "Run the demo from the folder of Troth's checkout.")
    return ape


def deploy_through_ape(ape: str, chain: LocalChain, record: Path) -> Deployment:
    """Runs `ape run deploy` against a local chain, which writes `record`. Raises DeployFailed."""
    chain.request("evm_setAutomine", True)
    finished = subprocess.run(
        [ape, "run", "deploy", "--record", str(record)],
        env=os.environ | {"APE_FOUNDRY_HOST": chain.url},
        capture_output=True,
        text=True,
        check=False,
    )
    chain.request("evm_setAutomine", False)
    if finished.returncode != 0:
        raise DeployFailed((finished.stdout + finished.stderr).strip()[-800:])
    return Deployment.load(record)


def _index(settings: Settings, console: Console, chain: LocalChain, deployment: Deployment, days: int) -> None:
    database = settings.open_database()
    with index_progress(console) as tell:
        indexer = Indexer(
            Nodes([chain]),
            database,
            deployment,
            Finality("latest"),
            settings.limits(),
            tell,
            settings.load_policy(),
        )
        indexer.synchronise()
    with database.read() as reader:
        has_documents = reader.has_documents()
    if not has_documents:
        with database.write() as writer:
            writer.put_documents(_replay(chain, days).documents)
    database.close()


def _replay(chain: LocalChain, days: int) -> Replay:
    names = carriers()
    return plan(flights(FIRST_DAY, days), names, cast_actors(chain.accounts(), names), Timestamp(0))


def _serve(settings: Settings, console: Console, node_url: str, gateway: str) -> None:
    # The gateway reads its own settings, and asks the demo's node for proofs.
    os.environ["TROTH_RPC_URL"] = node_url
    server = uvicorn.Server(
        uvicorn.Config(gateway, factory=True, host=settings.host, port=settings.port, log_level="warning")
    )
    # In a thread, so that Ctrl-C reaches us and everything is stopped in order.
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not server.started:
            raise Unavailable("The gateway did not start.", "Run `troth serve` to see why.")
        _say_what_to_open(settings, console, node_url)
        if node_url != settings.rpc_url:
            console.print("For `troth doctor` and `troth index` beside this:")
            console.print(f"  export TROTH_RPC_URL={node_url}")
        console.print("Ctrl-C stops everything.")
        thread.join()
    except KeyboardInterrupt:
        console.print("Stopping.")
    finally:
        server.should_exit = True
        thread.join()


def _say_what_to_open(settings: Settings, console: Console, node_url: str) -> None:
    base = f"http://{settings.host}:{settings.port}"
    with settings.open_database().read() as reader:
        first = max(directory(reader, Scorer(settings.load_policy())), key=lambda view: view.score.counts.matured)
        broken, _ = list_promises(reader, first.company, Outcome.LATE, 0, 1)
        as_of = reader.require_cursor().block.time
    company = first.profile.handle if first.profile else show_address(first.company.address)
    console.print(f"\nThe chain's clock stands at {show_time(as_of)}. Open:")
    console.print(f"  the directory    {base}/")
    console.print(f"  a company        {base}/companies/{company}")
    for row in broken:
        console.print(
            f"  a promise        {base}/promises/{show_hex(row.standing.id)}", highlight=False, soft_wrap=True
        )
    console.print(f"  a badge          {base}/badges/{company}.svg")
    console.print(f"  the API          {base}/api")
    console.print(f"  a proof          {base}/verify.html#bundle=/api/companies/{company}/bundle", soft_wrap=True)
    console.print(f"                   which you check by a node, such as this one: {node_url}", soft_wrap=True)


def _require_own_settings(settings: Settings) -> None:
    """The demo deletes what it left; it must never meet what somebody else keeps."""
    for name in OWN_SETTINGS:
        if os.environ.get(name):
            raise InvalidSettings(f"{name} is set, but the demo uses a chain and a database of its own")
    held: list[str | None] = []
    with suppress(NoDeployment):
        held.append(settings.load_deployment().account)
    database = settings.open_database()
    if database.exists:
        with database.read() as reader:
            held.append(reader.account())
        database.close()
    for account in held:
        if account is not None and not account.startswith(f"{CAIP2_PREFIX}{CHAIN_ID}:"):
            raise InvalidSettings(f"{settings.home} holds the ledger {account}; set TROTH_HOME to another folder")


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
