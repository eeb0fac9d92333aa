"""catalog.yml becomes a Catalog, or every problem in it with its line and remedy. Pure: the text comes in.

It knows no vendor: each section of an environment is read by the model that its provider gives for it.
"""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ValidationError

from bot.domain import catalog_own as own
from bot.domain import catalog_parts as parts
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ScriptEntry, ServiceEntry, Thresholds
from bot.domain.json import Json, digest
from bot.domain.names import RESERVED, check_names, environments_of
from bot.domain.pasted import pasted_secrets
from bot.domain.protection import shared_names
from permissions.model import Risk
from permissions.problem import Problem, did_you_mean, in_order
from permissions.sheet import Sheet
from permissions.strict_yaml import Path, YamlProblems, read

SERVICE_KEYS = (
    "repository",
    "channels",
    "migrations",
    "thresholds",
    "scripts",
    "public_name",
    "updates",
    "environments",
)
ENVIRONMENT_KEYS = ("protected", "url", "aliases", "script_env", "run_as")
SCRIPT_KEYS = ("run", "risk", "in", "backup_first")
LATER = frozenset(
    {"caddy", "celery", "cloudflare", "datadog", "docker", "postmark", "railway", "redis", "resend"}
    | {"sentry", "sqlite", "supabase", "systemd", "upstash", "vercel"}
)
"""Vendors of the design whose providers are still to come."""

Sections = Mapping[str, type[BaseModel]]


