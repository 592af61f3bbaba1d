"""The pages as people meet them: in a real browser, on a phone too, and without any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.app import create_app
from ledger.settings import Settings
from tests.support.browser import launch_chromium
from tests.support.chain import Loaded
from tests.support.gateway import served


@pytest.fixture(scope="module")
def base(loaded: Loaded) -> Iterator[str]:
    with served(create_app(Settings(home=loaded.home))) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture(params=[(1200, 900), (390, 844)], ids=["desktop", "phone"])
def page(browser: Browser, base: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(base_url=base, viewport={"width": width, "height": height}, java_script_enabled=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: complaints.append(f"foreign {r.url}") if not r.url.startswith(base) else None)
    yield page
    assert complaints == []
    context.close()


def test_the_directory_leads_to_a_company_and_to_a_promise(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who keeps their promises")
    expect(page.get_by_role("row")).to_have_count(17)
    page.get_by_role("link", name="United Air Lines Inc.").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("United Air Lines Inc.")
    page.get_by_role("link", name="domain not proven").click()
    expect(page.get_by_text("nobody has checked whether this account")).to_be_in_viewport()
    expect(page.get_by_text("The airline itself took no part")).to_be_visible()
    for picture in page.get_by_role("img").all():
        assert picture.evaluate("node => node.tagName === 'svg' || (node.complete && node.naturalWidth > 0)")
    page.get_by_role("link", name="were late").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Late promises of United Air Lines Inc.")
    page.get_by_role("table").get_by_role("link").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Flight UA")
    expect(page.get_by_text("Late by")).to_be_visible()
    expect(page.get_by_text("confirmed by the independent reporter")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(3)


def test_a_broken_promise_says_so_in_words(page: Page) -> None:
    page.goto("/companies/UA/promises?outcome=broken")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.locator(".verdict")).to_contain_text("Broken")
    expect(page.get_by_text("and had not done it by")).to_be_visible()
    expect(page.get_by_text("The due time passed, and it was not fulfilled.")).to_be_visible()


def test_a_company_shows_its_reliability_over_time_and_by_cohort(page: Page) -> None:
    page.goto("/companies/UA")
    over_time = page.get_by_alt_text("Share kept of the promises due each day.")
    by_cohort = page.get_by_alt_text("Share kept by cohort.")
    for picture in (over_time, by_cohort):
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box is not None
        assert box["height"] > 50
    expect(by_cohort).to_have_attribute("alt", re.compile("EWR: [0-9.]+ %"))


def test_the_figures_of_every_day_stand_below_their_picture(page: Page) -> None:
    page.goto("/companies/UA")
    page.get_by_text("The figures by day").click()
    days = page.locator("details").get_by_role("rowheader")
    expect(days.first).to_have_text("24 Jan 2013")
    expect(days.first).to_be_visible()
    listed = page.request.get("/api/companies/UA/days").json()
    expect(days).to_have_count(len(listed))


def test_pictures_are_drawn_as_large_as_they_are_shown(page: Page) -> None:
    """So that their letters can be read on a phone, too."""
    page.goto("/companies/UA")
    for alt in ("Share kept of the promises due each day.", "Share kept by cohort."):
        shown, drawn = page.get_by_alt_text(alt).evaluate("node => [node.clientWidth, node.naturalWidth]")
        assert 0.9 < shown / drawn < 1.1


def test_every_column_of_a_table_is_in_sight(page: Page) -> None:
    for path in ("/", "/companies/UA", "/companies/UA/promises"):
        page.goto(path)
        for table in page.locator(".scroll").all():
            assert table.evaluate("node => node.scrollWidth <= node.clientWidth"), path


def test_a_company_with_little_evidence_is_not_judged(page: Page) -> None:
    page.goto("/companies/HA")
    expect(page.get_by_label("Score")).to_contain_text("not enough evidence")
    expect(page.get_by_label("Score")).to_contain_text("20 are needed")


def test_the_badge_is_a_picture_with_a_name(page: Page) -> None:
    page.goto("/badges/UA.svg")
    root = ElementTree.fromstring(page.content())
    assert root.attrib["aria-label"].startswith("United Air Lines Inc.: reliability at least ")


def test_nothing_is_cut_off_at_the_side(page: Page) -> None:
    for path in ("/", "/companies/UA", "/companies/UA/promises", "/api"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_an_unknown_promise_is_a_page_that_leads_on(browser: Browser, base: str) -> None:
    page = browser.new_page()
    response = page.goto(f"{base}/promises/0x{'0' * 64}")
    assert response is not None
    assert response.status == 404
    expect(page.get_by_text("Compare the id with your receipt")).to_be_visible()
    page.get_by_role("link", name="To the directory").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who keeps their promises")
    page.close()
