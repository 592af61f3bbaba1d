"""`troth` as its users type it: what it prints, its exit codes, and no stack trace ever."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.chain.contract import code_hash
from ledger.scoring.policy import Policy
from ledger.settings import Settings
from ledger.units import show_hex
from tests.conftest import DAYS
from tests.support.chain import Loaded, free_port, lying_node
from tests.support.databases import contents

ROOT = Path(__file__).parents[2]


def troth(*arguments: str, **environment: object) -> subprocess.CompletedProcess[str]:
    """Runs a command in the checkout, with only the given TROTH_ variables."""
    return troth_in(ROOT, *arguments, **environment)


def troth_in(folder: Path, *arguments: str, **environment: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ledger.cli", *arguments],
        env=variables(**environment),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def variables(**environment: object) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    return clean | {"COLUMNS": "200"} | {f"TROTH_{name.upper()}": str(value) for name, value in environment.items()}


def assert_refused(finished: subprocess.CompletedProcess[str], code: int, *named: str) -> None:
    said = " ".join((finished.stdout + finished.stderr).split())
    assert finished.returncode == code, said
    assert "Traceback" not in said
    for each in named:
        assert each in said


def test_score_prints_the_same_integers_from_differently_indexed_databases(loaded: Loaded, tmp_path: Path) -> None:
    printed = []
    for step in (13, 5000):
        database = f"sqlite:///{tmp_path / f'{step}.db'}"
        settings = {"home": loaded.home, "database": database, "rpc_url": loaded.chain.url, "blocks_per_step": step}
        indexed = troth("index", **settings)
        assert indexed.returncode == 0, indexed.stderr
        assert "the heads of 16 companies agree" in indexed.stdout
        for options in ([], ["--json"]):
            shown = troth("score", "UA", *options, **settings)
            assert shown.returncode == 0, shown.stderr
            printed.append(shown.stdout)
    assert printed[:2] == printed[2:]
    score = json.loads(printed[1])
    assert f"Assured floor: {score['assured_floor_ppm']}" in printed[0]
    assert score["promises"]["kept"] > 0


def test_score_prints_the_json_that_the_api_answers(loaded: Loaded) -> None:
    with TestClient(create_app(Settings(home=loaded.home))) as client:
        for company in ("UA", "HA"):
            shown = troth("score", company, "--json", home=loaded.home)
            assert json.loads(shown.stdout) == client.get(f"/api/companies/{company}/score").json()


def test_score_as_of_a_block_is_what_an_index_that_stopped_there_says(loaded: Loaded, tmp_path: Path) -> None:
    """An empty block, too: time alone makes promises fall due."""
    last = json.loads(troth("score", "UA", "--json", home=loaded.home).stdout)["as_of_block"]
    for block in (last // 3, last // 2, last - 1, last):
        settings = {"home": loaded.home, "rpc_url": loaded.chain.url}
        database = f"sqlite:///{tmp_path / f'{block}.db'}"
        assert troth("index", "--to", str(block), database=database, **settings).returncode == 0
        then = json.loads(troth("score", "UA", "--json", database=database, **settings).stdout)
        past = troth("score", "UA", "--at", str(block), "--json", **settings)
        assert past.returncode == 0, past.stderr
        assert json.loads(past.stdout) == then
    refused = troth("score", "UA", "--at", str(last + 1), home=loaded.home, rpc_url=loaded.chain.url)
    assert_refused(refused, 2, f"Block {last + 1} is not indexed: the index has reached block {last}.")


def test_score_explains_what_cost_points(loaded: Loaded) -> None:
    score = json.loads(troth("score", "UA", "--json", home=loaded.home).stdout)
    explained = json.loads(troth("score", "UA", "--explain", "--json", home=loaded.home).stdout)
    assert explained["total"] == len(explained["items"]) == score["promises"]["late"] + score["promises"]["broken"]
    assert sum(item["lost_ppm"] for item in explained["items"]) == explained["lost_ppm"]
    shown = troth("score", "UA", "--explain", home=loaded.home).stdout
    assert f"What cost {explained['lost_ppm']} ppm" in shown
    assert explained["items"][0]["id"] in "".join(shown.split())


def test_rank_is_the_directory_under_any_policy(loaded: Loaded) -> None:
    with TestClient(create_app(Settings(home=loaded.home))) as client:
        listed = client.get("/api/companies").json()
    assert json.loads(troth("rank", "--json", home=loaded.home).stdout) == listed
    strict = json.loads(troth("rank", "--policy", "strict", "--json", home=loaded.home).stdout)
    assert {item["address"] for item in strict["items"]} == {item["address"] for item in listed["items"]}
    floors = [item["assured_floor_ppm"] or -1 for item in strict["items"]]
    assert floors == sorted(floors, reverse=True)
    shown = troth("rank", home=loaded.home).stdout
    assert shown.index("Delta") < shown.index("SkyWest")


def test_an_index_under_another_policy_makes_its_rows_anew(loaded: Loaded, tmp_path: Path) -> None:
    shutil.copy(loaded.home / "troth.db", tmp_path / "troth.db")
    settings: dict[str, object] = {
        "home": loaded.home,
        "rpc_url": loaded.chain.url,
        "database": f"sqlite:///{tmp_path / 'troth.db'}",
    }
    made = json.loads(troth("score", "UA", "--policy", "strict", "--json", **settings).stdout)
    assert troth("index", policy="strict", **settings).returncode == 0
    assert json.loads(troth("score", "UA", "--json", policy="strict", **settings).stdout) == made
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    assert troth("index", policy="strict", **settings | {"database": fresh}).returncode == 0
    assert contents(str(settings["database"]))["score"] == contents(fresh)["score"]
    assert contents(fresh)["score"] != contents(f"sqlite:///{loaded.home / 'troth.db'}")["score"]


def test_score_judges_nobody_by_too_few_promises(loaded: Loaded) -> None:
    assert json.loads(troth("score", "HA", "--json", home=loaded.home).stdout)["assured_floor_ppm"] is None
    shown = " ".join(troth("score", "HA", home=loaded.home).stdout.split())
    assert "Assured floor: – (not judged, and last in rank: evidence is worth fewer than 20 promises)" in shown


def test_a_time_is_printed_with_its_zone_once(loaded: Loaded) -> None:
    for command in (["score", "UA"], ["doctor"]):
        said = " ".join(troth(*command, home=loaded.home, rpc_url=loaded.chain.url).stdout.split())
        assert len(re.findall(r"\(2013-01-2\d \d\d:\d\d UTC\)", said)) == 1
        assert "+00:00" not in said


def test_an_unknown_company_is_named(loaded: Loaded) -> None:
    assert_refused(troth("score", "ZZ", home=loaded.home), 2, "'ZZ'", "See the directory")
    assert_refused(troth("score", "0x12", home=loaded.home), 2, "'0x12' is not an address")


def test_a_command_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    assert_refused(troth("score", "UA", home=tmp_path), 2, "`troth index`")
    assert_refused(troth("serve", home=tmp_path), 2, "`troth index`")


def test_a_missing_or_malformed_deployment_record_is_named(tmp_path: Path) -> None:
    assert_refused(troth("index", home=tmp_path), 2, "deployment.json", "`ape run deploy`")
    record = {"chain": "eip155:31337", "address": "0x12", "block": 1, "transaction": "0x", "codeHash": "0x"}
    for content, why in [
        ("{", "Expecting"),
        ("[]", "list"),
        ("{}", "'chain'"),
        (json.dumps(record), "'0x12' is not an address"),
        (json.dumps(record | {"chain": "bip122:1"}), "CAIP-2"),
    ]:
        (tmp_path / "deployment.json").write_text(content)
        assert_refused(troth("index", home=tmp_path), 2, "deployment.json", why)


def test_a_missing_deployment_record_s_error_names_those_that_are_there(loaded: Loaded, tmp_path: Path) -> None:
    record = tmp_path / "deployments" / "eip155-31337.json"
    loaded.deployment.save(record)
    finished = troth_in(tmp_path, "index")
    assert_refused(finished, 2, "TROTH_DEPLOYMENT", "(deployments/eip155-31337.json)")


def test_a_node_that_is_down_or_on_another_chain_is_named(loaded: Loaded, tmp_path: Path) -> None:
    settings = {"home": tmp_path, "deployment": loaded.home / "deployment.json"}
    port = free_port()
    assert_refused(troth("index", **settings, rpc_url=f"http://127.0.0.1:{port}"), 2, str(port), "TROTH_RPC_URL")

    def on_mainnet(method: str, _params: list[Any], result: Any) -> Any:
        return "0x1" if method == "eth_chainId" else result

    with lying_node(loaded.chain.url, on_mainnet) as url:
        assert_refused(troth("index", **settings, rpc_url=url), 1, "serves chain eip155:1, but", "eip155:31337")


@pytest.mark.parametrize(
    "name, value",
    [
        ("rpc_url", "ftp://127.0.0.1"),
        ("rpc_url", ","),
        ("blocks_per_step", "0"),
        ("finality", "soon"),
        ("port", "99999"),
        ("database", "mysql://127.0.0.1/troth"),
        ("database", "nonsense"),
        ("database", "sqlite://"),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    finished = troth("doctor", **{"home": tmp_path, name: value})
    assert_refused(finished, 2, f"TROTH_{name.upper()}")


@pytest.mark.parametrize(
    "name, closest", [("rpc_uri", "TROTH_RPC_URL"), ("databse", "TROTH_DATABASE"), ("host_name", "TROTH_HOST")]
)
def test_a_misspelt_setting_is_named_with_the_closest_one(tmp_path: Path, name: str, closest: str) -> None:
    assert_refused(troth("doctor", **{"home": tmp_path, name: "x"}), 2, f"TROTH_{name.upper()} is none of", closest)


def test_a_network_s_url_for_ape_is_no_misspelt_setting(loaded: Loaded) -> None:
    assert troth("score", "UA", home=loaded.home, hoodi_rpc_url="http://127.0.0.1:1").returncode == 0


def test_a_doctor_looks_at_every_node_and_whether_enough_are_well(loaded: Loaded) -> None:
    down = "http://127.0.0.1:1"
    settings: dict[str, object] = {"home": loaded.home, "rpc_url": f"{down},{loaded.chain.url}"}
    finished = troth("doctor", **settings)
    said = " ".join(finished.stdout.split())
    assert finished.returncode == 2
    assert f"No Ethereum node answers at {down}" in said
    assert "agree with the contract's" in said, "the other node is well"
    assert "fewer than 2 give the same" in " ".join(troth("doctor", **settings, quorum=2).stdout.split())


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a" * 70 + ".example"])
def test_a_host_that_is_not_this_machine_is_named(loaded: Loaded, host: str) -> None:
    assert_refused(troth("serve", home=loaded.home, host=host), 2, f"nothing can listen on '{host}'", "TROTH_HOST")


def test_a_busy_port_is_named_with_its_host(loaded: Loaded) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.2", 0))
        busy.listen()
        port = busy.getsockname()[1]
        finished = troth("serve", home=loaded.home, host="127.0.0.2", port=port)
    assert_refused(finished, 2, f"Port {port} of 127.0.0.2 is in use", "TROTH_PORT")


@pytest.mark.parametrize("mode", [0o000, 0o555])
def test_a_home_that_can_t_be_written_is_named(loaded: Loaded, mode: int) -> None:
    # Root may write anywhere, so it becomes nobody first, who may not find a Python of root's: hence the early import.
    as_somebody = "import os, sqlite3\nfrom ledger.cli.main import run\nos.geteuid() or os.seteuid(65534)\nrun()"
    # Nor may nobody look into pytest's own folders.
    with TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copy(loaded.home / "troth.db", home)
        home.chmod(mode)
        finished = subprocess.run(
            [sys.executable, "-c", as_somebody, "score", "UA"],
            env=variables(home=home),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        home.chmod(0o700)
    assert_refused(finished, 2, str(home), "TROTH_HOME", "you may write the file and its folder")


def test_a_malformed_policy_is_named(loaded: Loaded, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(Policy.named("standard").model_dump() | {"z": [1.96, 1]}))
    assert_refused(troth("score", "UA", home=loaded.home, policy=path), 2, "policy.json", "z.0")


def test_what_is_no_database_is_named(loaded: Loaded, tmp_path: Path) -> None:
    path = tmp_path / "troth.db"
    path.write_text("This is a text, and long enough to be taken for a header of something else." * 20)
    assert_refused(troth("score", "UA", home=loaded.home, database=f"sqlite:///{path}"), 2, "not a database")


def test_a_password_in_a_database_s_url_is_never_shown(tmp_path: Path) -> None:
    for url, named in (
        ("postgresql://user:hunter2@127.0.0.1:9/troth", "postgresql://user:***@127.0.0.1:9/troth can't be used"),
        ("mysql://user:hunter2@127.0.0.1/troth", "TROTH_DATABASE=mysql://user:***@"),
        ("postgresql//user:hunter2@127.0.0.1/troth", "TROTH_DATABASE is not a URL"),
    ):
        finished = troth("score", "UA", home=tmp_path, database=url)
        assert_refused(finished, 2, named)
        assert "hunter2" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://u:hunter2#x@127.0.0.1:1/",
        "http://127.0.0.1:1\\hunter2",
        "http://127.0.0.1:99999/hunter2",
        "http://[::1/hunter2",
        "http://:8545/hunter2",
        "http://127.0.0.1:1,ftp://hunter2",
    ],
)
def test_a_node_s_url_that_can_t_be_read_is_never_shown(tmp_path: Path, url: str) -> None:
    finished = troth("doctor", home=tmp_path, rpc_url=url)
    assert_refused(finished, 2, "TROTH_RPC_URL")
    assert "hunter2" not in finished.stdout + finished.stderr


def test_a_database_of_another_version_is_named(loaded: Loaded, tmp_path: Path) -> None:
    path = tmp_path / "troth.db"
    with closing(sqlite3.connect(loaded.home / "troth.db")) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("UPDATE alembic_version SET version_num = '9999'")
        target.commit()
    settings: dict[str, object] = {"home": loaded.home, "rpc_url": loaded.chain.url, "database": f"sqlite:///{path}"}
    for command in (["score", "UA"], ["index"]):
        assert_refused(troth(*command, **settings), 2, "version 9999, which is newer than this program")


def test_an_index_that_is_told_to_stop_ends_after_its_step(loaded: Loaded, tmp_path: Path) -> None:
    settings: dict[str, object] = {
        "home": tmp_path,
        "rpc_url": loaded.chain.url,
        "deployment": loaded.home / "deployment.json",
    }

    def stopped(*options: str, after: int, **more: object) -> int:
        """The exit code of an index that gets SIGTERM when it has stored that many events."""
        command = [sys.executable, "-m", "ledger.cli", "index", *options]
        with subprocess.Popen(command, env=variables(**settings, **more), cwd=ROOT) as running:
            while running.poll() is None and events() < after:
                time.sleep(0.05)
            running.send_signal(signal.SIGTERM)
            return running.wait(60)

    def events() -> int:
        try:
            with closing(sqlite3.connect(tmp_path / "troth.db")) as connection:
                return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    # Not finished, and said to be so; the rest follows.
    assert stopped(after=1, blocks_per_step=1) == 2
    assert 0 < events() < loaded.replay.actions
    assert stopped("--follow", after=loaded.replay.actions) == 0
    assert events() == loaded.replay.actions


def test_doctor_finds_everything_well(loaded: Loaded) -> None:
    finished = troth("doctor", home=loaded.home, rpc_url=loaded.chain.url)
    assert finished.returncode == 0, finished.stdout
    assert finished.stdout.count("│ well") == 6
    assert "the heads of 16 companies agree" in finished.stdout
    assert finished.stdout.count("│ advice") == 1
    assert "16 of 16 companies are plain accounts" in " ".join(finished.stdout.replace("│", " ").split())


def test_doctor_says_where_scores_are_kept_under_another_policy(loaded: Loaded) -> None:
    finished = troth("doctor", home=loaded.home, rpc_url=loaded.chain.url, policy="strict")
    assert finished.returncode == 0, finished.stdout
    said = " ".join(finished.stdout.replace("│", " ").split())
    assert "advice scores" in said
    assert "and strict is in force" in said
    assert "Run `troth index`" in said


def test_doctor_names_each_fault_and_its_remedy(loaded: Loaded, tmp_path: Path) -> None:
    finished = troth("doctor", home=tmp_path, rpc_url=f"http://127.0.0.1:{free_port()}")
    assert_refused(finished, 2, "`ape run deploy`", "Start it, or set TROTH_RPC_URL")
    assert finished.stdout.count("│ fault") == 2

    lying = lying_node(loaded.chain.url, lambda method, _, result: "0x00" if method == "eth_getCode" else result)
    with lying as url:
        assert_refused(troth("doctor", home=loaded.home, rpc_url=url), 1, "Do not use this contract")


def test_an_option_that_is_not_known_is_refused() -> None:
    assert_refused(troth("score"), 2, "company")
    assert_refused(troth("frobnicate"), 2, "frobnicate")


def wait_for(url: str, process: subprocess.Popen[str]) -> bytes:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            with urlopen(url) as response:
                return bytes(response.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


def test_demo_loads_serves_stops_and_goes_on_from_there(tmp_path: Path) -> None:
    """The whole demo twice, with one day: Ape deploys, flights are recorded, indexed, scored and served."""
    node_port, port = free_port(), free_port()
    command = [sys.executable, "-m", "ledger.cli", "demo", "--node-port", str(node_port)]
    environment = variables(home=tmp_path, port=port)
    scores = []
    for options, began in [(["--days", "1"], "Reading 1 days"), ([], "Going on from the 1 days")]:
        process = subprocess.Popen(
            [*command, *options],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert json.loads(wait_for(f"http://127.0.0.1:{port}/api/companies", process))["total"] == 16
            scores.append(wait_for(f"http://127.0.0.1:{port}/api/companies/UA/score", process))
            assert_refused(troth("demo", home=tmp_path, port=port), 2, f"Port {port}", "TROTH_PORT")
        finally:
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert began in printed
        assert f"http://127.0.0.1:{port}/badges/UA.svg" in printed
        assert f"export TROTH_RPC_URL=http://127.0.0.1:{node_port}\n" in printed
        assert "Traceback" not in printed
        for freed in (node_port, port):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", freed)) != 0, "something still listens"
    assert scores[0] == scores[1]


def test_demo_never_touches_what_is_not_its_own(loaded: Loaded, tmp_path: Path) -> None:
    assert_refused(troth("demo", home=tmp_path, database="sqlite:///x.db"), 2, "TROTH_DATABASE is set")
    record = (loaded.home / "deployment.json").read_text().replace("eip155:31337", "eip155:560048")
    (tmp_path / "deployment.json").write_text(record)
    assert_refused(troth("demo", home=tmp_path), 2, "eip155:560048", "TROTH_HOME")
    assert (tmp_path / "deployment.json").read_text() == record


def test_demo_never_deletes_a_database_of_another_chain(loaded: Loaded, tmp_path: Path) -> None:
    """As an operator leaves it whose deployment record is elsewhere, and whose shell no longer says where."""
    path = tmp_path / "troth.db"
    with closing(sqlite3.connect(loaded.home / "troth.db")) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("UPDATE ledger SET account = replace(account, 'eip155:31337', 'eip155:560048')")
        target.commit()
    finished = troth("demo", "--days", "1", "--no-serve", "--node-port", str(free_port()), home=tmp_path)
    assert_refused(finished, 2, "holds the ledger eip155:560048:", "TROTH_HOME")
    with closing(sqlite3.connect(path)) as kept:
        assert kept.execute("SELECT count(*) FROM event").fetchone()[0] > 0


def kept_in(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.iterdir() if path.suffix in (".gz", ".json", ".db")}


def test_demo_keeps_what_it_left_until_everything_is_there_to_load_it_again(loaded: Loaded, tmp_path: Path) -> None:
    loaded.chain.save(tmp_path / "chain.gz")
    for name in ("deployment.json", "troth.db"):
        shutil.copy(loaded.home / name, tmp_path)
    (tmp_path / "demo.json").write_text(json.dumps({"days": DAYS, "code_hash": show_hex(code_hash())}))
    before = kept_in(tmp_path)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        finished = troth("demo", "--no-serve", "--days", "1", "--node-port", str(port), home=tmp_path)
    assert_refused(finished, 2, f"Port {port}", "--node-port")
    assert kept_in(tmp_path) == before

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    options = ["demo", "--no-serve", "--days", "1", "--node-port", str(free_port())]
    finished = troth_in(elsewhere, *options, home=tmp_path)
    assert_refused(finished, 2, "ape-config.yaml was not found", "checkout")
    assert kept_in(tmp_path) == before


def test_demo_loads_again_when_what_it_left_is_damaged(tmp_path: Path) -> None:
    options = ["demo", "--no-serve", "--node-port", str(free_port())]
    (tmp_path / "demo.json").write_text(json.dumps({"days": 1, "code_hash": show_hex(code_hash())}))
    record = {"chain": "eip155:31337", "address": "0x" + "11" * 20, "block": 1, "transaction": "0x" + "22" * 32}
    (tmp_path / "deployment.json").write_text(json.dumps(record | {"codeHash": "0x" + "33" * 32}))
    (tmp_path / "chain.gz").write_bytes(gzip.compress(b"{}" * 9999)[:40])
    finished = troth(*options, home=tmp_path)
    said = " ".join(finished.stdout.split())
    assert finished.returncode == 0, finished.stderr
    assert "chain.gz can't be used: Compressed file ended before the end-of-stream marker" in said
    assert "Loading it again. Reading 1 days" in said
    assert "Going on from the 1 days" in troth(*options, home=tmp_path).stdout

    # A whole archive, of something that is no chain.
    (tmp_path / "chain.gz").write_bytes(gzip.compress(b'{"block": 3'))
    finished = troth(*options, home=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "Reading 1 days" in finished.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no signal for a parent's death")
def test_a_node_does_not_outlive_a_demo_that_was_killed(tmp_path: Path) -> None:
    port = free_port()
    starts = f"""
import time
from pathlib import Path
from ledger.chain.anvil import run_anvil
with run_anvil({port}, 0, Path({str(tmp_path / "anvil.log")!r})):
    print("runs", flush=True)
    time.sleep(60)
"""
    demo = subprocess.Popen([sys.executable, "-c", starts], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert demo.stdout.readline() == "runs\n"
    demo.kill()
    demo.communicate()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.05)
    raise AssertionError("anvil still listens")
