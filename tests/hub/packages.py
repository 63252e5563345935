"""Packages of third parties, made for one test: a module in a folder of its own, with an entry point."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest


class Shelf:
    """A folder on Python's path; what it holds is forgotten after the test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        monkeypatch.syspath_prepend(str(folder))
        self._monkeypatch = monkeypatch

    def install(self, name: str, code: str, *, entry: str = "", files: dict[str, str] | None = None) -> None:
        """Put a package there whose entry point `name` is its module (or what `entry` says)."""
        module = f"{name}_package"
        info = self.folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[hub.integrations]\n{name} = {entry or module}\n")
        for path, text in {"__init__": code, **(files or {})}.items():
            file = self.folder / module / f"{path}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        self._monkeypatch.delitem(sys.modules, module, raising=False)


GUEST = """\
    import asyncio
    from collections.abc import Iterable
    from typing import Any

    import voluptuous as vol

    from hub.api import Event, Integration, Link, hookimpl


    class BellRang(Event, frozen=True, kw_only=True):
        \"\"\"A bell rang.\"\"\"

        times: int = 1


    async def run(link: Link, config: Any) -> None:
        link.ready()
        await asyncio.Event().wait()


    @hookimpl
    def hub_integrations() -> Iterable[Integration]:
        yield Integration(name="bell", run=run, schema=vol.Schema(object), events=(BellRang,))
"""
