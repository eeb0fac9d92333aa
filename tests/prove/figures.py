"""What a trial has done, counted, as one table that a sceptical reader understands."""

from dataclasses import asdict, dataclass, field, fields

from tests.support.history import History

_WORDS = {
    "rounds": "rounds, each checked as a whole",
    "kills": "processes killed (SIGKILL)",
    "ends": "processes ended and started again (SIGTERM)",
    "freezes": "processes frozen (SIGSTOP)",
    "long_freezes": "… of these for longer than every lease",
    "crashes": "PostgreSQL crashed and started again",
    "cuts": "cables cut, silent or without answers (to PostgreSQL, to Slack, from Slack)",
    "points": "moments between two statements at which that was done",
    "typed": "commands typed (copies of one delivery count once)",
    "acknowledged": "… of these acknowledged by the bot",
    "clicks": "clicks, forged ones among them",
    "grants": "approvals granted",
    "runs": "runs recorded",
    "started": "… of these started",
    "effects": "side effects counted outside the bot",
    "interrupted": "runs whose outcome the bot called unknown",
    "incidents": "incidents opened",
    "entries": "entries in their timelines",
    "marked": "… of these messages that people marked",
    "backups": "backups made",
    "events": "events in the sealed chain",
    "messages": "messages in Slack",
    "violations": "broken promises",
    "seconds": "seconds",
}


@dataclass(slots=True)
class Figures:
    rounds: int = 0
    kills: int = 0
    ends: int = 0
    freezes: int = 0
    long_freezes: int = 0
    crashes: int = 0
    cuts: int = 0
    points: int = 0
    typed: int = 0
    acknowledged: int = 0
    clicks: int = 0
    grants: int = 0
    runs: int = 0
    started: int = 0
    effects: int = 0
    interrupted: int = 0
    incidents: int = 0
    entries: int = 0
    marked: int = 0
    backups: int = 0
    events: int = 0
    messages: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        return len(self.broken)

    def add(self, history: History) -> None:
        """Everything of a town, counted once at its end."""
        kinds = [fact.kind for fact in history.facts]
        self.typed += len(history.typed)
        self.acknowledged += sum(typed.acknowledged for typed in history.typed)
        self.grants += kinds.count("approval.granted")
        self.runs += len(history.runs)
        self.started += kinds.count("run.started")
        self.effects += len(history.effects) + sum(place.done for place in history.switches)
        self.interrupted += sum(run.state == "interrupted" for run in history.runs)
        self.incidents += len(history.incidents)
        self.entries += len(history.entries)
        self.marked += len(history.marked)
        self.backups += len(history.backups)
        self.events += len(history.facts)
        self.messages += sum(bool(said.key) for said in history.said)


def table(parts: dict[str, Figures]) -> str:
    """One column a part, the sum last."""
    total = Figures()
    for part in parts.values():
        for one in fields(Figures):
            setattr(total, one.name, getattr(total, one.name) + getattr(part, one.name))
    columns = {**parts, "all": total} if len(parts) > 1 else parts
    width = max(map(len, _WORDS.values()))
    lines = [f"{'':{width}}  " + "  ".join(f"{name:>12}" for name in columns)]
    for name, words in _WORDS.items():
        values = [f"{_value(part, name):>12,}" for part in columns.values()]
        lines.append(f"{words:{width}}  " + "  ".join(values))
    return "\n".join(lines)


def _value(part: Figures, name: str) -> int:
    return part.violations if name == "violations" else round(asdict(part)[name])
