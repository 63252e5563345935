"""The walk-through in docs/integrations.md, done as it is written: its files, its commands, their output."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "integrations.md"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Into the test's own folder instead of the environment, and without a network.
PIP = "python -m pip --quiet --disable-pip-version-check install --no-index --no-build-isolation --no-deps --target"


@dataclass
class Walk:
    """One reader who does what the page says."""

    folder: Path

    def write(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def command(self, line: str) -> list[str]:
        """Run a command line; the lines that it prints."""
        if line.startswith("pip install"):
            line = f"{PIP} site-packages ."
        environ = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "site-packages"),
        }
        line = re.sub(r"^(hub|pytest)\b", r"python -m \1", line).replace("pytest -q", "pytest -q tests")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line], cwd=self.folder, env=environ, capture_output=True, text=True,
            timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return [text.rstrip() for text in done.stdout.splitlines()]

    def console(self, text: str) -> None:
        """A block of commands with what they print: each line of the page is printed, in this order."""
        printed: list[str] = []
        for line in text.splitlines():
            if line.startswith("$ "):
                printed = self.command(line[2:])
                continue
            found = next((number for number, told in enumerate(printed) if told.startswith(line)), None)
            assert found is not None, f"{line!r} is not printed; left: {printed}"
            printed = printed[found + 1 :]


def blocks() -> list[tuple[str, str, str]]:
    text = PAGE.read_text(encoding="utf-8")
    walk = text[text.index("## One in fifteen minutes") : text.index("## The declaration")]
    return BLOCK.findall(walk)


def test_the_walk_through_works_as_written(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    for language, file, text in blocks():
        if file:
            walk.write(file, text)
        elif language == "console":
            walk.console(text)
        else:
            raise AssertionError(f"a block of {language} is neither a file nor a command")
    assert len(blocks()) > 8


@pytest.mark.parametrize(
    "text", [text for language, _, text in BLOCK.findall(PAGE.read_text()) if language == "python"]
)
def test_all_python_on_the_page_can_be_compiled(text: str) -> None:
    compile(
        "async def wrapped(link, Pipe, WorkerSpec):\n" + re.sub("^", "    ", text, flags=re.MULTILINE),
        "page",
        "exec",
    )
