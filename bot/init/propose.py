"""Shows what would be written, as a difference, and writes only what was agreed to."""

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import typer

from bot.init import ask, env_file


@dataclass(frozen=True, slots=True)
class Change:
    """secret: its values are not shown."""

    path: Path
    before: str
    after: str
    secret: bool = False

    @property
    def is_new(self) -> bool:
        return not self.before

    def lines(self) -> list[str]:
        before, after = (self._shown(text).splitlines() for text in (self.before, self.after))
        found = difflib.unified_diff(before, after, self.path.name, self.path.name, n=1, lineterm="")
        return [line for line in found if not line.startswith(("---", "+++"))]

    def _shown(self, text: str) -> str:
        return re.sub(r"(?m)^(\s*(?:export\s+)?\w+)=.+$", r"\1=…", text) if self.secret else text


def propose(changes: list[Change]) -> bool:
    """Writes what is agreed to; False when something was left as it was."""
    wanted = [change for change in changes if change.before != change.after]
    for change in changes:
        if change not in wanted:
            ask.say(f"  {change.path.name}: nothing to change.")
    agreed = [_one(change) for change in wanted]
    return all(agreed)


def _one(change: Change) -> bool:
    name = change.path.name
    ask.say("", f"  {name} {'is new' if change.is_new else 'would change'}:")
    for line in change.lines():
        _show(line)
    agreed = ask.yes(f"Write {name}?", True) if change.is_new else ask.yes(f"Change {name} as shown?")
    if agreed:
        _write(change)
    else:
        ask.say(f"    {name} was left as it is.")
    return agreed


def _show(line: str) -> None:
    colour = {"+": typer.colors.GREEN, "-": typer.colors.RED}.get(line[:1])
    typer.secho(f"    {line}", fg=colour, dim=line.startswith("@@"))


def _write(change: Change) -> None:
    if change.secret:
        env_file.write(change.path, change.after)
        return
    fresh = change.path.with_name(f"{change.path.name}.new")
    fresh.write_text(change.after, encoding="utf-8")
    if change.path.exists():
        os.chmod(fresh, change.path.stat().st_mode & 0o777)  # noqa: PTH101 - the mode the file had
    fresh.replace(change.path)
