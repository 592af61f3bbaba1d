"""The Wilson score interval in exact integers.

Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). With k successes of n
and the normal quantile z, the interval's ends are

    (2k + z² ∓ z·√(z² + 4k(n − k)/n)) / (2(n + z²)),

where k and n need not be whole: promises are weighted. The one root is taken of an integer, and rounded outwards, so
that both ends are exact: the lower is the true one rounded down, the upper the true one rounded up.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import NamedTuple

from ledger.units import WHOLE, Ppm

Ratio = tuple[int, int]
"""A rational number as numerator and denominator: exact, and never brought to its lowest terms, which would take longer
than all that is done with it.
"""


class Interval(NamedTuple):
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
    """Both ends in units of 1/`scale`: the lower rounded down, the upper rounded up; 0 to 1 if there are no trials.

    `successes` and `trials` are in units of 1/`unit`.
    """
    if trials == 0:
        return 0, scale
    u, v = z_squared.as_integer_ratio()
    # The formula with numerator and denominator multiplied by trials·unit·v, which leaves integers only.
    widened = u * trials * unit
    center = 2 * successes * trials * v + widened
    root = isqrt_up(scale * scale * widened * (widened + 4 * v * successes * (trials - successes)))
    denominator = 2 * (trials * trials * v + widened)
    return (scale * center - root) // denominator, -((-scale * center - root) // denominator)


def wilson_of_rate(rate: int, trials: int, z_squared: Ratio, scale: int) -> tuple[int, int]:
    """The same for a rate in units of 1/`scale`, in numbers half as long.

    `trials`, of which there are some, and the squared quantile may be in any unit, if it is one.
    """
    u, v = z_squared
    weight = trials * v
    center = 2 * weight * rate + u * scale
    root = isqrt_up(u * (u * scale * scale + 4 * weight * rate * (scale - rate)))
    denominator = 2 * (weight + u)
    return (center - root) // denominator, -((-center - root) // denominator)


def isqrt_up(value: int) -> int:
    """The least integer whose square is at least `value`."""
    return isqrt(value - 1) + 1 if value else 0
