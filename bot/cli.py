"""The terminal's way in: one typer command each, thin; what they do lives in the other rooms."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml

from bot import cli_audit, cli_incident, cli_policy, cli_runs, cli_secret, logs
from bot.settings import SettingsError
from bot.terminal import load_settings, run, stop

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_policy.app, name="policy")
app.add_typer(cli_incident.app, name="incident")
app.add_typer(cli_secret.app, name="secret")
for command in (cli_runs.do, cli_runs.approve, cli_runs.deny, cli_runs.runs):
    app.command()(command)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"watchkeeper {version('watchkeeper')}")
        raise typer.Exit


@app.callback()
def watchkeeper(
    _: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Which one.")] = False,
) -> None:
    """A bot for your Slack workspace that asks before it changes anything.

    First: demo (to look), or init, then serve. When something is odd: doctor.
    """


Set = Literal["five", "core", "all"]
Drain = Annotated[float, typer.Option("--drain", min=0, help="Seconds that runs may take to end after SIGTERM.")]

Linger = Annotated[
    float, typer.Option("--linger", min=0, help="Seconds to go on answering after SIGTERM, while /readyz says no.")
]


@app.command()
def serve(
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Only answer Slack; run nothing.")] = False,
    drain: Drain = 25,
    linger: Linger = 0,
) -> None:
    """Answer Slack and run what was asked, until SIGTERM."""
    _serve(web=True, worker=not no_worker, drain_s=drain, linger_s=linger)


@app.command()
def worker(drain: Drain = 25) -> None:
    """Run what was asked, without answering Slack; needs DATABASE_URL."""
    _serve(web=False, worker=True, drain_s=drain)


def _serve(*, web: bool, worker: bool, drain_s: float, linger_s: float = 0) -> None:
    from bot import serve as process
    from bot.domain.catalog_file import CatalogError
    from permissions.policy import PolicyError

    logs.configure()
    try:
        run(process.serve(load_settings(), web=web, worker=worker, drain_s=drain_s, linger_s=linger_s))
    except SettingsError as error:
        stop(*error.lines)
    except process.TaskFailed as error:
        stop(str(error))
    except (CatalogError, PolicyError) as error:
        stop(*(str(problem) for problem in error.problems))
    except FileNotFoundError as error:
        stop(f"{error.filename} is not there. Examples: examples/catalog.yml and examples/policy.yml.")


@app.command()
def migrate() -> None:
    """Bring the database to this version and end, where the bot's own role owns nothing."""
    from bot import serve as process

    applied = run(process.migrated(load_settings()))
    typer.echo(f"The database is as this version wants it; applied now: {', '.join(applied) or 'nothing'}.")


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
    commands: Annotated[Set, typer.Option(help="Which commands are installed.")] = "core",
    request_url: Annotated[str, typer.Option(help="Where Slack reaches the bot.")] = "https://YOUR-HOST/slack/events",
    socket: Annotated[bool, typer.Option("--socket", help="For Socket Mode: no URL, no TLS needed.")] = False,
    groups: Annotated[bool, typer.Option("--groups", help="The policy has trust_groups: true.")] = False,
) -> None:
    """Print the Slack app's manifest, made from the commands."""
    from bot.slack import manifest as slack_manifest
    from commands import find

    made = slack_manifest.manifest(
        find().values(), which=commands, request_url=request_url, groups=groups, socket=socket
    )
    text = slack_manifest.dump(made)
    if not check:
        typer.echo(text, nl=False)
    elif yaml.safe_load(Path("manifest.yml").read_text()) != yaml.safe_load(text):
        stop("manifest.yml is out of step: write it anew with `watchkeeper manifest > manifest.yml`.")


@app.command()
def init(
    stripe_api: Annotated[str | None, typer.Option(hidden=True, help="Another Stripe, for trials.")] = None,
) -> None:
    """Ask, look, write catalog.yml, policy.yml and .env, check up. Run again it proposes changes."""
    from bot import init as setup

    logs.silence()
    raise typer.Exit(not setup.init(setup.here(), stripe_api))


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Look at everything the bot stands on; exit 1 when something is wrong. Changes nothing."""
    import json

    from bot import doctor as checkup

    logs.silence()
    report = run(checkup.check_up(checkup.here()))
    typer.echo(json.dumps(report.json(), indent=2) if as_json else report.text(colour=sys.stdout.isatty()))
    raise typer.Exit(report.worst == "fail")


@app.command()
def schema(which: Annotated[Literal["catalog", "policy"], typer.Argument(help="Of which file.")]) -> None:
    """Print a file's JSON Schema, for editors: they complete names and mark mistakes while you type."""
    import json

    from bot.files import schema_of

    typer.echo(json.dumps(schema_of(which), indent=2))
