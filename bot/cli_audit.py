"""`watchkeeper audit`: verify the log, or a file of it, and export it."""

import os
import pwd
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer

from bot.domain import anchor as anchors
from bot.domain import exported
from bot.domain.anchor import Anchor
from bot.terminal import load_settings, run, stop

app = typer.Typer(no_args_is_help=True, help="The audit log.")
_AGO = re.compile(r"([1-9]\d{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
WHEN = "2026-11-01, 2026-11-01T08:00 (UTC), or 30m, 12h, 90d ago"


@app.command("verify")
def verify(
    file: Annotated[Path | None, typer.Option("--file", help="An export instead of the database.")] = None,
    anchor: Annotated[
        list[str] | None, typer.Option(help="NUMBER:HASH as it was told elsewhere; may be given several times.")
    ] = None,
) -> None:
    """Walk the whole chain of events and tell whether anything was changed, removed or added."""
    told = [_anchor(text) for text in anchor or ()]
    if file is not None:
        _verify_file(file, told)
        return
    from bot import logs
    from bot import serve as process

    logs.silence()
    report = run(process.verify_chain(load_settings(), told))
    if not report.whole:
        stop(f"The chain is broken after {report.events} good events: {report.says}.")
    erased = f"; {report.erased} payloads erased by retention" if report.erased else ""
    held = f" It holds {len(told)} anchor{'s' * (len(told) > 1)} told elsewhere." if told else ""
    head = f" Head {Anchor(report.events, report.head)}." if report.events else ""
    typer.echo(f"The chain is whole: {report.events} events{erased}.{head}{held}")


def _anchor(text: str) -> Anchor:
    found = anchors.read(text)
    if found is None:
        stop(f"{text!r} is no anchor. Write it like 1042:9f86d081884c7d659a2feaa0c55ad015, as the bot tells it.")
    return found


def _verify_file(file: Path, told: Sequence[Anchor]) -> None:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            report = exported.verify(lines, told)
    except FileNotFoundError:
        stop(f"{file} is not there.")
    except (exported.Unreadable, UnicodeDecodeError) as error:
        stop(f"{file} cannot be read: {error}.")
    if report.wrong:
        stop(f"{file} is not as it was exported: {report.wrong}. The {report.events} events before it are good.")
    typer.echo(_told(report))


def _told(report: exported.FileReport) -> str:
    if not report.events:
        return "The file holds no events."
    erased = f"; {report.erased} payloads erased by retention" if report.erased else ""
    begun = "from the first one on" if report.first == 1 else f"from No. {report.first} on"
    whole = f"none missing between, {begun}" if not report.gaps else f"a selection: {report.gaps} gaps, {begun}"
    head = Anchor(report.last, report.head)
    return f"Every event is as it was sealed: {report.events} events{erased}; {whole}. Head {head}."


@app.command("export")
def export(
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="JSON lines or CSV.")] = "jsonl",
    since: Annotated[str | None, typer.Option(help=f"From then on: {WHEN}.")] = None,
    until: Annotated[str | None, typer.Option(help="Before then, written alike.")] = None,
    service: Annotated[str | None, typer.Option(help="Only what is about this service.")] = None,
    output: Annotated[Path | None, typer.Option(help="The file to write; without it, the terminal.")] = None,
) -> None:
    """Write the audit log with its seals, so that others can read and verify it."""
    from bot import export as exporting
    from bot import logs

    logs.silence()
    now = datetime.now(UTC)
    wanted = exporting.Selection(_instant(since, now), _instant(until, now), service)
    with _writing(output) as out:
        count = run(exporting.export_from(load_settings(), out, form, wanted, f"terminal:{_who()}"))
    typer.echo(f"{count} events written{f' to {output}' if output else ''}.", err=True)


def _instant(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.lower()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        stop(f"{text!r} is no time. Write it like {WHEN}.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _who() -> str:
    """Who this is to the host: a name that nobody chose for the occasion."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


@contextmanager
def _writing(output: Path | None) -> Iterator[TextIO]:
    """The whole file or none: written beside its place, for its owner alone, and renamed at the end."""
    if output is None:
        yield sys.stdout
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)
