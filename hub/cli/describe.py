"""`hub describe`: what integrations there are, what they tell and what they can do."""

from typing import Any

import click

from hub.cli.options import EXIT_FAULTS, json_option, print_json, print_table


@click.command()
@click.argument("names", nargs=-1)
@json_option
def describe(names: tuple[str, ...], as_json: bool) -> None:
    """Describe integrations, their events with fields and their actions with schemas.

    Without NAMES it lists every integration that could be configured; with names of integrations, events or actions
    it shows each in full. `hub describe hub` is the hub itself.
    """
    from hub.plugins.manager import Broken, Manager

    manager = Manager()
    described: list[dict[str, Any]] = [describe_core()]
    for name in manager.names():
        try:
            described.append(describe_integration(manager.load(name)))
        except Broken as error:
            described.append(
                {"name": name, "summary": f"broken: {error}", "events": [], "actions": [], "options": {}}
            )
    chosen = [item for name in names for item in find(described, name)] if names else described
    missing = [name for name in names if not find(described, name)]
    if as_json:
        print_json(chosen)
    elif not names:
        print_table([[item["name"], item["summary"]] for item in chosen], ["integration", "what it does"])
    else:
        for item in chosen:
            show(item)
    for name in missing:
        from hub.config import did_you_mean

        hint = did_you_mean(name, all_names(described))
        click.echo(f"hub describe: there is no '{name}'{'; ' + hint if hint else ''}", err=True)
    if missing:
        raise SystemExit(EXIT_FAULTS)


def describe_core() -> dict[str, Any]:
    """The hub's own sections and events, in the shape of an integration's."""
    from hub.config.jsonschema import to_json_schema
    from hub.plugins.configuration import CORE_EVENTS
    from hub.plugins.core_schema import CORE

    return {
        "name": "hub",
        "summary": "The hub itself: sections hub, http and history.",
        "events": [describe_event(event) for event in CORE_EVENTS],
        "actions": [],
        "options": {name: to_json_schema(schema) for name, schema in CORE.items()},
    }


def describe_integration(integration: Any) -> dict[str, Any]:
    """One declaration as plain values."""
    from hub.config.jsonschema import to_json_schema

    return {
        "name": integration.name,
        "summary": integration.summary,
        "events": [describe_event(event) for event in integration.events],
        "actions": [
            {
                "name": action.name,
                "summary": action.summary,
                "durable": action.durable,
                "data": to_json_schema(action.schema),
            }
            for action in integration.actions
        ],
        "channels": [
            {
                "name": channel.name,
                "summary": channel.summary,
                "options": to_json_schema(channel.schema),
                "address": to_json_schema(channel.address),
            }
            for channel in integration.channels
        ],
        "analyzers": [
            {"name": analyzer.name, "summary": analyzer.summary, "options": to_json_schema(analyzer.schema)}
            for analyzer in integration.analyzers
        ],
        "needs": [port.__name__ for port in integration.needs],
        "offers": [port.__name__ for port in integration.offers],
        "options": to_json_schema(integration.schema),
    }


def describe_event(event: Any) -> dict[str, Any]:
    """One event class: kind, whether it is an alarm, fields with their types."""
    from hub.model.events import Alarm, event_fields

    return {
        "name": event.kind,
        "summary": (event.__doc__ or "").strip().partition("\n")[0],
        "alarm": issubclass(event, Alarm),
        "fields": {
            item.name: {"type": _type_name(item.type), "required": item.required}
            for item in event_fields(event)
        },
    }


def find(described: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Whatever has that name: integrations, events, actions."""
    parts = [part for item in described for part in (*item["events"], *item["actions"])]
    return [item for item in (*described, *parts) if item["name"] == name]


def all_names(described: list[dict[str, Any]]) -> list[str]:
    """Names of everything that can be described."""
    return [part["name"] for item in described for part in (item, *item["events"], *item["actions"])]


def show(item: dict[str, Any]) -> None:
    """Print one description for people."""
    click.secho(item["name"], bold=True, nl=False)
    click.echo(f"  {item['summary']}")
    if "fields" in item:
        _show_fields(item)
        return
    if "data" in item:
        _show_schema("data", item["data"])
        return
    for event in item["events"]:
        click.echo(f"\n  {'alarm' if event['alarm'] else 'event'} {event['name']}: {event['summary']}")
        _show_fields(event)
    for action in item["actions"]:
        click.echo(f"\n  action {action['name']}: {action['summary']}")
        _show_schema("data", action["data"])
    for channel in item.get("channels", ()):
        click.echo(f"\n  channel {channel['name']}: {channel['summary']}")
        _show_schema("options", channel["options"])
        _show_schema("for each person", channel["address"])
    for analyzer in item.get("analyzers", ()):
        click.echo(f"\n  analyzer {analyzer['name']}: {analyzer['summary']}")
        _show_schema("options", analyzer["options"])
    click.echo("")
    _show_schema("options", item["options"])


def _show_fields(event: dict[str, Any]) -> None:
    for name, about in event["fields"].items():
        click.echo(f"    {name}: {about['type']}{'' if about['required'] else ' (optional)'}")


def _show_schema(title: str, schema: dict[str, Any]) -> None:
    import yaml

    told = {key: value for key, value in schema.items() if key != "$schema"}
    text = yaml.safe_dump(
        {title: told or "not told; see its documentation"}, allow_unicode=True, sort_keys=False
    )
    click.echo("\n".join(f"  {line}" for line in text.splitlines()))


def _type_name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")
