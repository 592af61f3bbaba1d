"""The nodes that a command asks, and an index of its own of what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.text import Text

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.cli.text import index_progress, plain_console
from ledger.errors import BlockNotThere, BrokenLink, HeadMismatch, LogsMissing, MalformedLog, NodesDisagree, NotChecked
from ledger.indexer.notices import NodeDistrusted, NodeFailed, Notice, Rewound
from ledger.services.auditing import deployment_on, private_index
from ledger.settings import Settings
from ledger.store.reading import Reader
from ledger.units import BlockNumber

err = plain_console(stderr=True)

DOUBTS = 4
"""How often in a row one who follows the chain asks again after a contradiction: half a minute in all."""

DOUBTFUL = (BrokenLink, HeadMismatch, LogsMissing, MalformedLog, NodesDisagree)
"""Contradictions that another answer may settle."""

Rpc = Annotated[
    list[str] | None, typer.Option(help="URL of a node to ask, several times for several; else TROTH_RPC_URL.")
]


def settings_with(rpc: list[str] | None) -> Settings:
    """The settings, with these nodes in the place of theirs. Raises InvalidSettings."""
    return Settings.read(rpc_url=",".join(rpc)) if rpc else Settings.read()


def complain(notice: Notice) -> None:
    """Says what went wrong with a node, where work goes on all the same."""
    if isinstance(notice, NodeFailed | NodeDistrusted | Rewound):
        err.print(Text("note:", "yellow"), notice.why)


def deployment_for(settings: Settings, node: Node) -> Deployment:
    """The ledger that is meant: by its record, or else where it is on the node's chain. Raises as both do."""
    return settings.found_deployment(node.chain_id) or deployment_on(node)


@contextmanager
def agreeing() -> Iterator[None]:
    """Turns nodes that do not agree into NotChecked: it says nothing of whom they were asked about."""
    try:
        yield
    except NodesDisagree as error:
        raise NotChecked("The ledger's log", f"the nodes do not agree: {error.what.removesuffix('.')}") from error


@contextmanager
def index_of_own(
    settings: Settings, until: BlockNumber | None = None
) -> Iterator[tuple[Reader, Sequence[Node], Deployment]]:
    """Indexes the whole ledger from the nodes, all that count for a quorum, with progress, and keeps nothing.

    Raises BlockNotThere, before all the work, where a block `until` which one wants to look is still to come.
    """
    nodes = settings.open_nodes()
    deployment = deployment_for(settings, nodes.all[0])
    if until is not None:
        latest = nodes.all[0].block("latest")
        if latest is not None and latest.number < until:
            raise BlockNotThere(until, latest.number)
    with agreeing(), index_progress(err) as show:

        def tell(notice: Notice) -> None:
            show(notice)
            complain(notice)

        opened = private_index(
            nodes,
            deployment,
            settings.finality_of(deployment),
            settings.limits(agreeing=len(nodes.all)),
            tell,
            settings.load_policy(),
        )
        with opened as reader:
            yield reader, nodes.all, deployment
