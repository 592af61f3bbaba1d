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
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import InvalidPolicy
from ledger.scoring.decay import table_digest
from ledger.strict import members
from ledger.units import MOST_NUMBER, WHOLE, ZERO_DIGEST, Address, Digest, digest_of, show_hex

POINT = 10_000
"""Basis points of credit for a promise kept in full."""

PUBLISHED = ("standard", "strict")
"""Names of the policies that come with the package."""

Count = Annotated[int, Field(ge=0, le=MOST_NUMBER, strict=True)]
Positive = Annotated[int, Field(ge=1, le=MOST_NUMBER, strict=True)]
Credit = Annotated[int, Field(ge=0, le=POINT, strict=True)]
"""In basis points."""

Share = Annotated[int, Field(ge=1, le=WHOLE, strict=True)]
"""In parts per million."""

Ratio = Annotated[list[Positive], Field(min_length=2, max_length=2)]
"""An exact fraction as [numerator, denominator]."""

HalfLife = Literal[15, 30, 90, 180]
"""In days."""

Code = Annotated[str, Field(pattern=r"^0x[0-9a-f]{16}$")]
"""A service, by the first 8 bytes of keccak256 of its published name."""

AddressText = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
DigestText = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class _Part(BaseModel):
    # Its words are the schema's too.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Prior(_Part):
    """What is expected of a company before its own promises speak: a Beta distribution."""

    mean_ppm: Share
    """What is expected where there are too few companies to learn from."""
    strength: Positive
    """How many promises it weighs, where there are too few companies to learn from."""
    strongest: Positive
    """The most that what is learnt from other companies may weigh; `strength` is the least."""
    companies: Positive
    """Companies of one service from which on the prior is learnt from them."""


class Alarm(_Part):
    """When failures come faster than before."""

    days: Annotated[int, Field(ge=1, le=366, strict=True)]
    """The last days that are looked at."""
    burn: Ratio
    """The multiple of the error budget, one less what was assured before those days, at which it rings."""


