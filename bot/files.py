"""The two reviewed files, read and validated together: catalog.yml and policy.yml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import commands
from bot.domain.catalog import Catalog
from bot.domain.catalog_file import CatalogError, load_catalog
from bot.domain.catalog_schema import catalog_schema
from bot.domain.command import Command
from bot.domain.names import check_names
from bot.providers.registry import find_providers
from permissions import model
from permissions.policy import Policy, PolicyError, load_policy
from permissions.policy_schema import policy_schema
from permissions.problem import Problem


@dataclass(frozen=True, slots=True)
class Texts:
    """Both files as they were written, with their names."""

    catalog_file: str
    catalog: str
    policy_file: str
    policy: str


@dataclass(frozen=True, slots=True)
class Files:
    catalog: Catalog
    policy: Policy
    commands: Mapping[str, Command]
    texts: Texts


def read(catalog: Path, policy: Path, records: Mapping[str, Command] | None = None) -> Files:
    """Raises CatalogError or PolicyError with every problem of the file, OSError when it is not there."""
    written = catalog.read_text(encoding="utf-8"), policy.read_text(encoding="utf-8")
    return understand(Texts(catalog.name, written[0], policy.name, written[1]), records)


def understand(texts: Texts, records: Mapping[str, Command] | None = None) -> Files:
    """The files from their texts. Raises CatalogError or PolicyError with every problem of the file."""
    sections = {name: provider.settings for name, provider in find_providers().items()}
    entries = load_catalog(texts.catalog, file=texts.catalog_file, sections=sections)
    rules = load_policy(texts.policy, file=texts.policy_file, services=entries.protection(), permissions=model.ALL)
    installed = commands.find() if records is None else records
    names = check_names(installed, entries)
    if names:
        raise CatalogError(tuple(Problem(texts.catalog_file, 1, name, "") for name in names))
    return Files(entries, rules, installed, texts)


def check(catalog: Path, policy: Path) -> tuple[list[str], list[str], str]:
    """(problems, warnings, the sentence when all is well), for the terminal."""
    try:
        files = read(catalog, policy)
    except (CatalogError, PolicyError) as error:
        return [str(problem) for problem in error.problems], [], ""
    except FileNotFoundError as error:
        return [f"{error.filename} is not there. Examples: examples/catalog.yml and examples/policy.yml."], [], ""
    warnings = [*files.catalog.warnings, *map(str, files.policy.warnings)]
    places = list(files.catalog.places())
    services = len(files.catalog.services)
    says = (
        f"{catalog} and {policy} are fine: {services} service{'s' * (services != 1)}, {len(places)} environments, "
        f"{len(files.policy.people)} people, preset {files.policy.preset}, digest {files.policy.digest[:6]}."
    )
    return [], warnings, says


def schema_of(which: Literal["catalog", "policy"]) -> Mapping[str, object]:
    """The JSON Schema of one of the files, with the providers and permissions that are installed."""
    if which == "policy":
        return policy_schema(model.ALL)
    return catalog_schema({name: provider.settings for name, provider in find_providers().items()})
