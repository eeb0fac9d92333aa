"""What was promised of incidents and their timelines, as laws over a history. Pure."""

from collections import Counter
from collections.abc import Iterator

from tests.support.history import History, IncidentRow, RunRow, Said

MESSAGE = "message"  # … that somebody marked; its source id is channel:ts
TYPED = "typed"  # the source of an entry that somebody typed; its source id is the run's label


def an_opening_makes_one_incident(h: History) -> Iterator[str]:
    """One for each that succeeded; one at the most where nobody knows; none without a request."""
    opened = Counter(incident.run for incident in h.incidents)
    runs = {run.id: run for run in h.runs}
    for incident in h.incidents:
        run = runs.get(incident.run or 0)
        if run is None or run.command != "/incident" or not h.of(run.id, "run.started"):
            yield f"{incident.label} was opened by nobody"
    for number, times in opened.items():
        if times > 1:
            yield f"R-{number} opened {times} incidents"
    for typed in h.typed:
        by = runs.get(h.deliveries.get(typed.delivery, 0))
        opens = typed.acknowledged and typed.line.startswith("/incident open ")
        if opens and by and by.state == "succeeded" and not opened[by.id]:
            yield f"{by.label} “{typed.line}” succeeded, and there is no incident"


def an_incident_has_one_room(h: History) -> Iterator[str]:
    """Every channel that the bot made is the room of exactly one incident; each incident has its place."""
    homes = Counter(incident.channel for incident in h.incidents if incident.place == "channel")
    for incident in h.incidents:
        if not incident.place:
            yield f"{incident.label} has no place where it is talked about"
        if incident.place == "channel" and incident.channel not in h.rooms:
            yield f"{incident.label} is talked about in {incident.channel}, which is not there"
    yield from (f"{room} is the room of {n} incidents" for room, n in homes.items() if n > 1)
    yield from (f"{room} was made, and is the room of no incident" for room in h.rooms if not homes[room])


def a_timeline_keeps_what_was_typed(h: History) -> Iterator[str]:
    """Each entry that was said to be noted is there once, and nothing that nobody typed."""
    typed = Counter(entry.source_id for entry in h.entries if entry.source == TYPED)
    runs = {run.label: run for run in h.runs if run.command == "/timeline"}
    for label, times in typed.items():
        if times > 1:
            yield f"{label} is in the timeline {times} times"
        if label not in runs:
            yield f"{label} is in the timeline, and nobody typed it"
    for run in runs.values():
        nothing = run.changed == "nothing" or "Nothing was changed" in _last_words(h, run)
        if run.state == "succeeded" and not nothing and not typed[run.label]:
            yield f"{run.label} succeeded, and is in no timeline"
        if nothing and not run.settled and typed[run.label]:
            yield f"{run.label} says that it changed nothing, and is in the timeline"


def _last_words(h: History, run: RunRow) -> str:
    return "".join(str(fact.body.get("says", "")) for fact in h.of(run.id, "run.ended"))


def a_timeline_keeps_what_was_marked(h: History) -> Iterator[str]:
    """However often Slack had to deliver the event: once, in the incident of its channel."""
    kept = Counter(entry.source_id for entry in h.entries if entry.source == MESSAGE)
    homes = {f"INC-{incident.id}": incident.channel for incident in h.incidents}
    yield from (
        f"the message {one} was marked, and is {kept[one]} times in a timeline" for one in h.marked if kept[one] != 1
    )
    yield from (f"the message {one} is in a timeline, and nobody marked it" for one in kept if one not in h.marked)
    for entry in h.entries:
        if entry.source == MESSAGE and homes.get(f"INC-{entry.incident}") != entry.source_id.partition(":")[0]:
            yield f"the message {entry.source_id} is in the timeline of INC-{entry.incident}"


def a_timeline_is_told_once_and_in_order(h: History) -> Iterator[str]:
    for incident in h.incidents:
        numbers = [entry.number for entry in h.entries if entry.incident == incident.id]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"{incident.label}: its entries are numbered {numbers}"
        headers = [said for said in h.said if said.key == f"{incident.label}:header"]
        if len(headers) != 1:
            yield f"{incident.label} has {len(headers)} headers"
        elif headers[0].channel != incident.channel:
            yield f"{incident.label} has its header in {headers[0].channel}, and its place is {incident.channel}"
        else:
            yield from _thread(h, incident, headers[0])


def _thread(h: History, incident: IncidentRow, header: Said) -> Iterator[str]:
    replies = sorted(
        (said for said in h.said if said.key.startswith(f"{incident.label}:timeline:")), key=lambda one: one.ts
    )
    if any(said.thread != header.ts or said.channel != header.channel for said in replies):
        yield f"{incident.label} is told in another thread than its own"
    told = [line for said in replies for line in said.text.split("\n")]
    wanted = [entry.line for entry in h.entries if entry.incident == incident.id]
    if told != wanted:
        more, less = Counter(told) - Counter(wanted), Counter(wanted) - Counter(told)
        says = "; ".join([*(f"too often “{one}”" for one in more), *(f"missing “{one}”" for one in less)])
        yield f"{incident.label}: {len(told)} of {len(wanted)} entries in its thread: {says or 'in another order'}"


def nobody_is_asked_to_come_twice(h: History) -> Iterator[str]:
    """Once as an event and once as a message; who was asked was told."""
    asked = Counter(
        f"INC-{fact.body.get('incident')}:call:{fact.body.get('person')}"
        for fact in h.facts
        if fact.kind == "incident.asked"
    )
    told = Counter(said.key for said in h.said if ":call:" in said.key)
    yield from (f"{key} was asked {times} times" for key, times in asked.items() if times > 1)
    yield from (
        f"{key}: asked {asked[key]} times, told {told[key]} times" for key in asked | told if asked[key] != told[key]
    )


LAWS = (
    an_opening_makes_one_incident,
    an_incident_has_one_room,
    a_timeline_keeps_what_was_typed,
    a_timeline_keeps_what_was_marked,
    a_timeline_is_told_once_and_in_order,
    nobody_is_asked_to_come_twice,
)
