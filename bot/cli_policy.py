"""`watchkeeper policy …`: check, explain, ask and try the policy. Thin: what they do is `bot.review`'s."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.files import Files
from bot.terminal import load_settings, run, stop, wrapped

app = typer.Typer(no_args_is_help=True, help="The policy.")

Catalog = Annotated[Path, typer.Option("--catalog", envvar="WATCHKEEPER_CATALOG", help="The catalog's file.")]
Policy = Annotated[Path, typer.Option("--policy", envvar="WATCHKEEPER_POLICY", help="The policy's file.")]
CATALOG, POLICY = Path("catalog.yml"), Path("policy.yml")


@app.command()
def check(
    catalog: Catalog = CATALOG,
    policy: Policy = POLICY,
    against: Annotated[int, typer.Option(min=0, help="Try it on the last N requests, beside the one in force.")] = 0,
) -> None:
    """Validate catalog.yml and policy.yml: every problem with its line and remedy."""
    from bot.files import check as check_files

    problems, warnings, says = check_files(catalog, policy)
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    if problems:
        stop(*problems, f"{len(problems)} problem(s). Nothing was changed.")
    files = _read(catalog, policy)
    for gap in _thin(files):
        typer.echo(f"note: {gap}")
    typer.echo(says)
    if against:
        _try(None, files, against)


@app.command()
def explain(catalog: Catalog = CATALOG, policy: Policy = POLICY) -> None:
    """The whole policy in plain sentences: who is who, who may what where, what is denied, what is thin."""
    from bot.review import explained

    files = _read(catalog, policy)
    typer.echo(f"{policy} (digest {files.policy.digest[:6]})")
    for section in explained(files):
        typer.echo(f"\n{section.heading}")
        for line in section.lines:
            typer.echo(wrapped(line))


@app.command()
def can(
    person: Annotated[str, typer.Argument(help="A name of the policy, or `everyone` for any other member.")],
    line: Annotated[list[str], typer.Argument(help="The whole command: rollback shop production.")],
    catalog: Catalog = CATALOG,
    policy: Policy = POLICY,
    channel: Annotated[str, typer.Option(help="The id of the channel it would be typed in.")] = "",
    at: Annotated[str, typer.Option(help="When, with a zone: 2026-11-21T10:00+01:00. Default: now.")] = "",
) -> None:
    """May somebody do that, by which rule, and who can help. Exit code 0: yes, perhaps once approved; 1: no."""
    from bot.domain.errors import BadRequest
    from bot.domain.words import plain
    from bot.review import can as ask

    files = _read(catalog, policy)
    try:
        answer = ask(files, person, " ".join(line), channel=channel, at=_instant(at))
    except BadRequest as bad:
        stop(plain(" ".join(part for part in (bad.what, bad.next_step) if part)), code=2)
    for told in answer.lines:
        typer.echo(told)
    if not answer.may:
        raise typer.Exit(1)


@app.command()
def simulate(
    proposed: Annotated[Path, typer.Argument(help="The policy file to try.")],
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many requests, the newest first.")] = 200,
    catalog: Catalog = CATALOG,
    policy: Policy = POLICY,
) -> None:
    """Decide the last real requests by the current policy and by a proposed one; tell those that differ."""
    files = _read(catalog, policy)
    _try(files, _read(catalog, proposed), last)


def _read(catalog: Path, policy: Path) -> Files:
    from bot.domain.catalog_file import CatalogError
    from bot.files import read
    from permissions.policy import PolicyError

    try:
        return read(catalog, policy)
    except (CatalogError, PolicyError) as error:
        stop(*map(str, error.problems), f"{len(error.problems)} problem(s). Nothing was changed.")
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{getattr(error, 'filename', None) or 'A file'} cannot be read: {error}.")


def _thin(files: Files) -> list[str]:
    from bot.review import thin

    return thin(files)


def _try(current: Files | None, proposed: Files, last: int) -> None:
    """current None: the policy that the bot has in force."""
    from bot import logs
    from bot import serve as process
    from bot.review import Simulation

    async def tried() -> Simulation | None:
        return await process.try_policy(load_settings(), current, proposed, last)

    logs.silence()
    found = run(tried())
    if found is None:
        stop(
            "No bot has recorded which policy is in force.",
            "Compare two files: `watchkeeper policy simulate new.yml`.",
        )
    for line in found.lines():
        typer.echo(line)


def _instant(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        stop(f"'{text}' is no time. Write it like 2026-11-21T10:00+01:00.", code=2)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
