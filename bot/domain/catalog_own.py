"""What the catalog says of the bot itself: where it tells of itself, and who notices when it is silent. Pure."""

from datetime import timedelta

from bot.domain import catalog_parts as parts
from bot.domain.catalog import DeadMan, Retention, Which
from bot.domain.incident import Severity
from permissions.sheet import Sheet

KEYS = ("channels", "commands", "dead_man", "incidents", "retention")
_SHORTEST, _LONGEST = timedelta(seconds=10), timedelta(days=1)
_KEPT_AT_LEAST = {"answers": timedelta(days=1), "files": timedelta(days=1), "payloads": timedelta(days=90)}


def ops_channel(sheet: Sheet) -> str | None:
    """`channels: {ops: C0OPS}`, beside the services."""
    sheet.mapping(("channels",), ("ops",), "channels: {ops: C0OPS}")
    found = sheet.text(("channels", "ops"))
    return found if found and parts.is_channel(sheet, ("channels", "ops"), found) else None


def commands(sheet: Sheet) -> Which:
    """`commands: five`: which set the manifest was printed with."""
    match sheet.text(("commands",)) or "core":
        case "five" | "core" | "all" as which:
            return which
        case other:
            sheet.wrong(("commands",), f"There is no set of commands {other!r}.", "Write five, core or all.")
            return "core"


def dead_man(sheet: Sheet) -> DeadMan | None:
    example = "dead_man: {url: $PING_URL, every: 60s}"
    if not sheet.mapping(("dead_man",), ("url", "every"), example):
        return None
    url = sheet.text(("dead_man", "url"))
    if not parts.VARIABLE.fullmatch(url):
        remedy = "Write the name of a variable, like $PING_URL: whoever knows the address can pretend to be the bot."
        sheet.wrong(("dead_man", "url"), "'url' of 'dead_man' is not given by name.", remedy)
    every = sheet.duration(("dead_man", "every")) or DeadMan(url).every
    if not _SHORTEST <= every <= _LONGEST:
        sheet.wrong(("dead_man", "every"), "'every' is too short or too long.", "Choose between 10s and 1d.")
    return DeadMan(url, every)


def postmortem_template(sheet: Sheet) -> str | None:
    """`incidents: {postmortem: postmortem.md}`: the path of a template, from the folder the bot is started in."""
    if not sheet.mapping(("incidents",), ("postmortem", "channel_from"), "incidents: {postmortem: postmortem.md}"):
        return None
    return sheet.text(("incidents", "postmortem")) or None


def retention(sheet: Sheet) -> Retention:
    """`retention: {answers: 30d, files: 30d, payloads: 400d}`; what is not named stays as it is without it."""
    sheet.mapping(("retention",), tuple(_KEPT_AT_LEAST), "retention: {answers: 30d, files: 30d}")
    said = {name: _kept(sheet, name) for name in _KEPT_AT_LEAST}
    usual = Retention()
    return Retention(said["answers"] or usual.answers, said["files"] or usual.files, said["payloads"])


def _kept(sheet: Sheet, name: str) -> timedelta | None:
    found, least = sheet.duration(("retention", name)), _KEPT_AT_LEAST[name]
    if found is not None and found < least:
        remedy = f"Keep it for {least.days}d or more: until then people and the bot itself still need it."
        sheet.wrong(("retention", name), f"'{name}' is too short.", remedy)
    return found


def channel_from(sheet: Sheet) -> Severity:
    """`incidents: {channel_from: sev2}`: a lesser one is talked about in a thread of the service's channel."""
    path = ("incidents", "channel_from")
    found = sheet.text(path) or Severity.SEV3.value
    if found not in tuple(Severity):
        sheet.wrong(path, f"There is no severity {found!r}.", "Write sev1, sev2, sev3 or sev4; sev4 is the least.")
        return Severity.SEV3
    return Severity(found)
