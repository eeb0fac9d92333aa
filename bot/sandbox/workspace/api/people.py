"""auth, users, user groups, presence, the team."""

from bot.sandbox.workspace.api.call import Args, Desk, Method, page
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.shapes import api_person
from bot.sandbox.workspace.state import is_ours
from bot.sandbox.workspace.things import APP, BOT, BOT_NAME, BOT_USER, TEAM, TEAM_DOMAIN, Json, Usergroup

MOST_NIGHTS = 50  # people in one dnd.teamInfo


def auth_test(desk: Desk, args: Args) -> Json:
    url = f"https://{TEAM_DOMAIN}.slack.com/"
    who = {"user": BOT_NAME, "user_id": BOT_USER, "bot_id": BOT, "app_id": APP, "app_name": BOT_NAME}
    return {"url": url, "team": "Lantern Shop", "team_id": TEAM, "is_enterprise_install": False, **who}


def list_people(desk: Desk, args: Args) -> Json:
    now = desk.state.clock()
    everyone = [api_person(person, now) for person in desk.state.people.values() if is_ours(person)]
    part, metadata = page(everyone, args)
    return {"members": part, "cache_ts": int(now), "response_metadata": metadata}


def info(desk: Desk, args: Args) -> Json:
    person = desk.state.people.get(args.word("user"))
    if person is None:
        raise Refused("user_not_found")
    return {"user": api_person(person, desk.state.clock())}


def presence(desk: Desk, args: Args) -> Json:
    user = args.text("user") or BOT_USER
    if user not in desk.state.people:
        raise Refused("user_not_found")
    return {"presence": "away" if user in desk.state.away else "active"}


def do_not_disturb(desk: Desk, args: Args) -> Json:
    people = args.names("users")
    if not people:
        raise Refused("no_users_provided")
    if len(people) > MOST_NIGHTS:
        raise Refused("too_many_users")
    return {"users": {one: _night(desk, one) for one in people if one in desk.state.people}, "cached": False}


def _night(desk: Desk, person: str) -> Json:
    until = desk.state.silent.get(person)
    if until is None:
        return {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
    return {"dnd_enabled": True, "next_dnd_start_ts": int(until - 12 * 3600), "next_dnd_end_ts": int(until)}


def list_groups(desk: Desk, args: Args) -> Json:
    groups = [_group(group) for group in desk.state.usergroups.values()]
    if not args.flag("include_users"):
        groups = [{key: value for key, value in group.items() if key != "users"} for group in groups]
    return {"usergroups": groups}


def _group(group: Usergroup) -> Json:
    return {
        "id": group.id,
        "team_id": TEAM,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "handle": group.handle,
        "is_external": False,
        "date_create": 1700000000,
        "date_update": 1700000000,
        "date_delete": 0,
        "user_count": len(group.users),
        "users": list(group.users),
    }


def group_members(desk: Desk, args: Args) -> Json:
    group = desk.state.usergroups.get(args.word("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def team_info(desk: Desk, args: Args) -> Json:
    if (args.text("team") or TEAM) != TEAM:
        raise Refused("team_not_found")
    return {"team": {"id": TEAM, "name": "Lantern Shop", "domain": TEAM_DOMAIN, "email_domain": ""}}


_READ = ("users:read",)
_GROUPS = ("usergroups:read",)

PEOPLE = (
    Method("auth.test", auth_test, (), per_minute=600),
    Method(
        "users.list",
        list_people,
        (),
        ("cursor", "limit", "include_locale", "team_id"),
        _READ,
        per_minute=20,
        takes_json=False,
    ),
    Method("users.info", info, ("user",), ("include_locale",), _READ, per_minute=100, takes_json=False),
    Method("users.getPresence", presence, (), ("user",), _READ, per_minute=50, takes_json=False),
    Method("dnd.teamInfo", do_not_disturb, ("users",), ("team_id",), ("dnd:read",), per_minute=20, takes_json=False),
    Method(
        "usergroups.list",
        list_groups,
        (),
        ("include_count", "include_disabled", "include_users", "team_id"),
        _GROUPS,
        per_minute=20,
        takes_json=False,
    ),
    Method(
        "usergroups.users.list",
        group_members,
        ("usergroup",),
        ("include_disabled", "team_id"),
        _GROUPS,
        per_minute=20,
        takes_json=False,
    ),
    Method("team.info", team_info, (), ("team", "domain"), ("team:read",), per_minute=50),
)
