"""The table of routes: nothing is served that was not declared with its access."""

from typing import Any

import pytest

from hub.plugins.routes import Routes


async def answer(_request: Any) -> None:
    """Stands for a handler."""


def table(*served: tuple[str, str]) -> Routes:
    routes = Routes()
    for method, path in served:
        routes.add(method, path, answer, access="public", owner="bell")
    return routes


@pytest.mark.parametrize("access", ["", "admin", "PUBLIC", "all", "see", "see ghosts", "look entity"])
def test_a_route_without_a_known_access_is_refused(access: str) -> None:
    with pytest.raises(ValueError, match="is none of public, local"):
        Routes().add("GET", "/bell", answer, access=access, owner="bell")


@pytest.mark.parametrize("path", ["", "bell", "http://bell"])
def test_a_path_begins_with_a_slash(path: str) -> None:
    with pytest.raises(ValueError, match="begins with /"):
        table(("GET", path))


def test_a_route_is_served_once_and_its_owner_is_named() -> None:
    routes = table(("GET", "/bell"))
    routes.add("POST", "/bell", answer, access="public", owner="gong")
    with pytest.raises(ValueError, match="already served by 'bell'"):
        routes.add("get", "/bell", answer, access="local", owner="gong")


def test_exact_paths_only_and_head_with_get() -> None:
    routes = table(("get", "/bell"), ("POST", "/ring"))
    assert routes.find("GET", "/bell") == routes.find("HEAD", "/bell") is not None
    for method, path in (
        ("GET", "/bell/"),
        ("GET", "/"),
        ("POST", "/bell"),
        ("HEAD", "/ring"),
        ("get", "/bell"),
    ):
        assert routes.find(method, path) is None
    assert routes.methods("/bell") == ["GET", "HEAD", "OPTIONS"]
    assert routes.methods("/ring") == ["OPTIONS", "POST"]
    assert routes.methods("/nothing") == []
    assert {(route.method, route.path) for route in routes.all()} == {("GET", "/bell"), ("POST", "/ring")}


def test_the_undo_ends_the_route_and_not_its_successor() -> None:
    routes = Routes()
    undo = routes.add("GET", "/bell", answer, access="public", owner="bell")
    undo()
    successor = routes.add("GET", "/bell", answer, access="local", owner="gong")
    undo()
    found = next(iter(routes.find("GET", "/bell") or ()), None)
    assert found is not None
    assert found.owner == "gong"
    successor()
    assert routes.all() == []


def test_a_shaped_path_gives_its_parts_and_yields_to_an_exact_one() -> None:
    routes = Routes()
    routes.add("GET", "/api/states/{entity_id}", answer, access="see entity", owner="hub")
    routes.add("GET", "/api/states/all", answer, access="signed_in", owner="hub")
    routes.add("POST", "/api/states/{entity_id}", answer, access="edit entity", owner="hub")
    routes.add("GET", "/media/{path:rest}", answer, access="see media", owner="hub")
    found = routes.find("GET", "/api/states/light.a")
    assert found is not None
    assert (found[0].access, found[1]) == ("see entity", {"entity_id": "light.a"})
    assert (routes.find("GET", "/api/states/all") or ())[1:] == ({},)
    assert (routes.find("POST", "/api/states/all") or ())[1:] == ({"entity_id": "all"},)
    assert (routes.find("GET", "/media/a/b.jpg") or ())[1:] == ({"path": "a/b.jpg"},)
    assert routes.find("GET", "/api/states/") is None
    assert routes.find("GET", "/api/states/a/b") is None
    assert routes.find("GET", "/media") is None
    assert routes.methods("/api/states/light.a") == ["GET", "HEAD", "OPTIONS", "POST"]


@pytest.mark.parametrize("path", ["/a/b{name}", "/a/{name:rest}/b", "/a/{NAME}"])
def test_a_path_that_no_caller_could_mean_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="whole part"):
        Routes().add("GET", path, answer, access="signed_in", owner="hub")
