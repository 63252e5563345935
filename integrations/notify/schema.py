"""What `notify:` and the two actions take. What an alarm says at run time is bounded, never refused for its form."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from hub.api import (
    STAGES,
    AudienceFault,
    Evidence,
    Finding,
    Known,
    Severity,
    did_you_mean,
    parse_audience,
    plain,
    unknown_names,
)
from integrations.notify.escalating import steps
from integrations.notify.wording import LONGEST_MESSAGE, LONGEST_TITLE, clean, one_line

MOST_EVIDENCE = 20
LONGEST_URL = 2000
LONGEST_PATH = 500
_KINDS = {
    ".mp4": "clip",
    ".mkv": "clip",
    ".jpg": "picture",
    ".jpeg": "picture",
    ".png": "picture",
    ".webp": "picture",
}
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# Words that mean nothing without the template that stands behind them.
_CUT_SHORT = re.compile(r"(?<!\S)(?:residents\s+of|not)\s+\S*\0\S*")
_PURPOSE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


def severity(value: Any) -> str:
    """A severity's name."""
    try:
        return Severity.of(value).name
    except (ValueError, TypeError) as error:
        raise vol.Invalid(
            f"'{str(value)[:40]}' is no severity; use {', '.join(Severity.__members__)}"
        ) from error


def text(longest: int) -> Callable[[Any], Any]:
    """Text, or a mapping of language to text; numbers become text, long texts are cut."""

    def read(value: Any) -> str:
        if isinstance(value, (Mapping, list, tuple, bytes)):
            raise vol.Invalid("a text is needed, or a mapping such as {zh-CN: ..., en: ...}")
        return "" if value is None else clean(str(value), longest)

    def check(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(language)[:20]: read(item) for language, item in list(value.items())[:20]}
        return read(value)

    return check


def title(value: Any) -> Any:
    """A title is one line."""
    checked = text(LONGEST_TITLE)(value)
    if isinstance(checked, dict):
        return {language: one_line(item) for language, item in checked.items()}
    return one_line(checked)


def web_address(value: Any) -> str:
    """An http or https address with a host."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable() or " " in value:
        raise vol.Invalid("an address such as https://example.org/in is needed")
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise vol.Invalid("the address must begin with http:// or https:// and name a host")
    return value


def link_or_nothing(value: Any) -> str:
    """The address to open for more; a notice goes out without it rather than not at all."""
    try:
        return web_address(value)
    except vol.Invalid:
        return ""


def evidence(value: Any) -> list[dict[str, str]]:
    """Evidence as plain mappings. What can't be read is said so in the notice, which goes out all the same."""
    if value is None or value == "":
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_one_evidence(item) for item in items[:MOST_EVIDENCE]]


