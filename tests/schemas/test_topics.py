"""Each topic has its traits and one class of message."""

from collections import Counter

import pytest

from schemas.endings import DeadLettered, Rejected
from schemas.envelope import Event, Message
from schemas.topics import DELAYS, TRAITS, Key, Topic
from tests.schemas.examples import EXAMPLES


def _classes(cls: type[Message]) -> set[type[Message]]:
    found = set(cls.__subclasses__())
    return found.union(*(_classes(each) for each in found))


MESSAGES = {
    each for each in _classes(Message) if each.__module__.startswith("schemas.") and each is not Event
}


def test_every_topic_has_traits() -> None:
    assert TRAITS.keys() == set(Topic)


def test_every_topic_has_exactly_one_class() -> None:
    assert Counter(each.topic for each in MESSAGES) == Counter(Topic)


def test_a_rejection_goes_where_dead_letters_go_but_is_no_message() -> None:
    assert Rejected.topic is DeadLettered.topic
    assert not issubclass(Rejected, Message)


def test_every_class_has_an_example() -> None:
    assert EXAMPLES.keys() == MESSAGES


def test_event_types_are_versioned_and_unique() -> None:
    types = [each.event_type for each in MESSAGES]
    assert len(set(types)) == len(types)
    assert all(each.startswith("sluicegate.") and each.endswith(".v1") for each in types)


@pytest.mark.parametrize("topic", Topic)
def test_traits_make_sense(topic: Topic) -> None:
    traits = TRAITS[topic]
    assert traits.purpose
    assert traits.retention.total_seconds() > 0


def test_only_two_topics_may_hold_personal_data() -> None:
    assert {topic for topic, traits in TRAITS.items() if traits.personal} == {Topic.REQUESTS, Topic.ACTIONS}


def test_what_comes_from_outside_and_decides_has_the_brokers_time() -> None:
    assert {topic for topic, traits in TRAITS.items() if traits.append_time} == {
        Topic.REQUESTS,
        Topic.DECISIONS,
        Topic.DOCUMENTS,
    }


def test_stages_that_fold_are_keyed_by_tenant() -> None:
    folded = (
        Topic.RESERVATIONS,
        Topic.SETTLEMENTS,
        Topic.VERDICTS,
        Topic.REVIEWS,
        Topic.ACTIONS,
        Topic.DECISIONS,
    )
    assert {TRAITS[topic].key for topic in folded} == {Key.TENANT}


def test_delays_get_longer_and_are_no_stage_topics() -> None:
    waits = list(DELAYS.values())
    assert waits == sorted(waits)
    assert not DELAYS.keys() & set(Topic)
