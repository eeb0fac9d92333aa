"""The terminal's way in: one typer command each, thin; what they do lives in the other rooms."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

import typer
import yaml

from bot import logs, settings
from bot.settings import Settings, SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
audit_app = typer.Typer(no_args_is_help=True, help="The audit log.")
policy_app = typer.Typer(no_args_is_help=True, help="The policy.")
app.add_typer(audit_app, name="audit")
app.add_typer(policy_app, name="policy")

Result = TypeVar("Result")
Set = Literal["five", "core", "all"]
Drain = Annotated[float, typer.Option("--drain", min=0, help="Seconds that runs may take to end after SIGTERM.")]


def run(work: Coroutine[object, object, Result]) -> Result:
    """On uvloop: a faster event loop, the same behaviour."""
    import uvloop

    return uvloop.run(work)


def stop(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)


def _settings() -> Settings:
    try:
        return settings.load()
    except SettingsError as error:
        stop("watchkeeper cannot start:", *error.lines)


@app.command()
def serve(
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Only answer Slack; run nothing.")] = False,
    drain: Drain = 25,
) -> None:
    """Answer Slack and run what was asked, until SIGTERM."""
    _serve(web=True, worker=not no_worker, drain_s=drain)


@app.command()
def worker(drain: Drain = 25) -> None:
    """Run what was asked, without answering Slack; needs DATABASE_URL."""
    _serve(web=False, worker=True, drain_s=drain)


def _serve(*, web: bool, worker: bool, drain_s: float) -> None:
    from bot import serve as process
    from bot.domain.catalog_file import CatalogError
    from permissions.policy import PolicyError

    logs.configure()
    try:
        run(process.serve(_settings(), web=web, worker=worker, drain_s=drain_s))
    except SettingsError as error:
        stop(*error.lines)
    except (CatalogError, PolicyError) as error:
        stop(*(str(problem) for problem in error.problems))
    except FileNotFoundError as error:
        stop(f"{error.filename} is not there. Examples: examples/catalog.yml and examples/policy.yml.")


@app.command()
def demo(
    tour: Annotated[bool, typer.Option("--tour", help="Play it without a browser and print the transcript.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".watchkeeper/demo"),
    port: Annotated[int, typer.Option(help="The port of the workspace page.")] = 3100,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the data and break the world anew.")] = False,
) -> None:
    """A workspace page, a broken sample shop and the bot, all on this machine."""
    from bot.sandbox import demo as sandbox

    raise typer.Exit(asyncio.run(sandbox.main(folder, port=port, tour=tour, fresh=fresh)))


@app.command()
def manifest(
    check: Annotated[bool, typer.Option("--check", help="Only tell whether manifest.yml is in step.")] = False,
    commands: Annotated[str, typer.Option(help="five, core or all.")] = "core",
    request_url: Annotated[str, typer.Option(help="Where Slack reaches the bot.")] = "https://YOUR-HOST/slack/events",
) -> None:
    """Print the Slack app's manifest, made from the commands."""
    from bot.slack import manifest as slack_manifest
    from commands import find

    if commands not in ("five", "core", "all"):
        stop(f"“{commands}” is no set of commands: five, core or all.")
    text = slack_manifest.dump(slack_manifest.manifest(find().values(), which=commands, request_url=request_url))
    if not check:
        typer.echo(text, nl=False)
    elif yaml.safe_load(Path("manifest.yml").read_text()) != yaml.safe_load(text):
        stop("manifest.yml is out of step: write it anew with `watchkeeper manifest > manifest.yml`.")


@policy_app.command("check")
def policy_check(
    catalog: Annotated[Path, typer.Option(envvar="WATCHKEEPER_CATALOG")] = Path("catalog.yml"),
    policy: Annotated[Path, typer.Option(envvar="WATCHKEEPER_POLICY")] = Path("policy.yml"),
) -> None:
    """Validate catalog.yml and policy.yml: every problem with its line and remedy."""
    from bot.files import check

    problems, warnings, says = check(catalog, policy)
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    if problems:
        stop(*problems, f"{len(problems)} problem(s). Nothing was changed.")
    typer.echo(says)


@audit_app.command("verify")
def audit_verify() -> None:
    """Walk the whole chain of events and tell whether anything was changed, removed or added."""
    from bot import serve as process

    report = run(process.verify_chain(_settings()))
    if not report.whole:
        stop(f"The chain is broken after {report.events} good events: {report.says}.")
    erased = f"; {report.erased} payloads erased by retention" if report.erased else ""
    typer.echo(f"The chain is whole: {report.events} events{erased}. Head {report.head[:16]}.")
