"""`hub camera discover`: the ONVIF cameras of the network, and what each streams."""

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from integrations.camera.looking import PASSWORD, refuse

if TYPE_CHECKING:
    from integrations.camera.onvif.asking import Told
    from integrations.camera.onvif.searching import Device

NOTHING, UNUSABLE = 1, 2  # exit statuses
AT_ONCE = 8  # devices that are asked at the same time


@click.command()
@click.argument("host", required=False)
@click.option(
    "--username", help="Of an ONVIF user; the password is asked for, or taken from $HUB_CAMERA_PASSWORD."
)
@click.option(
    "--seconds", type=click.FloatRange(0.5, 60), default=4.0, show_default=True, help="How long to listen."
)
@click.option("--interface", default="", help="This machine's address in the cameras' network.")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print lines for configuration.yaml; with --username.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def discover(
    host: str | None, username: str | None, seconds: float, interface: str, as_yaml: bool, as_json: bool
) -> None:
    """Find ONVIF cameras in the network, or ask HOST[:PORT] alone; with --username, what each of them streams.

    Exit status: 0 something was found, 1 nothing was, 2 it can't be done.
    """
    password = ""
    if username:
        password = os.environ.get(PASSWORD) or click.prompt("Password", hide_input=True, err=True)
    devices = [named_device(host)] if host else searched(seconds, interface)
    told = asked(devices, username or "", password) if username or host else {}
    if as_json:
        show_json(devices, told)
    elif as_yaml:
        show_yaml(devices, told, username or "")
    else:
        show(devices, told)
    sys.exit(0 if devices and not (host and told.get(devices[0].host, (None, ""))[1]) else NOTHING)


def named_device(host: str) -> "Device":
    """The device at HOST or HOST:PORT."""
    from urllib.parse import urlsplit

    from integrations.camera.onvif.searching import Device

    try:
        parts = urlsplit(host if "://" in host else f"//{host}")
        name, port = parts.hostname, parts.port or 80
    except ValueError:
        name = None
    if not name:
        refuse("discover", f"'{host}' is no address", "give 192.168.1.20 or 192.168.1.20:8080")
    return Device(host=name, port=port, name="", hardware="", id="")


def searched(seconds: float, interface: str) -> "list[Device]":
    """Whoever answers in the network."""
    from integrations.camera.onvif.searching import search

    try:
        return asyncio.run(search(seconds, interface=interface))
    except OSError as error:
        refuse(
            "discover", f"the network can't be asked: {error.strerror or error}",
            "give --interface with this machine's address there, or a HOST",
        )  # fmt: skip


def asked(devices: "list[Device]", user: str, password: str) -> "dict[str, tuple[Told | None, str]]":
    """What each device tells, or why it doesn't."""
    try:
        from integrations.camera.onvif.asking import DeviceFault, ask
    except ImportError as error:
        refuse(
            "discover",
            f"ONVIF needs more packages ({error})",
            "install them: `pip install 'linli-hub[onvif]'`",
        )

    async def one(device: "Device", turn: asyncio.Semaphore) -> "tuple[Told | None, str]":
        async with turn:
            try:
                return await ask(device.host, device.port, user, password), ""
            except DeviceFault as fault:
                return None, f"{fault.text}; {fault.remedy}"

    async def every() -> "list[tuple[Told | None, str]]":
        turn = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(one(device, turn) for device in devices))

    return dict(zip([device.host for device in devices], asyncio.run(every()), strict=True))


def show_json(devices: "list[Device]", told: "dict[str, tuple[Told | None, str]]") -> None:
    """One JSON document: a list of devices."""
    from dataclasses import asdict

    listed: list[dict[str, Any]] = []
    for device in devices:
        about, fault = told.get(device.host, (None, ""))
        listed.append({**asdict(device), "told": asdict(about) if about else None, "fault": fault or None})
    click.echo(json.dumps(listed, ensure_ascii=False, indent=2))


def show_yaml(devices: "list[Device]", told: "dict[str, tuple[Told | None, str]]", user: str) -> None:
    """A camera's section for each device that told its streams: the largest of them, on the host that answered."""
    from urllib.parse import urlsplit, urlunsplit

    from hub.api import slug
    from integrations.camera.yamltext import yaml_of

    section: list[dict[str, Any]] = []
    for device in devices:
        about, fault = told.get(device.host, (None, "not asked: give --username"))
        streams = [profile for profile in about.profiles if profile.url] if about else []
        if not streams:
            click.echo(
                f"hub camera discover: {device.host}: {fault or 'gives no address of a stream'}", err=True
            )
            continue
        largest = max(streams, key=lambda profile: profile.width * profile.height)
        parts = urlsplit(largest.url)
        host = f"[{device.host}]" if ":" in device.host else device.host
        url = urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))
        name = device.name or (about.model if about else "") or device.host
        camera = {"id": slug(f"camera {device.host}"), "name": name, "url": url}
        credentials = {"username": user, "password": "the camera's"} if user else {}
        section.append(camera | credentials | {"onvif": {"port": device.port}})
    click.echo(yaml_of(section) if section else "", nl=False)


def show(devices: "list[Device]", told: "dict[str, tuple[Told | None, str]]") -> None:
    """For people: each device, its streams, and the lines to put into configuration.yaml."""
    if not devices:
        click.echo(
            "no ONVIF camera answered; is ONVIF switched on in them, and are they in this network?", err=True
        )
    for device in devices:
        about, fault = told.get(device.host, (None, ""))
        words = " ".join(word for word in (device.name, device.hardware) if word)
        click.secho(f"{device.host}:{device.port}  {words}".rstrip(), bold=True)
        if fault:
            click.secho(f"  ! {fault}", fg="yellow")
        if about is not None:
            show_told(about)


def show_told(about: "Told") -> None:
    """What one device says of itself."""
    from integrations.camera.onvif.asking import WANTED_SHUTTER

    click.echo(
        f"  {about.manufacturer} {about.model}, firmware {about.firmware}, serial number {about.serial}"
    )
    for profile in about.profiles:
        size = f"{profile.width}x{profile.height} {profile.codec} {profile.rate:g}/s"
        click.echo(f"  {profile.name:<12} {size:<26} {profile.url or '(gives no address)'}")
    if about.slowest_shutter and about.slowest_shutter > WANTED_SHUTTER:
        slow = f"1/{1e6 / about.slowest_shutter:.0f} s"
        click.secho(
            f"  ! its shutter may be as slow as {slow}; what falls smears: set 1/250 s or shorter",
            fg="yellow",
        )
