"""The section `camera:` of configuration.yaml: what a camera is, sees and is looked at for."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import voluptuous as vol

IDENTIFIER = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
SCHEMES = ("rtsp", "rtsps", "http", "https")
MOST_CAMERAS, MOST_POINTS, MOST_MASKS, MOST_EDGES = 500, 500, 50, 400
WIDEST = 16_384  # pixels
CAMERAS_PER_WORKER = 4
NO_ONVIF, INSTALL_ONVIF = "ONVIF needs more packages than are installed", "`pip install 'linli-hub[onvif]'`"
# Of a clip's configuration (clip-config/1), what a camera's YAML holds under the same name.
SAME_NAMES = ("building", "resolution", "reference_points", "roof_height_m", "balcony_depth_m", "grid")
OF_THE_PAGE = ("masks", "sketch")  # of a calibration file: the camera's masks, and what was clicked
ABOUT_THE_CLIP = ("schema", "camera_id", "clip", "fps", "plane")  # of no use to a camera
RENAMED = {"camera_position": "camera_position_m_approx"}


def number(low: float, high: float) -> Any:
    """A number within bounds, as float."""
    return vol.All(vol.Any(float, int), not_a_bool, vol.Coerce(float), vol.Range(min=low, max=high))


def not_a_bool(value: Any) -> Any:
    """Python takes true for 1; people don't."""
    if isinstance(value, bool):
        raise vol.Invalid("expected a number")
    return value


def text(longest: int) -> Any:
    """A text that is not empty; a number is taken as it is written."""
    return vol.All(vol.Any(str, int), not_a_bool, vol.Coerce(str), vol.Length(min=1, max=longest))


def identifier(value: Any) -> str:
    """The part of an entity id after the dot."""
    if not isinstance(value, str) or len(value) > 60 or not IDENTIFIER.fullmatch(value):
        raise vol.Invalid("expected lower-case letters, digits and single underscores, such as b1_south_low")
    return value


def stream_url(value: Any) -> str:
    """An address that a camera can stream from."""
    if not isinstance(value, str):
        raise vol.Invalid("expected an address, such as rtsp://192.168.1.20/stream1")
    try:
        parts = urlsplit(value)
        good = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise vol.Invalid(
            f"expected an address that begins with {', '.join(f'{s}://' for s in SCHEMES)} and a host"
        )
    return value


def file_path(value: Any) -> str:
    """A path that stays in the folder it is relative to."""
    if not isinstance(value, str) or not value or value.startswith(("/", "~")) or ".." in value.split("/"):
        raise vol.Invalid(
            "expected a path inside the configuration's or the data folder, such as clips/gate.mp4"
        )
    return value


def analyzer(value: Any) -> dict[str, Any]:
    """`name`, or `name:` with its settings."""
    if isinstance(value, str):
        return {"name": value, "settings": {}}
    if isinstance(value, dict) and len(value) == 1:
        ((name, settings),) = value.items()
        if isinstance(name, str) and (settings is None or isinstance(settings, dict)):
            return {"name": name, "settings": settings or {}}
    raise vol.Invalid("expected an analyzer's name, or its name with its settings below it")


def one_source(camera: dict[str, Any]) -> dict[str, Any]:
    """A camera has an address or a file."""
    if ("url" in camera) == ("file" in camera):
        raise vol.Invalid("expected either 'url' or 'file'")
    if camera["onvif"] is True and "url" not in camera:
        raise vol.Invalid("expected its host below 'onvif', as there is no 'url'", path=["onvif"])
    return camera


