"""`watchkeeper doctor`: looks at everything the bot stands on and says what to do about each thing that is not well.

It changes nothing, in Slack, in a database or at a vendor, and never repeats a secret.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.doctor import machine, services, slack, storage
from bot.doctor.report import Report, Section
from bot.domain.catalog_file import CatalogError
from bot.domain.checkup import Remark
from bot.files import Files, read
from bot.settings import ENV_FILE, Settings, SettingsError, load, variable
from permissions.policy import PolicyError

__all__ = ["Patient", "Report", "Section", "check_up", "here"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at. settings: None where they are incomplete; `missing` then says in what."""

    settings: Settings | None
    missing: Sequence[str]
    catalog: Path
    policy: Path
    variable: Callable[[str], str]
    clock: Callable[[], datetime]
    env_file: Path = Path(".env")


async def check_up(patient: Patient) -> Report:
    """Every section that can be looked at, at once; one that breaks says so and stops no other."""
    files, about_files = _files(patient)
    looks = [("Machine", _machine(patient)), ("Files", _ready(about_files)), *_by_settings(patient, files)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_safely(name, look)) for name, look in looks]
    sections = [section for task in tasks for section in task.result()]
    if files is not None and patient.settings is not None:
        sections += await services.examined(files, patient.variable, patient.settings.data_dir, patient.clock)
    return Report(tuple(sections), patient.clock())


def _by_settings(patient: Patient, files: Files | None) -> list[tuple[str, Awaitable[Sequence[Remark]]]]:
    settings = patient.settings
    if settings is None:
        return []
    token = settings.bot_token.get_secret_value()
    return [
        ("Slack", slack.look(token, settings.api_url, files, patient.clock)),
        ("Database", storage.look(settings, patient.clock)),
    ]


async def _safely(name: str, look: Awaitable[Sequence[Remark]]) -> list[Section]:
    try:
        return [Section(name, tuple(await look))]
    except Exception as error:
        log.debug("doctor.broke", section=name, exc_info=error)
        what = f"This look itself broke ({type(error).__name__}); the others are good."
        return [Section(name, (Remark(name.lower(), "fail", what, "Please report it with the log."),))]


async def _ready(remarks: Sequence[Remark]) -> Sequence[Remark]:
    return remarks


async def _machine(patient: Patient) -> Sequence[Remark]:
    missing = [machine.missing(line) for line in patient.missing]
    if patient.settings is None:
        return [*missing, *machine.env_file(patient.env_file)]
    return [*await machine.look(patient.settings, patient.env_file)]


def _files(patient: Patient) -> tuple[Files | None, list[Remark]]:
    try:
        files = read(patient.catalog, patient.policy)
    except (CatalogError, PolicyError) as error:
        mend = "Mend the line; `watchkeeper policy check` tells when all is well."
        return None, [Remark(_which(error), "fail", str(problem), mend) for problem in error.problems]
    except OSError as error:
        remedy = "`watchkeeper init` writes both, or begin with examples/catalog.yml and examples/policy.yml."
        return None, [Remark("files", "fail", f"{error.filename} cannot be read ({error.strerror}).", remedy)]
    return files, services.about_files(files, patient.variable)


def _which(error: CatalogError | PolicyError) -> str:
    return "catalog" if isinstance(error, CatalogError) else "policy"


def here() -> Patient:
    """This process's own environment and files."""
    try:
        found, missing = load(), []
    except SettingsError as error:
        found, missing = None, error.lines
    return Patient(
        found,
        missing,
        Path(variable("WATCHKEEPER_CATALOG") or "catalog.yml"),
        Path(variable("WATCHKEEPER_POLICY") or "policy.yml"),
        variable,
        lambda: datetime.now(UTC),
        ENV_FILE,
    )
