"""The community's plan: where areas and devices lie on it, over a picture if there is one; drawn by an admin."""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from hub.accounts.permissions import Thing
from hub.plugins.site import Site
from hub.web.bodies import read_body
from hub.web.pictures import NoPicture, Pictures
from hub.web.v1.operations import Asked, Operation, Refused
from hub.web.v1.shapes import Moment

OWNER, PLAN, PICTURE = "plan", "plan", "picture"
MOST_AREAS, MOST_CORNERS, MOST_DEVICES = 500, 100, 2000
LARGEST_UPLOAD = (
    1 << 20
)  # bytes: what any request may have; the console makes pictures small before it sends them
LARGEST_PICTURE = 700_000  # bytes, written anew: kept in the store with the plan, so that a backup has both
LONGEST_SIDE = 1600  # pixels
PAPER = (1600, 1000)  # units of a plan without a picture

Coordinate = Annotated[float, Meta(ge=-10_000, le=20_000)]
Point = tuple[
    Coordinate, Coordinate
]  # to the right and down from the left upper corner; pixels of the picture
Name = Annotated[str, Meta(min_length=1, max_length=255)]


class PlacedArea(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An area's outline."""

    area: Name
    points: Annotated[list[Point], Meta(min_length=3, max_length=MOST_CORNERS)]


class PlacedDevice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where a device is."""

    device: Name
    at: Point


class PlanChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole plan, as it is to be from now on; its picture is sent apart."""

    areas: Annotated[list[PlacedArea], Meta(max_length=MOST_AREAS)]
    devices: Annotated[list[PlacedDevice], Meta(max_length=MOST_DEVICES)]


class PlanView(msgspec.Struct, kw_only=True):
    """What of the plan the caller may see."""

    width: int
    height: int
    picture: Annotated[str, Meta(description="Where the picture is; empty when there is none")]
    areas: list[PlacedArea]
    devices: list[PlacedDevice]
    changed_at: Moment | None


class PictureQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which picture is meant, so that browsers may keep it."""

    tag: Annotated[str, Meta(max_length=64, description="As the plan names it; it changes nothing")] = ""


class Kept(msgspec.Struct, kw_only=True):
    """The plan as it is stored."""

    areas: list[PlacedArea] = []
    devices: list[PlacedDevice] = []
    changed_at: Moment | None = None


class KeptPicture(msgspec.Struct, kw_only=True):
    """The picture as it is stored."""

    width: int
    height: int
    media_type: str
    tag: str
    data: bytes  # base64 where it is stored


class Plan:
    """Answers for the plan, and keeps it."""

    def __init__(self, site: Site) -> None:
        self._site, self._memory, self._pictures = site, site.memory(OWNER), Pictures()

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        picture = "/plan/picture"
        yield Operation(
            method="GET",
            path="/plan",
            access="see area",
            summary="The plan of the community",
            handler=self.get_plan,
            answer=PlanView,
        )
        yield Operation(
            method="PUT",
            path="/plan",
            access="edit config",
            summary="Draw the plan anew",
            handler=self.put_plan,
            body=PlanChange,
            answer=PlanView,
            refusals=(409,),
        )
        yield Operation(
            method="GET",
            path=picture,
            access="see area",
            summary="The plan's picture",
            handler=self.get_plan_picture,
            query=PictureQuery,
            answer=str,
            media_type="image/*",
            refusals=(404,),
        )
        yield Operation(
            method="PUT",
            path=picture,
            access="edit config",
            summary="Lay a picture under the plan: JPEG, PNG or WebP, at most 1 MiB; it is written anew",
            handler=self.put_plan_picture,
            answer=PlanView,
            refusals=(408, 413),
        )
        yield Operation(
            method="DELETE",
            path=picture,
            access="edit config",
            summary="Take the picture away",
            handler=self.delete_plan_picture,
            answer=PlanView,
        )

    async def get_plan(self, asked: Asked[Any]) -> PlanView:
        """Places and things that the caller may see."""
        kept, picture = self._kept(), self._picture()
        devices = self._site.devices
        width, height = (picture.width, picture.height) if picture else PAPER
        return PlanView(
            width=width,
            height=height,
            picture=f"/api/v1/plan/picture?tag={picture.tag}" if picture else "",
            areas=[
                one
                for one in kept.areas
                if one.area in self._site.directory.areas
                and asked.may("see", Thing(kind="area", id=one.area, area=one.area))
            ],
            # One that is not there at the moment keeps its place for those who draw.
            devices=[
                one
                for one in kept.devices
                if asked.may(
                    "see",
                    Thing(
                        kind="device",
                        id=one.device,
                        area=devices[one.device].area if one.device in devices else "",
                    ),
                )
            ],
            changed_at=kept.changed_at,
        )

    async def put_plan(self, asked: Asked[Any]) -> PlanView:
        """Kept when this is answered."""
        self._require(asked)
        given: PlanChange = asked.body
        for place, one in enumerate(given.areas):
            if one.area not in self._site.directory.areas:
                told = f"there is no area '{one.area[:80]}'"
                raise Refused(409, told, errors=[{"pointer": f"/areas/{place}/area", "detail": told}])
        kept = Kept(areas=given.areas, devices=given.devices, changed_at=self._site.clock.now())
        await self._keep(PLAN, kept)
        return await self.get_plan(asked)

    async def get_plan_picture(self, _asked: Asked[Any]) -> web.Response:
        """The points that were uploaded, and nothing else of it."""
        picture = self._picture()
        if picture is None:
            raise Refused(404, "the plan has no picture")
        return web.Response(
            body=picture.data,
            content_type=picture.media_type,
            headers={"Cache-Control": "private, max-age=86400", "ETag": f'"{picture.tag}"'},
        )

    async def put_plan_picture(self, asked: Asked[Any]) -> PlanView:
        """Written anew and kept when this is answered."""
        self._require(asked)
        data = await read_body(asked.request, LARGEST_UPLOAD)
        try:
            made = await self._pictures.clean(data, LONGEST_SIDE)
        except NoPicture as error:
            raise Refused(400, str(error)) from error
        if len(made) > LARGEST_PICTURE:
            raise Refused(413, "the picture is too large when written anew; send it with fewer pixels")
        width, height = size_of(made)
        kind = "image/png" if made.startswith(b"\x89PNG") else "image/jpeg"
        tag = hashlib.sha256(made).hexdigest()[:16]
        await self._keep(
            PICTURE, KeptPicture(width=width, height=height, media_type=kind, tag=tag, data=made)
        )
        return await self.get_plan(asked)

    async def delete_plan_picture(self, asked: Asked[Any]) -> PlanView:
        """The drawing stays."""
        self._require(asked)
        self._memory.delete(PICTURE)
        await self._site.store.settled()
        return await self.get_plan(asked)

    def _require(self, asked: Asked[Any]) -> None:
        asked.require("edit", Thing(kind="config"))

    def _kept(self) -> Kept:
        return msgspec.convert(self._memory.get(PLAN, {}), Kept)

    def _picture(self) -> KeptPicture | None:
        kept = self._memory.get(PICTURE)
        return None if kept is None else msgspec.convert(kept, KeptPicture)

    async def _keep(self, key: str, value: Any) -> None:
        self._memory.put(key, msgspec.to_builtins(value))
        await self._site.store.settled()


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG that was written by us (PNG: IHDR; JPEG: the first SOF marker)."""
    if picture.startswith(b"\x89PNG"):
        return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    place = 2
    while picture[place + 1] not in (0xC0, 0xC1, 0xC2):
        place += 2 + int.from_bytes(picture[place + 2 : place + 4])
    return int.from_bytes(picture[place + 7 : place + 9]), int.from_bytes(picture[place + 5 : place + 7])
