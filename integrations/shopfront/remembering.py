"""What must survive a restart: the ground, and the things that stand before it. One file for each camera's zones."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from integrations.shopfront.item import Item
from integrations.shopfront.watcher import Watcher
from integrations.shopfront.zones import Zone

VERSION = 1
LAYERS = ("long", "noise", "still", "since", "seen")
MOST_BYTES = 64 * 1024 * 1024
TOO_OLD = 12 * 3600.0  # seconds after which the light is another: the ground is learned anew
log = logging.getLogger("shopfront")


def fingerprint(zones: Sequence[Zone]) -> str:
    """Names a set of zones: what was remembered of others is of no use."""
    return hashlib.sha256(repr([(zone.name, zone.points) for zone in zones]).encode()).hexdigest()[:16]


def save(path: Path, watcher: Watcher, t: float, now: float, extra: dict[int, dict[str, Any]]) -> None:
    """Write it beside its place, then rename; `now` is seconds since 1970 at container time `t`.

    `extra` holds for an item's id() what its owner wants to keep: texts, numbers and bytes.
    """
    ground = watcher.ground
    if ground.long is None:
        return
    arrays: dict[str, Any] = {
        name: getattr(ground, name).astype(np.float16) for name in ("long", "noise", "still")
    }
    arrays |= {"since": (ground.since + ground.began - t), "seen": ground.seen}
    items = []
    for number, item in enumerate(watcher.items):
        arrays[f"mask{number}"] = np.packbits(item.mask)
        arrays[f"clean{number}"], arrays[f"dirty{number}"] = (
            one.astype(np.float32) for one in (item.clean, item.dirty)
        )
        about = dict(extra.get(id(item), {}))
        for name in [name for name, value in about.items() if isinstance(value, bytes)]:
            arrays[f"{name}{number}"] = np.frombuffer(about.pop(name), dtype=np.uint8)
        items.append({
            "since": item.since - t, "zone": item.zone, "top": item.top, "left": item.left, "told": item.told,
            "named": item.named, "lost": item.lost, "about": about,
        })  # fmt: skip
    head = {
        "version": VERSION,
        "now": now,
        "zones": fingerprint(watcher.zones),
        "size": watcher.size,
        "items": items,
    }
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def load(path: Path, watcher: Watcher, t: float, now: float) -> dict[int, dict[str, Any]]:
    """Go on where the last process stood, with a stream whose container time is `t` now; what was kept of items.

    Nothing is loaded that does not fit: another picture size, other zones, a file that is damaged or too old.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is too large")
        # numpy leaves a file of its own open when what it holds is damaged.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
            return _restored(data, watcher, t, now)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is of no use, the scene is learned anew: %s", path, error)
        return {}


def _restored(data: Any, watcher: Watcher, t: float, now: float) -> dict[int, dict[str, Any]]:
    head = json.loads(data["head"].tobytes())
    ground, passed = watcher.ground, now - head["now"]
    if (head["version"], head["zones"], tuple(head["size"])) != (
        VERSION,
        fingerprint(watcher.zones),
        watcher.size,
    ):
        return {}
    layers = {name: np.asarray(data[name], dtype=np.float32) for name in LAYERS}
    if any(layer.shape[:2] != ground.shape for layer in layers.values()):
        return {}
    items, extra = [], {}
    for number, about in enumerate(head["items"]):
        item = _item(data, number, about, ground.shape)
        item.since = t - passed + about["since"]
        items.append(item)
        extra[id(item)] = _extra(data, number, about["about"])
    watcher.items = items
    if 0 <= passed <= TOO_OLD:
        ground.resume(
            layers["long"], layers["noise"], layers["still"], layers["since"] - passed, layers["seen"], t
        )
    return extra


def _item(data: Any, number: int, about: dict[str, Any], shape: tuple[int, int]) -> Item:
    mask = np.unpackbits(data[f"mask{number}"], count=shape[0] * shape[1]).reshape(shape).astype(bool)
    clean, dirty = (np.asarray(data[f"{name}{number}"], dtype=np.float32) for name in ("clean", "dirty"))
    return Item(
        mask, 0.0, int(about["zone"]), int(about["top"]), int(about["left"]), clean, dirty,
        told=bool(about["told"]), named=str(about["named"]), lost=bool(about["lost"]),
    )  # fmt: skip


def _extra(data: Any, number: int, about: dict[str, Any]) -> dict[str, Any]:
    names = [
        name
        for name in data.files
        if name.endswith(str(number)) and name[: -len(str(number))] in ("before", "after")
    ]
    return {**about, **{name[: -len(str(number))]: data[name].tobytes() for name in names}}
