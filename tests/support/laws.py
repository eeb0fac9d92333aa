"""The promises, as laws over a history. Each names every breach in words; no breach, no word. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.support import incident_laws
from tests.support.history import Fact, History, RunRow, Trouble

FINAL = frozenset(
    {"succeeded", "failed", "timed_out", "cancelled", "interrupted", "refused", "denied", "withdrawn", "expired"}
    | {"voided"}
)
NEVER_RAN = frozenset({"refused", "denied", "withdrawn", "expired", "voided"})
ONCE = frozenset(
    {"request.received", "plan.made", "approval.asked", "approval.granted", "approval.denied", "run.queued"}
    | {"run.started", "run.ended", "run.settled", "request.withdrawn", "approval.expired", "approval.voided"}
)
INSTANT_S = 1.0  # between the harness's clock reading and PostgreSQL's, on a busy machine
LONG_S = 5.0  # a process that was cut off for less has no reason to lose a run

Law = Callable[[History], Iterator[str]]


def broken(history: History) -> list[str]:
    """Nothing, when every promise was kept."""
    return [f"{law.__name__.replace('_', ' ')}: {words}" for law in LAWS for words in law(history)]


def what_was_acknowledged_is_recorded(h: History) -> Iterator[str]:
    known = {run.id for run in h.runs}
    for typed in h.typed:
        if typed.acknowledged and h.deliveries.get(typed.delivery) not in known:
            yield f"“{typed.line}” of {typed.who} was acknowledged, and no run is recorded"


def everything_ended_or_waits_for_a_person(h: History) -> Iterator[str]:
    for run in h.runs:
        if run.state in FINAL or (run.state == "waiting" and not run.approved and run.approval == "waiting"):
            continue
        if not (run.state == "waiting" and run.approved and _behind_the_unknown(h, run)):
            yield f"{run.label} is still {run.state}"


def _behind_the_unknown(h: History, run: RunRow) -> bool:
    """Its place is held by a run whose outcome a person has to settle."""
    return any(
        other.place == run.place and other.lock == run.lock and _unsettled(other)
        for other in h.runs
        if other.id in h.locks
    )


def _unsettled(run: RunRow) -> bool:
    return run.state in FINAL and run.changed == "unknown" and not run.settled


def what_happens_once_is_written_once(h: History) -> Iterator[str]:
    times = Counter((fact.run, fact.kind) for fact in h.facts if fact.run is not None and fact.kind in ONCE)
    yield from (f"R-{run} has {count} × {kind}" for (run, kind), count in times.items() if count > 1)
    steps = Counter((f.run, f.kind, f.body.get("step")) for f in h.facts if f.kind in ("step.started", "step.ended"))
    yield from (f"R-{run} has {n} × {kind} “{step}”" for (run, kind, step), n in steps.items() if n > 1)


def an_effect_happens_once_at_most(h: History) -> Iterator[str]:
    for key, times in Counter(effect.key for effect in h.effects).items():
        if times > 1:
            yield f"{key} was done {times} times"


def an_effect_is_of_a_run_that_had_started(h: History) -> Iterator[str]:
    runs = {run.uuid: run for run in h.runs}
    for effect in h.effects:
        run = runs.get(effect.key.partition(":")[0])
        if run is None:
            yield f"{effect.key} was done for no run"
        elif not (started := h.of(run.id, "run.started")):
            yield f"{run.label} has an effect and never started"
        elif effect.begun < started[0].at - INSTANT_S:
            yield f"{run.label} had its effect {started[0].at - effect.begun:.3f} s before it started"


def an_effect_never_follows_its_end(h: History) -> Iterator[str]:
    """Who was taken for dead, and was not, does nothing more."""
    runs = {run.uuid: run for run in h.runs}
    for effect in h.effects:
        run = runs.get(effect.key.partition(":")[0])
        ended = h.of(run.id, "run.ended") if run else []
        if run and ended and effect.begun > ended[0].at + INSTANT_S:
            yield f"{run.label} had its effect {effect.begun - ended[0].at:.1f} s after it was told as {run.state}"


def what_is_said_to_have_changed_has(h: History) -> Iterator[str]:
    """Only for runs whose effects are counted outside: those of the made-up command."""
    done = {effect.key.partition(":")[0] for effect in h.effects}
    for run in h.runs:
        if run.command != "/poke" or run.state not in FINAL or run.settled:
            continue
        if run.changed == "nothing" and run.uuid in done:
            yield f"{run.label} is {run.state}, nothing changed it says, and its effect is there"
        if run.state == "succeeded" and run.uuid not in done:
            yield f"{run.label} succeeded, and its effect is not there"


def switches_are_those_of_runs(h: History) -> Iterator[str]:
    """A switch for each rollback that began to switch at the most; for each that ended well exactly one."""
    for place in h.switches:
        runs = [run for run in h.runs if run.command == "/rollback" and run.place == place.place]
        begun = sum(fact.body.get("step") == "switch" for run in runs for fact in h.of(run.id, "step.started"))
        well = sum(bool(h.of(run.id, "run.started")) and run.state == "succeeded" for run in runs)
        if not well <= place.done <= begun or place.restarts > place.done:
            says = f"{begun} switches begun, {place.done} done, {place.restarts} restarts, {well} runs succeeded"
            yield f"{place.place}: {says}"


def a_backup_is_one_file_and_one_record(h: History) -> Iterator[str]:
    """What is on record has its whole file; what succeeded is on record; nothing is made twice."""
    records = Counter(backup.label for backup in h.backups)
    files = Counter(name.removesuffix(".dump").rpartition("-B-")[2] for name in h.files)
    yield from (
        f"{backup.label} is on record, and its file is gone" for backup in h.backups if backup.file not in h.files
    )
    yield from (f"B-{number} has {n} files" for number, n in files.items() if n > 1)
    made = {f"B-{run.id}": run for run in h.runs if run.command == "/backup" and h.of(run.id, "run.started")}
    known = {*records, *(f"B-{number}" for number in files)}
    yield from (f"{label} was made by no run" for label in sorted(known - made.keys()))
    for label, run in made.items():
        if run.state == "succeeded" and records[label] != 1:
            yield f"{run.label} succeeded, and {label} is {records[label]} times on record"
        if run.changed == "nothing" and not run.settled and records[label]:
            yield f"{run.label} says that it changed nothing, and {label} is on record"


def nothing_runs_without_enough_others(h: History) -> Iterator[str]:
    """Distinct eligible people, none of them the requester, for the very plan that ran."""
    for run in h.runs:
        if not h.of(run.id, "run.started") or run.approval is None or not run.need:
            continue
        counting = {v.voter for v in h.votes if v.run == run.id and v.yes and v.digest == run.digest}
        counting = (counting & h.eligible) - {run.actor}
        if len(counting) < run.need:
            yield f"{run.label} ran with {len(counting)} of {run.need} approvals"
        if not h.of(run.id, "approval.granted"):
            yield f"{run.label} ran and was never granted"


def votes_count_as_they_should(h: History) -> Iterator[str]:
    votes = Counter((vote.run or 0, vote.voter) for vote in h.votes)
    cast = Counter((fact.run or 0, fact.actor) for fact in h.facts if fact.kind == "vote.cast")
    for who, times in ((votes - cast) + (cast - votes)).items():
        yield f"R-{who[0]}: {times} × difference between votes and events of {who[1]}"
    yield from (f"R-{run}: {voter} counts {n} times" for (run, voter), n in votes.items() if n > 1)
    runs = {run.id: run for run in h.runs}
    for vote in h.votes:
        if vote.voter not in h.eligible or vote.voter == runs[vote.run].actor:
            yield f"R-{vote.run}: {vote.voter} may not vote on it, and did"


def what_never_ran_has_not_started(h: History) -> Iterator[str]:
    for run in h.runs:
        if run.state in NEVER_RAN and h.of(run.id, "run.started"):
            yield f"{run.label} is {run.state}, and had started"


def interrupted_is_what_nobody_knows(h: History) -> Iterator[str]:
    for run in h.runs:
        if run.state == "interrupted":
            wanted = "nothing" if run.risk == "read" else "unknown"
            if run.changed != wanted and not run.settled:
                yield f"{run.label} is interrupted, and says that it changed {run.changed}"
            if not h.of(run.id, "run.started"):
                yield f"{run.label} is interrupted, and never started"
        elif run.changed == "unknown" and run.state not in ("failed", "timed_out"):
            yield f"{run.label} is {run.state}, and what it changed is unknown"


def interrupted_has_a_cause(h: History) -> Iterator[str]:
    """Its process was killed, ended, or cut off for a while between its start and that word."""
    for run in h.runs:
        if run.state == "interrupted" and not any(_explains(h, run, trouble) for trouble in h.troubles):
            yield f"{run.label} is interrupted, and nothing had happened to {run.worker or 'its process'}"


def _explains(h: History, run: RunRow, trouble: Trouble) -> bool:
    begun, ended = _span(h, run)
    met = trouble.begun - INSTANT_S <= ended and trouble.ended + INSTANT_S >= begun
    theirs = trouble.pid is None or run.worker.endswith(f":{trouble.pid}")
    return met and theirs and (trouble.kind in ("kill", "end", "moment") or trouble.ended - trouble.begun >= LONG_S)


def whoever_was_killed_ends_nothing_well(h: History) -> Iterator[str]:
    """`interrupted` also where the truth is unknown: a killed process's run cannot have ended later."""
    killed = {trouble.pid: trouble.begun for trouble in h.troubles if trouble.kind == "kill"}
    for run in h.runs:
        at = killed.get(int(run.worker.rpartition(":")[2])) if run.worker else None
        if at is None or run.state == "interrupted":
            continue
        begun, ended = _span(h, run)
        if begun and begun < at and ended > at + INSTANT_S:
            yield f"{run.label} is {run.state} {ended - at:.1f} s after its process was killed"


