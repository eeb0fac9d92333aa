"""A seed says everything about a round: what people do, what breaks, and when."""

from random import Random

from tests.prove.schedule import FAULTS, LEASE_S, deal, schedule
from tests.prove.statements import Counting, Moment, Statements

LANES = ("one", "two")


def test_a_seed_makes_the_same_round_again_and_another_one_does_not() -> None:
    one, again, other = (schedule(Random(seed), LANES, 30, FAULTS) for seed in (7, 7, 8))
    assert one == again
    assert one != other
    assert {request.what for request in one.requests} == {
        "poke",
        "note",
        "rollback",
        "incident",
        "timeline",
        "mark",
        "backup",
    }


def test_every_fault_has_its_turn_before_one_comes_again() -> None:
    dealt = [fault for of_round in deal(Random(1), 17, 2) for fault in of_round]
    assert len(dealt) == 2 * len(FAULTS)
    assert set(dealt[: len(FAULTS)]) == set(dealt[len(FAULTS) :]) == set(FAULTS)
    long = [fault for fault in schedule(Random(1), LANES, 30, FAULTS).faults if fault.what.endswith("long")]
    assert len(long) == 2
    assert all(fault.length > LEASE_S for fault in long)


async def test_statements_are_named_before_they_arrive_and_after_they_are_done() -> None:
    seen: list[str] = []

    async def come(moment: Moment) -> None:
        seen.append(str(moment))

    counting = Counting(come)
    tap = Statements(counting)
    await tap.sent(b"\0\0\0\x08\0\x03\0\0")
    counting.begin()
    for kind, body in (
        (b"Q", b"BEGIN;\0"),
        (b"P", b"s1\0INSERT INTO\n  runs VALUES (1)\0\0\0"),
        (b"B", b"\0s1\0"),
        (b"E", b"\0\0\0\0\0"),
        (b"Q", b"COMMIT;\0"),
    ):
        message = kind + (len(body) + 4).to_bytes(4, "big") + body
        await tap.sent(message[:3])
        await tap.sent(message[3:])
        if kind in (b"Q", b"E"):
            done = b"BEGIN\0" if body == b"BEGIN;\0" else b"INSERT 0 1\0" if kind == b"E" else b"COMMIT\0"
            await tap.answered(b"C" + (len(done) + 4).to_bytes(4, "big") + done + b"Z\0\0\0\x05I")
    name = "INSERT INTO runs VALUES (1)"
    assert seen == [
        "before “BEGIN” (1)",
        "after “BEGIN” (1)",
        f"before “{name}” (1)",
        f"after “{name}” (1)",
        f"before “COMMIT of {name}” (1)",
        f"after “COMMIT of {name}” (1)",
    ]
