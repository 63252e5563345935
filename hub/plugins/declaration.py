"""What a declaration must be before anything is built on it, and where a guest's code failed."""

import inspect
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub.accounts.grants import KINDS, VERBS
from hub.model.calls import Action
from hub.model.events import Event
from hub.plugins.integration import Analyzer, Channel, Integration, Panel

LISTS: dict[str, type] = {"actions": Action, "channels": Channel, "analyzers": Analyzer, "panels": Panel}
CALLABLE = ("schema", "references", "check")


def mistakes(integration: Any) -> Iterator[str]:
    """What is wrong with a declaration, said to its author."""
    if not isinstance(integration, Integration):
        yield f"declares a {type(integration).__name__}, not an Integration"
        return
    if not _is_coroutine_function(integration.run):
        wrong = "is no coroutine function" if callable(integration.run) else "can't be called"
        yield f"its run {wrong}; write `async def run(link, config)`"
    for name in CALLABLE:
        if not callable(getattr(integration, name)):
            yield f"its {name} can't be called"
    for name in ("events", *LISTS, "offers", "needs"):
        items = getattr(integration, name)
        if not isinstance(items, tuple):
            yield f"its {name} are no tuple; write (..., )"
            continue
        for item in items:
            yield from _misfit(name, item)


def _misfit(name: str, item: Any) -> Iterator[str]:
    shown = getattr(item, "__name__", None) or repr(item)
    if name == "events":
        if not (isinstance(item, type) and issubclass(item, Event)):
            yield f"'{shown}' among its events is no Event class"
    elif name in LISTS:
        if not isinstance(item, LISTS[name]):
            yield f"'{shown}' among its {name} is no {LISTS[name].__name__}"
        elif isinstance(item, Panel):
            yield from _panel_faults(item)
    elif not isinstance(item, type):
        yield f"'{shown}' among its {name} is no port class"


def _panel_faults(panel: Panel) -> Iterator[str]:
    verb, _, kind = panel.access.partition(" ")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", panel.name):
        yield f"its panel '{panel.name[:80]}' is to have a name of lower case letters, digits and _"
    if verb not in VERBS or kind not in KINDS:
        yield f"its panel '{panel.name[:80]}' has the access '{panel.access[:80]}'; write 'VERB KIND', as in a grant"
    if panel.module.suffix != ".js" or not panel.module.is_file():
        yield f"its panel '{panel.name[:80]}' has no module {panel.module}"
    if not {"zh-CN", "en"} <= set(panel.titles):
        yield f"its panel '{panel.name[:80]}' has no titles for zh-CN and en"


def _is_coroutine_function(run: Any) -> bool:
    return inspect.iscoroutinefunction(run) or inspect.iscoroutinefunction(getattr(run, "__call__", None))  # noqa: B004


def told(error: BaseException) -> str:
    """An error of a guest's code in one line, with the place where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
