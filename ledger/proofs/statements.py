"""Statements: what is said of a company's promises up to one event, so that anybody can compute it again.

A statement holds what its company's own log and a policy give, and nothing else: figures that depend on other companies
(the estimate, ambition) are left out. It is canonical JSON (RFC 8785), and its keccak256 is what an anchor has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import rfc8785

from ledger.decoding import decode
from ledger.errors import InvalidInput, InvalidProof
from ledger.events import Log, PromiseEvent
from ledger.links import head_in
from ledger.lives import lives_of
from ledger.scoring.fairness import CohortFigure, Conduct, Gap
from ledger.scoring.intervals import Interval
from ledger.scoring.policy import Policy
from ledger.scoring.reliability import Reliability, Stratum
from ledger.scoring.rows import Book
from ledger.scoring.score import Caution, Score, score
from ledger.scoring.tallies import fold
from ledger.units import (
    MAX_QUANTITY,
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    digest_of,
    parse_address,
    parse_digest,
    show_address,
    show_hex,
)

VERSION = 1

HOUR_S = 3600


@dataclass(frozen=True)
class Statement:
    """What is said, of whom, and what it rests on."""

    ledger: str
    """The contract, by CAIP-10."""
    company: Address
    head: Digest
    """The company's head after the last event that counts."""
    policy: Digest
    as_of: Timestamp
    """The time at which promises were judged."""
    figures: dict[str, Any]

    @property
    def words(self) -> dict[str, Any]:
        """The statement as JSON has it."""
        return {
            "version": VERSION,
            "ledger": self.ledger,
            "company": show_address(self.company),
            "head": show_hex(self.head),
            "policy": show_hex(self.policy),
            "as_of": self.as_of,
            "figures": self.figures,
        }

    @cached_property
    def digest(self) -> Digest:
        """What names it: keccak256 of its canonical JSON."""
        return digest_of(rfc8785.dumps(self.words))


def judged_at(last_event: Timestamp, anchored: Timestamp) -> Timestamp:
    """When the statement of an anchor judges promises: at the full hour before the anchor's block, or at the last event
    if that came later.

    Whoever sends an anchor can't know its block's time to the second, and is not to choose a better day. So it is no
    choice at all, and whoever sees an anchor can compute what it must say.
    """
    return Timestamp(max(last_event, anchored - anchored % HOUR_S))


def scored(logs: Sequence[Log], block: BlockNumber, as_of: Timestamp, policy: Policy) -> Score:
    """The score that a company's log alone gives, as of a time not before its last event. Raises MalformedLog."""
    events = [event for log in logs if isinstance(event := decode(log), PromiseEvent)]
    return score(fold(lives_of(events).values(), as_of, policy), Book(), block, as_of, policy)


def statement_of(ledger: str, logs: Sequence[Log], as_of: Timestamp, policy: Policy) -> Statement:
    """The statement that follows from a company's log. Raises as `scored` does."""
    figures = assured(scored(logs, logs[-1].block, as_of, policy))
    return Statement(ledger, logs[-1].company, head_in(logs[-1]), policy.hash, as_of, figures)


def read_statement(words: Any) -> Statement:
    """Reads a statement from JSON. Raises InvalidProof."""
    try:
        if words.keys() != {"version", *(field.name for field in fields(Statement))} or words["version"] != VERSION:
            raise ValueError(f"it is not an object of version {VERSION}")
        as_of, figures = words["as_of"], words["figures"]
        if type(as_of) is not int or not 0 <= as_of <= MAX_QUANTITY or not isinstance(figures, dict):
            raise ValueError("its time or its figures are none")
        statement = Statement(
            str(words["ledger"]),
            parse_address(words["company"]),
            parse_digest(words["head"]),
            parse_digest(words["policy"]),
            Timestamp(as_of),
            figures,
        )
        # Its letters are hashed. And it may hold numbers that JSON has no way to write.
        if rfc8785.dumps(words) != rfc8785.dumps(statement.words):
            raise ValueError("it is not written as statements are: addresses by EIP-55, the rest in small letters")
    except (InvalidInput, AttributeError, TypeError, ValueError, RecursionError) as error:
        said = error.what.removesuffix(".") if isinstance(error, InvalidInput) else str(error)[:200]
        raise InvalidProof(f"its statement can't be read: {said}") from error
    return statement