def _span(h: History, run: RunRow) -> tuple[float, float]:
    def first(kind: str, else_: float) -> float:
        return next((fact.at for fact in h.of(run.id, kind)), else_)

    return first("run.started", 0.0), first("run.ended", float("inf"))


def locks_are_held_by_what_is_open(h: History) -> Iterator[str]:
    runs = {run.id: run for run in h.runs}
    for holder in h.locks:
        run = runs[holder]
        if run.state in FINAL and not _unsettled(run):
            yield f"{run.label} is {run.state} and keeps its lock"
    for run in h.runs:
        if run.lock and run.id not in h.locks and _unsettled(run) and h.of(run.id, "run.started"):
            yield f"{run.label} is {run.state}, nobody knows what it changed, and its lock is free"


def one_change_at_a_time(h: History) -> Iterator[str]:
    """Between the start of a run and the end of its lock nothing else starts at its place."""
    runs = {run.id: run for run in h.runs if run.lock}
    holding: dict[tuple[str, str | None], int] = {}
    for fact in sorted(h.facts, key=_order):
        run = runs.get(fact.run or 0)
        if run is None:
            continue
        key = (run.place, run.lock)
        if fact.kind == "run.started":
            if holding.get(key, run.id) != run.id:
                yield f"{run.label} started at {run.place} while R-{holding[key]} had it"
            holding[key] = run.id
        elif fact.kind == "lock.freed" and holding.get(key) == run.id:
            del holding[key]


