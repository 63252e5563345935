"""Automations: what rules there are, what they did, and switching them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from hub.accounts.permissions import Thing
from hub.model.calls import Call
from hub.model.errors import ActionRefused, NotReady
from hub.model.identity import new_id
from hub.plugins.ports import RuleBook
from hub.plugins.site import Site
from hub.web.v1.operations import Asked, Operation, Page, Refused, missing


class Ruling(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether the rule is to be on."""

    on: bool


class RuleView(msgspec.Struct, kw_only=True):
    """One rule and how often it did what."""

    id: str
    entity_id: str
    name: str
    on: bool
    mode: str
    triggers: list[str]
    last_triggered: str | None
    running: int
    triggered: int
    blocked: int
    failed: int
    lost: int


class RunView(msgspec.Struct, kw_only=True):
    """One run: why it began, what it did step by step, how it ended."""

    run: str
    at: str
    state: str
    outcome: str
    trigger: str
    about: str
    steps: list[str]
    wake: str | None


class RuleDetail(msgspec.Struct, kw_only=True):
    """A rule with its plan and its last runs, the newest first."""

    rule: RuleView
    description: str
    plan: list[str]
    running: list[RunView]
    runs: list[RunView]


class Automations:
    """Answers for rules; without an engine there are none."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._book: RuleBook | None = None
        site.ports.follow(RuleBook, self._take)

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        one = "/automations/{automation_id}"
        yield Operation(
            method="GET",
            path="/automations",
            access="see automation",
            summary="List rules",
            handler=self.list_automations,
            answer=Page[RuleView],
        )
        yield Operation(
            method="GET",
            path=one,
            access="see automation",
            summary="One rule with its last runs",
            handler=self.get_automation,
            answer=RuleDetail,
        )
        yield Operation(
            method="PUT",
            path=f"{one}/on",
            access="operate automation",
            summary="Switch a rule on or off",
            handler=self.switch_automation,
            body=Ruling,
            answer=RuleView,
            refusals=(409,),
        )
        yield Operation(
            method="POST",
            path=f"{one}/run",
            access="operate automation",
            summary="Carry out a rule's actions now, whatever its conditions say",
            handler=self.run_automation,
            answer=RuleView,
            refusals=(409,),
        )

    async def list_automations(self, asked: Asked[Any]) -> Page[RuleView]:
        """Those that the caller may see."""
        return Page(items=[_rule(one) for one in self._all() if asked.may("see", _thing(one))])

    async def get_automation(self, asked: Asked[Any]) -> RuleDetail:
        """The rule, if the caller may see it."""
        found = self._find(asked, "see")
        shown = self._book.show(found["entity_id"]) if self._book else None
        if shown is None:
            raise missing("automation")
        return RuleDetail(
            rule=_rule(shown),
            description=shown["description"],
            plan=shown["plan"],
            running=[_run(one) for one in shown["running"]],
            runs=[_run(one) for one in shown["traces"]],
        )

    async def switch_automation(self, asked: Asked[Any]) -> RuleView:
        """The rule as it is then."""
        verb = "turn_on" if asked.body.on else "turn_off"
        return await self._act(asked, f"automation.{verb}")

    async def run_automation(self, asked: Asked[Any]) -> RuleView:
        """The rule as it is then."""
        return await self._act(asked, "automation.trigger")

    # --- inside -----------------------------------------------------------------------------------------

    async def _act(self, asked: Asked[Any], action: str) -> RuleView:
        found = self._find(asked, "operate")
        self._site.audit.record(
            action.partition(".")[2], "automation", found["entity_id"], who=asked.who.account
        )
        call = Call(
            name=action, data={"entity_id": [found["entity_id"]]}, key=new_id(), cause=asked.who.account
        )
        try:
            await self._site.actions.run(call)
        except (ActionRefused, NotReady) as error:
            raise Refused(409, str(error)) from error
        return _rule(self._find(asked, "see"))

    def _find(self, asked: Asked[Any], verb: str) -> dict[str, Any]:
        wanted = asked.path["automation_id"]
        for one in self._all():
            if wanted in (one["id"], one["entity_id"]):
                asked.require(verb, _thing(one))
                return one
        raise missing("automation")

    def _all(self) -> list[dict[str, Any]]:
        return self._book.describe() if self._book else []

    def _take(self, book: RuleBook | None) -> None:
        self._book = book


def _thing(rule: dict[str, Any]) -> Thing:
    return Thing(kind="automation", id=rule["entity_id"])


def _rule(one: dict[str, Any]) -> RuleView:
    return RuleView(
        id=one["id"],
        entity_id=one["entity_id"],
        name=one["alias"],
        on=one["enabled"],
        mode=one["mode"],
        triggers=[trigger["platform"] for trigger in one["triggers"]],
        last_triggered=one["last_triggered"],
        running=one["current"] + one["queued"],
        triggered=one["triggered"],
        blocked=one["blocked"],
        failed=one["failed"],
        lost=one["lost"],
    )


def _run(one: dict[str, Any]) -> RunView:
    event = one.get("event")
    return RunView(
        run=one["run"],
        at=one["at"],
        state=one["state"],
        outcome=one["outcome"],
        trigger=(one["trigger"] or {}).get("platform", ""),
        about=event["kind"] if event else one.get("entity_id", ""),
        steps=[step["label"] for step in one["steps"]],
        wake=one.get("wake"),
    )
