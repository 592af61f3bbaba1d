"""Anchors and bundles on a real chain: made, and checked by nodes, or by one block's hash and nobody."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.node import Node
from ledger.errors import HourTurned, InvalidProof
from ledger.headers import header_hash
from ledger.proofs.blocks import read_header
from ledger.proofs.bundles import ScoreBundle, read_bundle
from ledger.proofs.statements import HOUR_S
from ledger.scoring.policy import Policy
from ledger.services import acting, proving
from ledger.store.database import Database
from ledger.units import show_hex
from tests.integration.test_acting import Town, made, town
from tests.integration.test_commands import assert_refused
from tests.support.chain import free_port, lying_node

__all__ = ["town"]


def anchored(town: Town, name: str) -> Path:
    """A bundle of the company's score, with a promise of this very moment in it."""
    receipt = made(town)
    town.did("promise", "fulfil", str(receipt))
    town.did("index")
    path = town.home / name
    said = town.did("anchor", "acme", "--out", str(path))
    assert f"troth verify {path}" in said
    return path


def block_hash(said: str) -> str:
    """That of the block as of which something was verified."""
    return said.partition("(")[2][:66]


def test_a_score_that_is_anchored_is_verified_by_nodes_and_by_nobody(town: Town) -> None:
    path = anchored(town, "score.gz")
    said = town.did("verify", str(path))
    assert "Verified as of block" in said
    assert "The company has done nothing since" in said
    # Nobody is asked where a hash is given.
    offline = town.did("verify", str(path), "--block-hash", block_hash(said), rpc_url=f"http://127.0.0.1:{free_port()}")
    assert "Later events are not excluded" in offline
    refused = town.troth("verify", str(path), "--block-hash", "0x" + "ab" * 32)
    assert_refused(refused, 1, "has the hash 0x", "0xabab")
    made(town)
    assert "The company has acted since" in town.did("verify", str(path))


def test_a_score_is_proven_without_a_transaction(town: Town) -> None:
    town.did("promise", "fulfil", str(made(town)))
    town.did("index")
    path = town.home / "now.gz"
    assert "troth verify" in town.did("prove", "acme", "--out", str(path))
    said = town.did("verify", str(path))
    assert "The company has done nothing since" in said
    assert "Not yet due then: " in said
    assert "Anchored by" not in said
    town.did("verify", str(path), "--block-hash", block_hash(said), rpc_url=f"http://127.0.0.1:{free_port()}")
    made(town)
    refused = town.troth("prove", "acme", "--out", str(town.home / "behind.gz"))
    assert_refused(refused, 2, "is not the one that is indexed", "troth index")
    assert not (town.home / "behind.gz").exists()


def test_an_anchor_is_judged_at_the_full_hour_or_at_the_last_event(town: Town) -> None:
    path = anchored(town, "hour.gz")
    words = orjson.loads(gzip.decompress(path.read_bytes()))
    last = words["events"][-1][0]
    assert words["statement"]["as_of"] == last, "the company acted this hour"
    node = Node(town.chain.url)
    node.request("evm_increaseTime", 3 * HOUR_S)
    node.request("evm_mine")
    late = town.home / "late.gz"
    town.did("anchor", "acme", "--out", str(late))
    as_of = orjson.loads(gzip.decompress(late.read_bytes()))["statement"]["as_of"]
    assert as_of > last
    assert as_of % HOUR_S == 0
    town.did("verify", str(late))


def test_an_anchor_that_comes_when_the_hour_has_turned_says_so(town: Town) -> None:
    town.did("index")
    database = Database.in_file(town.home / "troth" / "troth.db")
    with database.read() as reader:
        drafted = proving.draft(reader, town.desk, "acme", Policy.named("standard"))
    database.close()
    prepared = proving.prepare_anchor(town.desk, town.company, drafted)
    node = Node(town.chain.url)
    node.request("evm_increaseTime", HOUR_S)
    with pytest.raises(HourTurned, match="Anchor again"):
        proving.anchor(town.desk, prepared, drafted)


def test_a_company_that_has_acted_since_the_index_is_not_anchored(town: Town) -> None:
    town.did("index")
    made(town)
    refused = town.troth("anchor", "acme", "--out", str(town.home / "none.gz"))
    assert_refused(refused, 2, "head")
    assert not (town.home / "none.gz").exists()


