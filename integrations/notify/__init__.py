"""Notices to people: who is meant, over which channel, and what became of it."""

import asyncio
import difflib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from hub.api import (
    Action,
    AlarmAcknowledged,
    Channel,
    ConfigError,
    Finding,
    Integration,
    Known,
    Link,
    did_you_mean,
    hookimpl,
)
from integrations.notify.delivering import Deliverer, OpenChannel
from integrations.notify.escalating import ESCALATE, Escalation
from integrations.notify.events import NoticeDelivered, NoticeHeld, NoticeRefused
from integrations.notify.inbox import InboxRoutes
from integrations.notify.kinds import CHANNELS, KINDS
from integrations.notify.options import secrets_in
from integrations.notify.preview import Preview
from integrations.notify.repeats import MOST, WITHIN, Repeats
from integrations.notify.schema import DELIVER, SEND, check_send
from integrations.notify.sending import Notifier
from integrations.notify.storm import DIGEST, Storm
from integrations.notify.storm import KEY as DIGEST_KEY
from integrations.notify.tapping import TapLinks
from integrations.notify.web_push import serve_push


def channel_settings(value: Any) -> dict[str, Any]:
    """One channel's settings by its kind. Another integration's kind is checked when that integration is there."""
    given = dict(value)
    kind = given.pop("type")
    if kind in KINDS:
        return {"type": kind, "settings": _checked(KINDS[kind], given)}
    near = difflib.get_close_matches(str(kind), KINDS, n=1, cutoff=0.7)
    if near or not isinstance(kind, str):
        raise vol.Invalid(
            f"there is no kind of channel '{kind}'; did you mean '{near[0] if near else 'log'}'?", ["type"]
        )
    return {"type": kind, "settings": given}


def _checked(kind: Channel, given: Mapping[str, Any]) -> Any:
    try:
        return kind.schema(given)
    except vol.MultipleInvalid as error:
        raise vol.MultipleInvalid([_plain_fault(single, kind) for single in error.errors]) from error


def _plain_fault(error: vol.Invalid, kind: Channel) -> vol.Invalid:
    """An unknown option, said with the nearest known one."""
    if error.error_message != "extra keys not allowed":
        return error
    known = [str(key) for key in kind.schema.schema] if isinstance(kind.schema, vol.Schema) else []
    near = difflib.get_close_matches(str(error.path[-1]), known, n=1)
    remedy = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known) or 'none'}"
    return vol.Invalid(f"'{error.path[-1]}' is no option of channel type '{kind.name}'; {remedy}", error.path)


def channels(value: Any) -> dict[str, dict[str, Any]]:
    """All channels by name; a channel without a type is of the kind that it is named after. `log` is always there."""
    if value is not None and not isinstance(value, Mapping):
        raise vol.Invalid("channels are a mapping; write 'name: {type: ...}'")
    found: dict[str, dict[str, Any]] = {"log": {"type": "log", "settings": {}}}
    faults: list[vol.Invalid] = []
    for name, settings in (value or {}).items():
        try:
            found[name] = channel_settings(_typed(name, settings))
        except vol.MultipleInvalid as error:
            error.prepend([name])
            faults += error.errors
        except vol.Invalid as error:
            error.prepend([name])
            faults.append(error)
    if faults:
        raise vol.MultipleInvalid(faults)
    return found


def _typed(name: Any, settings: Any) -> dict[str, Any]:
    if not isinstance(name, str) or not name.replace("-", "_").isidentifier() or not name.isascii():
        raise vol.Invalid("a channel's name is letters, digits, - and _, such as 'duty_phone'")
    if settings is not None and not isinstance(settings, Mapping):
        raise vol.Invalid("a channel's settings are a mapping; write 'type: ...' and its options")
    return {"type": name, **(settings or {})}


def section(value: Any) -> dict[str, Any]:
    """`notify:`, also when nothing stands under it."""
    cleaned: dict[str, Any] = _SECTION({} if value is None else value)
    return cleaned


_SECTION = vol.Schema(
    {vol.Optional("channels", default=dict): channels, vol.Optional("digest", default=dict): DIGEST}
)


