"""Cameras: streams and files decoded in worker processes, frame analyzers, clips and snapshots as evidence."""

from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from hub.api import Action, Entity, Finding, Integration, Known, Reference, hookimpl
from integrations.camera.events import EvidenceLost, EvidenceStored
from integrations.camera.guest import entities_of, run
from integrations.camera.settings import SCHEMA

SNAPSHOT = Action(
    name="camera.snapshot",
    summary="Keep the next picture of a camera as evidence; evidence_stored names its file",
    schema=vol.Schema(
        {
            vol.Required("entity_id"): vol.All(
                vol.Any(vol.All(str, lambda one: [one]), [str]), vol.Length(min=1)
            )
        }
    ),
    timeout=15.0,
    targets=True,
)


def entities(cameras: list[dict[str, Any]]) -> Iterable[Entity]:
    """Every camera's entities."""
    return [entity for camera in cameras for entity in entities_of(camera).values()]


def references(cameras: list[dict[str, Any]]) -> Iterable[Reference]:
    """The areas that cameras stand in."""
    return [
        Reference(path=(index, "area"), what="area", name=camera["area"])
        for index, camera in enumerate(cameras)
        if camera["area"]
    ]


def check(cameras: list[dict[str, Any]], known: Known) -> Iterable[Finding]:
    """Analyzers that are not there, and settings that they would not take."""
    for index, camera in enumerate(cameras):
        for place, item in enumerate(camera["analyzers"]):
            path, name = (index, "analyzers", place), item["name"]
            if name not in known.analyzers:
                yield Finding(
                    path, f"there is no analyzer '{name}'", f"add the line '{name}:' to configuration.yaml"
                )
                continue
            try:
                known.analyzers[name].schema(item["settings"])
            except vol.Invalid as error:
                yield Finding(path, f"{name}: {error}", "see the analyzer's page in the documentation")


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare the integration."""
    yield Integration(
        name="camera",
        run=run,
        schema=SCHEMA,
        summary="Video cameras and files, looked at by frame analyzers in worker processes",
        events=(EvidenceStored, EvidenceLost),
        actions=(SNAPSHOT,),
        entities=entities,
        references=references,
        check=check,
        multiple=True,
    )
