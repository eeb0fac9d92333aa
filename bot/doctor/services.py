"""What the catalog names, place by place: its variables, its providers, and how its checks find it. Reads only."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from bot.doctor.report import Section
from bot.domain.capability import Finding
from bot.domain.catalog import Catalog, EnvironmentEntry, Place
from bot.domain.checkup import Doctor, Remark
from bot.domain.dead_man import unsafe
from bot.domain.errors import ProviderError
from bot.domain.json import Json
from bot.domain.protection import shared_parts
from bot.domain.words import some, span
from bot.files import Files
from bot.providers.examine import examine
from bot.providers.registry import Providers, find_providers

_DEADLINE_S = 30.0
Variable = Callable[[str], str]


def about_files(files: Files, variable: Variable) -> list[Remark]:
    """Both files as a whole."""
    places, people = len(list(files.catalog.places())), len(files.policy.people)
    catalog = f"{some(len(files.catalog.services), 'service')}, {some(places, 'environment')}"
    policy = f"{some(people, 'person', 'people')}, preset {files.policy.preset}, digest {files.policy.digest[:6]}"
    check = "`watchkeeper policy check` tells when all is well."
    warnings = [("catalog", line) for line in files.catalog.warnings] + [
        ("policy", str(problem)) for problem in files.policy.warnings
    ]
    shared = shared_parts(files.catalog, lambda name: variable(name.removeprefix("$")))
    return [
        Remark("catalog", "ok", catalog),
        Remark("policy", "ok", policy),
        *_dead_man(files.catalog, variable),
        *(Remark(about, "warn", line, check) for about, line in warnings),
        *(Remark("protection", "fail", line, "The bot does not start until then.") for line in shared),
    ]


def _dead_man(catalog: Catalog, variable: Variable) -> list[Remark]:
    """Whether the address is one that the bot would call; it is not called: that would say that the bot is well."""
    if catalog.dead_man is None:
        return []
    name = catalog.dead_man.url
    url = variable(name.removeprefix("$"))
    wrong = unsafe(url) if url else "it is not set"
    if wrong:
        remedy = f"Put an https address into {name}, or leave `dead_man` out of the catalog."
        return [Remark("dead man", "fail", f"{name} cannot be called: {wrong}.", remedy)]
    return [Remark("dead man", "ok", f"{name} hears of the bot each {span(catalog.dead_man.every)}")]


async def examined(files: Files, variable: Variable, data_dir: Path, clock: Callable[[], datetime]) -> list[Section]:
    """Two sections a place."""

    def secret(name: str) -> str:
        value = variable(name.removeprefix("$"))
        if not value:
            raise ProviderError("environment", f"{name} is not set.", "Put it into .env or the environment.")
        return value

    providers = Providers(files.catalog, find_providers(), secret, clock, Path.cwd() / data_dir)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_place(providers, files.catalog, one, variable, clock))
                for one in files.catalog.places()
            ]
        return [section for task in tasks for section in task.result()]
    finally:
        await providers.close()


async def _place(
    providers: Providers, catalog: Catalog, place: Place, variable: Variable, clock: Callable[[], datetime]
) -> list[Section]:
    entry = catalog.at(place)
    unset = sorted({name for name in variables(entry) if not variable(name.removeprefix("$"))})
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(examine(providers, place, clock))
        asked = [group.create_task(_asked(doctor)) for doctor in providers.all(place, Doctor)]
    report, told = looking.result(), [task.result() for task in asked]
    shown = [finding for finding in report.findings if not any(name in finding.says for name in unset)]
    given = [
        *(_unset(name) for name in unset),
        *(remark for remarks in told for remark in remarks),
        *_run_as(entry, bool(catalog.services[place.service].scripts)),
    ]
    return [
        Section(f"{place}: what the bot was given", tuple(given)),
        Section(f"{place}: how its checks find it now", tuple(_found(finding, place) for finding in shown)),
    ]


def variables(entry: EnvironmentEntry) -> Iterator[str]:
    """Every $NAME that an environment is made of."""
    yield from entry.script_env.values()
    for section in entry.sections.values():
        yield from _names(section.model_dump(mode="json"))


def _names(value: Json) -> Iterator[str]:
    match value:
        case str() if value.startswith("$"):
            yield value
        case dict():
            for inner in value.values():
                yield from _names(inner)
        case list():
            for inner in value:
                yield from _names(inner)


def _unset(name: str) -> Remark:
    return Remark("secret", "fail", f"{name} is not set.", "Put it into .env (mode 0600) or the bot's environment.")


async def _asked(doctor: Doctor) -> Sequence[Remark]:
    try:
        async with asyncio.timeout(_DEADLINE_S):
            return await doctor.examine()
    except TimeoutError:
        name = type(doctor).__name__.removesuffix("Doctor").lower()
        return [Remark(name, "fail", f"No answer within {_DEADLINE_S:.0f} s.", "See that this host reaches it.")]
    except ProviderError as error:
        return [Remark(error.provider, "fail", error.what, error.next_step or "See that this host reaches it.")]


def _run_as(entry: EnvironmentEntry, has_scripts: bool) -> Iterator[Remark]:
    if entry.run_as is None and ("releases" in entry.sections or (has_scripts and entry.script_env)):
        what = "Its scripts run as the bot's own user: they can read the bot's tokens and database."
        yield Remark("run_as", "warn", what, "Add run_as: <a user of its own> to the environment in catalog.yml.")


def _found(finding: Finding, place: Place) -> Remark:
    """How the service is, which is not the bot's fault: never worse than worth a look."""
    if finding.state == "ok":
        return Remark(finding.check, "ok", finding.says)
    if finding.brief == "not set up":
        return Remark(finding.check, "fail", finding.says, "Mend it in catalog.yml.")
    return Remark(finding.check, "warn", finding.says, f"Is the catalog right? If so: /health {place} in Slack.")