def test_a_promise_is_proven_as_it_stands(town: Town) -> None:
    receipt = made(town)
    path, later = town.home / "open.gz", town.home / "kept.gz"
    assert "troth verify" in town.did("prove", str(receipt), "--out", str(path))
    said = town.did("verify", str(path))
    assert "Your parcel is there" in said
    assert "not fulfilled" in said
    assert "State: open" in said
    assert "has that block" in said
    assert "since." not in said.partition("has that block")[2], "only of a score it is known whether it is still so"
    town.did("promise", "fulfil", str(receipt))
    town.did("prove", str(receipt), "--out", str(later))
    said = town.did("verify", str(later))
    assert "in time" in said
    assert "State: fulfilled" in said
    # A proof of what was is none of what is, and stays true.
    town.did("verify", str(path))


def test_a_promise_that_was_never_made_can_t_be_proven(town: Town) -> None:
    receipt = made(town)
    words = orjson.loads(receipt.read_bytes())
    desk = town.desk
    drafted = acting.draft(desk, town.offer())
    never = town.home / "never.json"
    never.write_text(drafted.encode())
    assert_refused(town.troth("prove", str(never)), 2, "No promise 0x")
    assert words["id"] != show_hex(drafted.id)


def test_a_node_with_another_block_or_none_verifies_nothing(town: Town) -> None:
    path = anchored(town, "other.gz")
    other = Node(town.chain.url).request("eth_getBlockByNumber", "0x1", False)

    def elsewhere(method: str, params: list[Any], result: Any) -> Any:
        is_its = method == "eth_getBlockByNumber" and params[0] != "latest"
        return other | {"number": params[0]} if is_its else result

    def behind(method: str, params: list[Any], result: Any) -> Any:
        return None if method == "eth_getBlockByNumber" and params[0] != "latest" else result

    with lying_node(town.chain.url, behind) as url:
        assert_refused(town.troth("verify", str(path), rpc_url=url), 2, "it has no block")
        # All have to agree.
        assert town.troth("verify", str(path), rpc_url=f"{town.chain.url},{url}").returncode == 2
    with lying_node(town.chain.url, elsewhere) as url:
        assert town.troth("verify", str(path), rpc_url=url).returncode in (1, 2)
    later = Node(town.chain.url)
    later.request("evm_mine")

    def forked(method: str, params: list[Any], result: Any) -> Any:
        """A block of another fork: true in itself, and in the place of ours."""
        return sibling if method == "eth_getBlockByNumber" and params[0] == number else result

    number = hex(read_header(bundle_of(path).basis.header).number)
    sibling = other_block(later.request("eth_getBlockByNumber", number, False))
    with lying_node(town.chain.url, forked) as url:
        assert_refused(town.troth("verify", str(path), rpc_url=url), 1, "has the hash 0x")
        assert_refused(town.troth("verify", str(path), rpc_url=f"{town.chain.url},{url}"), 2, "the nodes do not agree")
    down = f"http://127.0.0.1:{free_port()}"
    assert_refused(town.troth("verify", str(path), rpc_url=down), 2, "No Ethereum node answers")


def bundle_of(path: Path) -> ScoreBundle:
    _, bundle = read_bundle(path.read_bytes())
    assert isinstance(bundle, ScoreBundle)
    return bundle


def other_block(header: dict[str, Any]) -> dict[str, Any]:
    """A block that differs in what it says beside, and hashes to what it says."""
    other = header | {"extraData": "0xab"}
    return other | {"hash": show_hex(header_hash(other))}


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_file_that_is_cut_off_could_not_be_checked(town: Town, cut: int) -> None:
    path = anchored(town, f"cut{cut}.gz")
    path.write_bytes(path.read_bytes()[:-1][: cut or None])
    assert_refused(town.troth("verify", str(path)), 2, "The bundle can't be read: it is cut off")


def test_what_differs_is_said_with_its_place(town: Town) -> None:
    path = anchored(town, "inflated.gz")
    words = orjson.loads(gzip.decompress(path.read_bytes()))
    words["statement"]["figures"]["grade"] = "high"
    path.write_bytes(gzip.compress(orjson.dumps(words)))
    assert_refused(town.troth("verify", str(path)), 1, "The proof does not hold", "is anchored")
    del words["events"][3]
    path.write_bytes(gzip.compress(orjson.dumps(words)))
    assert town.troth("verify", str(path)).returncode == 1


def test_a_lie_that_somebody_anchored_is_found_by_the_events(town: Town) -> None:
    """Anybody may anchor anything: what counts is what the events give."""
    town.did("index")
    database = Database.in_file(town.home / "troth" / "troth.db")
    with database.read() as reader:
        drafted = proving.draft(reader, town.desk, "acme", Policy.named("standard"))
    database.close()
    figures = drafted.statement.figures | {"floor": 990_000}
    lie = replace(drafted, statement=replace(drafted.statement, figures=figures))
    prepared = proving.prepare_anchor(town.desk, town.company, lie)
    with pytest.raises(InvalidProof, match="says 990000 for floor, and its events give"):
        proving.anchor(town.desk, prepared, lie)
