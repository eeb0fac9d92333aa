"""The grammar of Block Kit's texts, composition objects and interactive elements. Pure."""

from bot.sandbox.workspace.grammar import (
    Check,
    Problems,
    also,
    boolean,
    by_type,
    items,
    needs_one,
    number,
    one_of,
    record,
    string,
    tagged,
    url,
    whole,
)

ID = string(255, 1)


def plain(most: int = 3000) -> Check:
    return tagged("plain_text", {"text": string(most, 1)}, {"emoji": boolean})


def mrkdwn(most: int = 3000) -> Check:
    return tagged("mrkdwn", {"text": string(most, 1)}, {"verbatim": boolean})


def words(most: int = 3000) -> Check:
    return by_type({"plain_text": plain(most), "mrkdwn": mrkdwn(most)})


STYLE = one_of("primary", "danger")
CONFIRM = record({"text": words(300)}, {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": STYLE})
SLACK_FILE = also(record({}, {"id": string(None, 1), "url": url}), needs_one("id", "url"))
PLAIN_OPTION = record({"text": plain(75)}, {"value": string(150), "description": plain(75), "url": url})
OPTION = record({"text": words(75)}, {"value": string(150), "description": plain(75), "url": url})
OPTION_GROUP = record({"label": plain(75), "options": items(PLAIN_OPTION, 100, 1)})
DISPATCH = record({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), None, 1)})
IMAGE = also(
    tagged("image", {"alt_text": string(2000)}, {"image_url": url, "slack_file": SLACK_FILE}),
    needs_one("image_url", "slack_file"),
)

_COMMON: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM}
_PICKER: dict[str, Check] = {**_COMMON, "focus_on_load": boolean, "placeholder": plain(150)}
_MANY: dict[str, Check] = {**_PICKER, "max_selected_items": whole(1, 1000)}
_TYPED: dict[str, Check] = {
    "action_id": ID,
    "dispatch_action_config": DISPATCH,
    "focus_on_load": boolean,
    "placeholder": plain(150),
}
_FILTER = record(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), None, 1),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)


def _chosen_is_offered(value: object, at: str) -> Problems:
    """The initial choice must be one of the options, word for word."""
    if not isinstance(value, dict):
        return
    offered = list(value.get("options", []))
    for group in value.get("option_groups", []):
        offered += group.get("options", []) if isinstance(group, dict) else []
    chosen = value.get("initial_options", []) if "initial_options" in value else [value.get("initial_option")]
    for option in chosen if isinstance(chosen, list) else []:
        if option is not None and option not in offered:
            yield at, "initial option must match one of the options"


BUTTON = tagged(
    "button",
    {"text": plain(75)},
    {
        **_COMMON,
        "accessibility_label": string(75),
        "style": STYLE,
        "url": url,
        "value": string(2000),
    },
)
_WORKFLOW_INPUT = record({"name": string(), "value": string()})
WORKFLOW_BUTTON = tagged(
    "workflow_button",
    {
        "text": plain(75),
        "workflow": record(
            {"trigger": record({"url": url}, {"customizable_input_parameters": items(_WORKFLOW_INPUT)})}
        ),
    },
    {**_COMMON, "accessibility_label": string(75), "style": STYLE},
)
OVERFLOW = tagged("overflow", {"options": items(PLAIN_OPTION, 5, 1)}, _COMMON)
CHECKBOXES = also(
    tagged(
        "checkboxes",
        {"options": items(OPTION, 10, 1)},
        {**_COMMON, "focus_on_load": boolean, "initial_options": items(OPTION, 10)},
    ),
    _chosen_is_offered,
)
RADIO = also(
    tagged(
        "radio_buttons",
        {"options": items(OPTION, 10, 1)},
        {**_COMMON, "focus_on_load": boolean, "initial_option": OPTION},
    ),
    _chosen_is_offered,
)
DATEPICKER = tagged("datepicker", {}, {**_PICKER, "initial_date": string()})
TIMEPICKER = tagged("timepicker", {}, {**_PICKER, "initial_time": string(), "timezone": string()})
DATETIMEPICKER = tagged("datetimepicker", {}, {**_COMMON, "focus_on_load": boolean, "initial_date_time": number})

_OFFERS: dict[str, Check] = {"options": items(PLAIN_OPTION, 100, 1), "option_groups": items(OPTION_GROUP, 100, 1)}


