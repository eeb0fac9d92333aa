"""The grammar of rich text and of table cells. Pure."""

from bot.sandbox.workspace.grammar import Check, boolean, by_type, items, number, one_of, record, string, tagged, url

_STYLE = record({}, dict.fromkeys(("bold", "code", "italic", "strike", "underline"), boolean))
_STYLED: dict[str, Check] = {"style": _STYLE}
_BORDER: dict[str, Check] = {"border": one_of(0, 1)}

_TEXT = tagged("text", {"text": string(None, 1)}, _STYLED)
_LINK = tagged("link", {"url": url}, {**_STYLED, "text": string(), "unsafe": boolean})

ELEMENT = by_type(
    {
        "text": _TEXT,
        "link": _LINK,
        "user": tagged("user", {"user_id": string(None, 1)}, _STYLED),
        "usergroup": tagged("usergroup", {"usergroup_id": string(None, 1)}, _STYLED),
        "channel": tagged("channel", {"channel_id": string(None, 1)}, _STYLED),
        "team": tagged("team", {"team_id": string(None, 1)}, _STYLED),
        "broadcast": tagged("broadcast", {"range": one_of("here", "channel", "everyone")}, _STYLED),
        "emoji": tagged("emoji", {"name": string(None, 1)}, {**_STYLED, "unicode": string(), "url": string()}),
        "color": tagged("color", {"value": string()}, _STYLED),
        "date": tagged(
            "date",
            {"timestamp": number, "format": string(None, 1)},
            {**_STYLED, "fallback": string(), "url": string()},
        ),
    }
)
_SECTION = tagged("rich_text_section", {"elements": items(ELEMENT)})
_LIST = tagged(
    "rich_text_list",
    {"elements": items(_SECTION), "style": one_of("bullet", "ordered")},
    {**_BORDER, "indent": number},
)
_QUOTE = tagged("rich_text_quote", {"elements": items(ELEMENT)}, _BORDER)
_PREFORMATTED = tagged(
    "rich_text_preformatted", {"elements": items(by_type({"text": _TEXT, "link": _LINK}))}, _BORDER
)
PARTS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": _LIST,
        "rich_text_quote": _QUOTE,
        "rich_text_preformatted": _PREFORMATTED,
    }
)
RICH_TEXT = tagged("rich_text", {"elements": items(PARTS)}, {"block_id": string(255, 1)})

CELL = by_type(
    {
        "raw_text": tagged("raw_text", {"text": string()}),
        "raw_number": tagged("raw_number", {"value": number, "text": string()}),
        "rich_text": RICH_TEXT,
    }
)
