"""One Chromium for all tests of the pages; each page is watched for requests and console messages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shopstream_platform.serving.kit.data import Data, Options
from shopstream_platform.serving.kit.quality import Checks, Quality, Waiting
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import render
from shopstream_platform_tests.e2e.browser import ARGUMENTS, chromium
from shopstream_platform_tests.e2e.shop import ROOT
from shopstream_platform_tests.serving.integration.pages.products import some_products
from shopstream_platform_tests.serving.integration.pages.shop import Shop

BUILT_AT = datetime(2026, 11, 17, 2, 30)
QUALITY = Quality(
    seen_at=BUILT_AT,
    checks=Checks(passed=210, warned=("core/fact_orders: known_statuses", "raw/events: volume_as_usual"), never_run=6),
    waiting=Waiting(today=12, later=0),
    left_out=(),
)
DESKTOP, PHONE = 1440, 390
SCREENSHOTS = ROOT / "build" / "screenshots"
READY = "body[data-state=ready]"


@dataclass
class Watched:
    """An open page and what it did."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def card(self, name: str) -> tuple[str, str]:
        """A card's exact value and its text."""
        value = self.page.locator(f"[data-card={name}] .value")
        return value.get_attribute("data-value") or "", value.inner_text()

    def cards(self) -> dict[str, str]:
        """Every card's exact value."""
        return {
            card.get_attribute("data-card") or "": card.locator(".value").get_attribute("data-value") or ""
            for card in self.page.locator("[data-card]").all()
        }

    def figures(self, block: str) -> list[list[str]]:
        """The rows of the table behind a chart."""
        details = self.page.locator(f"[data-block={block}] details.rows")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        return details.locator("tbody").evaluate(
            "body => [...body.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )

    def drawn(self, block: str) -> list[str]:
        """The texts that a chart has drawn."""
        return self.page.locator(f"[data-block={block}] .canvas svg text").all_text_contents()

    def table(self, block: str) -> list[list[str]]:
        """The rows of a table of the page."""
        return self.page.locator(f"[data-block={block}] .scroll tbody").evaluate(
            "body => [...body.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )

    def choose(self, **filters: str) -> None:
        """Set filters as a reader does, and wait until all is drawn."""
        for name, value in filters.items():
            control = self.page.locator(f"#filter-{name}")
            if name in ("from", "to", "vs_from", "vs_to"):
                control.fill(value)
                control.dispatch_event("change")
            else:
                control.select_option(value)
        self.page.wait_for_selector(READY)


# Not longer than these tests: a process has one Playwright at a time.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


Opener = Callable[..., Watched]


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a page made from rows; at the end of the test it must have asked for nothing and complained of nothing."""
    opened: list[Watched] = []

    def open_page(
        name: str,
        shop: Shop | None = None,
        *,
        locale: str = "en",
        width: int = DESKTOP,
        show_pii: bool = False,
        address: str = "",
        quality: Quality | None = QUALITY,
        today: date | None = None,
    ) -> Watched:
        data = read(name, shop or full_shop(), show_pii=show_pii)
        file = tmp_path / f"{name}.html"
        html = render(PAGES[name], data, locale=locale, built_at=BUILT_AT, quality=quality)
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="light")
        if today:
            page.clock.set_fixed_time(datetime.combine(today, time(12)))
        watched = Watched(page)
        opened.append(watched)
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda message: watched.messages.append(message.text))
        page.on("pageerror", lambda error: watched.messages.append(str(error)))
        page.goto(f"{file.as_uri()}{address}")
        page.wait_for_selector(READY, timeout=20_000)
        return watched

    yield open_page
    for watched in opened:
        assert [url for url in watched.requests if not url.startswith(("file:", "data:", "blob:"))] == []
        assert len([url for url in watched.requests if url.startswith("file:")]) == 1
        assert watched.messages == []
        watched.page.close()


def full_shop() -> Shop:
    """A shop with something on every page."""
    return Shop(product_rows=some_products(f"Product {number}" for number in range(1, 61)))


def read(name: str, shop: Shop, *, show_pii: bool = False) -> Data:
    """A page's data."""
    return PAGES[name].read(shop, Options(show_pii=show_pii))


def keep(page: Page, name: str) -> None:
    """A screenshot of the whole page, for whoever wants to look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"dashboard-{name}.png", full_page=True)
