"""Chromium without a screen, and Dagster's GraphQL, both as a user's browser speaks them."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The UI fits the graph to the width, and draws of it only what is in sight.
SCREEN: ViewportSize = {"width": 1800, "height": 1700}


def chromium() -> str:
    """The machine's browser."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "Chromium is missing: apt-get install chromium"
    return found


@contextmanager
def page(ui: "GraphQL | None" = None, *arguments: str) -> Iterator[Page]:
    """An empty page of a browser, which is logged in to the UI as the other client is."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *arguments])
        try:
            opened = browser.new_page(viewport=SCREEN)
            for cookie in ui.cookies if ui else ():
                opened.context.add_cookies(
                    [{"name": cookie.name, "value": str(cookie.value), "url": ui.address, "sameSite": "Strict"}]
                )
            yield opened
        finally:
            browser.close()


class GraphQL:
    """The API behind the UI, asked as a page of the UI does."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def log_in(self, address: str) -> None:
        """Open an address with a token in it."""
        self._opener.open(address, timeout=60).close()

    def answers(self) -> bool:
        """Whether the webserver is up and has loaded its code location."""
        try:
            found = self.ask("{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        entries = found["workspaceOrError"]["locationEntries"]
        return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]