def effects_of_one_place_do_not_overlap(h: History) -> Iterator[str]:
    locked = {run.uuid for run in h.runs if run.lock}
    by_place = defaultdict(list)
    for effect in h.effects:
        if effect.key.partition(":")[0] in locked:
            by_place[effect.place].append(effect)
    for place, effects in by_place.items():
        effects.sort(key=lambda effect: effect.begun)
        for one, other in pairwise(effects):
            if one.ended is not None and other.begun < one.ended:
                yield f"{place}: {other.run} began while {one.run} was under way"


def the_chain_is_whole(h: History) -> Iterator[str]:
    if h.chain:
        yield h.chain
    if h.unsealed:
        yield f"{h.unsealed} events wait for their seal"
    numbers = sorted(fact.number for fact in h.facts if fact.number)
    if numbers != list(range(1, len(numbers) + 1)):
        yield "the numbers of the events are not dense"


def a_run_is_told_in_order(h: History) -> Iterator[str]:
    """Received before planned before started before ended, by the seals' numbers."""
    way = ("request.received", "plan.made", "approval.granted", "run.started", "run.ended")
    for run in h.runs:
        found = [way.index(fact.kind) for fact in h.of(run.id, *way)]
        if found != sorted(found):
            yield f"{run.label} was told as {', '.join(way[n] for n in found)}"


