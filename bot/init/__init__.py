"""`watchkeeper init`: asks, looks, writes catalog.yml, policy.yml and .env, and ends in a check-up.

Run again it proposes changes. It writes nothing that was not agreed to, and shows no secret.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import commands
from bot import doctor
from bot.db.inspect import Unreachable, inspect
from bot.doctor.services import variables
from bot.domain.names import RESERVED
from bot.domain.words import some
from bot.files import Files, check, read
from bot.init import ask, compose, env_file, services, team
from bot.init.edit import ByHand
from bot.init.propose import Change, propose
from bot.init.services import Asked
from bot.settings import ENV_FILE, SLACK, variable
from bot.slack import manifest
from bot.slack.survey import Channel, Member, SurveyError, Workspace, surveying
from bot.terminal import on_a_loop, run, stop

_APP_MANIFEST = Path("slack-app.yml")
_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105
_WAYS_IN = ("SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN")
_TOKEN_WORDS = "Bot User OAuth Token, xoxb-… (not shown)"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Paths:
    catalog: Path
    policy: Path
    env: Path


def here() -> Paths:
    """The files of this process, as `serve` will read them."""
    return Paths(
        Path(variable("WATCHKEEPER_CATALOG") or "catalog.yml"),
        Path(variable("WATCHKEEPER_POLICY") or "policy.yml"),
        ENV_FILE,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What Slack told."""

    workspace: Workspace
    members: dict[str, Member]
    channels: dict[str, Channel]


def init(paths: Paths, stripe_api: str | None = None) -> bool:
    """Whether the bot can start; everything is asked in the terminal."""
    ask.say(
        "Some questions about your workspace and services, then three files. Nothing is written unless you agree."
    )
    there = _files(paths)
    before = env_file.values(paths.env)
    secrets = _slack_secrets(before)
    found = _survey(secrets, before)
    secrets |= _database(before)
    ask.title("People")
    policy = _policy(paths.policy, there, found)
    ask.title("Services")
    asked = Asked([*found.channels.values()], _taken(there), found.workspace.bot, stripe_api)
    catalog = _catalog(paths.catalog, there, asked)
    secrets |= asked.secrets
    secrets |= _unset(there, before | secrets)
    ask.title("Files")
    _refuse_broken(paths, catalog, policy)
    written = propose(_changes(paths, catalog, policy, secrets))
    return _checked_up(written)


def _files(paths: Paths) -> Files | None:
    """What is there already; None at the first time. Stops at files that are broken."""
    if not (paths.catalog.exists() or paths.policy.exists()):
        return None
    if not (paths.catalog.exists() and paths.policy.exists()):
        lone, other = sorted((paths.catalog, paths.policy), key=lambda path: not path.exists())
        stop(f"{lone} is there without {other}: move it away, or write the other one from examples/.")
    problems, _, _ = check(paths.catalog, paths.policy)
    if problems:
        stop(*problems, "Mend this first; nothing was changed.")
    return read(paths.catalog, paths.policy)


# --- Slack --------------------------------------------------------------------------------------------------


def _slack_secrets(before: dict[str, str]) -> dict[str, str]:
    """The two of the app, asked for where neither the environment nor .env has them."""
    has = {name for name in (_TOKEN, *_WAYS_IN) if variable(name) or before.get(name)}
    if _TOKEN in has and has & {*_WAYS_IN}:
        return {}
    ask.title("Slack app")
    if _TOKEN not in has and not ask.yes("Is the app made and installed in Slack?"):
        _tell_how()
    found = {} if _TOKEN in has else {_TOKEN: _typed(_TOKEN_WORDS)}
    return found if has & {*_WAYS_IN} else found | _way_in()


def _way_in() -> dict[str, str]:
    signing, app = _WAYS_IN
    value = ask.secret("Signing Secret (not shown; empty: the app uses Socket Mode)")
    return {signing: value} if value else {app: _typed("App-Level Token, xapp-… (not shown)")}


def _typed(words: str) -> str:
    while True:
        value = ask.secret(words)
        if value:
            return value
        ask.say("    This one is needed.")


def _tell_how() -> None:
    address = ask.until(_https, "Where will Slack reach the bot, https://… (empty: nowhere, by Socket Mode)").rstrip(
        "/"
    )
    url = f"{address}/slack/events"
    made = manifest.dump(manifest.manifest(commands.find().values(), request_url=url, socket=not address))
    if not _APP_MANIFEST.exists() or ask.yes(f"{_APP_MANIFEST} is there. Write it anew?"):
        _APP_MANIFEST.write_text(made)
    ask.say(
        "    1. Open https://api.slack.com/apps?new_app=1",
        f"       → From a manifest → paste {_APP_MANIFEST} (written here) → Create → Install to Workspace.",
        "    2. OAuth & Permissions: copy the Bot User OAuth Token.",
        "    3. Basic Information → App Credentials: copy the Signing Secret."
        if address
        else "    3. Basic Information → App-Level Tokens: make one with connections:write, copy it.",
    )


