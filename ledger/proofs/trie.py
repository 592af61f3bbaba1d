"""Proofs in Ethereum's Merkle–Patricia tries, checked strictly (Yellow Paper, appendix D).

A proof is the nodes from the root down to a value, in that order: none may be missing, and none may be too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import rlp
from rlp.exceptions import RLPException

from ledger.errors import InvalidProof
from ledger.units import Digest, digest_of

MOST_NODES = 64
"""More than the depth of any trie whose keys have 32 bytes."""

_HASHED_FROM = 32
"""Bytes from which on a node stands in its parent by its hash."""

Node = list["bytes | Node"]


def value_in(root: Digest, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value that a trie holds at a key. Raises InvalidProof, also where the trie holds none."""
    if len(nodes) > MOST_NODES:
        raise InvalidProof(f"it has {len(nodes)} trie nodes, and no trie is so deep")
    path = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    ahead = list(nodes)
    reference: bytes | Node = root
    while True:
        node = _opened(reference, ahead)
        if len(node) == 17:
            if not path:
                return _value(node[16], ahead)
            reference = node[path.pop(0)]
        elif len(node) == 2:
            part, is_leaf = _path(node[0])
            if path[: len(part)] != part or (is_leaf and len(path) != len(part)):
                raise InvalidProof("the trie holds nothing at that place")
            path = path[len(part) :]
            if is_leaf:
                return _value(node[1], ahead)
            reference = node[1]
        else:
            raise InvalidProof(f"a trie node has {len(node)} parts, not 2 or 17")


def _opened(reference: bytes | Node, ahead: list[bytes]) -> Node:
    """The node that a reference means: one in the proof by its hash, or a small one that stands there itself."""
    if isinstance(reference, list):
        return reference
    if not reference:
        raise InvalidProof("the trie holds nothing at that place")
    if len(reference) != _HASHED_FROM:
        raise InvalidProof(f"a reference in the trie has {len(reference)} bytes")
    if not ahead:
        raise InvalidProof("a trie node is missing")
    content = ahead.pop(0)
    if digest_of(content) != reference:
        raise InvalidProof("a trie node is not the one that its parent names, or the root is another")
    node = decoded(content)
    if not isinstance(node, list):
        raise InvalidProof("a trie node is no list")
    return node


def _path(part: bytes | Node) -> tuple[list[int], bool]:
    """A compact path, and whether a leaf's (Yellow Paper, appendix C)."""
    if not isinstance(part, bytes) or not part:
        raise InvalidProof("a trie node has no path")
    flag, nibbles = part[0] >> 4, [nibble for byte in part for nibble in (byte >> 4, byte & 15)]
    if flag > 3 or (flag % 2 == 0 and nibbles[1] != 0):
        raise InvalidProof(f"a trie node's path begins with 0x{part[:1].hex()}")
    return nibbles[1 if flag % 2 else 2 :], flag >= 2


def _value(value: bytes | Node, ahead: list[bytes]) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise InvalidProof("the trie holds nothing at that place")
    if ahead:
        raise InvalidProof(f"{len(ahead)} trie nodes are left over")
    return value


def decoded(content: bytes) -> bytes | Node:
    """RLP, strictly: one item, in the only way that it can be written. Raises InvalidProof."""
    try:
        return cast("bytes | Node", rlp.decode(content, strict=True))
    except (RLPException, RecursionError) as error:
        raise InvalidProof(f"it is not RLP: {error}") from error
