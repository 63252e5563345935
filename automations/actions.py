"""Actions: a sequence is read into flat steps with jumps; a step is a function of the run."""

from collections.abc import Callable
from typing import Any

from automations.calls import Wish, read_call
from automations.conditions import Check, all_hold, read_condition, read_conditions
from automations.runs import END, Run, RunFailed
from automations.schema import Fields, Path, Reading, each, kind_of_value, read_span
from automations.state_triggers import Unclear
from automations.templates import is_template
from hub.api import did_you_mean

Step = Callable[[Run], int]
LATER = ("parallel", "repeat", "scene", "wait_for_trigger", "wait_template", "device_id")
MOST_STEPS = 5_000
DEEPEST = 30


class Mark:
    """A place in the steps that is known later."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = END


class Assembly:
    """Steps in the making, each with a label for traces."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.steps: list[Step] = []
        self.labels: list[str] = []
        self.wishes: list[Wish] = []
        self._depth = 0

    @property
    def here(self) -> int:
        """Index of the next step to be added."""
        return len(self.steps)

    def add(self, label: str, step: Step) -> None:
        """Append a step."""
        self.steps.append(step)
        self.labels.append(label)

    def sequence(self, written: Any, path: Path) -> None:
        """Read a list of actions, or one that stands instead of it."""
        end = Mark()
        self._depth += 1
        if self._depth > DEEPEST:
            self.reading.fault(path, "the actions are nested too deeply", f"at most {DEEPEST} levels")
        else:
            for item, way in each(written):
                if self.here >= MOST_STEPS:
                    self.reading.fault((*path, *way), f"more than {MOST_STEPS} actions", "split the rule")
                    break
                self._action(item, (*path, *way), end)
        self._depth -= 1
        end.at = self.here

    def _action(self, item: Any, path: Path, end: Mark) -> None:
        if isinstance(item, str):
            self._condition(read_condition(self.reading, item, path), end, item)
            return
        if not isinstance(item, dict):
            what = kind_of_value(item)
            self.reading.fault(
                path, f"an action must be a mapping, not {what}", "as in - action: notify.send"
            )
            return
        fields = Fields(self.reading, item, path)
        kind = next((key for key in _READERS if key in item), None)
        if kind is None:
            self._unknown(item, path)
            return
        if kind in _CONDITIONS:
            self._condition(read_condition(self.reading, item, path), end, str(item.get("alias") or kind))
            return
        alias, enabled = fields.text("alias"), fields.flag("enabled", True)
        before, variables = self.here, set(self.reading.variables)
        _READERS[kind](self, fields, alias)
        fields.finish(f"a '{kind}' action")
        if not enabled:
            del self.steps[before:], self.labels[before:]
            self.reading.variables = variables

    def _unknown(self, item: dict[Any, Any], path: Path) -> None:
        later = next((key for key in item if key in LATER), None)
        if later is not None:
            self.reading.fault(
                (*path, later), f"'{later}' actions are not supported yet", "leave it out for now"
            )
            return
        for key in item:
            hint = did_you_mean(key, _READERS)
            if hint:
                self.reading.fault((*path, key), f"there is no action '{key}'", hint)
                return
        kinds = "action, delay, choose, if, variables, stop, event or condition"
        self.reading.fault(path, "the action does not say what it does", f"it needs one of {kinds}")

    # --- steps ------------------------------------------------------------------------------------------------

    def _condition(self, check: Check | None, end: Mark, label: str) -> None:
        if check is not None:
            self.branch(check, end, f"condition: {label}"[:100])

    def branch(self, check: Check, otherwise: Mark, label: str) -> None:
        """Go on when the condition holds, else to the mark."""
        following = self.here + 1
        self.add(label, lambda run: following if holds(check, run) else otherwise.at)

    def jump(self, mark: Mark) -> None:
        """Go to the mark."""
        self.add("", lambda _run: mark.at)

    def call(self, fields: Fields, alias: str) -> None:
        """An action by name."""
        wish = read_call(fields)
        if wish is None:
            return
        index = self.here
        self.wishes.append(wish)
        self.add(alias or wish.name, lambda run: run.automation.desk.call(run, index, wish))

    def delay(self, fields: Fields, alias: str) -> None:
        """Wait."""
        value = fields.require("delay")
        span = read_span(self.reading, value, (*fields.path, "delay")) if value is not None else None
        if span is None:
            return
        index = self.here

        def step(run: Run) -> int:
            try:
                wait = span.of(run.scope)
            except ValueError as error:
                raise RunFailed(str(error)) from error
            return run.automation.desk.delay(run, index, wait)

        self.add(alias or "delay", step)

    def choose(self, fields: Fields, alias: str) -> None:
        """The first option whose conditions hold."""
        done = Mark()
        for index, (item, way) in enumerate(each(fields.take("choose"))):
            path = (*fields.path, "choose", *way)
            if not isinstance(item, dict):
                self.reading.fault(path, "an option of 'choose' must be a mapping", "conditions and sequence")
                continue
            option = Fields(self.reading, item, path, "alias")
            key, conditions = option.first("conditions", "condition")
            if conditions is None:
                self.reading.fault(path, "'conditions' is missing", "add 'conditions:', or use 'default'")
            otherwise = Mark()
            label = str(item.get("alias") or f"{alias or 'choose'}: option {index + 1}")
            self.branch(all_hold(read_conditions(self.reading, conditions, (*path, key))), otherwise, label)
            self.sequence(option.require("sequence"), (*path, "sequence"))
            option.finish("an option of 'choose'")
            self.jump(done)
            otherwise.at = self.here
        self.sequence(fields.take("default"), (*fields.path, "default"))
        done.at = self.here

    def decide(self, fields: Fields, alias: str) -> None:
        """if, then, else."""
        otherwise, done = Mark(), Mark()
        checks = read_conditions(self.reading, fields.take("if"), (*fields.path, "if"))
        self.branch(all_hold(checks), otherwise, alias or "if")
        self.sequence(fields.require("then"), (*fields.path, "then"))
        self.jump(done)
        otherwise.at = self.here
        self.sequence(fields.take("else"), (*fields.path, "else"))
        done.at = self.here

    def nest(self, fields: Fields, _alias: str) -> None:
        """A sequence inside a sequence."""
        self.sequence(fields.take("sequence"), (*fields.path, "sequence"))

    def assign(self, fields: Fields, alias: str) -> None:
        """Give variables their values, one after the other."""
        values = fields.take("variables")
        if not isinstance(values, dict):
            fields.fault("variables", f"'variables' must be a mapping, not {kind_of_value(values)}")
            return
        assign = read_assignment(self.reading, values, (*fields.path, "variables"))
        following = self.here + 1

        def step(run: Run) -> int:
            assign(run)
            return following

        self.add(alias or "variables", step)

    def stop(self, fields: Fields, alias: str) -> None:
        """End the whole run."""
        reason, failed = fields.text("stop"), fields.flag("error")
        fields.take("response_variable")
        render = self.reading.renderer(reason, (*fields.path, "stop"))

        def step(run: Run) -> int:
            text = reason if render is None else render(run.scope(), False)
            if failed:
                raise RunFailed(text or "stopped")
            run.outcome = text
            return END

        self.add(alias or "stop", step)

    def fire(self, fields: Fields, alias: str) -> None:
        """Fire an event of a name of the site's own."""
        name = fields.require("event")
        key, data = fields.first("event_data", "event_data_template")
        if not isinstance(name, str) or not name or is_template(name):
            fields.fault("event", f"an event's name must be plain text, not {name!r}")
            return
        if name in self.reading.known.events:
            fields.fault("event", f"'{name}' is declared by an integration", "fire a name of your own")
        if data is not None and not isinstance(data, dict):
            fields.fault(key, f"'{key}' must be a mapping, not {kind_of_value(data)}")
            return
        constant = data or {}
        render = self.reading.renderer(constant, (*fields.path, key))
        index = self.here

        def step(run: Run) -> int:
            filled = dict(constant) if render is None else render(run.scope(), True)
            return run.automation.desk.fire(run, index, name, filled)

        self.add(alias or f"event {name}", step)


