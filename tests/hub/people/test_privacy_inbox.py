"""What lies in a person's inbox and which browsers are theirs: told in the export, gone after the erasure."""

import sqlite3

from hub.people.privacy import erase, export

SITE = """
    testing:
    notify: {channels: {inbox: {}}}
    people:
      persons:
        - {id: guard, name: 孙悦悦, roles: [guard], channels: [inbox]}
        - {id: li, name: 李强, roles: [guard], channels: [inbox]}
    """


async def test_an_inbox_and_browsers_are_told_and_go(hub):
    await hub.start(SITE)
    await hub.call("notify.send", audience="role:guard", title="血压 182/110", severity="critical")
    site = hub.hub_of.site
    browser = {"endpoint": "https://push.example.org/x", "p256dh": "p", "auth": "a"}
    with site.units.open() as unit:
        site.memory("notify").put("push/guard", [browser])
        site.memory("notify").put("push/li", [browser])
    await unit.receipt
    person = site.directory.persons["guard"]
    await hub.stop()
    data = hub.folder / "data"
    told = export(data, person, hub.clock.now(), "")["records"]
    assert [row["title"] for row in told["events.db/inbox"]] == ["血压 182/110"]
    assert "push/guard" in str(told["events.db/memory"])
    erased = erase(data, person, hub.clock.now(), [])["erased"]
    assert erased["events.db/inbox"] == 1
    connection = sqlite3.connect(data / "events.db")
    left = connection.execute("SELECT person FROM inbox").fetchall()
    keys = connection.execute("SELECT key FROM memory WHERE key LIKE 'push/%'").fetchall()
    connection.close()
    assert (left, keys) == ([("li",)], [("push/li",)])
