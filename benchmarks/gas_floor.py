"""The least gas that a transaction can use, by the protocol's prices for sending, storing and logging.

Nothing is counted for computing: an implementation that checked nothing would still pay this.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.meter import Spent

TRANSACTION = 21_000
"""For being a transaction."""
COLD_READ = 2_100
"""For a slot that the transaction has not touched before (EIP-2929)."""
NEW_SLOT = 20_000 + COLD_READ
"""For a cold slot that turns from zero (EIP-2929 upon EIP-2200)."""
CHANGED_SLOT = 2_900 + COLD_READ
"""For a cold slot that was not zero and changes (EIP-2929 upon EIP-2200)."""
RECOVERY = 3_000
"""For recovering a signature's key: the precompile ecrecover."""


@dataclass(frozen=True)
class Needs:
    """What an action can't do without, besides its calldata and its log."""

    new: int = 0
    """Slots that turn from zero."""
    changed: int = 0
    """Slots that were not zero and change."""
    read: int = 0
    """Slots that are only read."""
    recovered: int = 0
    """Signatures."""


def floor(spent: Spent, needs: Needs) -> int:
    """The least gas for a transaction with this calldata and these logs, and these needs."""
    execution = needs.new * NEW_SLOT + needs.changed * CHANGED_SLOT + needs.read * COLD_READ
    execution += needs.recovered * RECOVERY
    execution += sum(log_gas(topics, len(data)) for topics, data in spent.logs)
    return with_calldata(spent.data, execution)


def with_calldata(data: bytes, execution: int) -> int:
    """A transaction's gas, given what its execution uses.

    Calldata costs 4 for a zero byte and 16 for another (EIP-2028). Where little is executed, the transaction costs no
    less than 10 for a zero byte and 40 for another instead of both (EIP-7623).
    """
    zeros = data.count(0)
    tokens = zeros + 4 * (len(data) - zeros)
    return TRANSACTION + max(4 * tokens + execution, 10 * tokens)


def log_gas(topics: int, length: int) -> int:
    """The gas of a log with so many topics and bytes of data (Yellow Paper, appendix G)."""
    return 375 + 375 * topics + 8 * length
