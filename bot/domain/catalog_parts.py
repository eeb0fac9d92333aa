"""Values of catalog.yml that every service or environment may have, each read with its remedy. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.address import web_address
from bot.domain.catalog import Thresholds, UpdateRule
from permissions.problem import did_you_mean
from permissions.sheet import Sheet
from permissions.strict_yaml import Path, Plain

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,20}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?%")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|s|m|h|d)")
_SIZE = re.compile(r"\d+(?:\.\d+)?\s?(?:kB|MB|GB)")
_ALARM = re.compile(r"([1-9]\d?) in (\S+)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHELL = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<"})

LIMITS: Mapping[str, str] = {"error_rate": "1%", "payment_success": "99%", "bundle": "1.5MB"}
"""Thresholds whose checks are still to come: read, so that a finished file stays valid."""
UPDATES = ("first", "scope", "every", "lasts")
THRESHOLDS = ("p95", "pool", "disk", "tls", "alarm", "watch", *LIMITS)


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def known(sheet: Sheet, path: Path, name: str, names: Mapping[str, str], what: str) -> bool:
    if name in names:
        return True
    sheet.wrong(path, f"'{name}' is not {article(what)} of this service.", did_you_mean(name, names))
    return False


def channels(sheet: Sheet, path: Path, names: Mapping[str, str]) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """(where runs are rooted, environment → the channels that stand for it)."""
    written = sheet.mapping(path, None, "channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}")
    cards = sheet.text((*path, "cards")) if "cards" in written else ""
    if cards:
        is_channel(sheet, (*path, "cards"), cards)
    bound: dict[str, tuple[str, ...]] = {}
    for key in written:
        if key == "cards" or not known(sheet, (*path, key), key, {**names, "cards": ""}, "environment"):
            continue
        ids = [item for item, where in sheet.names((*path, key)) if is_channel(sheet, where, item)]
        bound[names[key]] = (*bound.get(names[key], ()), *ids)
    return cards or None, bound


def is_channel(sheet: Sheet, path: Path, value: str) -> bool:
    if _CHANNEL.fullmatch(value):
        return True
    sheet.wrong(
        path,
        f"'{value}' is not a channel's id.",
        "It is at the end of the channel's details in Slack, like C0SHOPOPS.",
    )
    return False


def repository(sheet: Sheet, path: Path) -> str | None:
    value = sheet.text(path)
    if value.startswith("-"):
        sheet.wrong(path, "a repository cannot begin with '-'.", "Write its address or its folder.")
    return value or None


def folders(sheet: Sheet, path: Path) -> tuple[str, ...]:
    """Paths inside the repository."""
    found = []
    for value, where in sheet.names(path):
        if value.startswith(("/", "-", ":")) or ".." in value.split("/"):
            sheet.wrong(where, f"'{value}' is not a path inside the repository.", "Write it like db/migrations.")
        else:
            found.append(value.rstrip("/"))
    return tuple(found)


def url(sheet: Sheet, path: Path) -> str | None:
    value = sheet.text(path)
    try:
        if value and ((parts := web_address(value, keyed=False)).query or parts.fragment):
            raise ValueError("write it up to the path")
    except ValueError as wrong:
        remedy = f"{str(wrong)[:1].upper()}{str(wrong)[1:]}, like https://shop.example."
        sheet.wrong(path, "'url' is not the address of a website.", remedy)
    return value.rstrip("/") or None


def aliases(sheet: Sheet, path: Path) -> tuple[str, ...]:
    found = []
    for value, where in sheet.names(path):
        if NAME.fullmatch(value):
            found.append(value)
        else:
            sheet.wrong(where, f"'{value}' cannot be typed as a name.", "Use small letters, digits and hyphens.")
    return tuple(found)


def script_env(sheet: Sheet, path: Path) -> dict[str, str]:
    """All of the environment that a script gets: NAME → $NAME of the bot."""
    found = {}
    for name, value in sheet.mapping(path, None, "script_env: {DATABASE_URL: $SHOP_DB}").items():
        if not VARIABLE.fullmatch(f"${name}"):
            sheet.wrong((*path, name), f"'{name}' is not the name of a variable.", "Write it like DATABASE_URL.")
        elif not isinstance(value, str) or not VARIABLE.fullmatch(value):
            remedy = "Write the name of an environment variable of the bot, like $SHOP_DB."
            sheet.wrong((*path, name), f"'{name}' is not given by name.", remedy)
        else:
            found[name] = value
    return found


def run_as(sheet: Sheet, path: Path) -> str | None:
    value = sheet.text(path)
    if value and (not _USER.fullmatch(value) or value == "root"):
        sheet.wrong(path, f"'{value}' cannot run scripts.", "Name a user of this machine that is not root.")
    return value or None


def arguments(sheet: Sheet, path: Path) -> tuple[str, ...]:
    """An argument list, as the operating system takes it."""
    value = sheet.at(path)
    example = "Write a list, like [pnpm, run, validate]; no shell reads it."
    if not isinstance(value, list) or not value:
        sheet.wrong(path, f"'{path[-1]}' is not an argument list.", example)
        return ()
    words = [item if isinstance(item, str) else str(item) for item in value if isinstance(item, str | int | float)]
    if len(words) != len(value) or not words[0] or words[0].startswith("-"):
        sheet.wrong(path, f"'{path[-1]}' does not begin with a program, or holds more than words.", example)
    elif _SHELL & {*words}:
        sheet.wrong(
            path, f"'{path[-1]}' joins programs as only a shell can.", "Put them into one script of the service."
        )
    return tuple(words)


def public_name(sheet: Sheet, path: Path) -> str:
    """What people outside call it, on one line."""
    value = " ".join(sheet.text(path).split())
    if len(value) > 60:
        sheet.wrong(path, "'public_name' is longer than 60 characters.", "Write what a customer would say.")
    return value


def updates(sheet: Sheet, path: Path) -> UpdateRule | None:
    """The times that are given, over the usual ones; `updates: {}` alone asks for the usual ones."""
    if sheet.at(path) is None:
        return None
    found = UpdateRule()
    for key, value in sheet.mapping(path, UPDATES, "updates: {first: 5m, scope: 5m, every: 20m, lasts: 2h}").items():
        length = _length(value)
        if length is None or length < timedelta(minutes=1):
            sheet.wrong((*path, key), f"the time '{key}' of updates cannot be read.", "Write it like 20m.")
        else:
            found = replace(found, **{key: length})
    return found


# --- thresholds --------------------------------------------------------------------------------------------


def thresholds(sheet: Sheet, path: Path) -> Thresholds:
    """The limits that are given, over the defaults."""
    found = Thresholds()
    for key, value in sheet.mapping(path, THRESHOLDS, "thresholds: {p95: 500ms, alarm: 2 in 5m}").items():
        changed = _threshold(found, key, value)
        if changed is None:
            example = _EXAMPLES[key]
            sheet.wrong((*path, key), f"the threshold '{key}' cannot be read.", f"Write it like {example}.")
        found = changed or found
    return found


_EXAMPLES = {"p95": "500ms", "pool": "80%", "disk": "85%", "tls": "14d", "alarm": "2 in 5m", "watch": "60s", **LIMITS}


def _threshold(limits: Thresholds, key: str, value: Plain) -> Thresholds | None:
    """The limits with this one set; None when the value cannot be read."""
    length, share, alarm = _length(value), _share(value), _alarm(value)
    match key:
        case "p95" if length:
            return replace(limits, p95=length)
        case "pool" if share:
            return replace(limits, pool=share)
        case "disk" if share:
            return replace(limits, disk=share)
        case "tls" if length and length >= timedelta(days=1):
            return replace(limits, tls_days=length.days)
        case "watch" if length and length >= timedelta(seconds=10):
            return replace(limits, watch_every=length)
        case "alarm" if alarm:
            return replace(limits, alarm_count=alarm[0], alarm_within=alarm[1])
        case "error_rate" | "payment_success" if share:
            return limits
        case "bundle" if isinstance(value, str) and _SIZE.fullmatch(value):
            return limits
        case _:
            return None


def _length(value: Plain) -> timedelta | None:
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    length = timedelta(seconds=float(found[1]) * _SECONDS[found[2]]) if found else timedelta()
    return length if timedelta() < length <= timedelta(days=366) else None


def _share(value: Plain) -> float | None:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) / 100 if found and 0 < float(found[1]) <= 100 else None


def _alarm(value: Plain) -> tuple[int, timedelta] | None:
    found = _ALARM.fullmatch(value) if isinstance(value, str) else None
    within = _length(found[2]) if found else None
    return (int(found[1]), within) if found and within else None
