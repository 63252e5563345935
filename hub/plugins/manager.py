"""Finds integrations by the name that the configuration gives, and reads their declarations."""

import importlib
import importlib.util
import logging
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, cast

import pluggy

from hub.model.people import Delivery
from hub.plugins import hookspecs
from hub.plugins.declaration import mistakes, told
from hub.plugins.integration import Integration

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "hub.integrations"
BUILT_IN = "integrations"
# A section's name -> the module that serves it, where the name alone does not tell.
ELSEWHERE = {"automation": "automations"}
log = logging.getLogger("hub.plugins")


class Missing(Exception):
    """There is no integration of that name."""


class Broken(Exception):
    """The integration is there but can't be loaded; the text says why."""


class Manager:
    """Loads guests on demand, through pluggy; nothing is imported that the configuration does not name."""

    def __init__(self) -> None:
        self.pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self.pluggy.add_hookspecs(hookspecs)
        self._loaded: dict[str, Integration] = {}
        self._modules: dict[str, str] = {}  # module that declares a guest -> its name
        self._packages: dict[str, str] = {}  # package of a third party -> the first guest it brought
        self._points: dict[str, EntryPoint] | None = None

    def names(self) -> list[str]:
        """Every name that could be configured, built in or installed."""
        built_in = [*ELSEWHERE]
        package = importlib.util.find_spec(BUILT_IN)
        if package is not None and package.submodule_search_locations:
            built_in += [
                found.name
                for found in pkgutil.iter_modules(package.submodule_search_locations)
                if found.ispkg
            ]
        return sorted({*built_in, *self._entry_points()})

    def load(self, name: str) -> Integration:
        """The declaration of the integration of that name; Missing or Broken."""
        if name not in self._loaded:
            module = self._import(name)
            self._modules[module.__name__] = name
            self._packages.setdefault(module.__name__.partition(".")[0], name)
            for integration in self._declarations(module, name):
                self._loaded[integration.name] = integration
            if name not in self._loaded:
                raise Broken(f"'{module.__name__}' declares no integration named '{name}'")
        return self._loaded[name]

    def add(self, integration: Integration) -> None:
        """Make a declaration known that stands in no module; for tests."""
        self._loaded[integration.name] = integration

    def owner_of(self, module: str) -> str:
        """The guest that a module belongs to, or ""."""
        package, above = module.partition(".")[0], module
        while above:
            if above in self._modules:
                return self._modules[above]
            above = above.rpartition(".")[0]
        return "" if package == BUILT_IN else self._packages.get(package, "")

    def review(self, delivery: Delivery) -> str | None:
        """The first reason of any guest to hold a delivery back; a guest that fails is logged, not obeyed."""
        for caller in self.pluggy.hook.hub_review_delivery.get_hookimpls():
            try:
                reason = caller.function(delivery)
            except Exception:
                log.exception("%s: hub_review_delivery failed", caller.plugin_name)
                continue
            if reason:
                return str(reason)
        return None

    def _entry_points(self) -> "dict[str, EntryPoint]":
        if self._points is None:
            # A site of built-in integrations alone need not read what is installed.
            from importlib.metadata import entry_points

            self._points = {point.name: point for point in entry_points(group=GROUP)}
        return self._points

    def _import(self, name: str) -> ModuleType:
        target = ELSEWHERE.get(name, f"{BUILT_IN}.{name}")
        try:
            if name.isidentifier() and importlib.util.find_spec(target) is not None:
                return importlib.import_module(target)
            point = self._entry_points().get(name)
            if point is None:
                raise Missing(name)
            loaded = point.load()
        except Missing:
            raise
        except (Exception, SystemExit) as error:
            # A guest's import may fail in any way; it must cost only that guest.
            raise Broken(f"'{name}' can't be imported: {told(error)}") from error
        if not isinstance(loaded, ModuleType):
            raise Broken(f"entry point '{name}' in {GROUP} names no module")
        return loaded

    def _declarations(self, module: ModuleType, name: str) -> list[Integration]:
        self._register(module, name)
        found: list[Integration] = []
        for implementation in self.pluggy.hook.hub_integrations.get_hookimpls():
            if implementation.plugin is module:
                try:
                    found += list(cast(Iterable[Integration], implementation.function()))
                except Exception as error:
                    raise Broken(f"'{name}' failed while declaring itself: {told(error)}") from error
        wrong = [mistake for integration in found for mistake in mistakes(integration)]
        if wrong:
            raise Broken(f"'{name}': {'; '.join(wrong)}")
        return found

    def _register(self, module: ModuleType, name: str) -> None:
        if self.pluggy.is_registered(module):
            return
        try:
            self.pluggy.register(module, name)
            self.pluggy.check_pending()
        except pluggy.PluginValidationError as error:
            if self.pluggy.is_registered(module):
                self.pluggy.unregister(module)
            hooks = ", ".join(known for known in dir(hookspecs) if known.startswith("hub_"))
            text = f"'{name}' implements a hook that does not exist or takes other arguments"
            raise Broken(f"{text}: {' '.join(str(error).split())} (there are {hooks})") from error
