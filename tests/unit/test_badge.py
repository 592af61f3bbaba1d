"""The badge says what is assured, to eyes and to ears, and nothing else."""

from xml.etree import ElementTree

import pytest

from ledger.badge import COLOURS, badge_message, percent_down, render_badge
from ledger.scoring.policy import Policy
from ledger.scoring.score import Grade, Score, score
from ledger.scoring.tallies import Book, fold
from ledger.units import BlockNumber, Ppm, Timestamp
from tests.support.build import NOON, a_customer, a_standing


def scored(kept: int, broken: int) -> Score:
    outcomes = [0] * kept + [None] * broken
    standings = [a_standing(late, customer=a_customer(number)) for number, late in enumerate(outcomes)]
    as_of, policy = Timestamp(NOON + 1), Policy.named("standard")
    return score(fold(standings, as_of, policy), Book(), BlockNumber(1), as_of, policy)


def test_the_badge_shows_the_floor_and_the_day() -> None:
    result = scored(80, 20)
    floor = result.reliability.credited.low
    assert badge_message(result) == f"at least {floor // 10_000}.{floor // 1000 % 10} % · 2013-01-24"


def test_thin_evidence_is_said_in_grey() -> None:
    badge = render_badge("Acme", scored(19, 0))
    assert "not enough evidence · 2013-01-24" in badge
    assert COLOURS[Grade.GREY] in badge
    assert COLOURS[Grade.GREEN] not in badge


def test_the_badge_is_named_for_those_who_hear_it() -> None:
    root = ElementTree.fromstring(render_badge('A"c<m>e & Co', scored(80, 20)))
    name = f'A"c<m>e & Co: reliability {badge_message(scored(80, 20))}'
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == name
    assert root.findtext("{http://www.w3.org/2000/svg}title") == name


@pytest.mark.parametrize("colour", COLOURS.values())
def test_white_text_has_contrast(colour: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


@pytest.mark.parametrize(
    "share, shown", [(0, "0.0 %"), (999, "0.0 %"), (799_999, "79.9 %"), (999_999, "99.9 %"), (1_000_000, "100.0 %")]
)
def test_a_share_is_never_rounded_up(share: int, shown: str) -> None:
    assert percent_down(Ppm(share)) == shown
