"""Finds what a person presses in a message or view, and says it as Slack's action. Pure."""

from collections.abc import Iterator

from bot.sandbox.workspace.things import Blocks, Json


class NoSuchElement(AssertionError):
    """There is nothing like that to press."""


def elements(blocks: Blocks) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with its block, from top to bottom."""
    for block in blocks:
        yield from ((block, e) for e in _own(block) if "action_id" in e)
        for key in ("child_blocks", "elements" if block["type"] == "carousel" else ""):
            yield from elements(block.get(key, []))


def _own(block: Json) -> list[Json]:
    if block["type"] == "carousel":
        return []
    single = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    many = [*block.get("elements", []), *block.get("actions", [])]
    return [*single, *(e for e in many if isinstance(e, dict))]


def find(blocks: Blocks, wanted: str, block_id: str | None = None) -> tuple[Json, Json]:
    """By action id, by the words on it, or by how the action id begins."""
    found = [(b, e) for b, e in elements(blocks) if block_id in (None, b["block_id"])]
    for test in (_same_id, _same_words, _begins):
        for block, element in found:
            if test(element, wanted):
                return block, element
    there = ", ".join(f"{e['action_id']} “{label(e)}”" for _, e in found) or "nothing"
    raise NoSuchElement(f"nothing here is called {wanted!r}; there is {there}")


def _same_id(element: Json, wanted: str) -> bool:
    return bool(element["action_id"] == wanted)


def _same_words(element: Json, wanted: str) -> bool:
    return label(element) == wanted


def _begins(element: Json, wanted: str) -> bool:
    return str(element["action_id"]).startswith(wanted)


def label(element: Json) -> str:
    text = element.get("text")
    return str(text["text"]) if isinstance(text, dict) else ""


def action(block: Json, element: Json, value: object, at: str) -> Json:
    """A forged value passes: whether to believe it is the app's business."""
    shape: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    shape["action_ts"] = at
    match element["type"]:
        case "button" | "workflow_button" | "icon_button":
            shape |= {key: element[key] for key in ("text", "style") if key in element}
            shape |= {"value": value} if value is not None else _own_value(element)
        case _:
            shape |= choice(element, value)
    return shape


def _own_value(element: Json) -> Json:
    return {"value": element["value"]} if "value" in element else {}


_SINGLE = {"users_select": "selected_user", "channels_select": "selected_channel"}
_SINGLE |= {"conversations_select": "selected_conversation", "datepicker": "selected_date"}
_SINGLE |= {"timepicker": "selected_time", "datetimepicker": "selected_date_time"}
_MANY = {"multi_users_select": "selected_users", "multi_channels_select": "selected_channels"}
_MANY |= {"multi_conversations_select": "selected_conversations"}
_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")


def choice(element: Json, value: object) -> Json:
    """What an element holds, as in a view's state; `value` may be the plain thing or Slack's own shape."""
    kind = str(element["type"])
    if isinstance(value, dict) and "text" not in value:
        return {"type": kind, **value}
    if kind in _OPTION:
        return {"type": kind, "selected_option": None if value is None else _option(element, value)}
    if kind in _OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in _list(value)]}
    if kind in _SINGLE:
        return {"type": kind, _SINGLE[kind]: value}
    if kind in _MANY:
        return {"type": kind, _MANY[kind]: _list(value)}
    return {"type": kind, "value": value}


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _option(element: Json, wanted: object) -> Json:
    """By value, by words, or the option itself."""
    offered = [*element.get("options", []), *(o for g in element.get("option_groups", []) for o in g["options"])]
    if str(element["type"]).endswith("external_select") and isinstance(wanted, dict):
        return wanted
    for option in offered:
        if wanted in (option, option.get("value"), option["text"]["text"]):
            return dict(option)
    words = ", ".join(repr(option.get("value")) for option in offered)
    raise NoSuchElement(f"{element['action_id']} offers {words}, not {wanted!r}")
