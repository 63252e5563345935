"""The page's server lets in one browser and nobody else; the command says what it can't do."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

from integrations.camera.calibrate.server import Page
from integrations.camera.calibrate.work import Work
from integrations.camera.commands import camera
from integrations.falling_object.calibrating import fit

from .clips import make_clip


def work() -> Work:
    return Work(
        name="gate", size=(64, 48), jpeg=b"\xff\xd8 a picture", calibrator=fit,
        first={"facade": None, "marks": [], "masks": []},
    )  # fmt: skip


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    page = Page(work())
    runner = await page.serve(0)
    yield page
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def headers(page: Page) -> dict[str, str]:
    return {"Origin": f"http://127.0.0.1:{page.port}"}


async def test_the_link_opens_the_page_once(page: Page, client: aiohttp.ClientSession) -> None:
    link = page.link
    async with client.get(link) as reply:
        assert reply.status == 200
        assert "token" not in str(reply.url)
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<canvas" in await reply.text()
    base = f"http://127.0.0.1:{page.port}"
    for name in ("main.js", "style.css", "icon.svg", "picture.jpg", "begin"):
        assert (await client.get(f"{base}/{name}")).status == 200
    async with aiohttp.ClientSession() as other:
        for address in (link, base, f"{base}/picture.jpg", f"{base}/begin", f"{base}/?token=guess"):
            assert (await other.get(address)).status == 403


async def test_only_the_page_itself_may_ask(page: Page, client: aiohttp.ClientSession) -> None:
    base = f"http://127.0.0.1:{page.port}"
    await client.get(page.link)
    sheet: dict[str, Any] = {"facade": None, "marks": [], "masks": []}
    assert (await client.post(f"{base}/fit", json=sheet)).status == 403
    assert (
        await client.post(f"{base}/fit", json=sheet, headers={"Origin": "http://evil.example"})
    ).status == 403
    assert (await client.post(f"{base}/fit", data=b"{}", headers=headers(page))).status == 403
    assert (await client.get(base, headers={"Host": "evil.example"})).status == 403
    async with client.post(f"{base}/fit", json=sheet, headers=headers(page)) as reply:
        assert (await reply.json())["fault"]["code"] == "nothing"


async def test_what_is_no_json_or_too_much_is_refused(page: Page, client: aiohttp.ClientSession) -> None:
    base = f"http://127.0.0.1:{page.port}"
    await client.get(page.link)
    typed = {**headers(page), "Content-Type": "application/json"}
    assert (await client.post(f"{base}/fit", data=b"{", headers=typed)).status == 400
    assert (await client.post(f"{base}/fit", data=io.BytesIO(b"[" * 100_000), headers=typed)).status == 400
    assert (await client.post(f"{base}/fit", data=io.BytesIO(b"1" * 2_000_000), headers=typed)).status == 413
    assert (await client.get(f"{base}/..%2fserver.py")).status == 404
    assert (await client.get(f"{base}/nothing.js")).status == 404


async def test_finishing_is_answered_before_the_server_goes(
    page: Page, client: aiohttp.ClientSession
) -> None:
    await client.get(page.link)
    base = f"http://127.0.0.1:{page.port}"
    assert (await client.post(f"{base}/finish", json={}, headers=headers(page))).status == 200
    await asyncio.wait_for(page.finished.wait(), 5)


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(camera, ["calibrate", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "configuration.yaml"),
        (("gate", "--file", "no.mp4"), "no file 'no.mp4'"),
        (("gate", "--url", "ftp://x"), "rtsp://"),
        (("gate", "--url", "rtsp://127.0.0.1:9/s", "--timeout", 1), "can't be reached"),
        (("../../etc", "--file", "{clip}"), "lower-case"),
        (("gate", "--file", "{clip}", "--analyzer", "nothing"), "no analyzer 'nothing'"),
    ],
)
def test_what_cannot_be_calibrated_is_told_on_one_line(
    arguments: tuple[Any, ...], words: str, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "a.mp4", 0.4)
    result = run(*(str(one).format(clip=clip) for one in arguments), "-c", tmp_path, "--no-open")
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
