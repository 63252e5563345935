"""The scene of one camera in its worker: remembers its place over restarts and tells what keeps it from seeing."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from integrations.camera.picture import Masks, Picture
from integrations.camera.placing import Place, packed, small_shape, unpacked
from integrations.camera.qualities import GOOD
from integrations.camera.scene import Scene
from integrations.camera.shelf import write

FILE = "place.npz"
log = logging.getLogger("camera.lookout")


class Lookout:
    """Takes every picture; `tell` hears a message whenever the state of the scene changed."""

    def __init__(self, camera: Mapping[str, Any], tell: Callable[[dict[str, Any]], object]) -> None:
        self._tell = tell
        self._key = calibration_key(camera)
        self._path = Path(camera["state_dir"]) / FILE if camera.get("state_dir") and self._key else None
        place = unpacked(self._path, self._key) if self._path else Place()
        self._scene = Scene(camera["id"], place if self._key else None)
        self._kept = len(place.views)
        self._outside: tuple[Masks, Picture | None] | None = None

    def restart(self) -> None:
        """The stream begins anew."""
        self._scene.restart()

    def look(self, luma: Picture, t: float, masks: Masks) -> None:
        """One more picture, unmasked, and the masks: nothing inside of them is compared or kept."""
        if self._outside is None or self._outside[0] is not masks:
            self._outside = masks, masks.outside(small_shape(luma.shape))
        quality = self._scene.look(luma, t, self._outside[1])
        if quality is not None:
            self._tell({"scene": {"state": quality.state, "text": quality.text, "remedy": quality.remedy}})
        self._keep()

    def _keep(self) -> None:
        """Write down how the place looks when something was learned in good light."""
        place, quality = self._scene.place, self._scene.quality
        if self._path is None or place is None or quality is None or quality.state != GOOD:
            return
        if len(place.views) == self._kept:
            return
        self._kept = len(place.views)
        try:
            write(self._path, packed(place, self._key))
        except OSError as error:
            log.warning("%s can't be written: %s", self._path, error.strerror or error)


def calibration_key(camera: Mapping[str, Any]) -> str:
    """A name for where the camera is calibrated to look; "" when it is not."""
    points = camera["calibration"].get("reference_points")
    if not points:
        return ""
    text = json.dumps([points, camera["calibration"].get("resolution")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
