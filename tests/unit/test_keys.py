"""Keys: kept under a password, for their owner alone, and never overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from eth_account import Account

from ledger.errors import CannotWrite, FileExists, NoKey
from ledger.keys import create_key, open_key


def test_a_key_is_opened_with_its_password_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key.json"
    made = create_key(path, "right")
    assert open_key(path, "right").address == made.address
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NoKey, match="password"):
        open_key(path, "wrong")


def test_other_programs_open_it(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    made = create_key(path, "right")
    account = Account.from_key(Account.decrypt(json.loads(path.read_text()), "right"))
    assert bytes.fromhex(account.address[2:]) == made.address


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_key(path, "right")
    before = path.read_bytes()
    with pytest.raises(FileExists, match=r"key\.json"):
        create_key(path, "right")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", '{"version":3}', '{"version":3,"crypto":{}}', '{"crypto":7,"version":3}']
)
def test_what_is_no_keystore_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(NoKey, match="not a Web3 keystore"):
        open_key(path, "right")


def test_a_keystore_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoKey, match="No such file"):
        open_key(tmp_path / "none.json", "right")
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(NoKey, match="not a Web3 keystore"):
        open_key(tmp_path / "binary", "right")


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="needs a folder where nobody can write")
def test_a_place_where_nothing_can_be_written_is_named() -> None:
    with pytest.raises(CannotWrite, match="/proc/"):
        create_key(Path("/proc/troth/key.json"), "right")
