"""Documents by ordinal and their masks, against each document's own rules."""

import random
from datetime import timedelta

import pytest

from processors.ground.access import grants
from sinks.knowledge.batch import Place
from sinks.knowledge.register import NOBODY, Register
from sinks.knowledge.scope import Known, Rule
from tests.knowledge import AT, head, scope

AT_ALL = Place(0, 0)


def known(document_id: str, **named: object) -> tuple[tuple[str, str], Known]:
    of = head(document_id, **named)  # type: ignore[arg-type]
    rule = Rule(of, grants(of))
    return (of.tenant, of.document_id), Known(rule, AT_ALL, rule, AT_ALL, AT)


@pytest.mark.parametrize("size", [3, 200, 2_500])
def test_a_mask_is_what_each_document_permits(size: int) -> None:
    draw = random.Random(size)
    register = Register()
    for number in range(size):
        days = draw.choice([None, -1, 0, 1])
        register.put(
            *known(
                f"d-{number}",
                roles=draw.sample(["customer", "staff"], draw.randrange(3)),
                principals=[f"p-{draw.randrange(150)}"],
                valid_from=None if days is None else AT + timedelta(days=days),
                document_type=draw.choice(["article", "faq"]),
                product_area=draw.choice(["", "lamps", "chairs"]),
            )
        )
    for number in draw.sample(range(size), size // 3):
        register.forget(("acme", f"d-{number}"))
    for within in (
        None,
        scope(),
        scope(principal="p-7", types=("faq",)),
        scope(areas=("lamps",)),
        scope(roles=()),
    ):
        mask = register.mask(within)
        for number in range(size):
            found = register.find(("acme", f"d-{number}"))
            if found:
                assert mask[register.ordinal(("acme", f"d-{number}"))] == found.permits(within)
        assert mask.sum() == sum(each.permits(within) for each in register.all())
        assert not mask[NOBODY]


def test_ordinals_and_groups_are_used_again() -> None:
    register = Register()
    for number in range(500):
        register.put(*known("a", principals=[f"p-{number}"]))
        register.put(*known(f"d-{number}", roles=[f"r{number}"]))
        register.forget(("acme", f"d-{number}"))
    register.forget(("acme", "unknown"))
    assert len(register.mask(None)) == 1_024
    assert len(register._groups._grants) == 1
    assert register._groups._capacity <= 64
    assert register.mask(scope(principal="p-499", roles=())).sum() == 1


def test_gaps_are_filled_after_loading() -> None:
    register = Register()
    register.admit(("acme", "a"), 3)
    register.put(*known("a"))
    register.fill_gaps()
    assert {register.ordinal(("acme", name)) for name in "bcde"} == {0, 1, 2, 4}
    assert register.ordinal(("acme", "a")) == 3