def _one_evidence(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = {"kind": _KINDS.get(PurePosixPath(value).suffix.lower(), "reading"), "path": value}
    given = plain(value) if isinstance(value, Evidence) else value
    if not isinstance(given, Mapping) or given.get("kind") not in ("clip", "picture", "reading"):
        given = {"kind": "reading", "text": "?"}
    path = str(given.get("path") or "")
    return {
        "kind": given["kind"],
        "path": path if is_inside(path) else "",
        "media_type": clean(str(given.get("media_type") or ""), 100),
        "sha256": clean(str(given.get("sha256") or ""), 64),
        "text": clean(str(given.get("text") or ""), 500),
    }


def is_inside(path: str) -> bool:
    """Whether a relative path stays in the folder that it is relative to."""
    pure = PurePosixPath(path)
    return (
        len(path) <= LONGEST_PATH and path.isprintable() and not pure.is_absolute() and ".." not in pure.parts
    )


def headers(value: Any) -> dict[str, str]:
    """Extra HTTP headers; ours can't be replaced."""
    if not isinstance(value, Mapping) or len(value) > 20:
        raise vol.Invalid("headers are a mapping of at most 20 names and texts")
    for name, item in value.items():
        if not isinstance(name, str) or not _HEADER.match(name):
            raise vol.Invalid(f"'{str(name)[:64]}' is no header name; use letters, digits and -")
        if name.lower().startswith("webhook-") or name.lower() in ("content-type", "content-length", "host"):
            raise vol.Invalid(f"header '{name}' is set by the hub; leave it out")
        if (
            not isinstance(item, str)
            or len(item) > LONGEST_URL
            or not item.isascii()
            or not item.isprintable()
        ):
            raise vol.Invalid(f"header '{name}' needs one line of ASCII text")
    return dict(value)


def address(
    main: str, check: Callable[[Any], Any], *, needed: bool = True
) -> Callable[[Any], dict[str, Any]]:
    """A person's address of one option, which the short form `channel: value` gives as `to`."""
    key = vol.Required(main) if needed else vol.Optional(main)
    schema = vol.Schema({key: check})

    def read(value: Any) -> dict[str, Any]:
        given = dict(value) if isinstance(value, Mapping) else {"to": value}
        if "to" in given and main not in given:
            given[main] = given.pop("to")
        cleaned: dict[str, Any] = schema(given)
        return cleaned

    return read


TIMEOUT = vol.All(vol.Any(int, float), vol.Range(min=1, max=25))  # an attempt as a whole has 30 s


def _audience(data: dict[str, Any]) -> dict[str, Any]:
    """person, role and area become an audience."""
    named: dict[str, Any] = {key: data.pop(key) for key in ("person", "role", "area") if key in data}
    if "audience" in data:
        if named:
            raise vol.Invalid(
                "'audience' and 'person', 'role' or 'area' say the same; use one of the two ways"
            )
        return data
    if not named:
        raise vol.Invalid("nobody is named; add 'audience', 'person', 'role' or 'area'")
    alternatives: list[dict[str, Any]] = []
    if "person" in named:
        alternatives.append({"person": named.pop("person")})
    if named:
        alternatives.append(named)
    return {**data, "audience": alternatives}


def _something_to_say(data: dict[str, Any]) -> dict[str, Any]:
    if "title" not in data and "message" not in data:
        raise vol.Invalid("there is nothing to say; add 'message' or 'title'")
    return data


def _names(value: Any) -> Any:
    """Audience as written: whom it means is found out when the notice is made, and never by refusing it."""
    if isinstance(value, (str, list, tuple, Mapping)) or value is None:
        return "" if value is None else plain(dict(value) if isinstance(value, Mapping) else value)
    raise vol.Invalid("an audience is text such as 'role:grid_worker area:b1', or a list of these")


def purpose(value: Any) -> str:
    """What the notice needs consent for: an id under `people: purposes:`."""
    if not isinstance(value, str) or not _PURPOSE.match(value):
        raise vol.Invalid(
            "a purpose is an id such as 'health_knowledge'; leave it out for what everyone must hear"
        )
    return value


def sensitive(value: Any) -> bool:
    """Whether nobody else may read it; what can't be read is taken for a yes."""
    return (
        value.strip().lower() not in ("", "false", "no", "off", "0")
        if isinstance(value, str)
        else bool(value)
    )


_NOTICE: dict[Any, Any] = {
    vol.Optional("title"): title,
    vol.Optional("message"): text(LONGEST_MESSAGE),
    vol.Optional("severity", default="info"): severity,
    vol.Optional("evidence", default=list): evidence,
    vol.Optional("url", default=""): link_or_nothing,
    vol.Optional("purpose"): purpose,
    vol.Optional("sensitive"): sensitive,
}
# Compiled once, as a whole: bare `vol.All` is compiled at each use.
SEND = vol.Schema(
    vol.All(
        vol.Schema(
            {
                vol.Optional("audience"): _names,
                vol.Optional("person"): _names,
                vol.Optional("role"): _names,
                vol.Optional("area"): _names,
                vol.Optional("escalate"): steps(_names),
                **_NOTICE,
            }
        ),
        _audience,
        _something_to_say,
    )
)
DELIVER = vol.Schema(
    {
        vol.Required("person"): str,
        vol.Required("channel"): str,
        vol.Optional("number", default=0): int,  # which of the person's addresses on that channel
        vol.Required("at"): str,
        # A further way to reach the person: used `after` so many seconds if none of `instead_of` (key, channel) came.
        vol.Optional("after"): vol.Any(int, float),
        vol.Optional("until"): vol.In(STAGES),
        vol.Optional("instead_of"): [[str]],
        **_NOTICE,
    }
)


def check_send(data: Mapping[str, Any], known: Known) -> Iterable[Finding]:
    """Whether an audience as a rule writes it names whom there is; what templates fill in is left out."""
    wanted = data.get("purpose")
    if known.purposes and isinstance(wanted, str) and "{" not in wanted and wanted not in known.purposes:
        remedy = did_you_mean(wanted, known.purposes) or "add it under 'people: purposes:'"
        yield Finding(("purpose",), f"there is no purpose '{wanted}'", remedy)
    for key in ("audience", "person", "role", "area"):
        if key in data:
            yield from _check_names((key,), data[key], known)
    chain = data.get("escalate")
    for index, step in enumerate(chain if isinstance(chain, list) else [chain]):
        if isinstance(step, Mapping) and "audience" in step:
            place = ("escalate", index) if isinstance(chain, list) else ("escalate",)
            yield from _check_names((*place, "audience"), step["audience"], known)


def _check_names(path: tuple[str | int, ...], given: Any, known: Known) -> Iterable[Finding]:
    key = str(path[-1])
    for index, item in enumerate(given) if isinstance(given, list) and given else [(None, given)]:
        place = path if index is None else (*path, index)
        written = _without_templates(item if key == "audience" else {key: item})
        for fault in () if written is None else _audience_faults(written, known):
            yield Finding(place, fault.problem, fault.remedy)


def _audience_faults(written: Any, known: Known) -> list[AudienceFault]:
    try:
        return unknown_names(parse_audience(written), known)
    except AudienceFault as fault:
        return [fault]


def _without_templates(written: Any) -> Any:
    """The audience without the alternatives that templates make; of `role:x area:{{ ... }}` the rest stays."""
    if isinstance(written, str):
        whole = _CUT_SHORT.sub("\0", _TEMPLATE.sub("\0", written))
        kept = " ".join(word for word in whole.split() if "\0" not in word)
        return kept or (None if "{" in written else written)
    if isinstance(written, Mapping):
        return {
            key: item for key, value in written.items() if (item := _without_templates(value)) is not None
        } or None
    if isinstance(written, list) and written:
        return [item for value in written if (item := _without_templates(value)) is not None] or None
    return written
