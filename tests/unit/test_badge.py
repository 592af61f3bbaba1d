"""The badge says what is assured, to eyes and to ears, and nothing else."""

import time
from xml.etree import ElementTree

import pytest

from ledger.badge import COLOURS, badge_message, percent_down, read_badge, render_badge
from ledger.errors import InvalidBundle, InvalidProof
from ledger.proofs.signed import SignedStatement
from ledger.proofs.statements import Statement, assured
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book
from ledger.scoring.score import Grade, score
from ledger.scoring.tallies import fold
from ledger.units import ZERO_DIGEST, BlockNumber, Ppm, Timestamp, digest_of
from tests.support.build import COMPANY, NOON, a_customer, a_standing


def stated(kept: int, broken: int) -> SignedStatement:
    outcomes = [0] * kept + [None] * broken
    standings = [a_standing(late, customer=a_customer(number)) for number, late in enumerate(outcomes)]
    as_of, policy = Timestamp(NOON + 1), Policy.named("standard")
    found = score(fold(standings, as_of, policy), Book(), BlockNumber(1), as_of, policy)
    said = Statement("eip155:31337:0x00", COMPANY, ZERO_DIGEST, policy.hash, as_of, assured(found))
    return SignedStatement(said, BlockNumber(1), digest_of(b"block"))


def message_of(said: SignedStatement) -> str:
    figures = said.statement.figures
    return badge_message(figures["floor"], Grade(figures["grade"]), said.statement.as_of)


def test_the_badge_shows_the_floor_and_the_day() -> None:
    said = stated(80, 20)
    floor = said.statement.figures["reliability"]["credited"]["low"]
    assert message_of(said) == f"at least {floor // 10_000}.{floor // 1000 % 10} % · 2013-01-24"


def test_thin_evidence_is_said_in_grey() -> None:
    badge = render_badge("Acme", stated(19, 0))
    assert "not enough evidence · 2013-01-24" in badge
    assert COLOURS[Grade.GREY] in badge
    assert COLOURS[Grade.GREEN] not in badge


def test_the_badge_is_named_for_those_who_hear_it() -> None:
    root = ElementTree.fromstring(render_badge('A"c<m>e & Co', stated(80, 20)))
    name = f'A"c<m>e & Co: reliability {message_of(stated(80, 20))}'
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == name
    assert root.findtext("{http://www.w3.org/2000/svg}title") == name


@pytest.mark.parametrize("name", ["Acme", 'A"c<m>e & Co', "A: reliability B", "شرکت"])
def test_the_badge_carries_the_statement_that_it_shows(name: str) -> None:
    said = stated(80, 20)
    assert read_badge(render_badge(name, said).encode()) == (name, said)


@pytest.mark.parametrize(
    "old, new",
    [
        ("at least", "at most"),
        (COLOURS[Grade.AMBER], COLOURS[Grade.GREEN]),
        ("</svg>", '<text x="9" y="9">99 %</text></svg>'),
        ("2013-01-24", "2013-01-25"),
        ("&quot;kept&quot;:80", "&quot;kept&quot;: 80"),
    ],
)
def test_a_badge_that_shows_something_else_than_its_statement_is_refused(old: str, new: str) -> None:
    badge = render_badge("Acme", stated(80, 20))
    assert old in badge
    with pytest.raises(InvalidProof, match="something else"):
        read_badge(badge.replace(old, new).encode())


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"<svg/>", b"<title>A: reliability B</title><metadata>{}</metadata>"]
)
def test_what_is_no_badge_is_named(content: bytes) -> None:
    with pytest.raises(InvalidBundle, match="it is"):
        read_badge(content)


def test_what_only_looks_like_a_badge_is_told_at_once() -> None:
    start = time.monotonic()
    with pytest.raises(InvalidBundle, match="no badge"):
        read_badge(b"<title>" + b": reliability " * 100_000)
    assert time.monotonic() - start < 1


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
