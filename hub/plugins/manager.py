"""Finds integrations by the name that the configuration gives, and reads their declarations."""

import importlib
import importlib.util
import logging
import pkgutil
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import cast

import pluggy

from hub.model.people import Delivery
from hub.plugins import hookspecs
from hub.plugins.integration import Integration

GROUP = "hub.integrations"
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
        self._modules: dict[str, str] = {}  # top module of a guest -> its name
        self._points: dict[str, EntryPoint] | None = None

    def names(self) -> list[str]:
        """Every name that could be configured, built in or installed."""
        built_in = [*ELSEWHERE]
        package = importlib.util.find_spec("integrations")
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
        while module:
            if module in self._modules:
                return self._modules[module]
            module = module.rpartition(".")[0]
        return ""

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

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._points is None:
            self._points = {point.name: point for point in entry_points(group=GROUP)}
        return self._points

    def _import(self, name: str) -> ModuleType:
        target = ELSEWHERE.get(name, f"integrations.{name}")
        try:
            if name.isidentifier() and importlib.util.find_spec(target) is not None:
                return importlib.import_module(target)
            point = self._entry_points().get(name)
            if point is None:
                raise Missing(name)
            loaded = point.load()
        except Missing:
            raise
        except Exception as error:
            # A guest's import may fail in any way; it must cost only that guest.
            raise Broken(f"'{name}' can't be imported: {type(error).__name__}: {error}") from error
        if not isinstance(loaded, ModuleType):
            raise Broken(f"entry point '{name}' in {GROUP} names no module")
        return loaded

    def _declarations(self, module: ModuleType, name: str) -> Iterable[Integration]:
        if not self.pluggy.is_registered(module):
            self.pluggy.register(module, name)
        try:
            self.pluggy.check_pending()
        except pluggy.PluginValidationError as error:
            self.pluggy.unregister(module)
            raise Broken(f"'{name}' implements a hook that does not exist: {error}") from error
        found: list[Integration] = []
        for implementation in self.pluggy.hook.hub_integrations.get_hookimpls():
            if implementation.plugin is module:
                try:
                    found += list(cast(Iterable[Integration], implementation.function()))
                except Exception as error:
                    raise Broken(f"'{name}' failed while declaring itself: {error!r}") from error
        return found
