"""Topics and filters: by the tables of the standard, and against the slow way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mqtt.topics import LONGEST_TOPIC, TopicTrie, check_filter, check_topic


def matches(topic_filter: str, topic: str) -> bool:
    """Level by level, without a trie."""
    wanted, given_ = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given_) or level not in ("+", given_[place]):
            return False
    return len(wanted) == len(given_)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "hit"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("#", "a", True),
        ("sport/#", "sport", True),
        ("sport/#", "sports", False),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+", "finance", True),
        ("+", "/finance", False),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("$SYS/+", "$SYS/uptime", True),
        ("a//b", "a//b", True),
        ("a/+/b", "a//b", True),
        ("小区/+/井盖", "小区/1/井盖", True),
        ("A", "a", False),
    ],
)
def test_filters_match_as_the_standard_says(topic_filter: str, topic: str, hit: bool) -> None:
    trie: TopicTrie[str] = TopicTrie()
    trie.add(topic_filter, "x")
    assert (trie.match(topic) == ("x",)) is hit
    assert matches(topic_filter, topic) is hit


LEVELS = st.sampled_from(["a", "b", "", "$x", "+"])
FILTERS = st.builds(
    lambda levels, end: "/".join(levels + end),
    st.lists(LEVELS, min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)
TOPICS = st.lists(st.sampled_from(["a", "b", "", "$x"]), min_size=1, max_size=6).map("/".join)


@given(st.lists(FILTERS, max_size=8), TOPICS)
def test_trie_finds_what_the_slow_way_finds(filters: list[str], topic: str) -> None:
    trie: TopicTrie[int] = TopicTrie()
    for place, topic_filter in enumerate(filters):
        trie.add(topic_filter, place)
    expected = [place for place, topic_filter in enumerate(filters) if matches(topic_filter, topic)]
    assert sorted(trie.match(topic)) == expected


@given(st.lists(FILTERS, max_size=8), st.randoms(), TOPICS)
def test_undone_filters_leave_nothing_behind(filters: list[str], chance: object, topic: str) -> None:
    trie: TopicTrie[object] = TopicTrie()
    undos = [trie.add(topic_filter, object()) for topic_filter in filters]
    chance.shuffle(undos)  # type: ignore[attr-defined]
    for undo in undos:
        undo()
        undo()
    assert len(trie) == 0
    assert trie.match(topic) == ()
    assert not trie._root.below


@pytest.mark.parametrize(
    "wrong",
    ["", "a/#/b", "a#", "#a", "a/b+", "+a/b", "a\0b", "$share/g/a", "x" * (LONGEST_TOPIC + 1), "\ud800"],
)
def test_wrong_filters_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        check_filter(wrong)


@pytest.mark.parametrize("wrong", ["", "a/+", "#", "a\0b", "界" * 22000])
def test_wrong_topics_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        check_topic(wrong)


@given(st.text(max_size=20))
def test_any_text_is_a_good_topic_or_a_clear_fault(text: str) -> None:
    try:
        topic = check_topic(text)
    except ValueError:
        assert not text or set(text) & set("+#\0")
    else:
        trie: TopicTrie[int] = TopicTrie()
        trie.add(topic, 1)
        assert trie.match(text) == (1,)
