"""The workspace's side: the token, its scopes, Slack's clock, the people and the channels that the files name."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.checkup import Remark
from bot.domain.words import listed, span
from bot.files import Files
from bot.slack.methods import scopes
from bot.slack.survey import Channel, Member, Survey, SurveyError, Workspace, surveying

_SKEW, _TOO_MUCH = timedelta(seconds=30), timedelta(minutes=4)  # Slack's signatures are good for five minutes
_CHRONY = "Set this host's clock: systemctl enable --now systemd-timesyncd (or chrony)."
_REINSTALL = "paste what `watchkeeper manifest` prints as App Manifest at api.slack.com/apps, then reinstall the app."


async def look(token: str, api_url: str, files: Files | None, clock: Callable[[], datetime]) -> Sequence[Remark]:
    async with surveying(token, api_url) as survey:
        try:
            before = clock()
            found = await survey.workspace()
            after = clock()
        except SurveyError as error:
            return [Remark("token", "fail", error.what, error.next_step)]
        remarks = [_token(token, found), *_scopes(found, files), *_skew(found, before + (after - before) / 2)]
        return [*remarks, *(await _named(survey, files, found.bot) if files else [])]


def _token(token: str, found: Workspace) -> Remark:
    if not token.startswith("xoxb-"):
        what = f"SLACK_BOT_TOKEN is no bot token: it acts as a person in {found.name}."
        return Remark("token", "fail", what, "Use the Bot User OAuth Token (xoxb-…), and revoke the other one.")
    return Remark("token", "ok", f"@{found.bot} in {found.name} ({found.team})")


def _scopes(found: Workspace, files: Files | None) -> Iterator[Remark]:
    if found.scopes is None:
        yield Remark("scopes", "warn", "Slack did not say what the token may do.", f"To be sure, {_REINSTALL}")
        return
    asked = {"commands", *scopes(groups=bool(files and files.policy.roles_by_group))}
    missing, more = sorted(asked - found.scopes), sorted(found.scopes - asked)
    if missing:
        yield Remark("scopes", "fail", f"The token lacks {listed(missing, 'and')}.", f"To add it, {_REINSTALL}")
    if more:
        yield Remark("scopes", "warn", f"The token may do more than needed: {listed(more, 'and')}.",
                     f"To drop it, {_REINSTALL}")  # fmt: skip
    if not missing and not more:
        yield Remark("scopes", "ok", f"the {len(asked)} of the manifest, no more")


def _skew(found: Workspace, now: datetime) -> Iterator[Remark]:
    if found.at is None:
        return
    off = abs(now - found.at)
    if off <= _SKEW:
        yield Remark("clock", "ok", "agrees with Slack's")
        return
    ahead = "ahead of" if now > found.at else "behind"
    what = f"This host's clock is {span(off)} {ahead} Slack's"
    if off > _TOO_MUCH:
        yield Remark("clock", "fail", f"{what}: every request of Slack looks forged.", _CHRONY)
    else:
        yield Remark("clock", "warn", f"{what}; at 5 min requests are refused.", _CHRONY)


async def _named(survey: Survey, files: Files, bot: str) -> list[Remark]:
    async with asyncio.TaskGroup() as group:
        people = group.create_task(_people(survey, files.policy.people))
        channels = group.create_task(_channels(survey, files, bot))
    return [*people.result(), *channels.result()]


async def _people(survey: Survey, named: Mapping[str, str]) -> list[Remark]:
    try:
        members = await survey.members()
    except SurveyError as error:
        return [Remark("people", "fail", error.what, error.next_step)]
    wrong = [remark for name, id_ in named.items() if (remark := _person(name, id_, members))]
    one = len(named) == 1
    fine = f"the {len(named)} of policy.yml {'is a member' if one else 'are members'}"
    return wrong or [Remark("people", "ok", fine)]


def _person(name: str, id_: str, members: Mapping[str, Member]) -> Remark | None:
    found = members.get(id_)
    if found is None:
        what = f"{name} ({id_}) is not in this workspace."
        return Remark("people", "fail", what, "Open the profile in Slack, Copy member ID, mend policy.yml.")
    if found.is_deactivated:
        return Remark("people", "warn", f"{name} ({id_}) has left the workspace.", "Take them out of policy.yml.")
    if found.is_guest or found.is_bot:
        what = f"{name} ({id_}) is a {'bot' if found.is_bot else 'guest'}, who gets no role whatever policy.yml says."
        return Remark("people", "fail", what, "Name a full member instead.")
    return None


async def _channels(survey: Survey, files: Files, bot: str) -> list[Remark]:
    named = dict(_named_channels(files))
    lone = [Remark("channels", "warn", f"{name} has no channel: its runs are told to nobody but their requester.",
                   f"Add channels: {{cards: C…}} to {name} in catalog.yml.")
            for name, service in files.catalog.services.items() if service.cards is None]  # fmt: skip
    if not named:
        return lone
    try:
        found = await survey.channels()
    except SurveyError as error:
        return [*lone, Remark("channels", "fail", error.what, error.next_step)]
    seen = [(id_, of, found.get(id_)) for id_, of in named.items()]
    wrong = [remark for id_, of, one in seen if (remark := _channel(id_, of, one, bot) or _shared(of, one, files))]
    names = listed([f"#{found[id_].name}" for id_ in named if id_ in found], "and")
    return [*lone, *(wrong or [Remark("channels", "ok", names)])]


def _named_channels(files: Files) -> Iterator[tuple[str, str]]:
    """(id, what names it)."""
    if files.catalog.ops:
        yield files.catalog.ops, "ops"
    for service in files.catalog.services.values():
        for id_ in (service.cards, *(one for ids in service.bound.values() for one in ids)):
            if id_:
                yield id_, service.name


def _channel(id_: str, of: str, found: Channel | None, bot: str) -> Remark | None:
    if found is None:
        what = f"{id_} (of {of}) is not there, or is private and without the bot."
        return Remark("channels", "fail", what, f"Mend the id in catalog.yml, or type /invite @{bot} in it.")
    if found.is_archived:
        return Remark("channels", "fail", f"#{found.name} (of {of}) is archived.", "Name another one in catalog.yml.")
    if not found.is_member:
        return Remark("channels", "fail", f"The bot is not in #{found.name} (of {of}).",
                      f"Type /invite @{bot} in #{found.name}.")  # fmt: skip
    return None


def _shared(of: str, found: Channel | None, files: Files) -> Remark | None:
    policy = files.policy
    if found is None or not found.is_shared or found.id in policy.shared_channels:
        return None
    told = "to whoever is on call" if policy.oncall else "to the admins" if policy.roles.get("admin") else "to nobody"
    what = (
        f"#{found.name} (of {of}) is shared with another company: the bot says nothing there;"
        f" what nobody asked for, alerts too, it tells {told}."
    )
    do = f"Name a channel of your own in catalog.yml, or write shared_channels: [{found.id}] in policy.yml."
    return Remark("channels", "fail", what, do)
