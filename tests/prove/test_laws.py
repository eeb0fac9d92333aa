"""A checker that cannot fail proves nothing: each law is shown a history that breaks it, and complains."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.support.history import (
    BackupRow,
    Effect,
    EntryRow,
    Fact,
    History,
    IncidentRow,
    RunRow,
    Said,
    Switches,
    Trouble,
    Typed,
    VoteRow,
)
from tests.support.laws import LAWS, broken

RUN = RunRow(
    id=1,
    uuid="u1",
    state="succeeded",
    command="/poke",
    risk="change",
    actor="U0ANA",
    place="shop one",
    lock="deploy",
    changed="something",
    settled=False,
    digest="d1",
    worker="here:11",
    approved=True,
    approval="granted",
    need=1,
)
_KINDS = (
    *("request.received", "plan.made", "approval.asked", "vote.cast", "approval.granted", "lock.taken", "run.queued"),
    *("run.started", "step.started", "step.ended", "run.ended", "lock.freed"),
)


def _fact(number: int, kind: str, run: int | None = 1, at: float | None = None, **body: object) -> Fact:
    actor = "U0BEN" if kind == "vote.cast" else "watchkeeper"
    step = {"step": "poke"} if kind.startswith("step.") else {}
    return Fact(number, number, run, kind, actor, 100.0 + number if at is None else at, {**step, **body})


OPENING = replace(
    RUN, id=5, uuid="u5", command="/incident", risk="record", place="", lock=None, approval=None, need=0
)
BACKING = replace(OPENING, id=7, uuid="u7", command="/backup")
NOTING = replace(OPENING, id=6, uuid="u6", command="/timeline")
FACTS = (
    *(_fact(number, kind) for number, kind in enumerate(_KINDS, 1)),
    _fact(13, "run.started", 5),
    _fact(14, "run.started", 6),
    _fact(15, "run.started", 7),
    _fact(16, "incident.asked", None, incident=1, person="U0EVE"),
)
STARTED, ENDED = 8, 11
INCIDENT = IncidentRow(1, 5, "channel", "C7")
ENTRIES = (
    EntryRow(1, 1, "event", "13", "#1 opened"),
    EntryRow(1, 2, "typed", "R-6", "#2 noted"),
    EntryRow(1, 3, "message", "C7:6.5", "#3 marked"),
)
HEADER = Said("C7", "5.0", None, "INC-1:header", "checkout fails")
TOLD = (
    Said("C7", "6.0", "5.0", "INC-1:timeline:1", "#1 opened"),
    Said("C7", "7.0", "5.0", "INC-1:timeline:2", "#2 noted\n#3 marked"),
)
CALLED = Said("D9", "8.0", None, "INC-1:call:U0EVE", "come")
ROOT = Said("C1", "1.0", None, "R-1:root", "Poke shop one?")
REPLIES = (
    Said("C1", "2.0", "1.0", "R-1:thread:4", "Ben approved"),
    Said("C1", "3.0", "1.0", "R-1:thread:10", "poke done\nverify done"),
)
WHOLE = History(
    runs=(RUN, OPENING, NOTING, BACKING),
    facts=FACTS,
    votes=(VoteRow(1, "U0BEN", True, "d1"),),
    deliveries={"k1": 1, "k5": 5, "k6": 6},
    lines={1: ("Ben approved", "poke done", "verify done")},
    typed=(
        Typed("k1", "ana", "/poke shop one", True),
        Typed("k5", "ana", "/incident open checkout fails", True),
        Typed("k6", "ben", "/timeline a customer calls INC-1", True),
    ),
    effects=(Effect("u1:poke", "R-1", "shop one", 108.5, 109.0),),
    said=(ROOT, *REPLIES, HEADER, *TOLD, CALLED),
    incidents=(INCIDENT,),
    entries=ENTRIES,
    backups=(BackupRow("B-7", "shop-vault-1-B-7.dump"),),
    files=("shop-vault-1-B-7.dump",),
    marked=("C7:6.5",),
    rooms=("C7",),
    eligible=frozenset({"U0ANA", "U0BEN", "U0CHI"}),
)


def test_a_whole_history_breaks_no_law() -> None:
    assert broken(WHOLE) == []


def _run(**other: object) -> tuple[RunRow, ...]:
    return (replace(RUN, **other), OPENING, NOTING, BACKING)  # type: ignore[arg-type]


def _saying(*said: Said) -> dict[str, object]:
    """Only these of the incident's messages, besides the run's."""
    return {"said": (ROOT, *REPLIES, *said)}


def _without(*kinds: str) -> tuple[Fact, ...]:
    left = [fact for fact in FACTS if fact.kind not in kinds]
    return tuple(replace(fact, number=n, id=n) for n, fact in enumerate(left, 1))


def _again(kind: str) -> tuple[Fact, ...]:
    return (*FACTS, _fact(len(FACTS) + 1, kind))


SECOND = replace(RUN, id=2, uuid="u2")
INTERRUPTED: Mapping[str, object] = {"state": "interrupted", "changed": "unknown"}

BROKEN: dict[str, list[dict[str, object]]] = {
    "what was acknowledged is recorded": [{"deliveries": {}}],
    "everything ended or waits for a person": [
        {"runs": _run(state="running")},
        {"runs": _run(state="queued")},
        {"runs": _run(state="waiting")},  # for a lock that nobody has
        {"runs": _run(state="waiting", approved=False, approval="expired")},
    ],
    "what happens once is written once": [{"facts": _again("run.started")}, {"facts": _again("step.ended")}],
    "an effect happens once at most": [{"effects": WHOLE.effects * 2}],
    "an effect is of a run that had started": [
        {"facts": _without("run.started")},
        {"effects": (Effect("u1:poke", "R-1", "shop one", 90.0, 91.0),)},
        {"effects": (Effect("u9:poke", "R-9", "shop one", 110.0, 111.0),)},
    ],
    "an effect never follows its end": [{"effects": (Effect("u1:poke", "R-1", "shop one", 113.0, 114.0),)}],
    "what is said to have changed has": [{"effects": ()}, {"runs": _run(state="failed", changed="nothing")}],
    "switches are those of runs": [
        {"switches": (Switches("shop one", 1, 0),)},
        {"switches": (Switches("shop one", 0, 1),)},
        {"runs": _run(command="/rollback"), "switches": (Switches("shop one", 0, 0),)},
    ],
    "a backup is one file and one record": [
        {"backups": ()},
        {"backups": WHOLE.backups * 2},
        {"files": ()},
        {"files": (*WHOLE.files, "shop-vault-2-B-7.dump")},
        {"files": (*WHOLE.files, "shop-vault-2-B-9.dump")},
        {"facts": tuple(replace(fact, run=6) if fact.run == 7 else fact for fact in FACTS)},
        {"runs": (RUN, OPENING, NOTING, replace(BACKING, state="failed", changed="nothing"))},
    ],
    "nothing runs without enough others": [
        {"votes": ()},
        {"votes": (VoteRow(1, "U0ANA", True, "d1"),)},  # the requester
        {"votes": (VoteRow(1, "U0ELI", True, "d1"),)},  # without the role
        {"votes": (VoteRow(1, "U0BEN", True, "other plan"),)},
        {"votes": (VoteRow(1, "U0BEN", False, "d1"),)},
        {"runs": _run(need=2)},
        {"facts": _without("approval.granted")},
    ],
    "votes count as they should": [
        {"votes": WHOLE.votes * 2},
        {"facts": _without("vote.cast")},
        {"votes": (*WHOLE.votes, VoteRow(1, "U0ELI", True, "d1"))},
    ],
    "what never ran has not started": [{"runs": _run(state="withdrawn")}],
    "interrupted is what nobody knows": [
        {"runs": _run(state="interrupted", changed="something")},
        {"runs": _run(changed="unknown")},
        {"runs": _run(**INTERRUPTED), "facts": _without("run.started")},
    ],
    "interrupted has a cause": [
        {"runs": _run(**INTERRUPTED)},
        {"runs": _run(**INTERRUPTED), "troubles": (Trouble("kill", 12, 109.0, 109.0),)},  # another process
        {"runs": _run(**INTERRUPTED), "troubles": (Trouble("kill", 11, 120.0, 120.0),)},  # later
        {"runs": _run(**INTERRUPTED), "troubles": (Trouble("cut", 11, 108.0, 109.0),)},  # for a moment only
    ],
    "whoever was killed ends nothing well": [{"troubles": (Trouble("kill", 11, 109.0, 109.0),)}],
    "locks are held by what is open": [{"locks": (1,)}, {"runs": _run(**INTERRUPTED)}],
    "one change at a time": [
        {
            "runs": (RUN, SECOND),
            "facts": (*FACTS[: ENDED - 1], _fact(ENDED, "run.started", 2)),
        }
    ],
    "effects of one place do not overlap": [
        {
            "runs": (RUN, SECOND),
            "effects": (*WHOLE.effects, Effect("u2:poke", "R-2", "shop one", 108.7, 109.2)),
        }
    ],
    "the chain is whole": [
        {"chain": "event 3 is not what was sealed"},
        {"unsealed": 2},
        {"facts": tuple(fact for fact in FACTS if fact.number != 3)},
    ],
    "a run is told in order": [
        {"facts": (*FACTS[: STARTED - 1], _fact(STARTED, "run.ended"), _fact(9, "run.started"))},
    ],
    "the thread tells each event once and in order": [
        {"said": (ROOT, REPLIES[0])},
        {"said": (ROOT, REPLIES[0], replace(REPLIES[0], key="R-1:thread:5"), REPLIES[1])},
        {"said": (ROOT, replace(REPLIES[0], ts="4.0"), REPLIES[1])},
        {"said": (ROOT, REPLIES[0], replace(REPLIES[1], thread="9.0"))},
        {"said": REPLIES},
    ],
    "no message is posted twice": [{"said": (*WHOLE.said, replace(ROOT, ts="7.0"))}],
    "an opening makes one incident": [
        {"incidents": (), "entries": ()},
        {"incidents": (INCIDENT, replace(INCIDENT, id=2, channel="C8"))},
        {"incidents": (replace(INCIDENT, run=None),)},
        {"incidents": (replace(INCIDENT, run=1),)},
    ],
    "an incident has one room": [
        {"rooms": ("C7", "C8")},
        {"rooms": ()},
        {"incidents": (replace(INCIDENT, place="", channel=""),)},
        {"incidents": (INCIDENT, replace(INCIDENT, id=2))},
    ],
    "a timeline keeps what was typed": [
        {"entries": ENTRIES[:1]},
        {"entries": (*ENTRIES, replace(ENTRIES[1], number=4))},
        {"entries": (*ENTRIES, replace(ENTRIES[1], number=4, source_id="R-9"))},
        {"runs": (RUN, OPENING, replace(NOTING, state="failed", changed="nothing"))},
    ],
    "a timeline keeps what was marked": [
        {"entries": ENTRIES[:2]},
        {"entries": (*ENTRIES, replace(ENTRIES[2], number=4))},
        {"entries": (*ENTRIES, replace(ENTRIES[2], number=4, source_id="C7:9.9"))},
        {"marked": ("C7:6.5", "C7:9.9")},
        {"incidents": (replace(INCIDENT, channel="C8"),)},
    ],
    "a timeline is told once and in order": [
        _saying(HEADER, TOLD[0]),
        _saying(HEADER, *TOLD, replace(TOLD[1], ts="9.0")),
        _saying(HEADER, replace(TOLD[0], ts="9.0"), TOLD[1]),
        _saying(HEADER, TOLD[0], replace(TOLD[1], thread="2.0")),
        _saying(HEADER, replace(HEADER, ts="5.5"), *TOLD),
        _saying(replace(HEADER, channel="C8"), *TOLD),
        _saying(*TOLD),
        {"entries": (ENTRIES[0], replace(ENTRIES[1], number=4))},
    ],
    "nobody is asked to come twice": [
        _saying(HEADER, *TOLD),
        _saying(HEADER, *TOLD, CALLED, replace(CALLED, ts="9.0")),
        {"facts": (*FACTS, replace(FACTS[-1], number=17, id=17))},
        {"facts": FACTS[:-1]},
    ],
    "nothing is left unsaid": [{"untold": ("R-1:told",)}, {"said": ()}],
}


@pytest.mark.parametrize(("law", "changes"), [(law, changes) for law, cases in BROKEN.items() for changes in cases])
def test_a_broken_history_is_named(law: str, changes: dict[str, object]) -> None:
    assert law in {words.partition(":")[0] for words in broken(replace(WHOLE, **changes))}  # type: ignore[arg-type]


def test_every_law_has_a_history_that_breaks_it() -> None:
    assert {law.__name__.replace("_", " ") for law in LAWS} == BROKEN.keys()


@pytest.mark.parametrize(
    "trouble",
    [Trouble("kill", 11, 109.0, 109.0), Trouble("stall", 11, 100.0, 120.0), Trouble("database", None, 99.0, 115.0)],
)
def test_what_was_interrupted_for_a_cause_and_keeps_its_lock_breaks_no_law(trouble: Trouble) -> None:
    facts = _without("lock.freed")
    history = replace(WHOLE, runs=_run(**INTERRUPTED), facts=facts, locks=(1,), troubles=(trouble,))
    assert broken(history) == []
