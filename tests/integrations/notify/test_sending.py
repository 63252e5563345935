"""Who gets a notice: one delivery for each person and channel, and never nobody."""

import pytest
import voluptuous as vol

from hub.api import Call, DeliveryFailed, Directory, Evidence, Known, Severity
from integrations.notify.escalating import Escalation
from integrations.notify.repeats import Repeats
from integrations.notify.schema import DELIVER, SEND, check_send
from integrations.notify.sending import Notifier
from integrations.notify.storm import DIGEST, Storm
from tests.integrations.notify.fakes import AREAS, NOON, person

WORKERS = (
    person("li", "ntfy", "log"),
    person("zhou", "ntfy", area="b2", language="en"),
    person("wang", "ntfy", role="resident"),
    person("root", "log", role="admin", area="linli"),
)


@pytest.fixture
def send(link):
    link.site.directory = Directory(WORKERS, AREAS)
    calm = DIGEST({"burst": 1000})
    notifier = Notifier(link, {"log", "ntfy"}, Storm(link, calm), Repeats(), Escalation(link))

    def send(key="run1/2", cause="alarm-1", **data):
        return notifier.send(Call(name="notify.send", data=SEND(data), key=key, cause=cause)).calls

    return send


def keys(calls):
    return [call.key for call in calls]


def test_each_person_gets_one_delivery_over_each_channel(send):
    calls = send(audience="role:grid_worker", message="go")
    assert keys(calls) == ["run1/2/li/ntfy", "run1/2/li/log", "run1/2/zhou/ntfy"]
    assert [call.lane for call in calls] == ["ntfy", "log", "ntfy"]
    assert {call.name for call in calls} == {"notify.deliver"}
    assert {call.cause for call in calls} == {"alarm-1"}


def test_a_delivery_carries_the_notice_and_no_address(send):
    (call,) = send(
        person="zhou",
        title="t",
        message="m",
        severity="critical",
        url="https://hub.example.org/a",
        evidence=[Evidence(kind="clip", path="a.mp4")],
    )
    assert call.data == {
        "person": "zhou",
        "channel": "ntfy",
        "number": 0,
        "title": "t",
        "message": "m",
        "severity": "critical",
        "url": "https://hub.example.org/a",
        "evidence": [{"kind": "clip", "path": "a.mp4", "media_type": "", "sha256": "", "text": ""}],
        "at": NOON.isoformat(),
    }
    assert DELIVER(dict(call.data)) == call.data
    assert call.priority is Severity.critical


def test_a_second_address_on_one_channel_has_a_key_of_its_own(link, send):
    link.site.directory = Directory([person("li", "ntfy=a", "log", "ntfy=b")])
    assert keys(send(person="li", message="m")) == ["run1/2/li/ntfy", "run1/2/li/log", "run1/2/li/ntfy/2"]


def test_the_same_call_again_makes_the_same_deliveries(send):
    assert send(role="grid_worker", message="m") == send(role="grid_worker", message="m")


def test_a_text_in_several_languages_reaches_each_in_their_own(send):
    calls = send(
        role="grid_worker", title={"zh-CN": "标题", "en": "Title"}, message={"zh": "去看", "en-GB": "Go"}
    )
    assert [(call.data["title"], call.data["message"]) for call in calls] == [
        ("标题", "去看"),
        ("标题", "去看"),
        ("Title", "Go"),
    ]


def test_a_language_nobody_wrote_falls_back_to_the_sites(link, send):
    link.site.directory = Directory([person("jean", "log", language="fr")])
    (call,) = send(person="jean", message={"en": "Go", "zh-CN": "去看"})
    assert call.data["message"] == "去看"


def test_role_and_area_together_mean_both_and_a_person_besides(send):
    assert keys(send(role="grid_worker", area="b2", message="m")) == ["run1/2/zhou/ntfy"]
    assert keys(send(role="grid_worker", area="b2", person="wang", message="m")) == [
        "run1/2/zhou/ntfy",
        "run1/2/wang/ntfy",
    ]


def test_a_notice_for_an_area_reaches_who_answers_for_it(send):
    assert keys(send(area="b2", message="m")) == ["run1/2/zhou/ntfy", "run1/2/root/log"]


# --- never nobody ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "audience",
    ["role:guard", "person:ghost", "role:resident area:b2", "nonsense", "", [], ["role:"], {"role": None}],
)
def test_a_notice_that_would_reach_nobody_goes_to_the_admins_and_says_so(link, send, audience):
    (call,) = send(audience=audience, message="m", severity="critical")
    assert call.key == "run1/2/root/log"
    assert call.data["message"].startswith("m\n（原定受众")
    (problem,) = link.problems.values()
    assert "reaches nobody; told root instead" in problem


def test_persons_without_a_working_channel_count_as_nobody(link, send):
    link.site.directory = Directory([person("mute", "pigeon"), person("root", "log", role="admin")], AREAS)
    assert keys(send(role="grid_worker", message="m")) == ["run1/2/root/log"]
    assert "no channel reaches mute" in link.problems["unreachable"]


def test_with_no_admin_to_reach_the_notice_waits_in_the_outbox(link, send):
    link.site.directory = Directory()
    with pytest.raises(DeliveryFailed, match="no admin either"):
        send(role="guard", message="m")
    assert "it waits in the outbox" in next(iter(link.problems.values()))