def _https(word: str) -> str:
    if word and not word.startswith("https://"):
        raise ValueError("Slack wants https://….")
    return word


def _survey(secrets: dict[str, str], before: dict[str, str]) -> Found:
    """Asks for the token again while Slack refuses it; a token of the environment is the owner's to mend."""
    while True:
        token = secrets.get("SLACK_BOT_TOKEN") or variable("SLACK_BOT_TOKEN") or before["SLACK_BOT_TOKEN"]
        try:
            found = run(_looked(token, variable("SLACK_API_URL") or SLACK))
        except SurveyError as error:
            ask.say(f"    {error.what} {error.next_step}")
            if error.of_token and "SLACK_BOT_TOKEN" in secrets:
                secrets[_TOKEN] = _typed(_TOKEN_WORDS)
            elif error.of_token or not ask.yes("Try again?", True):
                stop("Nothing was changed.")
        else:
            people = sum(1 for member in found.members.values() if member.counts)
            seen = f"{some(people, 'person', 'people')}, {some(len(found.channels), 'channel')} that the bot can see"
            ask.say("", f"  {found.workspace.name}: {seen}.")
            return found


async def _looked(token: str, api_url: str) -> Found:
    async with surveying(token, api_url) as survey:
        return Found(await survey.workspace(), {**await survey.members()}, {**await survey.channels()})


# --- the bot's own database ---------------------------------------------------------------------------------


def _database(before: dict[str, str]) -> dict[str, str]:
    if variable("DATABASE_URL") or before.get("DATABASE_URL") or before:
        return {}
    ask.title("The bot's own PostgreSQL")
    while True:
        url = ask.secret("postgresql://… (not shown; empty: an embedded one, for one process)")
        if not url:
            return {}
        try:
            found = on_a_loop(inspect(env_file.check(url)))
        except (Unreachable, ValueError) as error:
            ask.say(f"    {error} Again, or empty.")
        else:
            ask.say(f"    PostgreSQL {found.version}, {found.database} as {found.name}.")
            return {"DATABASE_URL": url}


# --- the files ----------------------------------------------------------------------------------------------


def _policy(path: Path, there: Files | None, found: Found) -> str:
    if there is None:
        return team.first(found.members)
    text = path.read_text()
    try:
        return team.again(text, there.policy.people, [*there.policy.roles], found.members)
    except ByHand as by_hand:
        ask.say(f"    {by_hand}")
        return text


def _catalog(path: Path, there: Files | None, asked: Asked) -> str:
    before = path.read_text() if there else ""
    if there:
        ask.say(f"  catalog.yml names {', '.join(there.catalog.services)}.")
    new = services.services(asked, at_least_one=there is None)
    return compose.catalog(new, before) if new else before


def _taken(there: Files | None) -> frozenset[str]:
    """Words that cannot name a service: those of the commands, and the names that are there."""
    words = {verb.word for command in commands.find().values() for verb in command.verbs if verb.word}
    names = {command.word for command in commands.find().values()}
    return frozenset({*RESERVED, *words, *names, *(there.catalog.services if there else ())})


def _unset(there: Files | None, given: dict[str, str]) -> dict[str, str]:
    entries = [there.catalog.at(place) for place in there.catalog.places()] if there else []
    named = dict.fromkeys(name.removeprefix("$") for entry in entries for name in variables(entry))
    return services.unset([name for name in named if not variable(name)], given)


def _refuse_broken(paths: Paths, catalog: str, policy: str) -> None:
    """What we would write must load; when it does not, nothing is written and the texts are kept beside."""
    drafts = [path.with_name(f"{path.name}.draft") for path in (paths.catalog, paths.policy)]
    for draft, text in zip(drafts, (catalog, policy), strict=True):
        env_file.write(draft, text)
    problems, _, _ = check(*drafts)
    if problems:
        stop(*problems, f"These drafts need your hand: {drafts[0]} and {drafts[1]}. Nothing else was changed.")
    for draft in drafts:
        draft.unlink()


def _changes(paths: Paths, catalog: str, policy: str, secrets: dict[str, str]) -> list[Change]:
    env = paths.env.read_text() if paths.env.exists() else ""
    api_url = variable("SLACK_API_URL")
    if api_url and "SLACK_BOT_TOKEN" in secrets:
        secrets = {**secrets, "SLACK_API_URL": api_url}
    return [
        Change(paths.catalog, paths.catalog.read_text() if paths.catalog.exists() else "", catalog),
        Change(paths.policy, paths.policy.read_text() if paths.policy.exists() else "", policy),
        Change(paths.env, env, env_file.text_with(env, secrets) if secrets else env, secret=True),
    ]


def _checked_up(written: bool) -> bool:
    ask.title("Check-up")
    report = run(doctor.check_up(doctor.here()))
    ask.say(report.text(colour=sys.stdout.isatty()))
    well = report.worst != "fail"
    if well and written:
        ask.say("", "Start it: watchkeeper serve. Then type /health in Slack.")
    elif not well:
        ask.say("", "Mend what is marked ✖, then: watchkeeper doctor.")
    return well