class Policy(_Part):
    """A scoring policy. Times in seconds unless the name says otherwise."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    """What people call it; its hash is what names it."""
    version: Literal[2]
    """Of this form."""

    grace_share: Ratio
    """Grace as a share of the promised duration: a promise later than its grace earns nothing."""
    grace_cap_s: Positive
    """The most that grace can be, whatever the promised duration."""
    grace_cap_s_by_service: dict[Code, Positive]
    """In place of `grace_cap_s`, for single services."""
    late_credit_bp: Credit
    """Credit just after the due time, in basis points; falls in a straight line to zero at the end of the grace."""
    remedied_credit_bp: Credit
    """Credit of a promise whose remedy was taken, in basis points."""
    answer_s: Positive
    """Time for the answer to a dispute: one that took so long, or longer, came too late."""

    arbiters: list[AddressText]
    """Accounts whose word counts in full where they are named as arbiters, ascending."""
    customers: list[DigestText]
    """Customers by the word that stands in promises, whom somebody trusted vouches for, ascending: for what they
    countersigned.
    """
    unlisted_ppm: Share
    """κ, in parts per million: what a promise weighs that is neither to a customer who is listed and countersigned it,
    nor to the public under an arbiter who is listed.
    """
    correlation: Ratio
    """ρ, how alike promises to one customer turn out (intra-class correlation): its inverse is the most that one counts
    for.
    """

    epoch_day: Count
    """The day from which age is counted, in days since 1970-01-01; what was due before weighs as if due then."""
    half_life_days: HalfLife
    """Days after which a promise counts half."""
    half_life_days_by_service: dict[Code, HalfLife]
    """In place of `half_life_days`, for single services."""
    decay_tables: dict[Annotated[str, Field(pattern=r"^(15|30|90|180)$")], DigestText]
    """For each half-life that is used, keccak256 of its table's entries, 8 bytes each, the highest byte first."""

    critical_from: Annotated[int, Field(ge=1, le=3, strict=True)]
    """Promises with these stakes or higher are critical, the others routine."""
    z: Ratio
    """The normal quantile of all intervals but those of gaps between cohorts: 1.959964 for 95%, two-sided."""
    min_evidence: Positive
    """Evidence, in promises of today, below which a part is not judged."""
    green_from_ppm: Share
    """The assured floor from which a badge is green, if enough was confirmed."""
    amber_from_ppm: Share
    """The assured floor from which a badge is amber; red below."""
    green_confirmed_ppm: Share
    """The share of what was fulfilled that must have been confirmed, by words that weigh, for a badge to be green."""
    prior: Prior
    """What is expected before promises speak: for the estimate alone."""
    alarms: Annotated[list[Alarm], Field(max_length=5)]
    """The windows that are looked at for failures that come faster than before."""
    alarm_failures: Positive
    """Promises' worth of credit lost in a window, below which no alarm rings."""
    alarm_reach: Ratio
    """The most that an alarm waits for, as a share of the way from the error budget to nothing but failures."""

    period_days: Positive
    """Cohorts are compared within a service and a period of so many days since 1970-01-01."""
    periods: Annotated[int, Field(ge=1, le=30, strict=True)]
    """Fairness looks at the period that runs and those before it, so many in all."""
    compared_cohorts: Annotated[int, Field(ge=2, le=8, strict=True)]
    """Cohorts with codes from 1 to this are compared."""
    min_promises: Positive
    """Matured promises below which a cohort's figures stay hidden; promises, capped, below which it is not compared;
    cases below which conduct is not judged; and open promises below which nothing is said of exposure.
    """
    shared_ppm: Share
    """The share of what matured that must be comparable for anything to be called fair."""
    fairness_margin_ppm: Share
    """The gap between two cohorts that is tolerated."""
    misconduct_margin_ppm: Share
    """The share of misconduct (disputes not answered, changes by the company alone, …) that is tolerated."""
    overturned_margin_ppm: Share
    """The share of rulings lost that is tolerated."""
    untold_margin_ppm: Share
    """The share of failures of which the company did not tell first that is tolerated."""
    fairness_z_by_pairs: Annotated[
        dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,1}$")], Ratio], Field(min_length=1)
    ]
    """The normal quantile for each number of pairs compared at once: 5% on either side, by Bonferroni."""

    few_customers: Positive
    """Customers in effect, below which few are said to dominate."""
    exposure: Positive
    """A company with more open promises than this for each of evidence is said to promise more than it has shown."""
    ambition_ppm: Share
    """Deadlines are padded where peers, by their own, keep less than this share of what they would by them."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        used = {str(days) for days in (self.half_life_days, *self.half_life_days_by_service.values())}
        if used != self.decay_tables.keys():
            raise ValueError(f"decay_tables must hold the half-lives that are used, {', '.join(sorted(used))}")
        for days, digest in self.decay_tables.items():
            if digest != show_hex(table_digest(int(days))):
                raise ValueError(f"the digest of the table for {days} days is {show_hex(table_digest(int(days)))}")
        for name in ("arbiters", "customers"):
            listed: list[str] = getattr(self, name)
            if listed != sorted(set(listed)):
                raise ValueError(f"{name} must ascend, each named once")
        for name in ("correlation", "alarm_reach"):
            numerator, denominator = getattr(self, name)
            if numerator > denominator:
                raise ValueError(f"{name} is at most 1")
        pairs = self.compared_cohorts * (self.compared_cohorts - 1) // 2
        if missing := [number for number in range(1, pairs + 1) if str(number) not in self.fairness_z_by_pairs]:
            raise ValueError(f"fairness_z_by_pairs lacks {missing[0]}: {pairs} pairs may be compared")
        if self.prior.strength > self.prior.strongest:
            raise ValueError("the prior's strength is above its strongest")
        return self

    @cached_property
    def hash(self) -> Digest:
        """keccak256 of the canonical JSON."""
        return digest_of(rfc8785.dumps(self.model_dump()))

    @cached_property
    def z_squared(self) -> Fraction:
        """The square of `z`, exactly."""
        return Fraction(*self.z) ** 2

    def fairness_z_squared(self, pairs: int) -> Fraction:
        """The squared quantile when `pairs` pairs are compared."""
        return self._fairness_z_squared[pairs]

    @cached_property
    def _fairness_z_squared(self) -> dict[int, Fraction]:
        return {int(pairs): Fraction(*z) ** 2 for pairs, z in self.fairness_z_by_pairs.items()}

    @cached_property
    def _arbiters(self) -> frozenset[bytes]:
        return frozenset(bytes.fromhex(text[2:]) for text in self.arbiters)

    @cached_property
    def _customers(self) -> frozenset[bytes]:
        return frozenset(bytes.fromhex(text[2:]) for text in self.customers)

    @cached_property
    def _half_lives(self) -> dict[bytes, int]:
        return {bytes.fromhex(code[2:]): days for code, days in self.half_life_days_by_service.items()}

    @cached_property
    def _grace_caps(self) -> dict[bytes, int]:
        return {bytes.fromhex(code[2:]): cap for code, cap in self.grace_cap_s_by_service.items()}

    def lists(self, arbiter: Address) -> bool:
        """Whether an arbiter's word counts in full."""
        return arbiter in self._arbiters

    def trusts(self, customer: Digest, arbiter: Address, countersigned: bool) -> bool:
        """Whether a promise weighs in full, by whom it was made to: never by how it came out.

        Anybody can name a customer who is listed; a customer's own signature shows that it knows of the promise.
        """
        if customer != ZERO_DIGEST:
            return countersigned and customer in self._customers
        return self.lists(arbiter)

    def half_life(self, service: bytes) -> int:
        """A service's half-life in days."""
        return self._half_lives.get(service, self.half_life_days)

    def grace(self, service: bytes, duration: int) -> int:
        """Seconds after the due time in which a late promise still earns something."""
        numerator, denominator = self.grace_share
        share, cap = duration * numerator // denominator, self._grace_caps.get(service, self.grace_cap_s)
        return share if share < cap else cap

    @classmethod
    def named(cls, name: str) -> Self:
        """One of the policies that come with the package."""
        where = f"policies/{name}.json"
        return cls.parse(files(__package__).joinpath(where).read_bytes(), f"ledger/scoring/{where}")

    @classmethod
    def find(cls, text: str) -> Self:
        """One by its name, if it comes with the package, else by its file. Raises InvalidPolicy."""
        return cls.named(text) if text in PUBLISHED else cls.load(Path(text))

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
            return cls.model_validate(json.loads(content, object_pairs_hook=members))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the document"
            raise InvalidPolicy(where, f"{field}: {first['msg']}") from error
        except (ValueError, RecursionError) as error:
            raise InvalidPolicy(where, str(error)) from error
