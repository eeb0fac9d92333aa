"""What a policy leaves thin: rights that nobody holds, and people whom nobody can replace. Pure."""

from collections.abc import Callable, Iterable, Iterator

from permissions.model import Risk, Scope
from permissions.phrases import names, place, upper, what
from permissions.rules import EVERYONE, Policy
from permissions.survey import Cell, Thing


def gaps(policy: Policy, cells: Iterable[Cell]) -> list[str]:
    """A sentence each; places and things of the same finding stand together."""
    told = [cell for cell in cells if cell.thing.risk is not Risk.READ]
    installed = [cell for cell in told if not cell.thing.is_any and cell.thing.placed]
    return [
        *_tell([cell for cell in installed if not cell.holders], lambda _: "", "nobody may {what}{at}."),
        *_tell(told, lambda cell: _only_holder(policy, cell), "only {who} may {what}{at}: nobody can stand in."),
        *_tell(
            told,
            lambda cell: _only_approver(policy, cell),
            "only {who} can approve a request to {what}{at}: while {who} is away, it waits in vain.",
        ),
    ]


def _only_holder(policy: Policy, cell: Cell) -> str | None:
    return names(policy, cell.holders) if len(cell.holders) == 1 and _are_named(policy, cell.holders) else None


def _only_approver(policy: Policy, cell: Cell) -> str | None:
    """The one voter, where somebody else may ask; as many as are needed are all irreplaceable."""
    if cell.rule is None or not cell.rule.need or not _are_named(policy, cell.approvers):
        return None
    asked = len(cell.holders) > 1 and 0 < len(cell.approvers) <= cell.rule.need
    return names(policy, cell.approvers) if asked else None


def _are_named(policy: Policy, found: Iterable[str]) -> bool:
    """A user group or everyone may hold more people than one."""
    return all(one in policy.names and one != EVERYONE for one in found)


def _tell(cells: list[Cell], whom: Callable[[Cell], str | None], sentence: str) -> Iterator[str]:
    """The cells of which `whom` names somebody, in as few sentences as they need."""
    found: dict[tuple[str, Scope], list[Thing]] = {}
    for cell in cells:
        name = whom(cell)
        if name is not None:
            found.setdefault((name, cell.scope), []).append(cell.thing)
    alike: dict[tuple[str, tuple[Thing, ...]], list[Scope]] = {}
    for (name, scope), things in found.items():
        alike.setdefault((name, tuple(things)), []).append(scope)
    for (name, deeds), scopes in alike.items():
        at = f" in {place(scopes)}" if place(scopes) else ""
        yield upper(sentence.format(who=name, what=what(deeds, "or"), at=at))
