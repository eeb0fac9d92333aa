"""The JSON Schema of catalog.yml, for editors; each provider's section comes from its own model. Pure.

It knows shapes and names of keys; `policy check` alone decides what is valid.
"""

from collections.abc import Mapping
from typing import cast

from pydantic import BaseModel

from bot.domain.catalog_file import Sections
from bot.domain.catalog_parts import NAME, THRESHOLDS, UPDATES
from bot.domain.json import Json, JsonObject
from permissions.model import Risk
from permissions.policy_schema import DRAFT

_NAMES = f"^{NAME.pattern}$"
_CHANNEL: JsonObject = {"type": "string", "pattern": "^[CG][A-Z0-9]{2,20}$", "description": "The id of a channel."}
_WORD: JsonObject = {"type": "string", "minLength": 1}
_VARIABLE: JsonObject = {"type": "string", "pattern": r"^\$[A-Z_][A-Z0-9_]*$", "description": "$NAME, a variable."}


def catalog_schema(sections: Sections) -> JsonObject:
    definitions: JsonObject = {}
    named = {name: _section(model, definitions) for name, model in sorted(sections.items())}
    definitions["environment"] = _mapping({**_environment(), **named})
    definitions["service"] = {**_mapping(_service()), "required": ["environments"]}
    services = _named("service", "Service → what it is made of.")
    return {
        "$schema": DRAFT,
        "title": "catalog.yml",
        "description": "What is operated. $NAME is an environment variable of the bot; secrets are refused here.",
        **_mapping({"services": services, **_own()}),
        "required": ["services"],
        "definitions": definitions,
    }


_RETENTION = {
    "answers": "How long the answer to a look is kept; 30d without it.",
    "files": "How long output that nobody fetched is kept; 30d without it.",
    "payloads": "How long is kept what events say beyond their facts; for ever without it.",
}


def _own() -> JsonObject:
    """What is said of the bot itself."""
    ops: JsonObject = {**_CHANNEL, "description": "Where the bot tells of itself; else where runs are shown."}
    every: JsonObject = {"type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "description": "60s without it."}
    return {
        "channels": _mapping({"ops": ops}),
        "commands": {
            "enum": ["five", "core", "all"],
            "description": "What `watchkeeper manifest --commands …` was told; core without it.",
        },
        "retention": _mapping({name: {**every, "description": said} for name, said in _RETENTION.items()}),
        "incidents": _mapping(
            {
                "postmortem": {"type": "string", "description": "The template of post-mortems."},
                "channel_from": {
                    "enum": ["sev1", "sev2", "sev3", "sev4"],
                    "description": "A lesser one gets a thread instead of a channel; sev3 without it.",
                },
            }
        ),
        "dead_man": {**_mapping({"url": _VARIABLE, "every": every}), "required": ["url"]},
    }


def _service() -> JsonObject:
    channels: JsonObject = {
        "type": "object",
        "description": "cards: where runs are shown. environment: the channels that stand for it.",
        "properties": {"cards": _CHANNEL},
        "additionalProperties": _one_or_more(_CHANNEL),
    }
    return {
        "repository": {"type": "string", "description": "Read only: plans name the commits."},
        "channels": channels,
        "migrations": _one_or_more(_WORD),
        "thresholds": _mapping({name: {"type": "string"} for name in THRESHOLDS}),
        "scripts": {"type": "object", "additionalProperties": _script(), "propertyNames": {"pattern": _NAMES}},
        "public_name": {"type": "string", "description": "What people outside call it.", "maxLength": 60},
        "updates": {
            **_mapping({name: {"type": "string"} for name in UPDATES}),
            "description": "When people outside are told of an incident; {}: as usual.",
        },
        "environments": _named("environment", "Environment → its providers; protected unless it says otherwise."),
    }


def _script() -> JsonObject:
    run: JsonObject = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1}
    risk: JsonObject = {"enum": [risk.value for risk in Risk]}
    keys: JsonObject = {"run": run, "risk": risk, "in": _one_or_more(_WORD), "backup_first": {"type": "boolean"}}
    return {**_mapping(keys), "required": ["run", "risk"]}


def _environment() -> JsonObject:
    return {
        "protected": {"type": "boolean", "description": "Left out: true."},
        "url": {"type": "string", "pattern": "^https?://"},
        "aliases": _one_or_more(_WORD),
        "script_env": {
            "type": "object",
            "description": "All of the environment that a script gets.",
            "additionalProperties": _VARIABLE,
        },
        "run_as": {"type": "string", "description": "The system user that scripts run as."},
    }


def _section(model: type[BaseModel], definitions: JsonObject) -> JsonObject:
    """The model's own schema; models inside it move to the whole file's definitions."""
    schema = cast("JsonObject", model.model_json_schema(ref_template="#/definitions/{model}"))
    inner = schema.pop("$defs", {})
    definitions |= cast("JsonObject", _plain(inner))
    return cast("JsonObject", _plain(schema))


def _plain(schema: Json) -> Json:
    """Without what only programs mean, and a list also as its one item: many models take both."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties")
    kept = {key: _plain(value) for key, value in schema.items() if key not in _LEFT_OUT}
    if isinstance(properties, dict):
        kept["properties"] = {key: _plain(value) for key, value in properties.items()}
    one = kept.get("items")
    return {"anyOf": [kept, one]} if kept.get("type") == "array" and isinstance(one, dict) else kept


_LEFT_OUT = frozenset({"format", "default", "title", "properties"})


def _mapping(properties: Mapping[str, Json]) -> JsonObject:
    return {"type": "object", "properties": {**properties}, "additionalProperties": False}


def _named(definition: str, description: str) -> JsonObject:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": {"$ref": f"#/definitions/{definition}"},
        "propertyNames": {"pattern": _NAMES},
        "minProperties": 1,
    }


def _one_or_more(item: JsonObject) -> JsonObject:
    return {"anyOf": [item, {"type": "array", "items": item, "uniqueItems": True}]}
