"""`check_integration` is worth its name: it lets a good guest pass and names what is wrong with a bad one."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import pytest
import voluptuous as vol

from hub.api import Action, Alarm, ConfigError, Device, Entity, Event, Integration, Link, NotReady, Severity
from hub.testing.checking import IntegrationFault
from hub.testing.kit import HubKit

Check = Callable[..., Awaitable[None]]
Run = Callable[[Link, Any], Awaitable[None]]


class Paper(Protocol):
    """A port that nobody offers."""


class BellRang(Alarm, frozen=True, kw_only=True):
    """A bell rang."""

    times: int = 1
    pause: timedelta | None = None
    tones: tuple[float, ...] = ()
    by: Mapping[str, str | None] = {}
    least: Severity = Severity.info


class BellWritten(Event, frozen=True, kw_only=True):
    link: Link | None = None


async def good(link: Link, _config: Any) -> None:
    link.on(BellRang, lambda _event: None)
    link.entity(Entity(id="binary_sensor.bell", name="Bell")).set(True)
    link.device(Device(id="bell", name="Bell"))
    link.action("bell.ring", lambda _call: None)
    link.route("GET", "/bell", good, access="public")
    link.on_timer(lambda _key, _data: None)
    link.watch("binary_sensor.bell", lambda _old, _new: None)
    link.task(asyncio.Event().wait(), name="bell waits")
    link.ready()
    await asyncio.Event().wait()


def bell(run: Run = good, **changes: Any) -> Integration:
    given: dict[str, Any] = {
        "name": "bell",
        "summary": "A bell.",
        "run": run,
        "schema": vol.Schema({"tone": str}),
        "events": (BellRang,),
        "actions": (Action(name="bell.ring", summary="Ring it", schema=vol.Schema({"times": int})),),
    }
    return Integration(**given | changes)


async def test_a_good_guest_passes_and_the_hub_is_stopped_after_it(
    hub: HubKit, check_integration: Check
) -> None:
    hub.add(bell())
    await check_integration("bell", yaml="bell: {tone: a}\n")
    assert hub.hub is None


async def test_a_guest_that_is_not_ready_passes(hub: HubKit, check_integration: Check) -> None:
    async def run(_link: Link, _config: Any) -> None:
        raise NotReady("nobody answers")

    hub.add(bell(run))
    await check_integration("bell", yaml="bell:\n")


async def test_a_guest_whose_need_nobody_offers_passes(hub: HubKit, check_integration: Check) -> None:
    async def run(link: Link, _config: Any) -> None:
        await link.need(Paper)

    hub.add(bell(run, needs=(Paper,)))
    await check_integration("bell", yaml="bell:\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"summary": " "}, "its summary is empty"),
        ({"schema": lambda value: value}, "its schema can't be told as JSON Schema"),
        ({"events": (BellWritten,)}, "event BellWritten has no docstring of its own"),
        ({"events": (BellWritten,)}, "field 'link' holds Link, which can't be stored as it is"),
        (
            {"actions": (Action(name="ring", summary="x", schema=vol.Schema({})),)},
            "'ring' is not named like domain.verb",
        ),
        (
            {"actions": (Action(name="bell.ring", summary="", schema=vol.Schema({})),)},
            "'bell.ring' has no summary",
        ),
        ({"actions": (Action(name="bell.ring", summary="x", schema=dict),)}, ""),
        (
            {"actions": (Action(name="bell.ring", summary="x", schema=lambda value: value),)},
            "the schema of action 'bell.ring' can't be told",
        ),
    ],
)
async def test_a_declaration_that_leaves_questions_open_is_refused(
    hub: HubKit, check_integration: Check, changes: dict[str, Any], said: str
) -> None:
    hub.add(bell(**changes))
    if not said:
        await check_integration("bell", yaml="bell:\n")
        return
    with pytest.raises(IntegrationFault, match="bell: ") as failure:
        await check_integration("bell", yaml="bell:\n")
    assert said in str(failure.value)


def fail(error: Exception) -> Run:
    async def run(_link: Link, _config: Any) -> None:
        raise error

    return run


async def ends(link: Link, _config: Any) -> None:
    link.ready()


async def never_ready(_link: Link, _config: Any) -> None:
    await asyncio.Event().wait()


async def refuses_changes(link: Link, config: Any) -> None:
    async def take(_config: Any) -> None:
        raise ConfigError("I like it as it was")

    link.on_reload(take)
    if link.memory.get("lives", 0) >= 1:
        raise ConfigError("I like it as it was")
    link.memory.put("lives", 1)
    await good(link, config)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (fail(RuntimeError("a bug")), "at its start it is waiting: RuntimeError: a bug"),
        (fail(ConfigError("no such tone")), "at its start it is failed: ConfigError: no such tone"),
        (ends, "at its start it is ended: its run returned"),
        (never_ready, "at its start it is neither ready (link.ready()) nor NotReady"),
        (refuses_changes, "after a reload of its section it is failed"),
    ],
)
async def test_a_guest_that_does_not_live_is_told(
    hub: HubKit, check_integration: Check, monkeypatch: pytest.MonkeyPatch, run: Run, said: str
) -> None:
    monkeypatch.setattr("hub.testing.checking.PATIENCE", 0.3)
    hub.add(bell(run))
    with pytest.raises(IntegrationFault) as failure:
        await check_integration("bell", yaml="bell:\n")
    assert said in str(failure.value)


Leak = Callable[[Link, list[Any]], None]


def leave_a_task(link: Link, left: list[Any]) -> None:
    left.append(asyncio.ensure_future(asyncio.Event().wait()))


def leave_a_thread(_link: Link, left: list[Any]) -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="bell thread", daemon=True)
    thread.start()
    left.append(release)


def leave_a_handler(link: Link, _left: list[Any]) -> None:
    link.site.bus.on(BellRang, lambda _event: None)


def leave_an_entity(link: Link, left: list[Any]) -> None:
    left.append(1)
    link.site.states.declare(Entity(id=f"sensor.bell_{len(left)}", name="Bell"))


def leave_an_action(link: Link, _left: list[Any]) -> None:
    link.actions.register("bell.ring", lambda _call: None)


@pytest.mark.parametrize(
    ("leak", "said"),
    [
        (leave_a_task, "its end leaves: task Event.wait"),
        (leave_a_thread, "its end leaves: thread bell thread"),
        (leave_a_handler, "its end leaves: handler of bell_rang"),
        (leave_an_entity, "its end leaves: entity sensor.bell_"),
        (leave_an_action, "its end leaves: handler of action bell.ring"),
    ],
)
async def test_what_a_guest_leaves_behind_is_named(
    hub: HubKit, check_integration: Check, monkeypatch: pytest.MonkeyPatch, leak: Leak, said: str
) -> None:
    monkeypatch.setattr("hub.testing.checking.PATIENCE", 0.3)
    left: list[Any] = []

    async def run(link: Link, _config: Any) -> None:
        leak(link, left)
        link.ready()
        await asyncio.Event().wait()

    hub.add(bell(run))
    with pytest.raises(IntegrationFault) as failure:
        await check_integration("bell", yaml="bell:\n")
    assert said in str(failure.value)
    for thing in left:
        if isinstance(thing, asyncio.Future):
            thing.cancel()
        elif isinstance(thing, threading.Event):
            thing.set()


async def test_an_unclean_configuration_is_told(hub: HubKit, check_integration: Check) -> None:
    hub.add(bell())
    with pytest.raises(IntegrationFault, match="unknown key 'tune'; did you mean 'tone'"):
        await check_integration("bell", yaml="bell: {tune: a}\n")


async def test_without_an_example_a_configuration_must_be_given(
    hub: HubKit, check_integration: Check
) -> None:
    hub.add(bell())
    with pytest.raises(IntegrationFault, match="give yaml="):
        await check_integration("bell")
