"""A policy is data: read strictly, named by its content, described by a schema."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InvalidPolicy
from ledger.scoring.decay import growth, table
from ledger.scoring.policy import PUBLISHED, Policy
from ledger.units import ZERO_DIGEST, Address, show_hex
from scripts.schema import SCHEMA, schema
from tests.support.build import ARBITER, a_customer

POLICY = Policy.named("standard")


def document() -> dict[str, Any]:
    return POLICY.model_dump()


@pytest.mark.parametrize(
    "change, named",
    [
        ({"extra": 1}, "extra"),
        ({"z": [1.96, 1]}, "z.0"),
        ({"z": [1]}, "z"),
        ({"z": [1, 0]}, "z.1"),
        ({"version": 1}, "version"),
        ({"min_promises": True}, "min_promises"),
        ({"min_promises": "20"}, "min_promises"),
        ({"late_credit_bp": 10_001}, "late_credit_bp"),
        ({"grace_cap_s": 0}, "grace_cap_s"),
        ({"answer_s": 2**53}, "answer_s"),
        ({"half_life_days": 31}, "half_life_days"),
        ({"half_life_days": 30}, "decay_tables must hold the half-lives that are used, 30"),
        ({"decay_tables": {"90": show_hex(ZERO_DIGEST)}}, "the digest of the table for 90 days is 0x1ce4d808"),
        ({"arbiters": ["0x" + "AB" * 20]}, "arbiters.0"),
        ({"arbiters": ["0x" + "ab" * 20] * 2}, "arbiters must ascend"),
        ({"customers": ["0x" + "02" * 32, "0x" + "01" * 32]}, "customers must ascend"),
        ({"correlation": [2, 1]}, "correlation is at most 1"),
        ({"alarm_reach": [5, 4]}, "alarm_reach is at most 1"),
        ({"prior": POLICY.prior.model_dump() | {"strength": 21}}, "strength is above"),
        ({"prior": {}}, "prior.mean_ppm"),
        ({"fairness_z_by_pairs": {}}, "fairness_z_by_pairs"),
        ({"fairness_z_by_pairs": {"one": [1, 1]}}, "fairness_z_by_pairs"),
        ({"fairness_z_by_pairs": {"1": [2, 1]}}, "fairness_z_by_pairs lacks 2: 21 pairs"),
        ({"grace_cap_s_by_service": {"delivery": 1}}, "grace_cap_s_by_service"),
    ],
)
def test_a_malformed_policy_is_refused_by_field(change: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidPolicy, match="policy here can't be used: ") as refused:
        Policy.parse(json.dumps(document() | change).encode(), "here")
    assert named in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b"NaN"])
def test_what_is_not_a_policy_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidPolicy):
        Policy.parse(content, "here")


def test_a_missing_policy_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match=r"nowhere\.json can't be used: No such file"):
        Policy.find(str(tmp_path / "nowhere.json"))


def test_the_hash_names_the_content_and_not_its_layout() -> None:
    reordered = json.dumps(dict(reversed(document().items())), indent=7).encode()
    assert Policy.parse(reordered, "here").hash == POLICY.hash
    changed = Policy.parse(json.dumps(document() | {"answer_s": 901}).encode(), "here")
    assert changed.hash != POLICY.hash


def test_the_published_policies_are_found_by_name_and_differ() -> None:
    hashes = {Policy.find(name).hash for name in PUBLISHED}
    assert len(hashes) == len(PUBLISHED)
    assert [Policy.named(name).name for name in PUBLISHED] == list(PUBLISHED)


def test_the_schema_in_the_repository_is_the_policy_s() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(), "run `python -m scripts.schema`"


def test_who_is_listed_and_knows_of_it_weighs_in_full() -> None:
    known = a_customer(1)
    lists = {"arbiters": [show_hex(ARBITER)], "customers": [show_hex(known)]}
    policy = Policy.parse(json.dumps(document() | lists).encode(), "here")
    assert policy.trusts(known, ARBITER, countersigned=True)
    assert not policy.trusts(known, ARBITER, countersigned=False)
    assert not policy.trusts(a_customer(2), ARBITER, countersigned=True)
    assert policy.trusts(ZERO_DIGEST, ARBITER, countersigned=False)
    assert not policy.trusts(ZERO_DIGEST, Address(bytes(20)), countersigned=False)


@pytest.mark.parametrize("half_life", [15, 30, 90, 180])
def test_weights_double_with_each_half_life_and_are_the_roots_rounded_down(half_life: int) -> None:
    entries = table(half_life)
    for day, entry in enumerate(entries):
        assert entry**half_life <= 1 << 48 * half_life + day < (entry + 1) ** half_life
        assert growth(day + 7 * half_life, half_life) == entry << 7
    assert list(entries) == sorted(set(entries))
