"""The pages for admins do not lie: each example is read as a configuration, each command is one of the hub's."""

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from textwrap import indent

import click
import pytest

from hub.cli.main import cli
from hub.config import Cache, Fault
from hub.plugins.configuration import Configuration, read_configuration
from hub.plugins.manager import Manager

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = (
    "admin.md",
    "admin.zh-CN.md",
    "automations.md",
    "automations.zh-CN.md",
    "cameras.md",
    "cameras.zh-CN.md",
    "notices.md",
    "notices.zh-CN.md",
)
SIMPLE = "triggers: [{trigger: homeassistant, event: start}]\n"
QUIET = "actions: [{delay: 1}]\n"
WRAPPED = {  # how a part of a rule becomes a whole one
    "trigger": f"triggers:\nPART{QUIET}",
    "condition": f"{SIMPLE}conditions:\nPART{QUIET}",
    "action": f"{SIMPLE}actions:\nPART",
}


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind the fence, its text, and where it begins."""

    page: str
    line: int
    mark: str
    text: str

    @property
    def kind(self) -> str:
        return self.mark.partition(" ")[2].partition("=")[0] if self.mark.startswith("yaml") else self.mark

    @property
    def file(self) -> str:
        return self.mark.partition("=")[2]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str) -> list[Block]:
    found: list[Block] = []
    begin, mark, lines = 0, "", list[str]()
    for number, line in enumerate((DOCS / page).read_text(encoding="utf-8").splitlines(), start=1):
        fence = re.match(r"\s*```(.*)", line)
        if fence and not begin:
            begin, mark, lines = number, fence[1].strip(), []
        elif fence:
            margin = min((len(text) - len(text.lstrip()) for text in lines if text.strip()), default=0)
            found.append(Block(page, begin, mark, "".join(text[margin:] + "\n" for text in lines)))
            begin = 0
        elif begin:
            lines.append(line)
    assert not begin, f"{page}:{begin}: this block has no end"
    return found


ALL = {page: blocks_of(page) for page in PAGES}
EVERY = [block for blocks in ALL.values() for block in blocks]


def of_kind(*kinds: str) -> list[Block]:
    return [block for block in EVERY if block.kind in kinds]


class Site:
    """The sample community, in which an example takes the place of its own sections."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._cache, self._manager = folder, Cache(), Manager()
        shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns(".hub", "clips"))
        (folder / "clips").mkdir()
        for clip in (ROOT / "config/clips").iterdir():  # the videos need only be there
            (folder / "clips" / clip.name).touch()
        shutil.copy(ROOT / "config/clips/demo_facade.json", folder / "clips")
        (folder / "certificates").mkdir()
        self._sections = list(sections((folder / "configuration.yaml").read_text(encoding="utf-8")))

    def read(self, text: str, files: dict[str, str]) -> Configuration:
        """The sample with the text's sections instead of its own; the text stands in example.yaml."""
        own = {key for key, _ in sections(text)} | {"automation library"}
        kept = [part for key, part in self._sections if key not in own]
        include = "packages: {example: !include example.yaml}\n"
        if "hub" in own:  # brings its own name, perhaps packages: it has to stand in the main file
            kept.append(text)
        else:
            kept = [
                part.replace("\n", "\n  " + include, 1) if part.startswith("hub:") else part for part in kept
            ]
        return self._read({"configuration.yaml": "".join(kept), "example.yaml": text, **files})

    def beside(self, files: dict[str, str]) -> Configuration:
        """The sample as it is, with more files."""
        return self._read({"configuration.yaml": "".join(part for _, part in self._sections), **files})

    def _read(self, files: dict[str, str]) -> Configuration:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            return read_configuration(self.folder, self._manager, environ={}, cache=self._cache)
        finally:
            for name in files:
                (self.folder / name).unlink()


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Top-level keys with their text, comments before them included."""
    parts = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    for part in parts:
        if part and part[0].isalpha():
            yield part.partition(":")[0], part if part.endswith("\n") else part + "\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("docs") / "config")


def surroundings(block: Block) -> dict[str, str]:
    """The files that the page has shown: all of them, as an example may use one that is shown below it."""
    return {other.file: other.text for other in ALL[block.page] if other.kind == "file"}


def told(faults: Sequence[Fault], *files: str) -> list[str]:
    return [str(fault) for fault in faults if not files or Path(fault.file).name in files]


# --- configuration -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", of_kind("configuration"), ids=str)
def test_an_example_of_configuration_is_clean(block: Block, site: Site) -> None:
    shown = surroundings(block)
    configuration = site.read(block.text, shown)
    names = ["example.yaml", *(Path(name).name for name in shown)]
    if "hub" in dict(sections(block.text)):
        names.append("configuration.yaml")
    assert told(configuration.faults, *names) == []
    for key, _ in sections(block.text):
        name = key.split()[0]
        assert name in {*configuration.core, *configuration.sections, "areas", "people"}, key


@pytest.mark.parametrize("block", of_kind("rule", "trigger", "condition", "action"), ids=str)
def test_an_example_of_a_rule_is_clean(block: Block, site: Site) -> None:
    listed = block.text if block.text.startswith("- ") else ""
    if block.kind == "rule":
        rules = block.text if listed else "- " + indent(block.text, "  ").lstrip()
    else:
        part = indent(block.text if listed else "- " + indent(block.text, "  ").lstrip(), "  ")
        rules = "- " + indent(WRAPPED[block.kind].replace("PART", part), "  ").lstrip()
    configuration = site.read("automation docs:\n" + indent(rules, "  "), surroundings(block))
    assert told(configuration.faults, "example.yaml") == []
    assert configuration.sections["automation"].config.items


@pytest.mark.parametrize(("block", "answer"), [p for p in pairwise(EVERY) if p[0].kind == "faulty"], ids=str)
def test_what_hub_check_answers_is_what_the_page_shows(block: Block, answer: Block, site: Site) -> None:
    if block.file == "configuration.yaml":
        faults = site.read(block.text, surroundings(block)).faults
        shown = [
            text.replace("example.yaml:", "configuration.yaml:") for text in told(faults, "example.yaml")
        ]
    else:
        shown = told(site.beside({**surroundings(block), block.file: block.text}).faults)
    expected = [line for line in answer.text.splitlines() if re.match(r"\S+:\d+:\d+: ", line)]
    assert [Path(line.split(":")[0]).name + line[line.index(":") :] for line in shown] == [
        Path(line.split(":")[0]).name + line[line.index(":") :] for line in expected
    ]
    assert expected


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_first_rule_of_a_newcomer_works_and_its_misspelling_is_told_as_shown(
    page: str, site: Site
) -> None:
    (rule,) = [block for block in blocks_of(f"../{page}") if block.mark == "yaml"]
    name = "automations/hello_cover.yaml"
    assert told(site.beside({name: rule.text}).faults) == []
    (fault,) = told(site.beside({name: rule.text.replace("area:north_gate", "area:nort_gate")}).faults)
    assert f"config/{name}{fault.partition(name)[2]}" in (ROOT / page).read_text(encoding="utf-8")


def test_every_block_of_yaml_says_what_it_is() -> None:
    kinds = ("configuration", "rule", "trigger", "condition", "action", "faulty", "file", "sketch")
    assert [str(block) for block in EVERY if block.mark.startswith("yaml") and block.kind not in kinds] == []


# --- commands ----------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, str]]:
    for block in EVERY:
        if block.mark == "bash":
            for line in block.text.splitlines():
                found = re.search(r"(?:^|[ /])hub ((?:[a-z-]).*)", line.partition("#")[0])
                if found and "<<" not in line:
                    yield str(block), found[1].strip()


@pytest.mark.parametrize(("place", "command"), sorted(set(commands())))
def test_a_command_is_one_of_the_hub_s(place: str, command: str) -> None:
    words = shlex.split(re.split(r"[|>;&]", command)[0])
    verb: click.Command = cli
    context = click.Context(cli, info_name="hub")
    while isinstance(verb, click.Group) and words and not words[0].startswith("-"):
        found = verb.get_command(context, words[0])
        assert found is not None, f"{place}: hub has no '{words[0]}'"
        verb, words = found, words[1:]
    known = {option for parameter in verb.params for option in parameter.opts} | {"--help", "-h"}
    assert [word for word in words if word.startswith("-") and word.partition("=")[0] not in known] == []


def test_the_service_starts_the_hub_and_reloads_it() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DOCS / "linli-hub.service", encoding="utf-8")
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program.endswith("/.venv/bin/hub")
    run = cli.get_command(click.Context(cli), words.pop(0))
    assert run is not None
    # Paths of the target machine need not be there: only the words are looked at.
    run.make_parser(click.Context(run)).parse_args(words)
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    assert int(service["TimeoutStopSec"]) > 10


# --- both languages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if ".zh-CN" not in page])
def test_both_languages_show_the_same(page: str) -> None:
    other = page.replace(".md", ".zh-CN.md")
    assert [block.mark for block in ALL[page]] == [block.mark for block in ALL[other]]
    for one, two in zip(ALL[page], ALL[other], strict=True):
        assert bare(one) == bare(two), f"{one} and {two}"
    levels = [
        re.findall(r"^#+(?= )", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in (page, other)
    ]
    assert levels[0] == levels[1]


def bare(block: Block) -> list[str]:
    """What doesn't depend on the language: of YAML the keys, of the rest the lines without comments."""
    lines = [re.sub(r"(^|\s+)#.*|<[^>]*>", "", line) for line in block.text.splitlines()]
    if block.mark.startswith("yaml"):
        unquoted = [re.sub(r'"[^"]*"', '""', line) for line in lines]
        return [key for line in unquoted for key in re.findall(r"[\w-]+(?=:(?:\s|$))", line)]
    return [line for line in lines if line.strip()]
