"""The console's files: small, pinned, in two whole languages, with nothing from elsewhere."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub.testing.kit import HubKit
from hub.web.console import FOLDER

ROOT = Path(__file__).parents[4]
OWN = sorted(path for path in FOLDER.rglob("*.js") if "vendor" not in path.parts)
FIRST_PAGE = 60_000  # bytes, gzip


def words(language: str) -> dict[str, str]:
    """A catalogue, as node reads it."""
    script = f"import w from '{FOLDER}/words/{language}.js'; console.log(JSON.stringify(w))"
    made = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(made.stdout)
    return found


def imported(path: Path, seen: set[Path]) -> set[Path]:
    """A module and everything that it imports at once."""
    if path not in seen:
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r'(?:^|;)\s*(?:import|export)\b[^;]*?from\s*"(\.[^"]+)"', text, re.MULTILINE):
            imported((path.parent / name).resolve(), seen)
    return seen


def test_both_languages_have_the_same_keys_and_the_same_gaps() -> None:
    chinese, english = words("zh-CN"), words("en")
    assert set(chinese) == set(english)
    for key, text in english.items():
        gaps = re.findall(r"\{(\w+)", text)
        assert set(re.findall(r"\{(\w+)", chinese[key])) <= set(gaps), key
        assert text.strip(), key
        assert chinese[key].strip(), key


def test_every_word_that_a_page_says_is_in_the_catalogues() -> None:
    known = set(words("en"))
    for path in OWN:
        text = path.read_text(encoding="utf-8")
        said = set(re.findall(r'\bt\(\s*"([^"]+)"', text))
        assert said <= known, f"{path.name}: {sorted(said - known)}"
        for stem in re.findall(r"\bt\(\s*`([a-z_.]+)\$\{", text):
            assert any(key.startswith(stem) for key in known), f"{path.name}: {stem}"


def test_the_first_page_is_small() -> None:
    first = imported(FOLDER / "app.js", set()) | {
        FOLDER / name
        for name in ("index.html", "console.css", "pages/now.js", "words/zh-CN.js", "icons/mark.svg")
    }
    total = sum(len(gzip.compress(path.read_bytes(), 9)) for path in first)
    assert len(first) > 10
    assert total <= FIRST_PAGE, f"{total} bytes: {sorted(path.name for path in first)}"


def test_the_worker_keeps_all_that_the_page_needs_to_open() -> None:
    kept = set(re.findall(r'"/console/([^"]+)"', (FOLDER / "worker.js").read_text(encoding="utf-8")))
    needed = imported(FOLDER / "app.js", set()) | imported(FOLDER / "pages" / "door.js", set())
    needed |= {FOLDER / "words" / "en.js", FOLDER / "words" / "zh-CN.js"}
    assert {path.relative_to(FOLDER).as_posix() for path in needed} <= kept
    assert all((FOLDER / path).is_file() for path in kept)


def test_the_vendored_files_are_those_that_were_pinned() -> None:
    subprocess.run([sys.executable, ROOT / "script" / "vendor", "--check"], check=True)
    pinned = json.loads((FOLDER / "vendor" / "vendor.json").read_text(encoding="utf-8"))
    listed = {wanted["to"] for package in pinned["packages"] for wanted in package["files"]}
    assert {path.name for path in (FOLDER / "vendor").iterdir()} == listed | {"vendor.json"}
    assert all(package["licence"] and package["integrity"] for package in pinned["packages"])


def test_nothing_comes_from_another_host() -> None:
    for path in (*OWN, FOLDER / "index.html", FOLDER / "console.css", FOLDER / "manifest.webmanifest"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path
        assert not re.search(r"\son\w+=[\"']|<style|style=\"|<script(?! type=\"module\" src)", text), path
        assert "innerHTML" not in text, path


async def test_each_part_is_served_as_what_it_is(hub: HubKit) -> None:
    await hub.start("notify:\n")
    page = await hub.request("GET", "/")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    module = await hub.request("GET", "/console/app.js")
    assert module.headers["Content-Type"].startswith("text/javascript")
    again = await hub.request("GET", "/console/app.js", headers={"If-None-Match": module.headers["ETag"]})
    assert again.status == 304
    assert (await hub.request("GET", "/worker.js")).status == 200


@pytest.mark.parametrize(
    "path", ["nothing.js", "../app.py", "__init__.py", "..%2f..%2fapp.py", "vendor/vendor.json", ""]
)
async def test_what_is_no_part_of_the_console_is_not_served(hub: HubKit, path: str) -> None:
    await hub.start("notify:\n")
    assert (await hub.request("GET", f"/console/{path}")).status == 404
