"""Puts the operations into the table of routes."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web

from hub import __version__
from hub.plugins.routes import Routes
from hub.web.v1.once import Once
from hub.web.v1.openapi import PREFIX, describe
from hub.web.v1.operations import Asked, Operation, Refused, answered, asked, refusal

Served = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Version 1: its operations, and what makes a repeated request harmless."""

    def __init__(self, operations: Iterable[Operation], once: Once) -> None:
        self._once = once
        own = Operation(
            method="GET",
            path="/openapi.json",
            access="public",
            summary="This API's description in OpenAPI 3.1",
            handler=self.openapi,
            answer=dict[str, Any],
        )
        self.operations = (own, *operations)
        self._description: dict[str, Any] = {}

    def add_to(self, routes: Routes) -> None:
        """Serve every operation."""
        for operation in self.operations:
            routes.add(
                operation.method,
                PREFIX + operation.path,
                self._served(operation),
                access=operation.access,
                owner="hub",
            )

    async def openapi(self, _asked: Asked[Any]) -> dict[str, Any]:
        """The description; made when it is asked for, as starting must be quick."""
        if not self._description:
            self._description = describe(self.operations, __version__)
        return self._description

    def _served(self, operation: Operation) -> Served:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                question = await asked(operation, request)
                key = request.headers.get("Idempotency-Key") if operation.keyed else None
                if key is None:
                    return answered(operation, await operation.handler(question))
                return await self._serve_once(operation, question, key)
            except Refused as error:
                return refusal(error)

        return serve

    async def _serve_once(self, operation: Operation, question: Asked[Any], key: str) -> web.StreamResponse:
        """Carry a keyed request out once; the same again gets the first answer."""
        request = question.request
        said = b"\n".join((request.method.encode(), request.raw_path.encode(), await request.read()))
        async with self._once.turn(question.who.account, key, hashlib.sha256(said).hexdigest()) as turn:
            if turn.kept is not None:
                return web.Response(
                    status=turn.kept.status,
                    body=turn.kept.body.encode(),
                    content_type="application/json",
                    headers={"Idempotency-Replayed": "true"},
                )
            response = answered(operation, await operation.handler(question))
            if isinstance(response, web.Response):
                body = response.body
                turn.keep(response.status, body.decode() if isinstance(body, bytes) else "")
            return response
