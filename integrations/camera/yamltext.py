"""Plain data as YAML that an admin likes to read and may change."""

from typing import Any


def yaml_of(data: Any) -> str:
    """YAML of plain data as admins write it: items indented, lists of numbers on one line, names in quotes."""
    import yaml

    class Flow(list[Any]):
        """A list that is written as [a, b]."""

    class Dumper(yaml.SafeDumper):
        """YAML for people: items indented, short lists on one line."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # '08' with its quotes, whoever reads it: a home's number is a name.
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value.isdigit() else None)

    def in_lines(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: in_lines(item) for key, item in value.items()}
        if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
            return Flow(value)
        return [in_lines(item) for item in value] if isinstance(value, list) else value

    Dumper.add_representer(str, text)
    Dumper.add_representer(
        Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, True)
    )
    return yaml.dump(in_lines(data), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
