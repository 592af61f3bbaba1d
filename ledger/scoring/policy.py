"""The policy: every number of judgement in a score, as data, named by its hash.

The hash is keccak256 of the policy's canonical JSON (RFC 8785). Who changes a policy makes another hash; scores under
the old one stay checkable.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import InvalidPolicy
from ledger.units import Digest, digest_of

POINT = 10_000
"""Basis points of credit for a promise kept in full."""

SAFE_INTEGER = 2**53 - 1
"""Canonical JSON holds no integer above this (RFC 7493)."""

Count = Annotated[int, Field(ge=0, le=SAFE_INTEGER, strict=True)]
Positive = Annotated[int, Field(ge=1, le=SAFE_INTEGER, strict=True)]
Share = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
"""In parts per million."""

Ratio = Annotated[list[Positive], Field(min_length=2, max_length=2)]
"""An exact fraction as [numerator, denominator]."""


class Policy(BaseModel):
    """A scoring policy. Times in seconds unless the name says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=40)]
    version: Literal[1]
    tolerance_s: Count
    """Lateness that still counts as on time beside the strict figure; the US DOT grants flights 900."""
    grace_share: Ratio
    """Grace as a share of the promised duration: a promise later than its grace earns nothing."""
    grace_cap_s: Positive
    """The most that grace can be, whatever the promised duration."""
    late_credit_bp: Annotated[int, Field(ge=0, le=POINT, strict=True)]
    """Basis points of credit just after the due time; falls in a straight line to zero at the end of the grace."""
    min_promises: Positive
    """Matured promises below which nothing is judged, and cohort figures stay hidden."""
    green_from_ppm: Share
    """The assured floor from which a badge is green."""
    amber_from_ppm: Share
    """The assured floor from which a badge is amber; red below."""
    z: Ratio
    """The normal quantile of the reliability interval: 1.959964 for 95%, two-sided."""
    period_days: Positive
    """Cohorts are compared within a service and a period of so many days since 1970-01-01."""
    fairness_margin_ppm: Share
    """The gap between cohorts that is tolerated."""
    fairness_z_by_pairs: Annotated[
        dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")], Ratio], Field(min_length=1)
    ]
    """The normal quantile for each number of pairs compared at once (Bonferroni)."""

    @cached_property
    def hash(self) -> Digest:
        """keccak256 of the canonical JSON."""
        return digest_of(rfc8785.dumps(self.model_dump()))

    @property
    def z_squared(self) -> Fraction:
        """The square of `z`, exactly."""
        return Fraction(*self.z) ** 2

    def fairness_z_squared(self, pairs: int) -> Fraction | None:
        """The squared quantile when `pairs` pairs are compared; None if the policy has none for so many."""
        ratio = self.fairness_z_by_pairs.get(str(pairs))
        return None if ratio is None else Fraction(*ratio) ** 2

    def credit_bp(self, lateness: int | None, duration: int) -> int:
        """Credit of a matured promise in basis points, rounded down.

        `lateness` in seconds after the due time, None if not fulfilled; `duration` in seconds from making to due.
        """
        if lateness is None:
            return 0
        if lateness == 0:
            return POINT
        numerator, denominator = self.grace_share
        grace = min(duration * numerator // denominator, self.grace_cap_s)
        return self.late_credit_bp * (grace - lateness) // grace if lateness < grace else 0

    @classmethod
    def standard(cls) -> Self:
        """The policy that comes with the package."""
        return cls.parse(files(__package__).joinpath("policy.json").read_bytes(), "ledger/scoring/policy.json")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a policy from a file. Raises InvalidPolicy."""
        try:
            return cls.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise InvalidPolicy(str(path), error.strerror or str(error)) from error

    @classmethod
    def parse(cls, content: bytes, where: str) -> Self:
        """Reads a policy from JSON; `where` names it in errors. Raises InvalidPolicy."""
        try:
            return cls.model_validate(json.loads(content, object_pairs_hook=_no_duplicates))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the document"
            raise InvalidPolicy(where, f"{field}: {first['msg']}") from error
        except (ValueError, RecursionError) as error:
            raise InvalidPolicy(where, str(error)) from error


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member's name occurs twice")
    return members
