"""Makes a long-lived token with hass-client, unmodified: from the code of a sign-in; and uses it."""

import asyncio
import sys

from hass_client import HomeAssistantClient
from hass_client.utils import get_long_lived_token, get_token, get_websocket_url


async def made(url: str, code: str, client_id: str) -> str:
    granted = await get_token(url, code, client_id)
    again = await get_token(url, granted["refresh_token"], client_id, "refresh_token")
    token = await get_long_lived_token(url, again["access_token"], "a panel", lifespan=30)
    async with HomeAssistantClient(get_websocket_url(url), token) as client:
        assert (await client.send_command("auth/current_user"))["name"] == "wang"
    return token


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(asyncio.wait_for(made(*sys.argv[1:4]), 30)))
