"""Deploying as to a live network: another chain id, blocks in their own time, a keystore that pays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from ledger.chain.anvil import anvil_binary, run_anvil
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.errors import NodeUnreachable
from ledger.units import Timestamp
from tests.support.chain import free_port

ROOT = Path(__file__).parents[2]
HOODI = 560_048
PASSPHRASE = "correct horse"


@pytest.fixture(scope="module")
def hoodi() -> Iterator[str]:
    """A node with Hoodi's chain id that mines a block each second."""
    port = free_port()
    options = ["--port", str(port), "--chain-id", str(HOODI), "--block-time", "1", "--quiet"]
    process = subprocess.Popen([anvil_binary(), *options])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                Node(url).request("eth_chainId")
                break
            except NodeUnreachable:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def deploy(url: str, data: Path, record: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return ape_deploy(data, record, "--network", "ethereum:hoodi", *options, TROTH_HOODI_RPC_URL=url)


def ape_deploy(data: Path, record: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    command = [str(Path(sys.executable).parent / "ape"), "run", "deploy"]
    return subprocess.run(
        [*command, "--record", str(record), *options],
        env=clean | {"APE_DATA_FOLDER": str(data)} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # Ape asks whether to sign, for the passphrase, whether to keep the account unlocked; then whether to sign the
        # other two.
        input=f"y\n{PASSPHRASE}\ny\ny\ny\n",
    )


def test_a_keystore_deploys_once(hoodi: str, tmp_path: Path) -> None:
    account = Account.create()
    data, record = tmp_path / "ape", tmp_path / "deployment.json"
    (data / "accounts").mkdir(parents=True)
    (data / "accounts" / "payer.json").write_text(json.dumps(account.encrypt(PASSPHRASE, iterations=2)))
    Node(hoodi).request("anvil_setBalance", account.address, hex(10**18))

    nameless = deploy(hoodi, data, record)
    assert nameless.returncode == 2
    assert "--account is needed" in nameless.stderr
    unknown = deploy(hoodi, data, record, "--account", "nobody")
    assert unknown.returncode == 2
    assert "no account 'nobody'" in unknown.stderr

    first = deploy(hoodi, data, record, "--account", "payer")
    assert first.returncode == 0, first.stdout + first.stderr
    deployment = Deployment.load(record)
    assert deployment.chain == "eip155:560048"
    deployment.verify(Node(hoodi))
    assert first.stdout.splitlines()[-1] == f"export TROTH_DEPLOYMENT={record}"

    again = deploy(hoodi, data, record, "--account", "payer")
    assert again.returncode == 1
    assert "already on chain 560048" in again.stderr + again.stdout
    assert Deployment.load(record) == deployment


def test_a_network_without_its_url_names_the_variable(tmp_path: Path) -> None:
    record = tmp_path / "deployment.json"
    finished = ape_deploy(tmp_path / "ape", record, "--network", "ethereum:hoodi", "--account", "payer")
    said = finished.stdout + finished.stderr
    assert finished.returncode == 1
    assert "TROTH_HOODI_RPC_URL is not set" in said
    assert "Traceback" not in said


def test_a_node_that_ends_with_the_command_gets_no_ledger(tmp_path: Path) -> None:
    record = tmp_path / "deployment.json"
    url = f"http://127.0.0.1:{free_port()}"
    finished = ape_deploy(tmp_path / "ape", record, APE_FOUNDRY_HOST=url)
    assert finished.returncode == 1
    assert f"No node answers at {url}" in " ".join((finished.stdout + finished.stderr).split())
    assert not record.exists()


def test_a_local_node_at_another_address_is_named_by_provider_settings(tmp_path: Path) -> None:
    record, data = tmp_path / "deployment.json", tmp_path / "ape"
    with run_anvil(free_port(), Timestamp(int(time.time())), tmp_path / "anvil.log") as chain:
        chain.request("evm_setAutomine", True)
        by_url = ape_deploy(data, record, "--network", f"ethereum:local:{chain.url}")
        said = " ".join((by_url.stdout + by_url.stderr).split())
        assert by_url.returncode == 1
        assert "--provider-settings" in said
        assert "Traceback" not in said
        assert not record.exists()
        deployed = ape_deploy(data, record, "--provider-settings", json.dumps({"host": chain.url}))
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        Deployment.load(record).verify(Node(chain.url))
