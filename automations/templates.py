"""Templates: compiled once when the rules are loaded, rendered within bounds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template as JinjaTemplate

from automations.functions import furnish
from automations.natives import native
from automations.sandbox import LONGEST_TEXT, Bounded
from automations.views import StateView
from hub.api import HubError

_FORBIDDEN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)
_NOTHING: Any = object()
_PLAIN = (bool, int, float, list, dict)
_ERRORS = (  # what a template's own code can raise; more would be a bug of ours
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    MemoryError,
    TypeError,
    ValueError,
    RuntimeError,
    OSError,
)


class TemplateFault(ValueError):
    """A template that can't be compiled; `line` counts from 1 inside the template."""

    def __init__(self, problem: str, remedy: str = "", line: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.line = problem, remedy, line


class TemplateFailed(HubError):
    """A template that could not be rendered this time."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name that a template reads, with the names that follow it: trigger.event.cell."""

    names: tuple[str, ...]


class Template:
    """One compiled template."""

    __slots__ = ("_jinja", "_path", "_templates", "entities", "source", "uses")

    def __init__(
        self,
        templates: "Templates",
        source: str,
        jinja: JinjaTemplate,
        path: tuple[str, ...],
        uses: tuple[Use, ...],
        entities: frozenset[str] = frozenset(),  # ids that it names outright
    ) -> None:
        self._templates, self.source, self._jinja = templates, source, jinja
        self._path, self.uses, self.entities = path, uses, entities

    def text(self, scope: Mapping[str, Any]) -> str:
        """The rendered text without blanks around it; TemplateFailed."""
        return self._templates.render(self._jinja, scope).strip()

    def value(self, scope: Mapping[str, Any]) -> Any:
        """The result as a value: number, truth, list, mapping, None or text; TemplateFailed."""
        if self._path:
            found = follow(scope, self._path)
            if found is not _NOTHING:
                return found
        return native(self.text(scope))

    def true(self, scope: Mapping[str, Any]) -> bool:
        """Whether it says "true"; TemplateFailed."""
        return self.text(scope).lower() == "true"


def follow(scope: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What a plain chain of names leads to, or `_NOTHING` when rendering has to find out."""
    value: Any = scope
    for name in path:
        if value.__class__ is dict:
            if name not in value:
                return _NOTHING
            value = value[name]
        elif value.__class__ is StateView:
            value = getattr(value, name, _NOTHING)
        else:
            return _NOTHING
    if value.__class__ is str:
        return native(value) if len(value) <= LONGEST_TEXT else _NOTHING
    return value if value is None or value.__class__ in _PLAIN else _NOTHING


def is_template(text: str) -> bool:
    """Whether a text holds template code."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


def holds_template(value: Any) -> bool:
    """Whether there is a template anywhere inside a value."""
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, dict):
        return any(holds_template(item) for item in value.values())
    return isinstance(value, list) and any(holds_template(item) for item in value)


class Templates:
    """Compiles and renders; each text is compiled once however often it stands in the rules."""

    def __init__(self) -> None:
        self._environment = Bounded()
        furnish(self._environment)
        self._compiled: dict[str, Template] = {}

    def compile(self, source: str) -> Template:
        """The compiled template; TemplateFault."""
        found = self._compiled.get(source)
        if found is None:
            found = self._compiled[source] = self._compile(source)
        return found

    def forget(self) -> None:
        """Drop the texts remembered, as after a reload; compiled templates in use live on."""
        self._compiled.clear()

    def names(self) -> frozenset[str]:
        """Names that every template knows."""
        return frozenset((*self._environment.globals, "states", "loop", "caller", "varargs", "kwargs"))

    def words(self, kind: str) -> list[str]:
        """Names of all filters (kind "filter") or tests."""
        return list(self._environment.filters if kind == "filter" else self._environment.tests)

    def render(self, jinja: JinjaTemplate, scope: Mapping[str, Any]) -> str:
        """Render within the bounds; TemplateFailed."""
        self._environment.budget.renew()
        try:
            return "".join(jinja.root_render_func(jinja.new_context(scope)))  # type: ignore[arg-type]
        except _ERRORS as error:
            raise TemplateFailed(f"template: {error}" if str(error) else f"template: {error!r}") from error

    def _compile(self, source: str) -> Template:
        if len(source) > LONGEST_TEXT:
            raise TemplateFault(f"a template has at most {LONGEST_TEXT} characters", "split it")
        environment = self._environment
        environment.budget.renew()
        try:
            tree = environment.parse(source)
            _check(tree)
            path, uses, entities = _plain_path(tree), tuple(_uses(tree)), _entities(tree)
            code = environment.compile(environment.metered(tree), filename="template")
        except TemplateSyntaxError as error:
            raise TemplateFault(
                (error.message or "bad syntax").rstrip("."), _hint(error), error.lineno
            ) from error
        except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
            if isinstance(error, TemplateFault):
                raise
            raise TemplateFault(f"the template is too complicated: {error}", "simplify it") from error
        jinja = JinjaTemplate.from_code(environment, code, environment.globals)
        return Template(self, source, jinja, path, uses, entities)


def _hint(error: TemplateSyntaxError) -> str:
    return f"look at line {error.lineno} of the template" if error.lineno and error.lineno > 1 else ""


def _check(tree: nodes.Template) -> None:
    """Refuse what reaches outside the template, or tries to."""
    for node in tree.find_all(nodes.Node):
        if isinstance(node, _FORBIDDEN):
            word = type(node).__name__.lower()
            raise TemplateFault(f"'{word}' is not available in templates", "write it out", node.lineno)
        name = getattr(node, "attr", None) if isinstance(node, nodes.Getattr) else getattr(node, "name", None)
        if isinstance(name, str) and name.startswith("_"):
            raise TemplateFault(f"'{name}': names with a leading _ are not available", "", node.lineno)


def _plain_path(tree: nodes.Template) -> tuple[str, ...]:
    """The names of a template that is nothing but {{ a.b.c }}."""
    body = tree.body
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        return ()
    return _chain(body[0].nodes[0])


def _chain(node: nodes.Node) -> tuple[str, ...]:
    names: list[str] = []
    while True:
        if isinstance(node, nodes.Name):
            return (node.name, *reversed(names))
        if isinstance(node, nodes.Getattr):
            names.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if not isinstance(node.arg.value, str):
                return ()
            names.append(node.arg.value)
        else:
            return ()
        node = node.node


def _uses(tree: nodes.Template) -> Iterator[Use]:
    """Names read from outside the template, each with as many following names as are plain."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    own |= {node.name for node in tree.find_all(nodes.Macro)}
    doubtful = {id(node.node) for node in tree.find_all(nodes.Test) if node.name in ("defined", "undefined")}
    doubtful |= {
        id(node.node) for node in tree.find_all(nodes.Filter) if node.name in ("default", "d") and node.node
    }
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        chain = _chain(node)
        if chain and id(node) not in inner and chain[0] not in own:
            yield Use(chain if id(node) not in doubtful else chain[:-1])
        child: nodes.Node = node
        while isinstance(child, (nodes.Getattr, nodes.Getitem)):
            child = child.node
            inner.add(id(child))
    return


_OF_ENTITIES = frozenset(("states", "is_state", "state_attr", "is_state_attr"))


def _entities(tree: nodes.Template) -> frozenset[str]:
    """Ids given as plain texts to the functions that read entities."""
    return frozenset(
        call.args[0].value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in _OF_ENTITIES
        if call.args and isinstance(call.args[0], nodes.Const) and isinstance(call.args[0].value, str)
    )


Renderer = Callable[[Mapping[str, Any], bool], Any]


def as_renderer(
    value: Any, compile_text: Callable[[str, tuple[Any, ...]], Template | None]
) -> Renderer | None:
    """A function that renders every template inside a value, or None when there is none.

    Its second argument says whether results are values (True) or texts. `compile_text` gets the template and the
    way to it, and returns None when it has reported a fault.
    """
    return _renderer(value, (), compile_text)


def _renderer(
    value: Any, way: tuple[Any, ...], compile_text: Callable[[str, tuple[Any, ...]], Template | None]
) -> Renderer | None:
    if isinstance(value, str):
        template = compile_text(value, way) if is_template(value) else None
        if template is None:
            return None
        return lambda scope, native: template.value(scope) if native else template.text(scope)
    if isinstance(value, dict):
        return _dict_renderer(value, way, compile_text)
    if isinstance(value, list):
        items = [_renderer(item, (*way, index), compile_text) for index, item in enumerate(value)]
        if not any(items):
            return None
        pairs = list(zip(value, items, strict=True))
        return lambda scope, native: [item if one is None else one(scope, native) for item, one in pairs]
    return None


def _dict_renderer(
    value: dict[Any, Any],
    way: tuple[Any, ...],
    compile_text: Callable[[str, tuple[Any, ...]], Template | None],
) -> Renderer | None:
    dynamic = {
        key: one
        for key, item in value.items()
        if (one := _renderer(item, (*way, key), compile_text)) is not None
    }
    if not dynamic:
        return None

    def render(scope: Mapping[str, Any], native: bool) -> dict[Any, Any]:
        result = value.copy()
        for key, one in dynamic.items():
            result[key] = one(scope, native)
        return result

    return render
