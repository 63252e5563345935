"""The worker process that listens to ONVIF cameras: a pull point each, renewed, and asked again when it is lost."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from integrations.camera.onvif.asking import BoundedCamera, DeviceFault, answered, connected
from integrations.camera.onvif.notices import Senses

if TYPE_CHECKING:
    from hub.api import Pipe

LEASE = timedelta(minutes=10)  # of a subscription
PULL_SECONDS, MOST_MESSAGES = 5, 100
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 120.0  # seconds until a camera is asked again
LOCKED_OUT = 1800.0  # after a refused password: cameras lock out who tries too often
log = logging.getLogger("camera.onvif")
Tell = Callable[[dict[str, Any]], object]


def listen_all(pipe: "Pipe", config: Mapping[str, Any]) -> None:
    """Listen to the cameras of `config` until the hub says stop."""
    logging.getLogger("zeep").setLevel(logging.ERROR)
    asyncio.run(_listen_all(pipe, config["cameras"]))


async def _listen_all(pipe: "Pipe", cameras: Iterable[Mapping[str, Any]]) -> None:
    def tell(camera: Mapping[str, Any]) -> Tell:
        return lambda message: pipe.send({"camera": camera["id"], **message})

    tasks = [asyncio.create_task(listen(camera, tell(camera)), name=camera["id"]) for camera in cameras]
    try:
        while not pipe.stopping.is_set():
            pipe.beat()
            done, _waiting = await asyncio.wait(tasks, timeout=0.5)
            for task in done:
                task.result()  # they never end by themselves: a bug costs the process its life, with a traceback
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def listen(
    camera: Mapping[str, Any], tell: Tell, pause: Callable[[float], Any] = asyncio.sleep
) -> None:
    """Tell what one camera senses, for ever; faults are told once, and their end, too."""
    failures = 0
    while True:
        try:
            async with connected(
                camera["host"], camera["port"], camera["username"], camera["password"]
            ) as device:
                await _follow(device, camera["host"], tell)
        except DeviceFault as fault:
            failures += 1
            tell({"onvif": {"fault": f"ONVIF: {fault.text}", "remedy": fault.remedy}})
            refused = fault.kind == "auth"
            wait = LOCKED_OUT if refused else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
            await pause(wait * (1 - 0.3 * random.random()))  # noqa: S311 - so that cameras are not asked all at once
        else:
            failures = 0
            await pause(FIRST_PAUSE)  # it forgot us; one that does so at once shall not be asked without end


async def _follow(device: BoundedCamera, host: str, tell: Tell) -> None:
    """One subscription, from its beginning until the camera forgets it."""
    lost = asyncio.Event()
    manager = await answered(device.create_pullpoint_manager(LEASE, lost.set), host)
    senses = Senses()
    try:
        service = manager.get_service()
        tell({"onvif": {"fault": "", "motion": False, "tamper": False}})
        await manager.set_synchronization_point()  # has it say how things stand
        while not lost.is_set():
            question = {"Timeout": timedelta(seconds=PULL_SECONDS), "MessageLimit": MOST_MESSAGES}
            answer = await answered(service.PullMessages(question), host)
            for sense in heard(senses, getattr(answer, "NotificationMessage", None)):
                tell({"onvif": {sense: senses.is_on(sense)}})
    finally:
        await _let_go(manager)


async def _let_go(manager: Any) -> None:
    """End a subscription as far as the camera still hears us; it would end by itself, too."""
    try:
        async with asyncio.timeout(3):
            await manager.shutdown()
    except TimeoutError:
        log.debug("a subscription was not taken back in time")


def heard(senses: Senses, notifications: Any) -> list[str]:
    """The senses that changed by an answer's notifications, whatever their shape."""
    changed: list[str] = []
    for notification in notifications[:MOST_MESSAGES] if isinstance(notifications, list) else ():
        topic = getattr(getattr(notification, "Topic", None), "_value_1", None)
        message = getattr(getattr(notification, "Message", None), "_value_1", None)
        sense = senses.hear(topic, items_of(message, "Source"), items_of(message, "Data"))
        if sense is not None:
            changed.append(sense)
    return changed


def items_of(message: Any, part: str) -> list[tuple[Any, Any]]:
    """Names and values in a part of a message."""
    items = getattr(getattr(message, part, None), "SimpleItem", None)
    return [
        (getattr(item, "Name", None), getattr(item, "Value", None))
        for item in (items if isinstance(items, list) else [])[:32]
    ]
