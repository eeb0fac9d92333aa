"""A form as Slack's modal (docs.slack.dev: "Modals"), and what is wrong with it as Slack wants to be told."""

from collections.abc import Mapping, Sequence

from bot.domain.form import Choice, Form, Input
from bot.domain.json import Json, JsonObject
from bot.slack.blocks import plain_object
from bot.slack.mrkdwn import mrkdwn

CALLBACK = "form"
_TITLE, _LABEL, _OPTION, _PLACEHOLDER, _WRONG = 24, 2000, 75, 150, 300
_SAYS = 3000


def form_view(form: Form) -> JsonObject:
    blocks: list[Json] = [_says(form.says), *map(_block, form.inputs)]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": form.target,
        "title": plain_object(form.title, _TITLE),
        "submit": plain_object(form.submit, _TITLE),
        "close": plain_object("Not yet", _TITLE),
        "blocks": blocks,
    }


def errors(wrong: Mapping[str, str], inputs: Sequence[str]) -> dict[str, str]:
    """Under the inputs that the form has; what belongs to none of them stands under the first."""
    return {name if name in inputs else inputs[0]: _short(says) for name, says in wrong.items()}


def _short(says: str) -> str:
    return says if len(says) <= _WRONG else f"{says[: _WRONG - 1]}…"


def _says(text: str) -> JsonObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn(text)[:_SAYS], "verbatim": True}}


def _block(one: Input) -> JsonObject:
    block: JsonObject = {
        "type": "input",
        "block_id": one.name,
        "label": plain_object(one.label, _LABEL),
        "element": {"action_id": one.name, **_element(one)},
    }
    if one.optional:
        block["optional"] = True
    if one.hint and one.kind != "check":  # there it stands beside the box
        block["hint"] = plain_object(one.hint, _LABEL)
    return block


def _element(one: Input) -> JsonObject:
    match one.kind:
        case "choice":
            return _select(one)
        case "person":
            chosen = one.value.strip("<@>")
            return {"type": "users_select", **({"initial_user": chosen} if chosen else {})}
        case "check":
            option: JsonObject = {"text": plain_object(one.hint or one.label, _OPTION), "value": "yes"}
            checked: JsonObject = {"initial_options": [option]} if one.value else {}
            return {"type": "checkboxes", "options": [option], **checked}
        case "text":
            element: JsonObject = {"type": "plain_text_input", "max_length": one.longest}
            if one.shortest > 1:
                element["min_length"] = one.shortest
            if one.value:
                element["initial_value"] = one.value[: one.longest]
            if one.placeholder:
                element["placeholder"] = plain_object(one.placeholder, _PLACEHOLDER)
            return element


def _select(one: Input) -> JsonObject:
    """Headings only where there are several."""
    groups = list(dict.fromkeys(choice.group for choice in one.choices))
    options = {choice.value: _option(choice) for choice in one.choices}
    element: JsonObject = {"type": "static_select"}
    if len(groups) > 1:
        element["option_groups"] = [_group(group, one.choices) for group in groups]
    else:
        element["options"] = list(options.values())
    if one.value in options:
        element["initial_option"] = options[one.value]
    return element


def _group(name: str, choices: Sequence[Choice]) -> JsonObject:
    own: list[Json] = [_option(choice) for choice in choices if choice.group == name]
    return {"label": plain_object(name, _OPTION), "options": own}


def _option(choice: Choice) -> JsonObject:
    option: JsonObject = {"text": plain_object(choice.label, _OPTION), "value": choice.value}
    return {**option, "description": plain_object(choice.help, _OPTION)} if choice.help else option
