"""Watching: follows companies, and looks at everything that is said of them as it comes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.events import Block
from ledger.gateways import Gateway
from ledger.indexer.run import Indexer
from ledger.services.companies import find_company
from ledger.services.monitoring import (
    Claims,
    Finding,
    Policies,
    Shape,
    ToldAnchor,
    Verdict,
    anchors_of,
    claims_of,
    examine_anchors,
    examine_claims,
    examine_pace,
    named_block,
)
from ledger.services.past import Progress
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.units import Address, BlockNumber, show_address, show_hex


class Watcher:
    """Looks again and again, and reports each anchor once, and of a gateway only what is new."""

    def __init__(
        self,
        nodes: Sequence[Node],
        indexer: Indexer,
        database: Database,
        deployment: Deployment,
        policies: Policies,
        companies: Sequence[str],
        senders: Collection[Address],
        gateways: Sequence[Gateway],
        shape: Shape,
        looking: Callable[[], AbstractContextManager[Progress]],
    ) -> None:
        self._nodes = nodes
        self._indexer = indexer
        self._database = database
        self._deployment = deployment
        self._policies = policies
        self._companies = companies
        self._senders = senders
        self._gateways = gateways
        self._shape = shape
        self._looking = looking
        self._addresses: list[Address] = []
        self._seen: set[ToldAnchor] = set()
        self._from = deployment.block
        self._last: dict[str, tuple[Verdict, str]] = {}
        self._named: dict[tuple[str, Address], BlockNumber] = {}
        """The last block that each gateway named of each company, and that the chain has."""
        self.reached: Block

    def look(self) -> Iterator[tuple[str, Finding]]:
        """Brings the index up to date, and gives what was found since, each with a name of the matter, the same when
        something else is found of it. Raises what an index raises, UnknownCompany.
        """
        asked = self._indexer.synchronise().block
        if not self._addresses:
            # Once: somebody else may call itself by the same handle later.
            with self._database.read() as reader:
                self._addresses = [find_company(reader, text).address for text in self._companies]
        companies = self._addresses
        claims = [
            (claims_of(gateway, show_address(company)), company) for gateway in self._gateways for company in companies
        ]
        # Again: gateways may know of blocks that came since.
        cursor = self._indexer.synchronise()
        self.reached = cursor.block
        with self._looking() as progress:
            there = anchors_of(self._nodes, self._deployment, companies, self._from, progress)
        with self._database.read() as reader:
            told = [
                each
                for each in there
                if each not in self._seen
                and each.placed.at.block <= cursor.block.number
                and (not self._senders or each.placed.anchored.sender in self._senders)
            ]
            findings = examine_anchors(reader, told, self._deployment, self._policies)
            for each, finding in zip(told, findings, strict=True):
                placed = each.placed
                yield f"anchor {show_hex(placed.at.transaction)} {show_hex(placed.anchored.statement)}", finding
                # Not before whoever asks has dealt with it.
                self._seen.add(each)
            # What the chain may still give up is looked at again.
            self._from = BlockNumber(max(self._from, cursor.final + 1))
            self._seen = {each for each in self._seen if each.placed.at.block >= self._from}
            for said, company in claims:
                found = examine_claims(
                    reader, self._nodes[0], said, company, self._deployment, self._policies, self._shape
                )
                for name, finding in zip(("statement", "score"), found, strict=True):
                    yield from self._new(f"{name} {said.url} {show_address(company)}", finding)
                pace = self._pace(reader, said, company, asked)
                yield from self._new(f"pace {said.url} {show_address(company)}", pace)

    def _pace(self, reader: Reader, said: Claims, company: Address, asked: Block) -> Finding:
        key, node = (said.url, company), self._nodes[0]
        # One that names no block of the chain stands where it was: it may make up a new one each time.
        last = named_block(reader, node, said)
        self._named[key] = self._named.get(key, asked.number) if last is None else last
        return examine_pace(reader, node, said.url, company, self._named[key], asked)

    def _new(self, matter: str, finding: Finding) -> Iterator[tuple[str, Finding]]:
        """It, if it is not what was found before: that a gateway still tells the truth is no news."""
        said = (finding.verdict, finding.why)
        if self._last.get(matter) != said:
            yield matter, finding
            self._last[matter] = said
