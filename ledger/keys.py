"""Keys: accounts that sign, each kept in a keystore under a password (Web3 Secret Storage, as geth's)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from ledger.errors import CannotRead, NoKey
from ledger.files import write_private
from ledger.proofs.signed import KIND, SignedStatement
from ledger.signing import Domain, Message, digest_to_sign
from ledger.units import Address


class Key:
    """An account's private key, which never leaves this object but into an encrypted keystore."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> Address:
        """The account, which is its ERC-7913 signer too."""
        return Address(bytes.fromhex(self._account.address[2:]))

    def sign_action(self, domain: Domain, action: str, message: Message) -> bytes:
        """Signs an action for anybody to send (EIP-712). 65 bytes."""
        digest = digest_to_sign(domain, action, message)
        return bytes(self._account.unsafe_sign_hash(Hash32(digest)).signature)

    def sign_statement(self, said: SignedStatement, domain: Domain) -> SignedStatement:
        """A statement under this key's name (EIP-712)."""
        return replace(said, signer=self.address, signature=self.sign_action(domain, KIND, said.message))

    def sign_transaction(self, transaction: dict[str, Any]) -> tuple[bytes, bytes]:
        """Signs a transaction (EIP-1559). Gives what a node takes, and its hash."""
        signed = self._account.sign_transaction(transaction)
        return bytes(signed.raw_transaction), bytes(signed.hash)


def create_key(path: Path, password: str) -> Key:
    """Makes a key and writes its keystore, for its owner alone to read. Raises FileExists, CannotWrite."""
    account = Account.create()
    write_private(path, json.dumps(Account.encrypt(account.key, password)) + "\n")
    return Key(account)


def read_password(path: Path, keystore: Path) -> str:
    """The password of a keystore, which a file holds. Raises NoKey, CannotRead."""
    try:
        # Some editors begin a file with a mark.
        password = path.read_text("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise CannotRead(str(path), "it is not text") from error
    if not password:
        raise NoKey(str(keystore), f"{path}, which holds its password, is empty")
    return password


_DEAREST = {"dklen": 32, "n": 2**20, "r": 8, "p": 16, "c": 2**24}
"""What a keystore may ask for: scrypt's and PBKDF2's costs at four to sixteen times what wallets write."""


def open_key(path: Path, password: str) -> Key:
    """Opens a keystore. Raises NoKey."""
    try:
        keystore = json.loads(path.read_text())
        asked = {name.lower(): value for name, value in keystore.items()}["crypto"]["kdfparams"]
        for name in asked.keys() & _DEAREST.keys():
            if asked[name] > _DEAREST[name]:
                raise NoKey(str(path), f"its {name} is {asked[name]}, and {_DEAREST[name]} is the most that is tried")
        return Key(Account.from_key(Account.decrypt(keystore, password)))
    except OSError as error:
        raise NoKey(str(path), error.strerror or str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError) as error:
        wrong = "MAC mismatch" in str(error)
        raise NoKey(str(path), "the password is not its own" if wrong else "it is not a Web3 keystore") from error
