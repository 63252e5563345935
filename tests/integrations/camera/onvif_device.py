"""A camera that speaks ONVIF: SOAP over HTTP with WS-Security or HTTP digest, and answers to searches over UDP."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from lxml import etree  # type: ignore[import-untyped]

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:timg="http://www.onvif.org/ver20/imaging/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa="http://www.w3.org/2005/08/addressing"'
    ' xmlns:tns1="http://www.onvif.org/ver10/topics"><s:Body>{}</s:Body></s:Envelope>'
)
FORBIDDEN = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>'
)
SERVICES = {
    "device": "http://www.onvif.org/ver10/device/wsdl",
    "media": "http://www.onvif.org/ver10/media/wsdl",
    "events": "http://www.onvif.org/ver10/events/wsdl",
    "imaging": "http://www.onvif.org/ver20/imaging/wsdl",
}
UNGUARDED = {"GetSystemDateAndTime"}


class OnvifDevice:
    """Runs on this machine; `answers` replaces what it says to an operation: text of the body, or raw bytes."""

    def __init__(self, user: str = "hub", password: str = "geheim", *, digest: bool = False) -> None:
        self.user, self.password, self.digest = user, password, digest
        self.answers: dict[str, str | bytes] = {}
        self.asked: list[str] = []
        self.waiting: list[tuple[str, str, str]] = []  # topic, item, value: what a pull will get
        self.clock_ahead = timedelta(0)
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "OnvifDevice":
        app = web.Application()
        app.router.add_post("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        data = await request.read()
        root = etree.fromstring(data)
        body = root.find("{*}Body")
        assert body is not None
        operation = etree.QName(body[0]).localname
        self.asked.append(operation)
        if operation not in UNGUARDED:
            if self.digest and not self._knows_http(request):
                challenge = 'Digest realm="onvif", nonce="abc", algorithm=MD5, qop="auth"'
                return web.Response(status=401, headers={"WWW-Authenticate": challenge})
            if not self.digest and not self._knows_token(root):
                return web.Response(
                    status=400, text=ENVELOPE.format(FORBIDDEN), content_type="application/soap+xml"
                )
        answer = self.answers.get(operation)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/soap+xml")
        text = answer if answer is not None else await self._answer(operation)
        return web.Response(text=ENVELOPE.format(text), content_type="application/soap+xml")

    def _knows_token(self, root: Any) -> bool:
        """WS-Security's UsernameToken: Base64(SHA-1(nonce + created + password)), made within five minutes."""
        named = root.findtext(".//{*}UsernameToken/{*}Username")
        nonce, created = root.findtext(".//{*}Nonce"), root.findtext(".//{*}Created")
        given = root.findtext(".//{*}UsernameToken/{*}Password")
        if None in (named, nonce, created, given):
            return False
        made = datetime.fromisoformat(created.replace("Z", "+00:00"))
        data = base64.b64decode(nonce) + created.encode() + self.password.encode()
        right = base64.b64encode(hashlib.sha1(data).digest()).decode()
        return bool(named == self.user and given == right and abs(self.now() - made) < timedelta(minutes=5))

    def _knows_http(self, request: web.Request) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.headers.get("Authorization", "")))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        if given.get("username") != self.user:
            return False
        first, second = md5(f"{self.user}:onvif:{self.password}"), md5(f"POST:{given['uri']}")
        return bool(given["response"] == md5(f"{first}:abc:{given['nc']}:{given['cnonce']}:auth:{second}"))

    async def _answer(self, operation: str) -> str:
        return (
            await ANSWERS[operation](self) if operation == "PullMessages" else str(ANSWERS[operation](self))
        )

    def address(self, service: str) -> str:
        """What it gives out: often not the address it was asked at."""
        return f"http://192.0.2.7:{self.port}/onvif/{service}"


def times(device: OnvifDevice) -> str:
    now = device.now()
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def services(device: OnvifDevice) -> str:
    listed = "".join(
        f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{device.address(name)}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>"
        for name, namespace in SERVICES.items()
    )
    return f"<tds:GetServicesResponse>{listed}</tds:GetServicesResponse>"


def about(_device: OnvifDevice) -> str:
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>Linse</tds:Manufacturer><tds:Model>Turm 8</tds:Model>"
        "<tds:FirmwareVersion>5.7.1</tds:FirmwareVersion><tds:SerialNumber>0007</tds:SerialNumber>"
        "<tds:HardwareId>T8</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def profiles(_device: OnvifDevice) -> str:
    def one(token: str, name: str, codec: str, width: int, height: int) -> str:
        return (
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
            '<tt:VideoSourceConfiguration token="v"><tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount>'
            '<tt:SourceToken>source</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/>'
            '</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name>'
            f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>"
            "<tt:FrameRateLimit>25</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
            "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
            "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>"
            "<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
            "</tt:VideoEncoderConfiguration></trt:Profiles>"
        )

    return (
        "<trt:GetProfilesResponse>"
        + one("main", "主码流", "H264", 1920, 1080)
        + one("sub", "sub", "JPEG", 704, 576)
        + "</trt:GetProfilesResponse>"
    )


def stream_uri(_device: OnvifDevice) -> str:
    return (
        "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://admin:12345@192.0.2.7:554/stream1</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        "<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
    )


def imaging(_device: OnvifDevice) -> str:
    return (
        "<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Exposure><tt:Mode>AUTO</tt:Mode>"
        "<tt:MinExposureTime>10</tt:MinExposureTime><tt:MaxExposureTime>40000</tt:MaxExposureTime></tt:Exposure>"
        "</timg:ImagingSettings></timg:GetImagingSettingsResponse>"
    )


def created(device: OnvifDevice) -> str:
    now = device.now()
    return (
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa:Address>{device.address('pull')}</wsa:Address></tev:SubscriptionReference>"
        f"<wsnt:CurrentTime>{now:%Y-%m-%dT%H:%M:%SZ}</wsnt:CurrentTime>"
        f"<wsnt:TerminationTime>{now + timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}</wsnt:TerminationTime>"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


async def pulled(device: OnvifDevice) -> str:
    if not device.waiting:
        await asyncio.sleep(0.1)
    now = device.now()
    items, device.waiting = device.waiting, []
    messages = "".join(
        '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f'{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{now:%Y-%m-%dT%H:%M:%SZ}" PropertyOperation="Changed">'
        '<tt:Source><tt:SimpleItem Name="Source" Value="source"/></tt:Source>'
        f'<tt:Data><tt:SimpleItem Name="{name}" Value="{value}"/></tt:Data></tt:Message></wsnt:Message>'
        "</wsnt:NotificationMessage>"
        for topic, name, value in items
    )
    return (
        f"<tev:PullMessagesResponse><tev:CurrentTime>{now:%Y-%m-%dT%H:%M:%SZ}</tev:CurrentTime>"
        f"<tev:TerminationTime>{now + timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}</tev:TerminationTime>"
        f"{messages}</tev:PullMessagesResponse>"
    )


ANSWERS: dict[str, Callable[[OnvifDevice], Any]] = {
    "GetSystemDateAndTime": times,
    "GetServices": services,
    "GetDeviceInformation": about,
    "GetProfiles": profiles,
    "GetStreamUri": stream_uri,
    "GetImagingSettings": imaging,
    "CreatePullPointSubscription": created,
    "PullMessages": pulled,
    "Unsubscribe": lambda _device: "<wsnt:UnsubscribeResponse/>",
    "SetSynchronizationPoint": lambda _device: "<tev:SetSynchronizationPointResponse/>",
}
