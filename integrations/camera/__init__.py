"""Cameras: streams and files decoded in worker processes, frame analyzers, clips and snapshots as evidence."""

from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from hub.api import Action, Entity, Integration, Reference, hookimpl
from integrations.camera.checking import check
from integrations.camera.entities import entities_of
from integrations.camera.events import CameraTampered, EvidenceLost, EvidenceStored
from integrations.camera.guest import run
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


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare the integration."""
    yield Integration(
        name="camera",
        run=run,
        schema=SCHEMA,
        summary="Video cameras and files, looked at by frame analyzers in worker processes",
        events=(EvidenceStored, EvidenceLost, CameraTampered),
        actions=(SNAPSHOT,),
        entities=entities,
        references=references,
        check=check,
        multiple=True,
    )
