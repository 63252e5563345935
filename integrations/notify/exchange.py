"""One bounded HTTP exchange with a provider: no redirects, no long bodies, a deadline."""

from collections.abc import Mapping

import aiohttp
from yarl import URL

from hub.api import DeliveryFailed
from integrations.notify.verdict import Answer

MOST_BODY = 64 * 1024  # bytes read of an answer


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], patience: float
) -> Answer:
    """POST and read the answer; DeliveryFailed when none comes within `patience` seconds."""
    return await ask(session, "POST", url, body, headers, patience)


async def ask(
    session: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    body: bytes | None,
    headers: Mapping[str, str],
    patience: float,
) -> Answer:
    """Request and read the answer. Errors name no address: it may hold a key."""
    try:
        async with session.request(
            method,
            url,
            data=body,
            skip_auto_headers=[
                "Content-Type"
            ],  # where none is named, none may come: it would have to be signed
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=patience),
        ) as response:
            read = await _read(response)
            return Answer(response.status, response.headers, read[:MOST_BODY], len(read) > MOST_BODY)
    except TimeoutError as error:
        raise DeliveryFailed(f"the receiver gave no answer within {patience:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # ValueError: what a hostile answer's headers or encoding make the parser raise.
        raise DeliveryFailed(f"the exchange with the receiver broke off ({type(error).__name__})") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        read += chunk
        if len(read) > MOST_BODY:
            break
    return bytes(read)
