"""What a person would get: a notice's texts rendered, in their language, as each of their channels would carry it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import voluptuous as vol

from hub.api import Delivery, Link, Notice, Person, Severity, TemplateRefused, Templates, quiet_until
from integrations.notify.delivering import OpenChannel
from integrations.notify.discreet import discreet
from integrations.notify.schema import sensitive, severity, text, title
from integrations.notify.wording import LONGEST_MESSAGE, LONGEST_TITLE, Text, choose, clean, headline

if TYPE_CHECKING:
    from aiohttp import web

PATH = "/api/v1/notices/preview"
_BODY = vol.Schema(
    {
        vol.Required("person"): str,
        vol.Optional("title", default=""): title,
        vol.Optional("message", default=""): text(LONGEST_MESSAGE),
        vol.Optional("severity", default="info"): severity,
        vol.Optional("sensitive", default=False): sensitive,
        vol.Optional(
            "variables", default=dict
        ): dict,  # what the templates find, such as {"trigger": {"event": ...}}
    }
)


@dataclass(slots=True)
class Preview:
    """Renders, and sends nothing."""

    link: Link
    channels: Mapping[str, OpenChannel]
    _templates: Templates | None = field(default=None)

    def serve(self) -> None:
        """Add the route."""
        self.link.follow(Templates, self._follow)
        self.link.route("POST", PATH, self.show, access="edit automation")

    def _follow(self, templates: Templates | None) -> None:
        self._templates = templates

    async def show(self, request: "web.Request") -> "web.Response":
        """{"person", "title", "message", "severity", "sensitive", "variables"} -> what each channel would carry.

        400 says which text can't be rendered and why, in whichever language it stands.
        """
        from aiohttp import web

        try:
            body = _BODY(await request.json())
            person = self._person(body["person"])
            notice = Notice(
                title=self._rendered("title", body, person, LONGEST_TITLE),
                message=self._rendered("message", body, person, LONGEST_MESSAGE),
                severity=Severity.of(body["severity"]),
                at=self.link.now(),
                sensitive=body["sensitive"],
            )
        except (vol.Invalid, ValueError, TypeError, RecursionError, TemplateRefused) as error:
            raise web.HTTPBadRequest(text=clean(str(error), 500)) from error
        return web.json_response(self._told(person, notice))

    def _person(self, wanted: str) -> Person:
        person: Person | None = self.link.site.directory.persons.get(wanted)
        if person is None:
            raise vol.Invalid(f"there is no person '{clean(wanted, 64)}'")
        return person

    def _rendered(self, name: str, body: Mapping[str, Any], person: Person, longest: int) -> str:
        """The text in the person's language; every other one is tried, too."""
        written: Text = body[name]
        each = written if isinstance(written, Mapping) else {"": written}
        made = {}
        for language, source in each.items():
            try:
                made[language] = clean(self._render(source, body["variables"]), longest)
            except TemplateRefused as error:
                raise TemplateRefused(f"{name}{f' ({language})' if language else ''}: {error}") from error
        return choose(
            made if isinstance(written, Mapping) else made[""], person.language, self.link.site.language
        )

    def _render(self, source: str, variables: Mapping[str, Any]) -> str:
        if "{" not in source:
            return source
        if self._templates is None:
            raise TemplateRefused("the integration 'automation' is not running, which renders templates")
        return self._templates.render(source, variables, lambda _entity: True).text

    def _told(self, person: Person, notice: Notice) -> dict[str, Any]:
        until = quiet_until(person, notice.severity, notice.at, self.link.site.zone)
        return {
            "person": person.id,
            "language": person.language,
            "title": notice.title,
            "message": notice.message,
            "quiet_until": until and until.isoformat(),
            "channels": [
                {
                    "channel": address.channel,
                    "after": address.after,
                    "headline": headline(shown.notice, person.language),
                    "message": shown.notice.message,
                }
                for address in person.addresses
                if (channel := self.channels.get(address.channel)) is not None
                for shown in (
                    self._shown(channel, Delivery(key="", person=person, address=address, notice=notice)),
                )
            ],
        }

    def _shown(self, channel: OpenChannel, delivery: Delivery) -> Delivery:
        hidden = delivery.notice.sensitive and not channel.kind.private
        return discreet(delivery, self.link.site.url) if hidden else delivery