def _static(name: str, optional: dict[str, Check]) -> Check:
    return also(tagged(name, {}, {**optional, **_OFFERS}), needs_one("options", "option_groups"), _chosen_is_offered)


SELECTS: dict[str, Check] = {
    "static_select": _static("static_select", {**_PICKER, "initial_option": PLAIN_OPTION}),
    "external_select": tagged(
        "external_select", {}, {**_PICKER, "initial_option": PLAIN_OPTION, "min_query_length": number}
    ),
    "users_select": tagged("users_select", {}, {**_PICKER, "initial_user": string()}),
    "channels_select": tagged(
        "channels_select", {}, {**_PICKER, "initial_channel": string(), "response_url_enabled": boolean}
    ),
    "conversations_select": tagged(
        "conversations_select",
        {},
        {
            **_PICKER,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _FILTER,
        },
    ),
}
MULTI_SELECTS: dict[str, Check] = {
    "multi_static_select": _static("multi_static_select", {**_MANY, "initial_options": items(PLAIN_OPTION, 100)}),
    "multi_external_select": tagged(
        "multi_external_select", {}, {**_MANY, "initial_options": items(PLAIN_OPTION), "min_query_length": number}
    ),
    "multi_users_select": tagged("multi_users_select", {}, {**_MANY, "initial_users": items(string())}),
    "multi_channels_select": tagged("multi_channels_select", {}, {**_MANY, "initial_channels": items(string())}),
    "multi_conversations_select": tagged(
        "multi_conversations_select",
        {},
        {
            **_MANY,
            "initial_conversations": items(string()),
            "default_to_current_conversation": boolean,
            "filter": _FILTER,
        },
    ),
}
_FEEDBACK = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": tagged(
        "feedback_buttons", {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}
    ),
    "icon_button": tagged(
        "icon_button",
        {"icon": string(), "text": plain(75)},
        {
            **_COMMON,
            "accessibility_label": string(75),
            "value": string(2000),
            "visible_to_user_ids": items(string()),
        },
    ),
}


def _number_input(required: dict[str, Check]) -> Check:
    bounds: dict[str, Check] = {"initial_value": string(), "min_value": string(), "max_value": string()}
    return tagged("number_input", required, {**_TYPED, **bounds})


def inputs(rich_text: Check) -> dict[str, Check]:
    """What an input block may hold."""
    text_input = {"initial_value": string(3000), "min_length": whole(0, 3000), "max_length": whole(1, 3000)}
    typed: dict[str, Check] = {
        "plain_text_input": tagged("plain_text_input", {}, {**_TYPED, **text_input, "multiline": boolean}),
        "email_text_input": tagged("email_text_input", {}, {**_TYPED, "initial_value": string()}),
        "url_text_input": tagged("url_text_input", {}, {**_TYPED, "initial_value": string()}),
        "number_input": _number_input({"is_decimal_allowed": boolean}),
        "file_input": tagged(
            "file_input", {}, {"action_id": ID, "filetypes": items(string()), "max_files": whole(1, 10)}
        ),
        "rich_text_input": rich_text_input(rich_text),
    }
    choices = {"checkboxes": CHECKBOXES, "radio_buttons": RADIO}
    times = {"datepicker": DATEPICKER, "timepicker": TIMEPICKER, "datetimepicker": DATETIMEPICKER}
    return {**typed, **choices, **times, **SELECTS, **MULTI_SELECTS}


def rich_text_input(rich_text: Check) -> Check:
    lines: dict[str, Check] = {"min_lines": number, "max_lines": number}
    return tagged("rich_text_input", {}, {**_TYPED, **lines, "initial_value": rich_text})


def in_actions(rich_text: Check) -> dict[str, Check]:
    return {**in_section(), "rich_text_input": rich_text_input(rich_text), "datetimepicker": DATETIMEPICKER}


def in_section() -> dict[str, Check]:
    """What may stand beside a section, without the image."""
    buttons = {"button": BUTTON, "workflow_button": WORKFLOW_BUTTON, "overflow": OVERFLOW}
    choices = {"checkboxes": CHECKBOXES, "radio_buttons": RADIO, "datepicker": DATEPICKER, "timepicker": TIMEPICKER}
    return {**buttons, **choices, **SELECTS, **MULTI_SELECTS}
