"""ONVIF cameras found, asked and listened to, over the real protocols; and devices that mean harm."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hub.testing.kit import HubKit
from integrations.camera.commands import camera as camera_command
from integrations.camera.events import CameraTampered
from integrations.camera.onvif import asking
from integrations.camera.onvif.asking import DeviceFault, Told, ask
from integrations.camera.onvif.listening import heard, listen
from integrations.camera.onvif.notices import MOST_SOURCES, Senses
from integrations.camera.onvif.searching import Device, device_of, search
from integrations.camera.settings import SCHEMA, onvif_of

from .onvif_device import ENVELOPE, OnvifDevice

MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"
TAMPER = "tns1:VideoSource/GlobalSceneChange/ImagingService"


@pytest.fixture
async def device() -> AsyncIterator[OnvifDevice]:
    async with OnvifDevice() as running:
        yield running


async def told_by(device: OnvifDevice, password: str = "geheim") -> Told:
    return await ask("127.0.0.1", device.port, "hub", password)


@pytest.mark.parametrize("digest", [False, True])
async def test_a_camera_tells_what_it_is_and_streams(digest: bool) -> None:
    async with OnvifDevice(digest=digest) as device:
        told = await told_by(device)
    assert (told.manufacturer, told.model, told.firmware) == ("Linse", "Turm 8", "5.7.1")
    main, sub = told.profiles
    assert (main.name, main.codec, main.width, main.height, main.rate) == ("主码流", "H264", 1920, 1080, 25)
    assert main.url == "rtsp://192.0.2.7:554/stream1"  # without the credentials that it gave
    assert sub.codec == "JPEG"
    assert told.slowest_shutter == 40_000


async def test_a_camera_whose_clock_is_wrong_is_asked_by_its_clock(device: OnvifDevice) -> None:
    device.clock_ahead = timedelta(days=-4000)
    assert (await told_by(device)).model == "Turm 8"


@pytest.mark.parametrize("digest", [False, True])
async def test_a_refused_password_is_told_as_that(digest: bool) -> None:
    async with OnvifDevice(digest=digest) as device:
        with pytest.raises(DeviceFault, match="refuses the user name or password") as error:
            await told_by(device, "wrong")
    assert error.value.kind == "auth"
    assert "ONVIF user" in error.value.remedy


async def test_nobody_there_is_told_as_that() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(DeviceFault, match="can't be asked") as error:
            await ask("127.0.0.1", taken.getsockname()[1], "", "")
    assert error.value.kind == "unreachable"


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&i;</s:Body></s:Envelope>'
).encode()
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&a;</s:Body></s:Envelope>'
)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (BOMB, "strange"),
        (OUTSIDE, "strange"),
        (b"<html>Sign in</html>", "strange"),
        (b"", "strange"),
        (b"\x00\xff" * 50, "strange"),
        (ENVELOPE.format("<a>" * 5000 + "</a>" * 5000).encode(), "strange"),
        (b" " * (asking.LARGEST + 1), "unreachable"),
    ],
)
async def test_answers_that_mean_harm_are_a_fault_and_no_harm(
    device: OnvifDevice, answer: bytes, kind: str
) -> None:
    device.answers["GetProfiles"] = answer
    with pytest.raises(DeviceFault) as error:
        await told_by(device)
    assert error.value.kind == kind
    assert len(str(error.value)) < 400
    assert "root:" not in str(error.value)


async def test_an_answer_that_breaks_off_tells_what_came(device: OnvifDevice) -> None:
    device.answers["GetProfiles"] = ENVELOPE.format("<trt:GetProfilesResponse/>")[:-20].encode()
    assert (await told_by(device)).profiles == []


async def test_values_of_wrong_types_are_left_out(device: OnvifDevice) -> None:
    device.answers["GetProfiles"] = (
        '<trt:GetProfilesResponse><trt:Profiles token="x"><tt:Name>a&#10;b</tt:Name><tt:VideoEncoderConfiguration>'
        "<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>wide</tt:Width><tt:Height>-5</tt:Height></tt:Resolution>"
        "</tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>"
    )
    device.answers["GetStreamUri"] = (
        "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>file:///etc/passwd</tt:Uri></trt:MediaUri>"
        "</trt:GetStreamUriResponse>"
    )
    (profile,) = (await told_by(device)).profiles
    assert (profile.name, profile.width, profile.height, profile.url) == ("a b", 0, 0, "")


async def test_no_other_host_is_asked_whatever_the_device_gives_out(device: OnvifDevice) -> None:
    assert device.address("media").startswith("http://192.0.2.7")  # where nobody is
    assert (await told_by(device)).profiles


# --- search -------------------------------------------------------------------------------------------------


def answer_of(question: bytes, address: str, name: str = "Turm%208") -> bytes:
    message = question.partition(b"MessageID>")[2].partition(b"<")[0].decode()
    return (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header>'
        f"<w:RelatesTo>{message}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch>"
        "<w:EndpointReference><w:Address>urn:uuid:7</w:Address></w:EndpointReference>"
        f"<d:Scopes>onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/T8</d:Scopes>"
        f"<d:XAddrs>http://192.0.2.1:99/x {address}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    ).encode()


class Responder(asyncio.DatagramProtocol):
    """Answers searches: with nonsense first, then as it ought to, twice."""

    def __init__(self) -> None:
        self.questions: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.questions.append(data)
        good = answer_of(data, "http://127.0.0.1:8080/onvif/device_service")
        for answer in (b"", b"<", BOMB, answer_of(b"MessageID>other<", "x"), good, good):
            self.transport.sendto(answer, addr)


@pytest.fixture
async def responder() -> AsyncIterator[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_datagram_endpoint(Responder, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")
    transport.close()


async def test_a_search_finds_who_answers_once_and_no_nonsense(responder: tuple[str, int]) -> None:
    found = await search(0.3, to=responder, interface="127.0.0.1")
    assert found == [Device("127.0.0.1", 8080, "Turm 8", "T8", "urn:uuid:7")]


async def test_the_port_is_that_of_the_host_that_answered(responder: tuple[str, int]) -> None:
    question = b"MessageID>q<"
    assert device_of(answer_of(question, "https://10.0.0.9/x"), "10.0.0.9", "q") == Device(
        "10.0.0.9", 443, "Turm 8", "T8", "urn:uuid:7"
    )
    for harmful in ("http://[", "http://10.0.0.9:99999/", "javascript:1"):
        device = device_of(answer_of(question, harmful), "10.0.0.9", "q")
        assert device is not None
        assert device.port == 99


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: answer_of(b"MessageID>q<", "x", text)[:600])
)
def test_any_datagram_is_read_or_left(data: bytes) -> None:
    found = device_of(data, "10.0.0.9", "q")
    assert found is None or (found.host == "10.0.0.9" and len(found.name) <= 120)


# --- the verb -----------------------------------------------------------------------------------------------


async def discover(*options: str) -> Any:
    return await asyncio.to_thread(
        CliRunner().invoke, camera_command, ["discover", *options], env={"HUB_CAMERA_PASSWORD": "geheim"}
    )


async def test_discover_asks_one_host_and_tells_what_to_mend(device: OnvifDevice) -> None:
    result = await discover(f"127.0.0.1:{device.port}", "--username", "hub")
    assert result.exit_code == 0
    assert "1920x1080 H264 25/s" in result.stdout
    assert "rtsp://192.0.2.7:554/stream1" in result.stdout
    assert "as slow as 1/25 s" in result.stdout


async def test_discover_speaks_json(device: OnvifDevice) -> None:
    result = await discover(f"127.0.0.1:{device.port}", "--username", "hub", "--json")
    (found,) = json.loads(result.stdout)
    assert found["told"]["profiles"][0]["codec"] == "H264"
    assert found["fault"] is None
    assert "geheim" not in result.output


async def test_discover_prints_what_the_configuration_takes(device: OnvifDevice) -> None:
    result = await discover(f"127.0.0.1:{device.port}", "--username", "hub", "--yaml")
    assert "geheim" not in result.output
    (camera,) = SCHEMA(yaml.safe_load(result.stdout))
    assert camera["url"] == "rtsp://127.0.0.1:554/stream1"  # the largest, on the host that answered
    assert (camera["id"], camera["name"]) == ("camera_127_0_0_1", "Turm 8")
    assert onvif_of(camera)["port"] == device.port  # type: ignore[index]


async def test_discover_says_why_a_host_does_not_answer(device: OnvifDevice) -> None:
    device.password = "other"
    result = await discover(f"127.0.0.1:{device.port}", "--username", "hub")
    assert result.exit_code == 1
    assert "refuses the user name or password" in result.stdout


@pytest.mark.parametrize("host", ["http://", "[::", "a:b"])
async def test_discover_refuses_what_is_no_address(host: str) -> None:
    result = await discover(host)
    assert result.exit_code == 2
    assert "is no address" in result.stderr


async def test_discover_in_a_network_without_cameras_finds_nothing() -> None:
    result = await discover("--seconds", "0.5", "--interface", "127.0.0.1")
    assert result.exit_code in (1, 2)  # a machine may have no way for multicast
    assert result.stderr


# --- events -------------------------------------------------------------------------------------------------


class Ears:
    """Listens to one device and keeps what is told."""

    def __init__(self, device: OnvifDevice, password: str = "geheim") -> None:
        self.told: list[dict[str, Any]] = []
        self.pauses: list[float] = []
        settings = {
            "id": "gate",
            "host": "127.0.0.1",
            "port": device.port,
            "username": "hub",
            "password": password,
        }
        self.task = asyncio.create_task(listen(settings, self._hear, self._pause))

    def _hear(self, message: dict[str, Any]) -> None:
        self.told.append(message["onvif"])

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0.05)

    async def wait(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - it happens in a device
                await asyncio.sleep(0.02)

    async def until(self, told: dict[str, Any]) -> None:
        await self.wait(lambda: any(told.items() <= message.items() for message in self.told))

    async def __aenter__(self) -> "Ears":
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_motion_and_tampering_are_heard_and_their_end(device: OnvifDevice) -> None:
    async with Ears(device) as ears:
        await ears.until({"fault": "", "motion": False})
        device.waiting = [
            (MOTION, "IsMotion", "true"),
            (TAMPER, "State", "true"),
            ("tns1:Device/Other", "x", "true"),
        ]
        await ears.until({"tamper": True})
        device.waiting = [(MOTION, "IsMotion", "false"), (MOTION, "IsMotion", "false")]
        await ears.wait(lambda: len(ears.told) == 4)
    assert ears.told[1:] == [{"motion": True}, {"tamper": True}, {"motion": False}]
    assert "Unsubscribe" in device.asked


async def test_a_camera_that_goes_away_is_told_and_asked_again(device: OnvifDevice) -> None:
    async with Ears(device) as ears:
        await ears.until({"fault": ""})
        device.answers["PullMessages"] = b"gone"
        await ears.wait(lambda: ears.told[-1].get("fault"))
        ears.told.clear()
        del device.answers["PullMessages"]
        await ears.until({"fault": "", "motion": False})


async def test_a_refused_password_is_not_tried_again_soon(device: OnvifDevice) -> None:
    async with Ears(device, "wrong") as ears:
        await ears.wait(lambda: ears.pauses)
    assert "refuses" in ears.told[0]["fault"]
    assert ears.pauses[0] > 600


def test_a_sense_is_on_while_any_rule_is() -> None:
    senses = Senses()
    assert senses.hear(MOTION, [("Rule", "1")], [("IsMotion", "true")]) == "motion"
    assert senses.hear(MOTION, [("Rule", "2")], [("IsMotion", "1")]) is None
    assert senses.hear(MOTION, [("Rule", "1")], [("IsMotion", "false")]) is None
    assert senses.is_on("motion")
    assert senses.hear(MOTION, [("Rule", "2")], [("IsMotion", "0")]) == "motion"
    assert not senses.is_on("motion")


def test_endless_rules_are_not_kept() -> None:
    senses = Senses()
    for number in range(10 * MOST_SOURCES):
        senses.hear(MOTION, [("Rule", str(number))], [("IsMotion", "true")])
    assert len(senses._on["motion"]) == MOST_SOURCES


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([MOTION, TAMPER, "true"])
)
PAIRS = st.lists(st.tuples(ANYTHING, ANYTHING), max_size=4)


@given(st.lists(st.tuples(ANYTHING, PAIRS, PAIRS), max_size=10))
def test_any_notification_is_taken(notifications: list[Any]) -> None:
    senses = Senses()
    for topic, source, data in notifications:
        assert senses.hear(topic, source, data) in (None, "motion", "tamper")


@given(ANYTHING | st.lists(ANYTHING))
def test_any_answer_is_taken(answer: Any) -> None:
    assert heard(Senses(), answer) == []


# --- in the hub ---------------------------------------------------------------------------------------------


def test_onvif_is_reached_as_the_stream_is_unless_it_is_said_otherwise() -> None:
    def reached(**settings: Any) -> Any:
        return onvif_of(SCHEMA([{"id": "gate", "url": "rtsp://a%40b:p@10.0.0.2:554/s", **settings}])[0])

    assert reached() is None
    at = {"id": "gate", "host": "10.0.0.2", "port": 80, "username": "a@b", "password": "p"}
    assert reached(onvif=True) == at
    assert reached(onvif=True, username="u", password="q") == at | {"username": "u", "password": "q"}
    assert reached(onvif={"host": "cam", "port": 8080, "username": "v"}) == at | {
        "host": "cam", "port": 8080, "username": "v",
    }  # fmt: skip


async def test_what_a_camera_senses_becomes_entities_and_an_alarm(hub: HubKit, device: OnvifDevice) -> None:
    onvif = f"{{host: 127.0.0.1, port: {device.port}, username: hub, password: geheim}}"
    await hub.start(f"""
    areas:
      - {{id: b1, name: 1号楼}}
    camera:
      - id: gate
        name: 大门
        area: b1
        file: none.mp4
        onvif: {onvif}
    """)

    async def until(entity: str, text: str) -> None:
        async with asyncio.timeout(40):
            while hub.state(entity).text != text:  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.05)

    await until("binary_sensor.gate_motion", "off")
    device.waiting = [(MOTION, "IsMotion", "true"), (TAMPER, "State", "true")]
    await until("binary_sensor.gate_motion", "on")
    await until("binary_sensor.gate_tamper", "on")
    await hub.settle()
    (alarm,) = hub.of(CameraTampered)
    assert (alarm.camera, alarm.camera_name, alarm.place, alarm.area) == ("gate", "大门", "1号楼", "b1")
    device.waiting = [(TAMPER, "State", "false"), (TAMPER, "State", "true")]  # it flutters: one alarm will do
    await until("binary_sensor.gate_tamper", "on")
    assert len(hub.of(CameraTampered)) == 1


def test_the_hub_itself_does_not_load_the_onvif_library() -> None:
    import subprocess
    import sys

    program = (
        "import sys, integrations.camera, integrations.camera.commands, integrations.camera.onvif.command\n"
        "print([name for name in ('onvif', 'zeep', 'lxml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
