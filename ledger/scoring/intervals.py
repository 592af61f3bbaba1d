"""The Wilson score interval in exact integers.

Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). With k successes of n
and the normal quantile z, the interval's ends are

    (2k + z² ∓ z·√(z² + 4k(n − k)/n)) / (2(n + z²)),

where k and n need not be whole: promises are weighted. The one root is taken of an integer, and rounded outwards, so
that both ends are exact: the lower is the true one rounded down, the upper the true one rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from ledger.units import WHOLE, Ppm


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate and where the true one lies."""

    rate: Ppm
    """Rounded down."""
    low: Ppm
    """Rounded down."""
    high: Ppm
    """Rounded up."""


def interval(successes: int, trials: int, z_squared: Fraction) -> Interval:
    """The rate of whole successes in whole trials, with its Wilson interval; 0 to 1 where there are no trials."""
    low, high = wilson(successes, trials, 1, z_squared, WHOLE)
    return Interval(Ppm(successes * WHOLE // trials if trials else 0), Ppm(low), Ppm(high))


def wilson(successes: int, trials: int, unit: int, z_squared: Fraction, scale: int) -> tuple[int, int]:
    """Both ends in units of 1/`scale`: the lower rounded down, the upper rounded up.

    `successes` and `trials` are in units of 1/`unit`.
    """
    return wilson_of_share(successes, trials, trials * unit, z_squared, scale)


def wilson_of_share(part: int, whole: int, spread: int, z_squared: Fraction, scale: int) -> tuple[int, int]:
    """The same, of the share `part`/`whole` in `whole`²/`spread` trials: 0 to 1 if `whole` is 0."""
    if whole == 0:
        return 0, scale
    u, v = z_squared.as_integer_ratio()
    # The formula with numerator and denominator multiplied by spread·v, which leaves integers only.
    widened = u * spread
    center = 2 * part * whole * v + widened
    root = isqrt_up(scale * scale * widened * (widened + 4 * v * part * (whole - part)))
    denominator = 2 * (whole * whole * v + widened)
    return (scale * center - root) // denominator, -((-scale * center - root) // denominator)


def isqrt_up(value: int) -> int:
    """The least integer whose square is at least `value`."""
    return isqrt(value - 1) + 1 if value else 0