class CatalogError(Exception):
    """The catalog cannot be used as it stands."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load_catalog(text: str, *, file: str = "catalog.yml", sections: Sections) -> Catalog:
    """Raises CatalogError with all problems of the file, top to bottom."""
    pasted = list(pasted_secrets(text, file))
    try:
        located, traps = read(text, file)
    except YamlProblems as unreadable:
        raise CatalogError(_discreet([*pasted, *unreadable.problems], pasted)) from None
    sheet = Sheet(located)
    services = _services(sheet, sections)
    told, dead_man = own.ops_channel(sheet), own.dead_man(sheet)
    warnings = tuple(map(str, in_order(sheet.warnings)))
    template, kept, severity = own.postmortem_template(sheet), own.retention(sheet), own.channel_from(sheet)
    found = Catalog(
        services, digest(_json(sheet)), warnings, told, dead_man, template, kept, severity, own.commands(sheet)
    )
    problems = [*pasted, *traps, *sheet.problems]
    if not problems:
        problems += [located.problem(path, what, remedy) for path, what, remedy in _whole(found)]
    if problems:
        raise CatalogError(_discreet(problems, pasted))
    return found


def _discreet(problems: Iterable[Problem], pasted: list[Problem]) -> list[Problem]:
    """Of a line that holds a secret only that is told: other findings might repeat it."""
    lines = {problem.line for problem in pasted}
    return [problem for problem in problems if problem in pasted or problem.line not in lines]


def _whole(found: Catalog) -> Iterable[tuple[Path, str, str]]:
    """What only shows when all parts are known."""
    for clash in check_names({}, found):
        yield ("services",), clash, ""
    for part, other in shared_names(found):
        path = ("services", part.place.service, "environments", part.place.environment, part.section, part.key)
        what = f"{part.place} is not protected but shares {part.value} with {other}, which is."
        yield path, what, f"Give {part.place} its own, or protect it."


def _json(sheet: Sheet) -> Json:
    data: Json = sheet.at(())
    return data


# --- services ----------------------------------------------------------------------------------------------


def _services(sheet: Sheet, sections: Sections) -> dict[str, ServiceEntry]:
    sheet.mapping((), ("services", *own.KEYS), "services: {shop: …}")
    named = sheet.mapping(("services",), None, "services: {shop: …}")
    if not named and not sheet.problems:
        sheet.wrong((), "no service is named.", "Begin with services: and one name under it.")
    return {name: _service(sheet, name, sections) for name in named if _name(sheet, ("services", name), "service")}


def _name(sheet: Sheet, path: Path, what: str) -> bool:
    name, cannot = str(path[-1]), f"'{path[-1]}' cannot name {parts.article(what)}"
    if name in RESERVED:
        sheet.wrong(path, f"{cannot}: it has a meaning of its own in commands.", "Rename it.")
        return False
    if not parts.NAME.fullmatch(name):
        sheet.wrong(path, f"{cannot}.", "Use small letters, digits and hyphens, a letter first.")
        return False
    return True


def _service(sheet: Sheet, name: str, sections: Sections) -> ServiceEntry:
    path: Path = ("services", name)
    sheet.mapping(path, SERVICE_KEYS, f"{name}: {{environments: {{production: …}}}}")
    environments = _environments(sheet, (*path, "environments"), name, sections)
    known = environments_of(ServiceEntry(name, None, (), None, {}, Thresholds(), environments))
    cards, bound = parts.channels(sheet, (*path, "channels"), known)
    return ServiceEntry(
        name,
        parts.repository(sheet, (*path, "repository")),
        parts.folders(sheet, (*path, "migrations")),
        cards,
        bound,
        parts.thresholds(sheet, (*path, "thresholds")),
        environments,
        _scripts(sheet, (*path, "scripts"), known),
        parts.public_name(sheet, (*path, "public_name")),
        parts.updates(sheet, (*path, "updates")),
    )


def _scripts(sheet: Sheet, path: Path, known: Mapping[str, str]) -> dict[str, ScriptEntry]:
    named = sheet.mapping(path, None, "scripts: {validate: {run: [pnpm, validate], risk: read}}")
    return {name: _script(sheet, (*path, name), known) for name in named if _name(sheet, (*path, name), "script")}


def _script(sheet: Sheet, path: Path, known: Mapping[str, str]) -> ScriptEntry:
    sheet.mapping(path, SCRIPT_KEYS, "validate: {run: [pnpm, validate], risk: read}")
    risk = sheet.text((*path, "risk"))
    if risk not in tuple(Risk):
        what = f"'{risk}' is not a risk." if risk else f"script '{path[-1]}' does not say its risk."
        sheet.wrong((*path, "risk"), what, "Write read, record, change or destructive.")
    places = [
        item for item, where in sheet.names((*path, "in")) if parts.known(sheet, where, item, known, "environment")
    ]
    return ScriptEntry(
        str(path[-1]),
        parts.arguments(sheet, (*path, "run")),
        Risk(risk) if risk in tuple(Risk) else Risk.DESTRUCTIVE,
        tuple(known[item] for item in places),
        sheet.flag((*path, "backup_first")) or False,
    )


# --- environments ------------------------------------------------------------------------------------------


def _environments(sheet: Sheet, path: Path, service: str, sections: Sections) -> dict[str, EnvironmentEntry]:
    named = sheet.mapping(path, None, "environments: {production: {url: https://shop.example}}")
    if not named:
        sheet.wrong(path, f"service '{service}' has no environments.", "Name at least one, like production.")
    return {
        name: _environment(sheet, (*path, name), Place(service, name), sections)
        for name in named
        if _name(sheet, (*path, name), "environment")
    }


def _environment(sheet: Sheet, path: Path, place: Place, sections: Sections) -> EnvironmentEntry:
    written = sheet.mapping(path, None, f"{place.environment}: {{url: https://shop.example}}")
    protected = sheet.flag((*path, "protected"))
    if protected is False and place.environment in ("production", "prod", "live"):
        sheet.warn((*path, "protected"), f"{place} is not protected.", "Changes there need nobody's approval.")
    found: dict[str, BaseModel] = {}
    for key in written:
        if key in sections:
            _section(sheet, (*path, key), sections[key], found)
        elif key not in ENVIRONMENT_KEYS:
            _unknown(sheet, (*path, key), sections)
    return EnvironmentEntry(
        place,
        protected is not False,
        parts.url(sheet, (*path, "url")),
        found,
        parts.script_env(sheet, (*path, "script_env")),
        parts.run_as(sheet, (*path, "run_as")),
        parts.aliases(sheet, (*path, "aliases")),
    )


def _unknown(sheet: Sheet, path: Path, sections: Sections) -> None:
    key = str(path[-1])
    if key in LATER:
        offered = ", ".join(sorted(sections))
        sheet.wrong(path, f"'{key}' is not supported by this version.", f"Leave it out; there are {offered}.")
        return
    sheet.wrong(path, f"'{key}' is not known in an environment.", did_you_mean(key, [*ENVIRONMENT_KEYS, *sections]))


def _section(sheet: Sheet, path: Path, model: type[BaseModel], found: dict[str, BaseModel]) -> None:
    """What its provider's model says, in our words and at its line; the value itself is never repeated."""
    try:
        found[str(path[-1])] = model.model_validate(sheet.at(path))
    except ValidationError as error:
        for finding in error.errors(include_url=False, include_context=False, include_input=False):
            where = _written(sheet, path, finding["loc"])
            sheet.wrong(where, *_said(path, finding["type"], finding["loc"], finding["msg"], model))


def _written(sheet: Sheet, path: Path, loc: tuple[str | int, ...]) -> Path:
    """The path of a finding, without what pydantic adds (names of union members)."""
    for step in loc:
        if sheet.at((*path, step)) is not None:
            path = (*path, step)
    return path


def _keys(model: type[BaseModel]) -> list[str]:
    """Every key that the model or a model inside it takes."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return [key for part in parts for key in part.get("properties", {})]


def _said(path: Path, kind: str, loc: tuple[str | int, ...], message: str, model: type[BaseModel]) -> tuple[str, str]:
    section, names = path[-1], [step for step in loc if isinstance(step, str)]
    last = names[-1] if names else str(section)
    if kind == "extra_forbidden":
        return f"'{last}' is not known in '{section}'.", did_you_mean(last, _keys(model))
    if kind == "missing":
        return f"'{section}' needs '{last}'.", "Add it."
    if kind == "model_type":
        return f"'{section}' is not a mapping.", f"It takes {', '.join(_keys(model))}."
    said = message.removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    return f"'{last}' in '{section}': {said[:1].lower()}{said[1:]}.", ""