def require_same(statement: Statement, figures: dict[str, Any]) -> None:
    """Raises InvalidProof, which names the first that differs, if a statement has other figures than these."""
    found = replace(statement, figures=figures)
    if found.digest != statement.digest:
        place, said, true = _differing(statement.figures, figures)
        raise InvalidProof(f"its statement says {said} for {place}, and its events give {true}")


def _differing(said: Any, true: Any, place: str = "its figures") -> tuple[str, str, str]:
    """The first place in which two parts of JSON differ, and what each has there."""
    if isinstance(said, dict) and isinstance(true, dict) and said.keys() == true.keys():
        pairs = [(said[key], true[key], key if place == "its figures" else f"{place}.{key}") for key in true]
    elif isinstance(said, list) and isinstance(true, list) and len(said) == len(true):
        pairs = [(one, other, f"{place}.{number}") for number, (one, other) in enumerate(zip(said, true, strict=True))]
    else:
        pairs = []
    for one, other, where in pairs:
        if rfc8785.dumps(one) != rfc8785.dumps(other):
            return _differing(one, other, where)
    return place, _short(said), _short(true)


def _short(value: Any) -> str:
    shown: str = rfc8785.dumps(value).decode()
    return shown if len(shown) <= 80 else f"{shown[:80]} …"


def assured(score: Score) -> dict[str, Any]:
    """The figures of a score that its company's own log and the policy give, as JSON has them.

    Rates are in ppm, evidence in thousandths of a promise, times in seconds.
    """
    fair = score.fairness
    return {
        "policy": show_hex(score.policy),
        "counts": score.counts._asdict(),
        "open": score.open,
        "released": score.released,
        "floor": score.floor,
        "grade": str(score.grade),
        "confirmed": score.confirmed,
        "witnessed": score.witnessed,
        "reliability": _reliability(score.reliability),
        "routine": _stratum(score, Stratum.ROUTINE),
        "critical": _stratum(score, Stratum.CRITICAL),
        "fairness": {
            "state": str(fair.state),
            "since": int(fair.since),
            "outcome": [_gap(gap) for gap in fair.outcome],
            "remedy": [_gap(gap) for gap in fair.remedy],
            "outcome_mean_difference": fair.outcome_mean_difference,
            "outcome_ratio": fair.outcome_ratio,
            "conduct": {name: _conduct(conduct) for name, conduct in fair.conduct.items()},
            "announced": _interval(fair.announced),
            "answer_time": fair.answer_time,
            "shared": fair.shared,
            "cohorts": [_cohort(cohort) for cohort in fair.cohorts],
        },
        "burns": [
            {
                "days": burn.days,
                "matured": burn.matured,
                "lost": burn.lost,
                "budget": burn.budget,
                "threshold": burn.threshold,
                "rings": burn.rings,
            }
            for burn in score.burns
        ],
        "cautions": [str(caution) for caution in score.cautions if caution is not Caution.PADDED],
    }


def _reliability(found: Reliability) -> dict[str, Any]:
    return {
        "evidence_milli": found.evidence.milli,
        "customers_milli": found.evidence.customers_milli,
        "credited": _interval(found.credited),
        "strict": _interval(found.strict),
        "parts": found.parts._asdict(),
    }


def _stratum(found: Score, stratum: Stratum) -> dict[str, Any] | None:
    return _reliability(found.strata[stratum]) if stratum in found.strata else None


def _interval(interval: Interval) -> dict[str, int]:
    return {"rate": interval.rate, "low": interval.low, "high": interval.high}


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "first": gap.first,
        "second": gap.second,
        "estimate": gap.estimate,
        "low": gap.low,
        "high": gap.high,
        "strata": gap.strata,
        "state": str(gap.state),
    }


def _cohort(cohort: CohortFigure) -> dict[str, Any]:
    return {
        "cohort": cohort.cohort,
        "matured": cohort.matured,
        "kept": cohort.kept and _interval(cohort.kept),
        "shrunk": cohort.shrunk,
    }


def _conduct(conduct: Conduct) -> dict[str, Any]:
    return {
        "cases": conduct.cases,
        "bad": conduct.bad,
        "share": _interval(conduct.share),
        "state": str(conduct.state),
    }