def open_channels(link: Link, configured: Mapping[str, Any]) -> dict[str, OpenChannel]:
    """A sender for each channel; ConfigError names a kind that no integration brings."""
    found: dict[str, OpenChannel] = {}
    for name, channel in configured.items():
        kind = KINDS.get(channel["type"]) or link.channels.get(channel["type"])
        if kind is None:
            known = ", ".join(sorted({*KINDS, *link.channels}))
            raise ConfigError(
                f"channel '{name}': no integration brings '{channel['type']}'; there are {known}"
            )
        settings = channel["settings"] if kind.name in KINDS else _foreign(name, kind, channel["settings"])
        found[name] = OpenChannel(name, kind, kind.open(settings, link), secrets_in(settings))
    return found


def _foreign(name: str, kind: Channel, settings: Any) -> Any:
    try:
        return kind.schema(settings)
    except vol.Invalid as error:
        raise ConfigError(f"channel '{name}': {error}") from error


def check_kinds(config: Mapping[str, Any], known: Known) -> Iterable[Finding]:
    """Channels of kinds that no configured integration brings, or whose settings theirs does not take."""
    for name, channel in config["channels"].items():
        kind = known.kinds.get(channel["type"])
        if kind is None:
            remedy = (
                did_you_mean(channel["type"], known.kinds) or f"there are {', '.join(sorted(known.kinds))}"
            )
            yield Finding(
                ("channels", name), f"no integration brings channels of type '{channel['type']}'", remedy
            )
        elif kind.name not in KINDS:
            try:
                _foreign(name, kind, channel["settings"])
            except ConfigError as error:
                yield Finding(("channels", name), str(error))


async def begin_policy(link: Link, opened: Mapping[str, OpenChannel], digest: Mapping[str, Any]) -> None:
    """Take notices: whom they reach, when, how often, and what if nobody answers."""
    storm, repeats, escalation = Storm(link, digest), Repeats(), Escalation(link)
    notifier = Notifier(link, opened, storm, repeats, escalation)
    recent = await link.site.receipts.since(link.now() - WITHIN, MOST)
    repeats.load((one.print, one.key, one.queued) for one in reversed(recent))

    def ring(key: str, data: Mapping[str, Any]) -> None:
        if key.startswith(DIGEST_KEY):
            storm.tell(key, notifier.send_to)
        else:
            escalation.ring(key, data)

    link.on_timer(ring)
    link.on(AlarmAcknowledged, lambda event: link.site.receipts.acknowledged(event.alarm, event.by))
    TapLinks(link).serve()
    Preview(link, opened).serve()
    link.action("notify.deliver", Deliverer(link, opened).deliver)
    link.action("notify.escalate", escalation.escalate)
    link.action("notify.send", notifier.send)


async def run(link: Link, config: Mapping[str, Any]) -> None:
    """Open the channels and take notices until the end."""
    opened = open_channels(link, config["channels"])
    await begin_policy(link, opened, config["digest"])
    InboxRoutes(link).add()
    serve_push(link, {name: channel.sender for name, channel in opened.items()})
    link.ready()
    await asyncio.Event().wait()


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `notify`."""
    yield Integration(
        name="notify",
        summary="Sends notices to people over their channels, and keeps trying until they arrive.",
        run=run,
        schema=_SECTION,
        check=check_kinds,
        events=(NoticeDelivered, NoticeRefused, NoticeHeld),
        actions=(
            Action(
                name="notify.send",
                summary="Tell an audience something: one delivery for each person and channel",
                schema=SEND,
                check=check_send,
                durable=True,
                expires=timedelta(hours=24),
            ),
            Action(
                name="notify.escalate",
                summary="Tell others of an alarm that nobody took on (made by notify.send)",
                schema=ESCALATE,
                durable=True,
                expires=timedelta(hours=24),
            ),
            Action(
                name="notify.deliver",
                summary="Hand one notice to one person over one channel (made by notify.send)",
                schema=DELIVER,
                durable=True,
                expires=timedelta(hours=24),
                timeout=30.0,
            ),
        ),
        channels=CHANNELS,
    )