def onvif_of(camera: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the camera is reached over ONVIF: host, port, username, password; None when it isn't."""
    if not camera["onvif"]:
        return None
    own = camera["onvif"] if isinstance(camera["onvif"], Mapping) else {}
    url = urlsplit(camera.get("url", ""))
    return {
        "id": camera["id"],
        "host": own.get("host") or url.hostname or "",
        "port": own.get("port", 80),
        "username": own.get("username") or camera.get("username") or unquote(url.username or ""),
        "password": own.get("password") or camera.get("password") or unquote(url.password or ""),
    }


def different_ids(cameras: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two cameras can't share an id: their entities would be the same."""
    seen: set[str] = set()
    for index, camera in enumerate(cameras):
        if camera["id"] in seen:
            raise vol.Invalid(f"there is a second camera with the id '{camera['id']}'", path=[index, "id"])
        seen.add(camera["id"])
    return cameras


def pair(low: float, high: float) -> Any:
    """Two numbers."""
    return vol.All([number(low, high)], vol.Length(min=2, max=2, msg="expected two numbers, [x, y]"))


NAME_FORMAT = text(60)
EDGES = vol.All([number(-2000, 2000)], vol.Length(min=2, max=MOST_EDGES))
NAMES = vol.All([text(60)], vol.Length(min=1, max=MOST_EDGES))
CALIBRATION: dict[Any, Any] = {
    vol.Optional("building"): text(60),
    vol.Optional("resolution"): vol.All(
        [vol.All(int, vol.Range(min=16, max=WIDEST))], vol.Length(min=2, max=2)
    ),
    vol.Optional("reference_points"): vol.All(
        [{vol.Required("px"): pair(-2 * WIDEST, 2 * WIDEST), vol.Required("m"): pair(-2000, 2000)}],
        vol.Length(min=4, max=MOST_POINTS, msg="expected at least 4 points, spread over the facade"),
    ),
    vol.Optional("camera_position"): vol.All(
        [number(-2000, 2000)], vol.Length(min=3, max=3, msg="expected three numbers of metres, [x, y, z]")
    ),
    vol.Optional("roof_height_m"): number(0, 2000),
    vol.Optional("balcony_depth_m"): number(0, 20),
    vol.Optional("grid"): {
        vol.Required("column_edges_m"): EDGES,
        vol.Required("units"): NAMES,
        vol.Required("floor_edges_m"): EDGES,
        vol.Required("floors"): vol.All([vol.Any(int, str)], vol.Length(min=1, max=MOST_EDGES)),
        vol.Optional("name_format"): NAME_FORMAT,
    },
}
MASK = {
    vol.Required("kind"): vol.In(("privacy", "ignore")),
    vol.Required("points"): vol.All([pair(-WIDEST, 2 * WIDEST)], vol.Length(min=3, max=MOST_POINTS)),
}
MASKS = vol.All([MASK], vol.Length(max=MOST_MASKS))
# Whether the camera is also listened to over ONVIF, and how it is reached; what is left out is that of its stream.
ONVIF = vol.Any(
    bool,
    {
        vol.Optional("host"): text(255),
        vol.Optional("port", default=80): vol.All(int, not_a_bool, vol.Range(min=1, max=65_535)),
        vol.Optional("username"): text(200),
        vol.Optional("password"): text(200),
    },
)
CAMERA = vol.Schema(
    {
        vol.Required("id"): identifier,
        vol.Optional("name"): text(100),
        vol.Optional("url"): stream_url,
        vol.Optional("file"): file_path,
        vol.Optional("username"): text(200),
        vol.Optional("password"): text(200),
        vol.Optional("transport", default="tcp"): vol.In(("tcp", "udp")),
        vol.Optional("loop", default=False): vol.Any(
            bool, number(1, 86_400)
        ),  # or seconds of rest between two rounds
        vol.Optional("pace", default="realtime"): vol.In(("realtime", "fast")),
        vol.Optional("timeout", default=10.0): number(1, 120),
        vol.Optional("area", default=""): vol.Any("", text(100)),
        **CALIBRATION,
        # The content of a clip's configuration (`!include` takes its JSON), or the name of its file.
        vol.Optional("calibration"): vol.Any(
            None, file_path, vol.Schema({vol.Optional("masks"): MASKS}, extra=vol.ALLOW_EXTRA)
        ),
        vol.Optional("masks", default=list): MASKS,
        # How many false alarms a day the analyzers may raise, those that can tell: fewer miss more.
        vol.Optional("false_alarms_per_day"): number(0.001, 100),
        vol.Optional("analyzers", default=list): vol.All([analyzer], vol.Length(max=10)),
        vol.Optional("onvif", default=False): ONVIF,
        vol.Optional("pre_roll", default=5.0): number(0, 60),
        vol.Optional("post_roll", default=3.0): number(0, 60),
        vol.Optional("worker", default=""): vol.Any("", identifier),
    }
)
SCHEMA = vol.Schema(vol.All([vol.All(CAMERA, one_source)], vol.Length(max=MOST_CAMERAS), different_ids))


def clip_config(camera: Mapping[str, Any], included: Mapping[str, Any]) -> dict[str, Any]:
    """The camera's calibration as analyzers take it (clip-config/1): `included`, overruled by the camera's own."""
    own = {name: camera[name] for name in SAME_NAMES if name in camera}
    own |= {theirs: camera[ours] for ours, theirs in RENAMED.items() if ours in camera}
    theirs = {key: value for key, value in included.items() if key not in OF_THE_PAGE}
    return {**theirs, **own, "camera_id": camera["id"]}


def from_clip_config(clip: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A camera's YAML for a clip's configuration, and the keys that have no place there."""
    names = {name: name for name in SAME_NAMES} | {theirs: ours for ours, theirs in RENAMED.items()}
    camera = {names[key]: value for key, value in clip.items() if key in names}
    return camera, [key for key in clip if key not in names and key not in ABOUT_THE_CLIP]


def full_url(camera: Mapping[str, Any]) -> str:
    """The address with the user's name and password in it, as decoders want it."""
    url: str = camera["url"]
    if "username" not in camera:
        return url
    parts = urlsplit(url)
    user = quote(camera["username"], safe="") + ":" + quote(camera.get("password", ""), safe="")
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


def public_url(url: str) -> str:
    """The address without user, password and query: for logs and people."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def crews(cameras: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Which worker serves which cameras: as named, the rest in fours."""
    found: dict[str, list[dict[str, Any]]] = {}
    unnamed = [camera for camera in cameras if not camera["worker"]]
    for camera in cameras:
        if camera["worker"]:
            found.setdefault(f"camera-{camera['worker']}", []).append(camera)
    for start in range(0, len(unnamed), CAMERAS_PER_WORKER):
        found[f"camera-{start // CAMERAS_PER_WORKER + 1}"] = unnamed[start : start + CAMERAS_PER_WORKER]
    return found
