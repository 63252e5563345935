"""One ONVIF device, asked what it is and what it streams, within bounds. Loads onvif-zeep-async (extra `onvif`)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from onvif import ONVIFCamera, ONVIFError, ONVIFService  # type: ignore[import-untyped]
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError

LARGEST = 2 * 1024 * 1024  # bytes of one answer
PATIENCE = 10.0  # seconds for one answer
MOST_PROFILES, LONGEST = 16, 200
WANTED_SHUTTER = 4000.0  # microseconds: 1/250 s
# What the library makes of answers that are not what they should be; XML that breaks off is a SyntaxError.
STRANGE = (
    ZeepError, ONVIFError, SyntaxError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError,
)  # fmt: skip
T = TypeVar("T")


class DeviceFault(Exception):
    """The device can't be had; `kind` is auth, unreachable or strange."""

    def __init__(self, kind: str, text: str, remedy: str) -> None:
        super().__init__(text)
        self.kind, self.text, self.remedy = kind, text, remedy


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream that the device offers."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    rate: float
    url: str  # without credentials; "" when it would not say


@dataclass(frozen=True, slots=True)
class Told:
    """What a device says of itself."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    profiles: list[Profile] = field(default_factory=list)
    slowest_shutter: float | None = None  # microseconds


class BoundedResponse(aiohttp.ClientResponse):
    """An answer of which no more than LARGEST bytes are read, unpacked ones."""

    async def read(self) -> bytes:
        """The whole answer; ClientPayloadError when it is too large."""
        data = bytearray()
        async for chunk in self.content.iter_chunked(65_536):
            data += chunk
            if len(data) > LARGEST:
                self.close()
                raise aiohttp.ClientPayloadError(f"an answer of more than {LARGEST} bytes")
        return bytes(data)


class BoundedCamera(ONVIFCamera):  # type: ignore[misc]
    """The library's camera, over our own session: sizes and times bounded, HTTP digest, and no other host."""

    def __init__(
        self, host: str, port: int, user: str, password: str, session: aiohttp.ClientSession
    ) -> None:
        super().__init__(host, port, user or None, password or None, no_cache=True, adjust_time=True)
        self._bounded = session

    def rewrite_url(self, url: str | None) -> str | None:
        """Services stay on the host that was asked, whatever address the device gives out."""
        if url is None:
            return None
        parts = urlsplit(url)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))

    async def create_onvif_service(self, *args: Any, **options: Any) -> ONVIFService:
        """As the library does, over the bounded session."""
        service = await super().create_onvif_service(*args, **options)
        service.transport.session = self._bounded
        return service


@asynccontextmanager
async def connected(host: str, port: int, user: str, password: str) -> AsyncIterator[BoundedCamera]:
    """A device whose services are known; DeviceFault says why it can't be had."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    digest = (aiohttp.DigestAuthMiddleware(user, password),) if user else ()
    connector = aiohttp.TCPConnector(ssl=False)  # cameras sign their own certificates
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, response_class=BoundedResponse, middlewares=digest,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:  # fmt: skip
        camera = BoundedCamera(host, port, user, password, session)
        try:
            await answered(camera.update_xaddrs(), host)
            yield camera
        finally:
            await camera.close()


async def answered(question: Awaitable[T], host: str) -> T:
    """The answer, in time; DeviceFault for whatever goes wrong on the way."""
    try:
        async with asyncio.timeout(2 * PATIENCE):
            return await question
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise DeviceFault(
            "unreachable",
            f"{host} can't be asked: {reason(error)}",
            "check the address, its port and the network",
        ) from error
    except STRANGE as error:
        refuse(error, host)


def refuse(error: Exception, host: str) -> NoReturn:
    """Turn an error of the library into a fault with a remedy."""
    status = getattr(error, "status_code", None) if isinstance(error, TransportError) else None
    words = f"{error} {' '.join(str(code) for code in getattr(error, 'subcodes', None) or ())}".lower()
    if status in (401, 403) or (isinstance(error, Fault) and ("authori" in words or "authenti" in words)):
        raise DeviceFault(
            "auth", f"{host} refuses the user name or password",
            "give an ONVIF user: many cameras keep those apart from users of their web page",
        ) from error  # fmt: skip
    text, remedy = (
        f"{host} answers what is no ONVIF ({reason(error)})",
        "switch ONVIF on in the camera; try its other port",
    )
    raise DeviceFault("strange", text, remedy) from error


def reason(error: BaseException) -> str:
    """An error's own words, bounded."""
    return clean(str(error)) or type(error).__name__


def clean(value: Any) -> str:
    """One printable, bounded line of what a device says."""
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else " " for character in text[:LONGEST]).strip()


async def ask(host: str, port: int, user: str, password: str) -> Told:
    """Everything about one device; DeviceFault when it can't be had."""
    async with connected(host, port, user, password) as camera:
        management = await answered(camera.create_devicemgmt_service(), host)
        about = await answered(management.GetDeviceInformation(), host)
        media = await answered(camera.create_media_service(), host)
        found = await answered(media.GetProfiles(), host)
        if not isinstance(found, list):
            refuse(TypeError("no list of profiles"), host)
        profiles = [await _profile(media, profile, host) for profile in found[:MOST_PROFILES]]
        return Told(
            manufacturer=clean(getattr(about, "Manufacturer", "")), model=clean(getattr(about, "Model", "")),
            firmware=clean(getattr(about, "FirmwareVersion", "")), serial=clean(getattr(about, "SerialNumber", "")),
            profiles=profiles, slowest_shutter=await _slowest_shutter(camera, found, host),
        )  # fmt: skip


async def _profile(media: ONVIFService, profile: Any, host: str) -> Profile:
    encoder = getattr(profile, "VideoEncoderConfiguration", None)
    size = getattr(encoder, "Resolution", None)
    rate = getattr(getattr(encoder, "RateControl", None), "FrameRateLimit", 0)
    question = {
        "StreamSetup": {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}},
        "ProfileToken": getattr(profile, "token", ""),
    }
    try:
        uri = clean(getattr(await answered(media.GetStreamUri(question), host), "Uri", ""))
    except DeviceFault as fault:
        if fault.kind != "strange":
            raise
        uri = ""
    return Profile(
        token=clean(getattr(profile, "token", "")), name=clean(getattr(profile, "Name", "")),
        codec=clean(getattr(encoder, "Encoding", "")), width=_whole(getattr(size, "Width", 0)),
        height=_whole(getattr(size, "Height", 0)), rate=float(_whole(rate)), url=without_user(uri),
    )  # fmt: skip


def without_user(uri: str) -> str:
    """The address without credentials; "" for what is none."""
    try:
        parts = urlsplit(uri)
        if parts.scheme not in ("rtsp", "rtsps", "http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value <= 100_000 else 0


async def _slowest_shutter(camera: BoundedCamera, profiles: list[Any], host: str) -> float | None:
    """The longest exposure that the camera may choose, where it tells."""
    source = (
        getattr(getattr(profiles[0], "VideoSourceConfiguration", None), "SourceToken", "") if profiles else ""
    )
    try:
        imaging = await answered(camera.create_imaging_service(), host)
        settings = await answered(imaging.GetImagingSettings({"VideoSourceToken": source}), host)
    except DeviceFault:
        return None  # few cameras have this service, and nothing depends on it
    exposure = getattr(settings, "Exposure", None)
    manual = getattr(exposure, "Mode", "") == "MANUAL"
    value = getattr(exposure, "ExposureTime" if manual else "MaxExposureTime", None)
    return float(value) if isinstance(value, int | float) and 0 < value < 10_000_000 else None
