"""`hub run`: the hub in the foreground until it is told to stop."""

import asyncio
import errno
import gc
import importlib
import logging
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.options import EXIT_FAULTS, EXIT_UNREADABLE, config_argument, data_option

if TYPE_CHECKING:
    from hub.plugins.configuration import Configuration
    from hub.runtime.hub import Hub
    from hub.runtime.systemd import Systemd

STOP_SECONDS = 9.0  # a stop that takes longer is ended hard, as systemd would
log = logging.getLogger("hub.run")


@click.command()
@config_argument
@data_option
@click.option(
    "--host", default=None, help="Address to listen on. [default: http: server_host, else 127.0.0.1]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port to listen on; 0 takes a free one. [default: http: server_port]",
)
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    help="auto is text on a terminal, JSON lines otherwise.",
)
def run(
    config: Path, data: Path | None, host: str | None, port: int | None, log_level: str, log_format: str
) -> None:
    """Run the hub on the folder CONFIG until SIGTERM or Ctrl+C; SIGHUP reloads.

    Exit status 0 after a clean stop, 1 when the configuration has faults or the start failed, 2 when the
    configuration can't be read.
    """
    # What is loaded now stays: looking for garbage in it would cost a tenth of the start, and every sweep after it.
    gc.disable()
    # Journal, clips and passwords concern residents: also in a folder that was made for all to read, and also what
    # the hub's children write there.
    os.umask(0o077)
    # A third of the start is aiohttp, much of it certificates being read with the interpreter's lock released.
    threading.Thread(target=importlib.import_module, args=("aiohttp.web",), daemon=True).start()

    from hub.config import ConfigUnreadable
    from hub.runtime.hub import FaultyConfiguration, Hub
    from hub.runtime.logs import set_up
    from hub.store.store import StoreError

    masking = set_up(level=log_level.upper(), style=log_format)

    def suit(configuration: "Configuration") -> None:
        masking.hide(configuration.document.secret_values)
        masking.zone = configuration.place.zone

    hub = Hub(config, data, host=host, port=port, on_read=suit)
    try:
        asyncio.run(_serve(hub))
    except FaultyConfiguration as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        click.echo(f"{len(error.faults)} faults; the hub was not started", err=True)
        raise SystemExit(EXIT_FAULTS) from None
    except ConfigUnreadable as error:
        click.echo(f"hub run: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    except (OSError, StoreError) as error:
        remedy = "; choose another with --port or `http: server_port`" if _is_taken(error) else ""
        click.echo(f"hub run: {error}{remedy}", err=True)
        raise SystemExit(EXIT_FAULTS) from None


def _is_taken(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


async def _serve(hub: "Hub") -> None:
    from hub.runtime.systemd import Systemd

    systemd = Systemd()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    wanted = asyncio.Event()  # from the first moment on: a SIGHUP that nobody takes would end the process
    loop.add_signal_handler(signal.SIGHUP, wanted.set)
    starting = asyncio.ensure_future(hub.start())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
        return
    starting.result()
    gc.freeze()
    gc.enable()
    systemd.notify(f"READY=1\nSTATUS=ready at {hub.url}")
    click.echo(f"Linli Hub is ready at {hub.url}")
    await _welcome(hub)
    watchdog = loop.create_task(_beat(systemd)) if systemd.watchdog_seconds else None
    reloading = loop.create_task(_reload_when(wanted, hub, systemd))
    await stopping
    reloading.cancel()
    systemd.notify("STOPPING=1")
    if watchdog is not None:
        watchdog.cancel()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await hub.stop()
    except TimeoutError:
        log.critical("the stop took longer than %g s and was ended", STOP_SECONDS)
        logging.shutdown()
        os._exit(EXIT_FAULTS)


async def _welcome(hub: "Hub") -> None:
    """Where nobody has an account yet: the one-time link that makes the owner. Printed, and never logged."""
    made = await hub.accounts.invitations.welcome()
    if made is not None:
        invitation, code = made
        until = invitation.expires.astimezone(hub.site.zone)
        click.echo(
            f"There is no account yet. Make the owner's at {hub.url}/welcome#{code} (once, until {until:%H:%M})"
        )


async def _reload_when(wanted: asyncio.Event, hub: "Hub", systemd: "Systemd") -> None:
    """One reload at a time; however many are asked for meanwhile, one more follows."""
    while True:
        await wanted.wait()
        wanted.clear()
        await asyncio.wait({asyncio.create_task(_reload(hub, systemd))})


async def _reload(hub: "Hub", systemd: "Systemd") -> None:
    from hub.config import ConfigUnreadable
    from hub.runtime.hub import FaultyConfiguration

    systemd.notify("RELOADING=1")
    try:
        await hub.reload()
    except (FaultyConfiguration, ConfigUnreadable) as error:
        log.error("not reloaded, nothing was changed:\n%s", error)
    systemd.notify("READY=1")


async def _beat(systemd: "Systemd") -> None:
    """A hub whose loop turns says so; a blocked one is restarted by systemd."""
    while True:
        systemd.notify("WATCHDOG=1")
        await asyncio.sleep(systemd.watchdog_seconds)
