"""A form being filled in: the view's state, and what the client itself would not let through. Pure."""

from collections.abc import Mapping

from bot.sandbox.workspace.pressing import NoSuchElement, choice
from bot.sandbox.workspace.things import Json, View

REQUIRED = "Please complete this required field."


def fill(view: View, values: Mapping[str, object]) -> tuple[Json, dict[str, str]]:
    """State and errors by block. A value is given by block or action id, plainly or as Slack's state has it."""
    state: Json = {}
    errors: dict[str, str] = {}
    inputs = [block for block in view.blocks if block["type"] == "input"]
    _all_known(view, inputs, values)
    for block in inputs:
        element = block["element"]
        held = choice(element, _given(block, element, values))
        if problem := _problem(block, element, held):
            errors[block["block_id"]] = problem
        state[block["block_id"]] = {element["action_id"]: held}
    return state, errors


def _all_known(view: View, inputs: list[Json], values: Mapping[str, object]) -> None:
    known = {block["block_id"] for block in inputs} | {block["element"]["action_id"] for block in inputs}
    known |= {block["block_id"] for block in view.blocks}
    if strange := values.keys() - known:
        raise NoSuchElement(f"the form has no field {sorted(strange)}; it has {sorted(known)}")


def _given(block: Json, element: Json, values: Mapping[str, object]) -> object:
    value = values.get(block["block_id"], values.get(element["action_id"], _initial(element)))
    if isinstance(value, Mapping) and element["action_id"] in value:
        return value[element["action_id"]]
    return value


def _initial(element: Json) -> object:
    return next((value for key, value in element.items() if key.startswith("initial_")), None)


def _problem(block: Json, element: Json, held: Json) -> str | None:
    content = next((value for key, value in held.items() if key != "type"), None)
    if not content:
        return None if block.get("optional") else REQUIRED
    if isinstance(content, str) and "value" in held:
        return _length_problem(element, content)
    return None


def _length_problem(element: Json, text: str) -> str | None:
    if len(text) < element.get("min_length", 0):
        return f"At least {element['min_length']} characters, please."
    most = element.get("max_length", 3000)
    return f"At most {most} characters, please." if len(text) > most else None
