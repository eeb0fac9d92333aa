"""All the text of a message, for assertions and transcripts. Pure."""

from bot.sandbox.workspace.things import Json, Message

_KEYS: tuple[str, ...] = (
    *("text", "title", "subtitle", "rich_text_title", "fields", "elements", "accessory", "label", "hint", "element"),
    *("placeholder", "rows", "caption", "tasks", "details", "output", "sources", "child_blocks", "body", "actions"),
    *("alt_text", "options", "description", "positive_button", "negative_button", "blocks", "fallback"),
)
_INLINE = ("rich_text_section", "rich_text_quote", "rich_text_preformatted")


def all_text(message: Message) -> str:
    """The top-level text, then every text of blocks and attachments, a line each."""
    return "\n".join(filter(None, [message.text, *_lines(message.blocks), *_lines(message.attachments)]))


def _lines(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, list):
        return [line for item in part for line in _lines(item)]
    if not isinstance(part, dict):
        return []
    if part.get("type") in _INLINE:
        return ["".join(_inline(element) for element in part["elements"])]
    return [line for key in _KEYS if key in part for line in _lines(part[key])]


def _inline(element: Json) -> str:
    match element["type"]:
        case "text":
            return str(element["text"])
        case "link":
            return str(element.get("text") or element["url"])
        case "emoji":
            return f":{element['name']}:"
        case "user":
            return f"<@{element['user_id']}>"
        case "channel":
            return f"<#{element['channel_id']}>"
        case "usergroup":
            return f"<!subteam^{element['usergroup_id']}>"
        case "broadcast":
            return f"<!{element['range']}>"
        case "date":
            return str(element.get("fallback") or element["timestamp"])
        case _:
            return ""
