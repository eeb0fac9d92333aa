"""What people read of schedules: what was missed, and when something comes next. Pure."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.card import Button, Card, Tone
from bot.domain.schedule import Schedule
from bot.domain.words import bold, code, some, when

_SHOWN = 5


def missed_card(schedule: Schedule, missed: Sequence[datetime], made_up_for: bool) -> Card:
    """For the service's channel: the bot was away, or had no database, when it was due."""
    times = some(len(missed), "time")
    newest = ", ".join(when(at, "date") for at in missed[-_SHOWN:])
    older = f" and {len(missed) - _SHOWN} before" if len(missed) > _SHOWN else ""
    after = "It runs now for the newest." if made_up_for else "It was not made up for: the last is over a day old."
    return Card(
        Tone.WARN,
        f"{schedule.place}: the scheduled {schedule.name} was missed {times}",
        f"{schedule.place}: the scheduled {schedule.name} was missed {times}, because I was away. {after} "
        "Nothing was changed.",
        (f"{bold('Missed')} {newest}{older}\n{bold('Why')} I was away when it was due\n{bold('Now')} {after}",),
        () if made_up_for else (Button("Run it now", ask=schedule.line),),
        footer=f"{schedule.rule.says} · {code(schedule.line)} · nothing was changed",
    )
