"""Whatever stands under `people:` is people or faults, never a crash."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.config import load
from hub.people import load_directory

WORDS = [
    *("persons", "roles", "rosters", "purposes", "id", "name", "areas", "household", "phone", "quiet_hours"),
    *(
        "consents",
        "active",
        "channels",
        "shifts",
        "week",
        "rotation",
        "begins",
        "days",
        "dates",
        "leave",
        "extra",
    ),
    *(
        "swaps",
        "person",
        "from",
        "to",
        "date",
        "shift",
        "with",
        "calendar",
        "marketing",
        "granted",
        "day",
        "mon",
    ),
]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.sampled_from(
        [
            "wang",
            "day",
            "b1",
            "b1-u1-0101",
            "08:00-20:00",
            "2026-11-24",
            "2026-02-30",
            "",
            "mon-fri",
            "../x.ics",
        ]
    ),
    st.text(max_size=6),
)
nested = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def directory_of(folder, people):
    text = json.dumps({"areas": [{"id": "b1"}], "people": people})
    (folder / "configuration.yaml").write_text(text, encoding="utf-8")
    document = load(folder, environ={})
    data = document.data
    directory, faults = load_directory(data.get("areas"), data.get("people"), document, folder=folder)
    return directory, [*document.faults, *faults]


@given(st.dictionaries(st.sampled_from(["persons", "roles", "rosters", "purposes"]), nested, max_size=3))
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_anything_under_people_is_read_or_faulted(folder, people):
    directory, faults = directory_of(folder, people)
    assert directory.persons is not None
    assert all(fault.problem for fault in faults)


@given(st.dictionaries(st.sampled_from(WORDS), nested, max_size=5))
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_any_roster_is_read_or_faulted(folder, roster):
    person = {"id": "wang", "name": "王", "roles": ["guard"]}
    directory, faults = directory_of(folder, {"persons": [person], "rosters": {"r": roster}})
    assert directory.rosters or faults