def test_when_the_audience_is_there_again_the_problem_goes(link, send):
    send(role="guard", message="m")
    assert link.problems
    link.site.directory = Directory([*WORKERS, person("gao", "log", role="guard")], AREAS)
    assert keys(send(role="guard", message="m")) == ["run1/2/gao/log"]
    assert not link.problems


def test_many_audiences_of_nobody_do_not_bury_the_admin_in_problems(link, send):
    for number in range(50):
        send(person=f"ghost{number}", message="m")
    assert len(link.problems) == 20


# --- data -----------------------------------------------------------------------------------------------------


def test_texts_are_bounded_and_free_of_control_characters():
    data = SEND({"role": "x", "title": "a\nb\x1b[31m" + "t" * 500, "message": "m" * 9000 + "\u202e"})
    assert data["title"].startswith("a b[31mttt")
    assert len(data["title"]) == 200
    assert len(data["message"]) == 8000
    assert data["message"].endswith("…")


def test_numbers_are_texts_too():
    assert SEND({"role": "x", "message": 42})["message"] == "42"


@pytest.mark.parametrize("path", ["../etc/passwd", "/etc/passwd", "a/../../b", "a\x00b", "x" * 600])
def test_evidence_outside_the_media_folder_is_left_out(path):
    (item,) = SEND({"role": "x", "message": "m", "evidence": {"kind": "picture", "path": path}})["evidence"]
    assert item["path"] == ""


@pytest.mark.parametrize("evidence", [7, [None], [{"path": "a"}], [["a"]], {"kind": "virus", "path": "a"}])
def test_evidence_that_cannot_be_read_does_not_stop_a_notice(evidence):
    assert SEND({"role": "x", "message": "m", "evidence": evidence})["evidence"] == [
        {"kind": "reading", "path": "", "media_type": "", "sha256": "", "text": "?"}
    ]


def test_evidence_may_be_a_path():
    data = SEND({"role": "x", "message": "m", "evidence": "a/b.JPG"})
    assert [(item["kind"], item["path"]) for item in data["evidence"]] == [("picture", "a/b.JPG")]
    assert SEND({"role": "x", "message": "m", "evidence": ""})["evidence"] == []


def test_a_wrong_link_is_left_out():
    assert SEND({"role": "x", "message": "m", "url": "javascript:alert(1)"})["url"] == ""


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"message": "m"}, "nobody is named"),
        ({"role": "x"}, "nothing to say"),
        ({"audience": "role:x", "role": "x", "message": "m"}, "one of the two ways"),
        ({"role": "x", "message": "m", "severity": "loud"}, "no severity"),
        ({"role": "x", "message": ["m"]}, "a text is needed"),
        ({"role": "x", "message": "m", "colour": "red"}, "extra keys"),
        ({"audience": 7, "message": "m"}, "an audience is text"),
    ],
)
def test_what_a_rule_can_get_wrong_is_said_when_it_is_loaded(data, says):
    with pytest.raises(vol.Invalid, match=says):
        SEND(data)


KNOWN = Known(
    events={},
    actions={},
    entities=frozenset(),
    areas=frozenset(["b1", "b2"]),
    persons=frozenset(["li"]),
    roles=frozenset(["grid_worker", "guard"]),
)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"audience": "role:guard area:b1"}, []),
        ({"audience": ["role:guard", "person:li"], "message": "m"}, []),
        ({"audience": "everyone"}, []),
        ({"audience": "role:guard area:{{ trigger.event.area }}"}, []),
        ({"audience": "{{ who }}"}, []),
        ({"audience": ["{{ who }}"]}, []),
        ({"role": "guard", "area": "{{ trigger.event.area }}"}, []),
        ({"person": ["li", "{% if x %}a{% endif %}"]}, []),
        ({"message": "m"}, []),
        ({"audience": "role:gard area:{{ trigger.event.area }}"}, [("audience", "did you mean 'guard'?")]),
        ({"audience": "guard"}, [("audience", "write 'person:guard', 'role:guard' or 'area:guard'")]),
        ({"audience": ["person:lii", "area:b7"]}, [("audience", "did you mean 'li'?"), ("audience", "")]),
        ({"role": "gard", "area": "b1"}, [("role", "did you mean 'guard'?")]),
        ({"audience": ""}, [("audience", "name a person, a role or an area, or write 'everyone'")]),
        ({"audience": []}, [("audience", "name a person, a role or an area, or write 'everyone'")]),
        ({"area": ""}, [("area", "write the area's id behind the colon")]),
    ],
)
def test_an_audience_in_a_rule_is_checked_when_it_is_loaded(data, found):
    assert all(finding.path[1:] in ((), (0,), (1,)) for finding in check_send(data, KNOWN))
    assert [(finding.path[0], finding.remedy) for finding in check_send(data, KNOWN)] == found


@pytest.mark.parametrize(
    "data",
    [
        {
            "role": "x",
            "area": "b1",
            "person": ["a"],
            "title": {"zh-CN": "a\nb", "en": 7},
            "evidence": ["a.jpg", 7],
        },
        {
            "audience": ["role:x", {"role": "y"}],
            "message": "m" * 9000,
            "severity": "warning",
            "url": "nowhere",
        },
    ],
)
def test_what_was_cleaned_once_stays_as_it_is(data):
    cleaned = SEND(data)
    assert SEND(dict(cleaned)) == cleaned