def holds(check: Check, run: Run) -> bool:
    """Whether a condition holds; one that is unclear does not, and the run's log says so."""
    try:
        return check(run)
    except Unclear as error:
        run.automation.desk.unclear(run, error)
        return False


def read_assignment(reading: Reading, values: dict[Any, Any], path: Path) -> Callable[[Run], None]:
    """A function that gives the variables their values in order, so that later ones may use earlier ones."""
    parts: list[tuple[str, Any, Any]] = []
    for name, value in values.items():
        parts.append((str(name), value, reading.renderer(value, (*path, name))))
        reading.variables.add(str(name))

    def assign(run: Run) -> None:
        for name, value, render in parts:
            run.assign(name, value if render is None else render(run.scope(), True))

    return assign


_CONDITIONS = frozenset(("condition", "and", "or", "not"))
_READERS: dict[str, Callable[[Assembly, Fields, str], None]] = {
    "action": Assembly.call,
    "service": Assembly.call,
    "delay": Assembly.delay,
    "choose": Assembly.choose,
    "if": Assembly.decide,
    "sequence": Assembly.nest,
    "variables": Assembly.assign,
    "stop": Assembly.stop,
    "event": Assembly.fire,
    **dict.fromkeys(_CONDITIONS, Assembly.nest),  # read as conditions before this is looked at
}
