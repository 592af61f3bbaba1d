"""Whether the scores hold up: in simulations whose truth is known, and on real promises month by month.

`coverage_min`: the least share of simulated companies whose assured floor was not above the truth, over all
combinations of intra-class correlation 0 to 0.3, 5 to 200 promises, 1 to 20 to each of at least five customers.
`lucky_day`: the share of companies that found a floor above the truth on some day of a year, asking every day.
`matured_bias`: what the score says of a company that keeps 80%, less 0.8; `counted_early` is the same for who counts
fulfilments at once. `brier`, `log_loss`, `ece`: flights of 2013 and requests to Boston, each month foretold from those
before; Elo has the step that was best in hindsight. `false_unfair`: the most, over 30 to 3,000 promises each, that
cohorts treated alike were called unfair, and with 5 or 20 promises that turn out alike to each of 12 or 40 customers;
`at_margin` where one's gap is just what is tolerated. `power`: how often a
gap of ten points is found with 1,000 promises each; `2 cohorts of .9` means .9 against .8. `simpson_gap`: what EWR's
flights kept less what JFK's did, in points: as it comes, and by airline, destination and four weeks.

Pictures are saved in results/ as science-*.svg.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pygal
from rich.console import Console

from api.charts import STYLE
from benchmarks.report import RESULTS, report
from benchmarks.science_backtest import GRACE_S, Verdict, backtest, boston_cases, flight_cases
from benchmarks.science_simulation import (
    CORRELATIONS,
    RATES,
    SIZES,
    Coverage,
    coverages,
    false_at_margin,
    false_by_likeness,
    false_unfair,
    lucky_day,
    matured_bias,
    power,
)
from ledger.scoring.fairness import fairness
from ledger.scoring.recent import recent_of
from ledger.scoring.tallies import fold
from ledger.sources.flights import ORIGINS, Flight, flights
from ledger.units import WHOLE, Timestamp
from tests.support.build import a_policy, a_standing

BOSTON = Path(__file__).resolve().parents[2] / "shared" / "data" / "boston311.csv.gz"
COHORTS = (2, 4)
POINTS = 100
FEWEST = 100
"""Cases below which a tenth is not drawn."""


def main() -> None:
    """Runs everything; says on the way what it is at."""
    _say("Simulating companies whose truth is known: the assured floor")
    covered = list(coverages())
    lucky = {f"{each} a day": lucky_day(each) for each in (1, 5)}
    _say("… promises that are counted when they mature")
    bias, early = matured_bias()
    _say("… cohorts that are treated alike, and unlike")
    alike = {cohorts: false_unfair(cohorts) for cohorts in COHORTS}
    found = {(cohorts, rate): power(cohorts, rate) for cohorts in COHORTS for rate in RATES}
    _say("Foretelling the flights of 2013, month by month")
    flown = flights(date(2013, 1, 1), 365)
    verdicts = {"flights": backtest(flight_cases(flown))}
    if BOSTON.exists():
        _say("Foretelling requests to Boston, month by month")
        verdicts["boston"] = backtest(boston_cases(BOSTON))
    _say("Comparing two airports")
    crude, stratified = simpson(flown)
    report(
        "science",
        {
            "coverage_min": min(case.share for case in covered),
            "lucky_day": lucky,
            "matured_bias": round(bias, 4),
            "counted_early": round(early, 4),
            **{
                f"{name} {source}": {each: round(getattr(verdict, name), 5) for each, verdict in found_.items()}
                for source, found_ in verdicts.items()
                for name in ("brier", "log_loss", "ece")
            },
            "false_unfair": {
                f"{cohorts} cohorts": max(said for said, _ in by_size.values()) for cohorts, by_size in alike.items()
            },
            "false_unfair, alike within customers": {
                f"correlation {correlation}": false_by_likeness(correlation) for correlation in CORRELATIONS
            },
            "at_margin": {f"{cohorts} cohorts": false_at_margin(cohorts) for cohorts in COHORTS},
            "best_less_worst": {f"{cohorts} cohorts of 30": by_size[30][1] for cohorts, by_size in alike.items()},
            "power": {f"{cohorts} cohorts of {rate}": by_size[1000] for (cohorts, rate), by_size in found.items()},
            "simpson_gap": {"crude": round(crude, 2), "stratified": round(stratified, 2)},
        },
    )
    _draw_coverage(covered)
    for source, by_name in verdicts.items():
        _draw_reliability(source, by_name)
        _draw_brier(source, by_name)
    _draw_power(found)


def _say(what: str) -> None:
    Console(stderr=True).print(what)


def simpson(flown: Sequence[Flight]) -> tuple[float, float]:
    """What flights from EWR kept less what those from JFK did, in points: crude, and like with like."""
    policy = a_policy(half_life_days=180)
    as_of = Timestamp(max(flight.due_at for flight in flown) + GRACE_S)
    standings = []
    for flight in flown:
        due = flight.due_at + GRACE_S
        late = None if flight.landed_at is None else flight.landed_at - due
        standing = a_standing(
            late if late is None or late > flight.departs_at - due else 0,
            service=flight.carrier + flight.destination,
            cohort=1 + ORIGINS.index(flight.origin),
            due_at=due,
            duration=due - flight.departs_at,
        )
        standings.append(standing)
    figure = fairness(recent_of(fold(standings, as_of, policy), as_of, policy), policy)
    rates = {each.cohort: each.kept.rate for each in figure.cohorts if each.kept is not None}
    first, second = (1 + ORIGINS.index(origin) for origin in ("EWR", "JFK"))
    (gap,) = [gap for gap in figure.outcome if (gap.first, gap.second) == (first, second)]
    return POINTS * (rates[first] - rates[second]) / WHOLE, POINTS * gap.estimate / WHOLE


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────

COLOURS = ("#0b5cad", "#8a5a00", "#1b7a2f", "#b3261e", "#5b3a8c", "#3b3b3b")


def _chart(kind: Any, name: str, series: Mapping[str, Any], **options: Any) -> None:
    style = type("Coloured", (type(STYLE),), {})(**vars(STYLE) | {"colors": COLOURS})
    chart = kind(style=style, js=[], width=820, height=480, legend_at_bottom=True, **options)
    for title, values in series.items():
        chart.add(title, values)
    chart.render_to_file(str(RESULTS / f"science-{name}.svg"))


def _draw_coverage(covered: Sequence[Coverage]) -> None:
    worst: defaultdict[tuple[float, int], float] = defaultdict(lambda: 1.0)
    for case in covered:
        worst[case.correlation, case.promises] = min(worst[case.correlation, case.promises], case.share)
    promises = sorted({case.promises for case in covered})
    series = {
        f"correlation {correlation}": [worst[correlation, number] for number in promises]
        for correlation in sorted({case.correlation for case in covered})
    }
    _chart(
        pygal.Line,
        "coverage",
        series,
        title="How often the assured floor is not above the truth (the worst case)",
        x_labels=promises,
        x_title="promises",
        range=(0.9, 1),
    )


def _draw_reliability(source: str, verdicts: Mapping[str, Verdict]) -> None:
    shown = {
        name: [(foretold, kept) for foretold, kept, size in verdict.bins if size >= FEWEST]
        for name, verdict in verdicts.items()
    }
    _chart(
        pygal.XY,
        f"reliability-{source}",
        {"perfect": [(0, 0), (1, 1)], **shown},
        title=f"What was foretold and what was kept, in tenths: {source}",
        x_title="foretold",
        y_title="kept",
        range=(0, 1),
        xrange=(0, 1),
    )


def _draw_brier(source: str, verdicts: Mapping[str, Verdict]) -> None:
    ours = verdicts["estimate"].brier
    others = {name: verdict.brier for name, verdict in verdicts.items() if name != "estimate"}
    _chart(
        pygal.HorizontalBar,
        f"brier-{source}",
        {f"{name}: {brier:.5f}": round((brier - ours) * 100_000) for name, brier in sorted(others.items())},
        title=f"Brier score above the estimate's {ours:.5f}, in hundred thousandths: {source}",
        print_values=True,
    )


def _draw_power(found: Mapping[tuple[int, float], Mapping[int, float]]) -> None:
    _chart(
        pygal.Line,
        "power",
        {f"{cohorts} cohorts of {rate}": list(by_size.values()) for (cohorts, rate), by_size in found.items()},
        title="How often a gap of ten points is found",
        x_labels=SIZES,
        x_title="promises to each cohort",
        range=(0, 1),
    )


if __name__ == "__main__":
    main()