def the_thread_tells_each_event_once_and_in_order(h: History) -> Iterator[str]:
    for run in h.runs:
        root = next((said for said in h.said if said.key == f"{run.label}:root"), None)
        wanted = h.lines.get(run.id, ())
        if root is None:
            if wanted:
                yield f"{run.label} has {len(wanted)} lines to tell and no thread"
            continue
        replies = [said for said in h.said if said.key.startswith(f"{run.label}:thread:")]
        if any(said.thread != root.ts or said.channel != root.channel for said in replies):
            yield f"{run.label} was told in another thread than its own"
        told = tuple(line for said in sorted(replies, key=lambda one: one.ts) for line in said.text.split("\n"))
        if told != wanted:
            yield f"{run.label}: {len(told)} lines in its thread, {len(wanted)} to be told: {_first(told, wanted)}"


def _first(told: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    longest = max(len(told), len(wanted))
    pairs = [(told[n : n + 1], wanted[n : n + 1]) for n in range(longest)]
    return next((f"“{''.join(one)}” where “{''.join(other)}” belongs" for one, other in pairs if one != other), "")


def no_message_is_posted_twice(h: History) -> Iterator[str]:
    for key, times in Counter(said.key for said in h.said if said.key).items():
        if times > 1:
            yield f"{key} was posted {times} times"


def nothing_is_left_unsaid(h: History) -> Iterator[str]:
    yield from (f"{key} never arrived" for key in h.untold)
    roots = {said.key for said in h.said}
    for run in h.runs:
        if run.need and run.approval and f"{run.label}:root" not in roots:
            yield f"{run.label} asked others and has no card"


def _order(fact: Fact) -> tuple[int, int]:
    return (fact.number or 1 << 62, fact.id)


LAWS: tuple[Law, ...] = (
    what_was_acknowledged_is_recorded,
    everything_ended_or_waits_for_a_person,
    what_happens_once_is_written_once,
    an_effect_happens_once_at_most,
    an_effect_is_of_a_run_that_had_started,
    an_effect_never_follows_its_end,
    what_is_said_to_have_changed_has,
    switches_are_those_of_runs,
    a_backup_is_one_file_and_one_record,
    nothing_runs_without_enough_others,
    votes_count_as_they_should,
    what_never_ran_has_not_started,
    interrupted_is_what_nobody_knows,
    interrupted_has_a_cause,
    whoever_was_killed_ends_nothing_well,
    locks_are_held_by_what_is_open,
    one_change_at_a_time,
    effects_of_one_place_do_not_overlap,
    the_chain_is_whole,
    a_run_is_told_in_order,
    the_thread_tells_each_event_once_and_in_order,
    no_message_is_posted_twice,
    nothing_is_left_unsaid,
    *incident_laws.LAWS,
)
