"""What a gateway states of companies, signed where it has a key, so that it can be held to it."""

from __future__ import annotations

from ledger.keys import Key
from ledger.proofs.signed import SignedStatement
from ledger.proofs.statements import Statement, assured
from ledger.services.companies import Scorer
from ledger.signing import Domain
from ledger.store.reading import Reader
from ledger.store.records import Company
from ledger.units import Address, Digest


class Speaker:
    """States what a scorer finds, each company's once per block."""

    def __init__(self, scorer: Scorer, key: Key | None) -> None:
        self._scorer = scorer
        self._key = key
        self._said: dict[Address, SignedStatement] = {}

    def statement(self, reader: Reader, company: Company) -> SignedStatement:
        """What is stated of a company as of the last block indexed."""
        cursor = reader.require_cursor()
        known = self._said.get(company.address)
        if known is None or known.hash != cursor.block.hash:
            known = self._said[company.address] = self._state(reader, company, cursor.account, cursor.block.hash)
        return known

    def _state(self, reader: Reader, company: Company, account: str, block: Digest) -> SignedStatement:
        found = self._scorer.score(reader, company)
        said = Statement(account, company.address, company.head, found.policy, found.as_of, assured(found))
        stated = SignedStatement(said, found.as_of_block, block)
        return stated if self._key is None else self._key.sign_statement(stated, Domain.of(account))
