"""The whole configuration: every fault of every section, at its place, with a remedy; and nothing imported in vain."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from hub.plugins.configuration import Configuration, read_configuration
from hub.plugins.manager import Manager


def read(tmp_path: Path, text: str, **files: str) -> Configuration:
    (tmp_path / "configuration.yaml").write_text(dedent(text), encoding="utf-8")
    for name, content in files.items():
        (tmp_path / f"{name}.yaml").write_text(dedent(content), encoding="utf-8")
    return read_configuration(tmp_path, Manager(), environ={})


def said(configuration: Configuration) -> list[str]:
    folder = str(configuration.document.files[0].file).rpartition("/")[0] + "/"
    return [str(fault).removeprefix(folder) for fault in configuration.faults]


def test_a_small_site_is_clean(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        """\
        hub: {name: 邻里花园, time_zone: Asia/Shanghai}
        areas: [{id: b1, name: 1号楼}]
        people: {persons: [{id: wang, name: 王芳, roles: [grid_worker], areas: [b1], channels: [screen]}]}
        notify: {channels: {screen: {type: log}}}
        """,
    )
    assert said(configuration) == []
    assert configuration.place.name == "邻里花园"
    assert set(configuration.sections) == {"notify"}
    assert configuration.known.persons == {"wang"}


def test_faults_of_all_sections_and_files_are_told_together(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        """\
        hub:
          time_zone: Asia/Shangai
          nam: x
        mqttt:
        people: !include people.yaml
        notify:
          channels:
            screen: {type: lgo}
        """,
        people="""\
        persons:
          - {id: wang, name: 王芳, roles: [grid_workr], channels: [scren]}
        """,
    )
    text = "\n".join(said(configuration))
    assert (
        "configuration.yaml:2:14: hub.time_zone: 'Asia/Shangai' is no time zone; did you mean 'Asia/Shanghai'?"
        in text
    )
    assert "configuration.yaml:3:3: hub.nam: unknown key 'nam'; did you mean 'name'?" in text
    assert "configuration.yaml:4:1: mqttt: there is no integration 'mqttt'; did you mean 'mqtt'?" in text
    assert (
        "people.yaml:2:34: people.persons[0].roles[0]: there is no role 'grid_workr'; did you mean 'grid_worker'?"
        in text
    )
    assert "lgo" in text
    assert all(":" in line for line in said(configuration))


def test_a_channel_that_a_person_names_must_exist(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        """\
        people: {persons: [{id: wang, name: 王芳, channels: [scren]}]}
        notify: {channels: {screen: {type: log}}}
        """,
    )
    assert any("there is no channel 'scren'; did you mean 'screen'?" in line for line in said(configuration))


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "hub: 7", "notify: [1]", "people: 3\nareas: x", ": :\n", "a: b: c"]
)
def test_whatever_the_file_says_the_answer_is_a_list_of_faults(tmp_path: Path, text: str) -> None:
    configuration = read(tmp_path, text)
    assert all(fault.problem for fault in configuration.faults)
    assert bool(configuration.faults) == (text != "")


SITE = """\
    areas: [{id: b1, name: 1}, {id: b2, name: 2}]
    people: {persons: [{id: wang, name: 王芳, areas: [b2], roles: [guard], channels: [log]}]}
    notify: {channels: {log: {type: log}, hook: {type: ntfy, url: "https://ntfy.sh"}}}
    mqtt: {broker: embedded}
    lorawan: {devices: [{eui: 24E124785D410001, model: milesight/em310-tilt, as: manhole, id: C1}]}
    manhole: {covers: [{id: C1, name: C1, area: b2}]}
    automation:
      - triggers: [{trigger: state, entity_id: binary_sensor.c1_open, to: "on"}]
        actions: [{action: notify.send, data: {audience: role:guard area:b2, title: x}}]
      - triggers: [{trigger: event, event_type: cover_opened}]
        actions: [{action: notify.send, data: {audience: everyone, title: x}}]
    """


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("manhole: {covers", "manhoel: {covers"),
        ("manhole: {covers", "manhole: {kovers: 1, covers"),
        ("manhole: {covers: [{id: C1, name: C1, area: b2}]}", "manhole: !include gone.yaml"),
        ("notify: {channels", "notify: {chanels"),
        ("type: ntfy, url", "type: ntfy, token: !secret gone, url"),
        ("[{id: b1, name: 1}, {id: b2, name: 2}]", "!include gone.yaml"),
        ("{id: b2, name: 2}", "{idd: b2, name: 2}"),
        ("[{id: b1, name: 1}, {id: b2, name: 2}]", "{}"),
        ("{broker: embedded}", "{broker: !env_var GONE}"),
        ("{broker: embedded}", "{borker: embedded}"),
        ("as: manhole", "as: manhol"),
        ("automation:\n", "automation own: [!include gone.yaml]\n    automation:\n"),
    ],
)
def test_one_slip_is_one_fault(tmp_path: Path, right: str, wrong: str) -> None:
    """What a faulty section would have brought is not missed elsewhere."""
    assert said(read(tmp_path, SITE)) == []
    faults = said(read(tmp_path, SITE.replace(right, wrong, 1)))
    if wrong == "{}":
        assert all("there is no area 'b2'" in fault for fault in faults)
    else:
        assert len(faults) == 1, faults


def test_the_same_section_has_the_same_digest_and_another_one_another(tmp_path: Path) -> None:
    first = read(tmp_path, "notify: {channels: {a: {type: log}}}").sections["notify"].digest
    second = read(tmp_path, "notify:\n  channels:\n    a:\n      type: log").sections["notify"].digest
    third = read(tmp_path, "notify: {channels: {b: {type: log}}}").sections["notify"].digest
    assert first == second != third


def test_pictures_are_never_loaded_in_the_main_process(tmp_path: Path) -> None:
    """Cameras are configured and checked without OpenCV and PyAV."""
    (tmp_path / "configuration.yaml").write_text(
        "camera:\nfalling_object:\nmqtt:\nlorawan:\nmanhole:\nnotify:\n"
    )
    script = (
        "import sys, pathlib\n"
        "from hub.plugins.configuration import read_configuration\n"
        "from hub.plugins.manager import Manager\n"
        "import hub.runtime.hub\n"
        f"read_configuration(pathlib.Path({str(tmp_path)!r}), Manager(), environ={{}})\n"
        "print(sorted({'cv2', 'av', 'numpy', 'alembic', 'zeroconf'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
