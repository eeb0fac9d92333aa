"""views.*: open a form, change it, publish a home tab."""

from dataclasses import replace

from bot.sandbox.workspace import check
from bot.sandbox.workspace.api.call import Args, Desk, Method, missing
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.shapes import api_view
from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import Json, View

STACK = 3


def open_view(desk: Desk, args: Args) -> Json:
    body = _body(args, "modal")
    if "trigger_id" not in args:
        raise missing("trigger_id")
    _unique(desk.state, body)
    trigger = desk.tickets.exchange(args.word("trigger_id"))
    return {"view": api_view(desk.state.put_view(new_view(desk.state, trigger.person, body)))}


def update(desk: Desk, args: Args) -> Json:
    view = _find(desk.state, args)
    body = _body(args, "home" if view.kind == "home" else "modal")
    _fresh(args, view)
    if body.get("external_id") != view.body.get("external_id"):
        _unique(desk.state, body)
    return {"view": api_view(changed_view(desk.state, view, body))}


def publish(desk: Desk, args: Args) -> Json:
    if not desk.manifest.home_tab:
        raise Refused("not_enabled")
    body = _body(args, "home")
    person = args.word("user_id")
    if person not in desk.state.people:
        raise Refused("user_not_found")
    old = desk.state.homes.get(person)
    if old is None:
        return {"view": api_view(desk.state.put_view(new_view(desk.state, person, body)))}
    _fresh(args, old)
    return {"view": api_view(changed_view(desk.state, old, body))}


def new_view(state: State, person: str, body: Json, previous: View | None = None) -> View:
    """A view of this person, on top of `previous` if given. Not yet shown."""
    name = state.next_id("V")
    body = {**body, "blocks": state.name_parts(body["blocks"])}
    root = previous.root if previous else name
    return View(name, person, body, _hash(state), root, previous.id if previous else None)


def changed_view(state: State, view: View, body: Json) -> View:
    body = {**body, "blocks": state.name_parts(body["blocks"])}
    return state.put_view(replace(view, body=body, hash=_hash(state)))


def _hash(state: State) -> str:
    return f"{int(state.clock())}.{state.next_id('h')}"


def _body(args: Args, surface: check.Surface) -> Json:
    body = args.data("view")
    check.view(body, surface)
    if not isinstance(body, dict):
        raise missing("view")
    return body


def _find(state: State, args: Args) -> View:
    external = args.text("external_id")
    found = state.view(args.text("view_id") or "")
    if found is None and external:
        found = next((v for v in state.views.values() if v.body.get("external_id") == external), None)
    if found is None:
        raise Refused("not_found")
    return found


def _fresh(args: Args, view: View) -> None:
    if "hash" in args and args.text("hash") != view.hash:
        raise Refused("hash_conflict")


def _unique(state: State, body: Json) -> None:
    external = body.get("external_id")
    if external and any(view.body.get("external_id") == external for view in state.views.values()):
        raise Refused("duplicate_external_id")


VIEWS = (
    Method("views.open", open_view, ("view",), ("trigger_id", "interactivity_pointer"), per_minute=100),
    Method("views.update", update, ("view",), ("view_id", "external_id", "hash"), per_minute=100),
    Method("views.publish", publish, ("user_id", "view"), ("hash", "interactivity_pointer"), per_minute=100),
)
