"""Carries a command about accounts out on the data folder of a hub that is stopped."""

import asyncio
import os
from pathlib import Path
from typing import Any

from hub.accounts.accounts import Accounts
from hub.accounts.administration import Administration
from hub.accounts.audit import Audit
from hub.accounts.permissions import Permissions
from hub.config import ConfigUnreadable, load
from hub.kernel.clock import SystemClock
from hub.people import Directory, load_directory
from hub.store.store import Store


def carry_out(config: Path, data: Path, command: dict[str, Any]) -> Any:
    """Do it; StoreError when the folder can't be used (a starting hub holds it), other HubErrors when it can't be."""
    former = os.umask(0o077)  # what is made here is nobody else's to read
    try:
        return asyncio.run(_carry_out(read_directory(config), data, command))
    finally:
        os.umask(former)


async def _carry_out(directory: Directory, data: Path, command: dict[str, Any]) -> Any:
    clock = SystemClock()
    store = await Store.open(data, clock)
    try:
        permissions = Permissions(directory.places.inside)
        accounts = Accounts(store, clock, lambda: directory, permissions, Audit(store.units, clock.now))
        await accounts.load()
        try:
            return await Administration(accounts, clock.now).carry_out(command)
        finally:
            accounts.close()
    finally:
        await store.close()


def read_directory(config: Path) -> Directory:
    """People and roles as far as the files can be read; none where there are no files yet."""
    try:
        document = load(config, environ=os.environ)
    except ConfigUnreadable:
        return Directory()
    sections = document.data if isinstance(document.data, dict) else {}
    return load_directory(sections.get("areas"), sections.get("people"), document)[0]
