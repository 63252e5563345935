"""A real browser before a real hub.

Debian: chromium. PyPI: playwright (the library; its own browsers are not needed).
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.testing.kit import HubKit

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
PASSWORD = "a good long password"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}


class Visitor:
    """Somebody with a browser."""

    def __init__(self, hub: HubKit, page: Any) -> None:
        self.hub, self.page = hub, page
        self.complaints: list[str] = []
        self.asked: set[str] = set()  # hosts
        page.on("console", lambda message: self._said(message))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))

    def _said(self, message: Any) -> None:
        # The browser notes every refusal: nobody is signed in yet, the tests' evidence has no file.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    async def open(self, path: str = "") -> None:
        await self.page.goto(self.hub.hub_of.url + "/" + path)

    async def sign_in(self, name: str, path: str = "") -> None:
        """As on the first visit; the password is everybody's."""
        await self.open(path)
        await self.page.fill("input[name=name]", name)
        await self.page.fill("input[name=password]", PASSWORD)
        await self.page.click("button.main-action")
        await self.page.wait_for_selector(".shell")

    async def text(self, selector: str = "main") -> str:
        found: str = await self.page.inner_text(selector)
        return found

    async def see(self, words: str) -> None:
        """Wait until the page says so."""
        await self.page.get_by_text(words).first.wait_for(timeout=8000)


class Street:
    """Where visitors come from."""

    def __init__(self, hub: HubKit, browser: Any) -> None:
        self._hub, self._browser = hub, browser

    async def visitor(
        self, size: dict[str, int] | None = None, language: str = "zh-CN", **options: Any
    ) -> Visitor:
        context = await self._browser.new_context(viewport=size or DESK, locale=language, **options)
        return Visitor(self._hub, await context.new_page())


@pytest.fixture
async def street(hub: HubKit) -> AsyncIterator[Street]:
    from playwright.async_api import async_playwright  # only where these tests run

    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Street(hub, browser)
        await browser.close()


async def account(hub: HubKit, name: str, *roles: str) -> None:
    """An account of a person of the directory."""
    directory = hub.hub_of.site.directory
    person = name if name in directory.persons else ""
    await hub.hub_of.accounts.registry.add(name, person=person, roles=roles, password=PASSWORD)
