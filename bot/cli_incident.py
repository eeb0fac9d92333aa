"""`watchkeeper incident`: an incident's timeline on paper, also while Slack and the bot are down."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.report.export import Export, Form, export
from bot.settings import Settings
from bot.terminal import load_settings, run, stop

app = typer.Typer(no_args_is_help=True, help="Incidents.")


@app.callback()
def _group() -> None:
    """Incidents."""


@app.command("export")
def incident_export(
    number: Annotated[str, typer.Argument(help="Which one, like INC-7.")],
    form: Annotated[Form, typer.Option("--as", help="pdf, md, json or csv.")] = "pdf",
    output: Annotated[Path | None, typer.Option(help="Where to; default: a file of its name in this folder.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Only what may be told to people outside.")] = False,
) -> None:
    """Write an incident's facts, health and timeline into a file that only you can read; the audit log tells."""
    digits = number.upper().removeprefix("INC-")
    if not (digits.isascii() and digits.isdigit()):
        stop(f"{number} is no incident. Write it like INC-7.")
    logs.silence()
    made = run(_export(load_settings(), int(digits), form, whole=not public))
    if made is None:
        stop(f"There is no INC-{digits}.")
    path = output or Path(made.name)
    _write(path, made.content)
    typer.echo(f"{path} holds INC-{digits} ({len(made.content):,} bytes). Nothing else was changed.")


def _write(path: Path, content: bytes) -> None:
    """Never half a file, and for nobody else's eyes."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch(mode=0o600)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        stop(f"{path} cannot be written: {error.strerror}.")


async def _export(settings: Settings, number: int, form: Form, *, whole: bool) -> Export | None:
    from bot.db import events, incident_report, incidents, people
    from bot.domain.event import Kind
    from bot.domain.incident import IncidentId
    from bot.storage import open_database

    async with open_database(settings) as (pool, _):
        incident = await incidents.get(pool, IncidentId(number))
        if incident is None:
            return None
        names = {person.id: person.name for person in await people.everyone(pool)}
        report = await incident_report.report(pool, incident, whole=whole)
        made = export(report, form, lambda person: names.get(person, person))
        body = {"incident": number, "form": form, "whole": whole}
        await events.record(pool, Kind.INCIDENT_EXPORTED, actor=f"terminal:{getpass.getuser()}", body={**body})
        return made
