"""`hub camera calibrate` in a real browser: marks are clicked into a rendered facade, the file is checked and used.

Debian: chromium. PyPI: playwright (the library; its own browsers are not needed).
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from integrations.camera.settings import SCHEMA
from integrations.demo.facade import _Stage, plan_clip
from integrations.falling_object.clip_config import parse_clip_config

pytestmark = pytest.mark.prepared

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZE = (1280, 720)
PLAN = plan_clip(5, size=SIZE, duration_s=1.0)
BUILDING, CAMERA = PLAN.building, PLAN.camera
ACROSS, UP = BUILDING.column_edges(), BUILDING.floor_edges()
CONFIGURATION = """
hub: {name: test}
falling_object:
camera:
  - id: b1_south
    file: facade.avi
    analyzers: [falling_object]
"""


def seen(column: float, floor: float) -> tuple[float, float]:
    """The pixel of a place on the facade, in metres of the simulator."""
    x, y = CAMERA.project(np.array([[column, floor, 0.0]]))[0]
    return float(x), float(y)


@pytest.fixture(scope="module")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of the facade without anything falling."""
    path = tmp_path_factory.mktemp("facade") / "facade.avi"
    stage = _Stage(PLAN)
    picture = cv2.cvtColor(np.concatenate((stage.picture(0), stage.chroma)), cv2.COLOR_YUV2BGR_I420)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for _ in range(5):
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture
def config(facade: Path, tmp_path: Path) -> Path:
    (tmp_path / "configuration.yaml").write_text(CONFIGURATION)
    (tmp_path / "facade.avi").write_bytes(facade.read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # only where these tests run

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@contextmanager
def calibrating(config: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command as an admin runs it, and the link that it prints."""
    command = [sys.executable, "-m", "hub", "camera", "calibrate", "b1_south", "-c", str(config), "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r"http://\S+", line)
            assert found, line + process.stderr.read()
            yield process, found[0]
        finally:
            process.terminate()


@dataclass
class Admin:
    """Somebody at the page."""

    page: Any
    outside: list[str]

    def fill(self) -> None:
        measures = {
            "building": "1", "highest": BUILDING.first_floor + BUILDING.floors - 1, "lowest": BUILDING.first_floor,
            "floor_height": BUILDING.floor_height_m, "ground_height": BUILDING.ground_m, "columns": BUILDING.columns,
            "width": BUILDING.columns * BUILDING.column_width_m,
        }  # fmt: skip
        for name, value in measures.items():
            self.page.fill(f"[name={name}]", f"{value:.4f}" if isinstance(value, float) else str(value))

    def place(self, pixel: tuple[float, float]) -> tuple[float, float]:
        """Where a pixel of the camera is on the screen while the whole picture is shown."""
        box = self.page.locator("#picture").bounding_box()
        scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
        left, top = (box["width"] - SIZE[0] * scale) / 2, (box["height"] - SIZE[1] * scale) / 2
        return box["x"] + left + pixel[0] * scale, box["y"] + top + pixel[1] * scale

    def click(self, *pixels: tuple[float, float]) -> None:
        for pixel in pixels:
            self.page.mouse.click(*self.place(pixel))

    def slab(self, index: int, *, called: int | None = None) -> None:
        self.page.click("[data-tool=row]")
        self.click(*(seen(x, UP[index]) for x in (ACROSS[0] + 1.0, ACROSS[-1] - 1.0)))
        self.page.select_option(
            "#chip [name=floor]", str(BUILDING.first_floor + (index if called is None else called))
        )

    def edge(self, index: int) -> None:
        self.page.click("[data-tool=column]")
        self.click(*(seen(ACROSS[index], y) for y in (UP[0] + 1.0, UP[-2])))
        self.page.select_option("#chip [name=edge]", str(index % len(ACROSS)))

    def verdict(self, kind: str) -> str:
        """The verdict's text once it is of that kind."""
        self.page.wait_for_selector(f"#verdict.{kind}" if kind else "#verdict:not([class=good])")
        text: str = self.page.inner_text("#verdict")
        return text

    def save(self) -> str:
        self.page.click("#save")
        self.page.click("#write")
        self.page.wait_for_selector("#finish:visible")
        outcome: str = self.page.inner_text("#outcome")
        return outcome


@contextmanager
def admin_at(
    browser: Any, link: str, *, language: str = "en-GB", width: int = 1440, height: int = 900
) -> Iterator[Admin]:
    """A browser of its own at the link; every request that leaves the machine is noted."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = context.new_page()
    outside: list[str] = []
    wrong: list[str] = []
    page.on(
        "request", lambda request: outside.append(request.url) if "//127.0.0.1:" not in request.url else None
    )
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(10_000)
    page.goto(link)
    page.wait_for_selector("#tools button")
    yield Admin(page, outside)
    context.close()
    assert outside == []
    assert wrong == []


def saved_map(file: Path) -> Any:
    """The calibration as the detector reads it."""
    content = yaml.safe_load(file.read_text())
    return parse_clip_config(
        {key: content[key] for key in content if key not in ("masks", "sketch")}
    ).calibration


def check_map(calibration: Any) -> None:
    """Within 1 px in the picture and 5 cm on the wall, wherever the facade is seen."""
    places = np.array([[x, y, 0.0] for x in ACROSS for y in UP])
    truth = CAMERA.project(places)
    ours = places - [ACROSS[0], 0.0, 0.0]  # the page counts from the facade's left edge
    assert np.linalg.norm(calibration.project(ours) - truth, axis=1).max() < 1.0
    assert np.linalg.norm(calibration.locate(truth) - ours[:, :2], axis=1).max() < 0.05


def test_slabs_and_edges_are_clicked_and_the_file_is_right(browser: Any, config: Path) -> None:
    with calibrating(config) as (process, link), admin_at(browser, link) as admin:
        admin.fill()
        for index in (1, 6, 10, 13):
            admin.slab(index)
        for index in (0, 4, -1):
            admin.edge(index)
        admin.page.click("[data-tool=privacy]")
        admin.click((20, 600), (120, 600), (120, 700), (20, 600))
        assert "It fits" in admin.verdict("good")
        outcome = admin.save()
        assert "calibration: !include calibrations/b1_south.yaml" in outcome
        admin.page.click("#finish")
        assert process.wait(10) == 0
    file = config / "calibrations" / "b1_south.yaml"
    check_map(saved_map(file))
    content = yaml.safe_load(file.read_text())
    assert content["masks"][0]["kind"] == "privacy"
    assert content["masks"][0]["points"][1] == pytest.approx([120, 600], abs=1)
    assert content["grid"]["floors"][0] == BUILDING.first_floor
    SCHEMA([{"id": "b1_south", "file": "facade.avi", "calibration": content}])


def test_corners_are_enough_and_what_was_saved_can_be_gone_on_with(browser: Any, config: Path) -> None:
    with calibrating(config) as (process, link), admin_at(browser, link) as admin:
        admin.fill()
        admin.page.click("[data-tool=corner]")
        for column, floor in ((0, 1), (-1, 1), (-1, 14), (0, 14), (5, 7)):
            admin.click(seen(ACROSS[column], UP[floor]))
            admin.page.select_option("#chip [name=floor]", str(BUILDING.first_floor + floor))
            admin.page.select_option("#chip [name=edge]", str(column % len(ACROSS)))
        admin.verdict("good")
        admin.save()
        admin.page.click("#finish")
        assert process.wait(10) == 0
    file = config / "calibrations" / "b1_south.yaml"
    check_map(saved_map(file))
    first = file.read_text()
    settings = (config / "configuration.yaml").read_text()
    (config / "configuration.yaml").write_text(
        settings + "    calibration: !include calibrations/b1_south.yaml\n"
    )
    with calibrating(config) as (process, link), admin_at(browser, link, language="zh-CN") as admin:
        assert "吻合" in admin.verdict("good")
        assert admin.page.locator("#marks li").count() == 5
        admin.page.click("[data-tool=ignore]")
        admin.click((900, 650), (1000, 650), (1000, 700))
        admin.page.keyboard.press("Enter")
        outcome = admin.save()
        assert "b1_south.yaml.1" in outcome
        admin.page.click("#finish")
        assert process.wait(10) == 0
    assert (config / "calibrations" / "b1_south.yaml.1").read_text() == first
    assert yaml.safe_load(file.read_text())["masks"][0]["kind"] == "ignore"


def test_a_wrong_floor_is_named_and_mended_with_one_click(browser: Any, config: Path) -> None:
    with calibrating(config) as (_process, link), admin_at(browser, link) as admin:
        admin.fill()
        for index in (1, 5, 13):
            admin.slab(index)
        for index in (0, 5, -1):
            admin.edge(index)
        admin.slab(9, called=10)
        text = admin.verdict("over")
        assert f"without “Slab below floor {BUILDING.first_floor + 10}”" in text
        assert f"Slab below floor {BUILDING.first_floor + 9}" in text
        admin.page.click("#correct")
        assert "It fits" in admin.verdict("good")
        admin.page.click("#undo")
        admin.verdict("over")
        admin.page.click("#redo")
        admin.verdict("good")


def test_points_are_dragged_and_sets_that_cannot_be_are_explained(browser: Any, config: Path) -> None:
    with calibrating(config) as (_process, link), admin_at(browser, link) as admin:
        admin.fill()
        admin.slab(1)
        admin.slab(13)
        admin.edge(0)
        admin.page.wait_for_selector("#verdict:has-text('second column edge')")
        assert admin.page.is_disabled("#save")
        admin.edge(-1)
        admin.slab(6)
        assert "It fits" in admin.verdict("good")
        start, away = admin.place(seen(ACROSS[0] + 1.0, UP[6])), admin.place(seen(ACROSS[0] + 1.0, UP[7]))
        admin.page.mouse.move(*start)
        admin.page.mouse.down()
        admin.page.mouse.move(*away, steps=4)
        admin.page.mouse.up()
        assert "px" in admin.verdict("over")
        admin.page.keyboard.press("Control+z")
        admin.verdict("good")


def test_crossed_corners_are_explained(browser: Any, config: Path) -> None:
    with calibrating(config) as (_process, link), admin_at(browser, link) as admin:
        admin.fill()
        admin.page.click("[data-tool=corner]")
        wrong = ((0, 1, 0, 1), (-1, 1, -1, 1), (-1, 14, 0, 14), (0, 14, -1, 12))
        for column, floor, called, called_floor in wrong:
            admin.click(seen(ACROSS[column], UP[floor]))
            admin.page.select_option("#chip [name=floor]", str(BUILDING.first_floor + called_floor))
            admin.page.select_option("#chip [name=edge]", str(called % len(ACROSS)))
        assert "No camera sees them" in admin.verdict("wrong")


def test_it_works_on_a_phone_in_chinese(browser: Any, config: Path) -> None:
    with (
        calibrating(config) as (process, link),
        admin_at(browser, link, language="zh-CN", width=390, height=844) as admin,
    ):
        admin.fill()
        for index in (1, 13):
            admin.slab(index)
        for index in (0, -1):
            admin.edge(index)
        assert "吻合" in admin.verdict("good")
        wide = admin.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        admin.save()
        admin.page.click("#finish")
        assert process.wait(10) == 0


def test_a_link_works_once_and_for_nobody_else(browser: Any, config: Path) -> None:
    with calibrating(config) as (_process, link), admin_at(browser, link):
        context = browser.new_context()
        page = context.new_page()
        for address in (link, link.partition("?")[0], link.partition("?")[0] + "picture.jpg"):
            assert page.goto(address).status == 403
        context.close()
