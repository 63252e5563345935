"""Storms: what comes too thick for one person is counted, and told in one digest."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from hub.api import Link, Person, Severity, TimePeriod
from integrations.notify.wording import clean, one_line, phrase

MOST_KINDS = 12  # told one by one, the rest in one line
MOST_LINES = 3
STILL = timedelta(seconds=2)  # a digest that is due waits a little for so long a pause: better one than two
LONGEST_KIND, LONGEST_LINE = 60, 200
KEY = "digest/"  # and the person's id, in memory and of the timer

_MOMENT = TimePeriod(timedelta(seconds=1), timedelta(hours=1))
DIGEST = vol.Schema(
    {
        vol.Optional("burst", default=5): vol.All(int, vol.Range(min=0, max=1_000_000)),
        vol.Optional("within", default=60): _MOMENT,
        vol.Optional("wait", default=20): _MOMENT,
        vol.Optional("every", default=300): _MOMENT,
    }
)


@dataclass(slots=True)
class Storm:
    """Holds each person's digest in the guest's memory; its timer sends it.

    More than `burst` notices `within` a time that are not critical make a storm: what comes then is counted, and told
    after a `wait`, and at most `every` so often.
    """

    link: Link
    limits: Mapping[str, Any]
    _recent: dict[str, deque[datetime]] = field(default_factory=dict)

    def takes(self, person: Person, severity: Severity) -> bool:
        """Whether a notice is to be counted instead of sent; what is critical never is."""
        if severity >= Severity.critical:
            return False
        now, burst = self.link.now(), self.limits["burst"]
        recent = self._recent.setdefault(person.id, deque(maxlen=burst + 1))
        recent.append(now)
        thick = len(recent) > burst and recent[0] > now - self.limits["within"]
        return thick or "count" in self.link.memory.get(KEY + person.id, {})

    def count(self, person: Person, notice: Mapping[str, Any]) -> None:
        """Put a notice into the person's digest, in the open unit."""
        memory, key, now = self.link.memory, KEY + person.id, self.link.now()
        digest = memory.get(key, {})
        if "count" not in digest:
            due = now + self.limits["wait"]
            if "told" in digest:
                due = max(due, datetime.fromisoformat(digest["told"]) + self.limits["every"])
            digest = {"since": now.isoformat(), "count": 0, "worst": 0, "kinds": {}, "rest": 0, "lines": []}
            self.link.timer(key, due)
        memory.put(key, {**_counted(digest, notice, person.language), "last": now.isoformat()})

    def tell(self, key: str, send: Callable[[Person, Mapping[str, Any], str], None]) -> None:
        """A digest's timer rang: send it, in the open unit; `send` takes person, notice and the key of the call."""
        memory = self.link.memory
        digest, now = memory.get(key, {}), self.link.now()
        if "count" not in digest:
            return
        since, last = (datetime.fromisoformat(digest[name]) for name in ("since", "last"))
        if now - last < STILL and now < since + self.limits["wait"] * 1.4:
            self.link.timer(key, now + STILL)
            return
        memory.put(key, {"told": now.isoformat()})
        person = self.link.site.directory.persons.get(key.removeprefix(KEY))
        if person is None or not person.active:
            self.link.log.warning("%s: %d notices for one who left", key, digest["count"])
            return
        url = f"{self.link.site.url}/#/now" if self.link.site.url else ""
        local = since.astimezone(self.link.site.zone)
        # Who shares a group with others in the same storm has the same key but for the person: one post.
        send(
            person,
            _told(digest, person.language, f"{local:%H:%M:%S}", url),
            f"digest-{since:%Y%m%dT%H%M%S.%f}",
        )


def kind_of_title(title: str) -> str:
    """What a title says before it names the very thing: 井盖倾斜：MH-0137 -> 井盖倾斜."""
    for mark in ("：", ": "):
        head, found, _ = title.partition(mark)
        if found and head.strip():
            title = head
    return clean(one_line(title), LONGEST_KIND)


def _counted(digest: dict[str, Any], notice: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The digest with one notice more; as large as before once it is full."""
    private = bool(notice.get("sensitive"))
    title = phrase("private_title", language) if private else notice["title"]
    line = title or one_line(notice["message"])
    kind, kinds = kind_of_title(line) or "…", digest["kinds"]
    if kind in kinds or len(kinds) < MOST_KINDS:
        kinds[kind] = kinds.get(kind, 0) + 1
    else:
        digest["rest"] += 1
    if len(digest["lines"]) < MOST_LINES and not private:
        digest["lines"].append(clean(line, LONGEST_LINE))
    digest["count"] += 1
    digest["worst"] = max(digest["worst"], int(Severity.of(notice["severity"])))
    return digest


def _told(digest: Mapping[str, Any], language: str, since: str, url: str) -> dict[str, Any]:
    count, kinds = digest["count"], digest["kinds"]
    lines = [phrase("digest", language, count=f"{count:,}", since=since)]
    lines += [
        phrase("digest_kind", language, kind=kind, count=f"{number:,}")
        for kind, number in sorted(kinds.items(), key=lambda entry: -entry[1])
    ]
    if digest["rest"]:
        others = phrase("digest_others", language)
        lines.append(phrase("digest_kind", language, kind=others, count=f"{digest['rest']:,}"))
    if any(line not in kinds for line in digest["lines"]):
        lines += [phrase("digest_first", language), *digest["lines"]]
    lines.append(phrase("digest_all", language))
    return {
        "title": phrase("digest_title", language, count=f"{count:,}"),
        "message": "\n".join(lines),
        "severity": Severity(digest["worst"]).name,
        "evidence": [],
        "url": url,
    }
