"""From the release that runs to the one that is wanted: what a rollback's plan says about it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.capability import Commit, Difference, ReleaseInfo
from bot.domain.catalog import Place
from bot.domain.words import clean, code, listed, quoted, some, span


@dataclass(frozen=True, slots=True)
class Move:
    place: Place
    current: ReleaseInfo
    target: ReleaseInfo
    between: Difference

    @property
    def nowhere(self) -> bool:
        return self.target.commit == self.current.commit

    @property
    def deploys(self) -> bool:
        """The target never ran here and takes nothing back: that is not a rollback."""
        ahead = bool(self.between.forward) or not self.between.back
        return self.target.at is None and ahead and not self.nowhere


def back_to(place: Place, commit: str) -> str:
    """The command line that makes that release current."""
    return f"/rollback {place} --to {commit[:7]}"


def summary(move: Move) -> str:
    """For the dialog: a line without marks."""
    files = move.between.migrations
    data = (
        f"{some(len(files), 'migration file')} changed between: data may not fit."
        if files
        else "Data is not touched."
    )
    return f"{move.current.short} → {move.target.short}. {data}"


def tells(move: Move, bad: Collection[str]) -> tuple[str, ...]:
    """What will happen, a line each, the most important first."""
    lines = [f"{code(move.current.short)} → {code(move.target.short)}{_ran(move.target)}"]
    if move.between.back:
        lines.append(f"takes back {commits(move.between.back)}")
    if move.between.forward:
        lines.append(f"brings {commits(move.between.forward)}")
    if move.target.commit in bad:
        lines.append(f"{code(move.target.short)} is marked bad: {move.place} was rolled back from it")
    lines.append(migrations(move.between.migrations))
    return tuple(lines)


def migrations(files: Sequence[str]) -> str:
    if not files:
        return "no migration between them: data is not touched"
    return (
        f"{some(len(files), 'migration file')} changed between them ({names(files)}): "
        "the database stays as it is, and the older code may not fit it"
    )


def raises_because(files: Sequence[str]) -> str:
    return f"{some(len(files), 'migration file')} changed between the two releases: {names(files)}" if files else ""


def commits(them: Sequence[Commit]) -> str:
    """2 commits by Mia: “New checkout”, “VAT rounding”."""
    authors = list(dict.fromkeys(clean(commit.author, 40) or "somebody" for commit in them))
    who = listed(authors, "and") if len(authors) <= 4 else f"{len(authors)} people"
    titles = ", ".join(quoted(commit.title, 60) for commit in them[:5])
    more = f" and {len(them) - 5} more" if len(them) > 5 else ""
    return f"{some(len(them), 'commit')} by {who}: {titles}{more}"


def names(files: Sequence[str]) -> str:
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return ", ".join(clean(name, 80) for name in files[:3]) + more


def _ran(target: ReleaseInfo) -> str:
    if target.at is None:
        return ", which never ran here"
    return f", which ran {span(target.until - target.at)}" if target.until else ""
