"""A provider, and a link to reach it with."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from hub.api import Directory
from tests.integrations.notify.fakes import FakeLink, Provider


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    fake = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[FakeLink]:
    async with aiohttp.ClientSession() as session:
        yield FakeLink(Directory(), tmp_path, session)
