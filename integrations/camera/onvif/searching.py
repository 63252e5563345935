"""WS-Discovery: asks the network for ONVIF cameras over UDP multicast and reads who answers. No library, no trust."""

import asyncio
import socket
import uuid
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

GROUP, PORT = "239.255.255.250", 3702
LARGEST, MOST_ANSWERS, MOST_DEVICES = 65_535, 2000, 512
LONGEST = 120  # characters of a name
AGAIN = 0.5  # seconds between the two questions: UDP loses some
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
SCOPE = "onvif://www.onvif.org/"
QUESTION = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="{ADDRESSING}" xmlns:d="{DISCOVERY}"'
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>{id}</w:MessageID>'
    "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    f"<w:Action>{DISCOVERY}/Probe</w:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A camera that answered; all of it is its own word."""

    host: str  # where the answer came from
    port: int
    name: str
    hardware: str
    id: str


class _Plain(ElementTree.TreeBuilder):
    """Elements and text; a document type, and with it every entity, is refused."""

    def doctype(self, _name: str, _pubid: str | None, _system: str | None) -> NoReturn:
        raise ValueError("a document type is not taken")


def device_of(data: bytes, sender: str, question: str) -> Device | None:
    """The camera behind an answer to our question; None for anything else, however it is made."""
    if len(data) > LARGEST:
        return None
    try:
        parser = ElementTree.XMLParser(target=_Plain())  # noqa: S314 - document types are refused
        parser.feed(data)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None
    relates = root.find(f".//{{{ADDRESSING}}}RelatesTo")
    match = root.find(f".//{{{DISCOVERY}}}ProbeMatch")
    if relates is None or (relates.text or "").strip() != question or match is None:
        return None
    addresses = (match.findtext(f"{{{DISCOVERY}}}XAddrs") or "").split()
    scopes = (match.findtext(f"{{{DISCOVERY}}}Scopes") or "").split()
    reference = match.findtext(f"{{{ADDRESSING}}}EndpointReference/{{{ADDRESSING}}}Address") or ""
    return Device(
        host=sender, port=_port_of(addresses, sender), name=_scope(scopes, "name"),
        hardware=_scope(scopes, "hardware"), id=_clean(reference),
    )  # fmt: skip


def _port_of(addresses: list[str], sender: str) -> int:
    """The port of the service on the host that answered; what it says of other hosts is not believed."""
    ports = []
    for address in addresses[:16]:
        try:
            parts = urlsplit(address)
            ports.append((parts.hostname == sender, parts.port or (443 if parts.scheme == "https" else 80)))
        except ValueError:
            continue
    return max(ports, default=(False, 80))[1]


def _scope(scopes: list[str], what: str) -> str:
    begin = f"{SCOPE}{what}/"
    return next((_clean(unquote(scope[len(begin) :])) for scope in scopes if scope.startswith(begin)), "")


def _clean(text: str) -> str:
    """One printable, bounded line of what a device says."""
    return "".join(character for character in text[:LONGEST] if character.isprintable()).strip()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, question: str) -> None:
        self.question, self.seen, self.devices = question, 0, dict[str, Device]()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """One answer, from whomever."""
        self.seen += 1
        if self.seen > MOST_ANSWERS or len(self.devices) >= MOST_DEVICES:
            return
        device = device_of(data, str(addr[0]), self.question)
        if device is not None:
            self.devices[device.host] = device


async def search(seconds: float, *, to: tuple[str, int] = (GROUP, PORT), interface: str = "") -> list[Device]:
    """Ask twice and collect answers for so long, from the own address `interface`. OSError without a network."""
    question = f"urn:uuid:{uuid.uuid4()}"
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.setblocking(False)
    asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
    if interface:
        asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    asker.bind((interface, 0))
    listener = _Listener(question)
    # Once without a transport, which would keep an unreachable network to itself.
    asker.sendto(QUESTION.format(id=question).encode(), to)
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_datagram_endpoint(lambda: listener, sock=asker)
    try:
        await asyncio.sleep(min(AGAIN, seconds / 2))
        transport.sendto(QUESTION.format(id=question).encode(), to)
        await asyncio.sleep(max(seconds - AGAIN, seconds / 2))
    finally:
        transport.close()
    return sorted(listener.devices.values())
