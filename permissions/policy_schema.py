"""The JSON Schema of policy.yml, for editors: shapes and closed words. Pure.

`policy check` alone decides what is valid.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from permissions.hours import EXAMPLE
from permissions.model import KNOWN_SCOPES, Permission, Risk
from permissions.oncall import EXAMPLE as HANDOVER
from permissions.presets import PRESETS

Schema: TypeAlias = "Mapping[str, Schema] | list[Schema] | str | int | bool"

DRAFT = "http://json-schema.org/draft-07/schema#"
_DURATION = "^[0-9]{1,6}[smhd]$"
_LATER = f"^({'|'.join(sorted(KNOWN_SCOPES))}):[a-z-]+$"  # also of commands that are still to come
_ROLE = "The name of a role."
_CHANNEL: dict[str, Schema] = {"type": "string", "pattern": "^[CG][A-Z0-9]{2,20}$"}


def policy_schema(permissions: Iterable[Permission]) -> dict[str, Schema]:
    return {
        "$schema": DRAFT,
        "title": "policy.yml",
        "description": "Who may do what. Not granted means no; a denial beats every grant.",
        **_mapping(_sections(), required=["people", "roles", "grants"]),
        "definitions": {
            "words": _one_or_more({"type": "string", "minLength": 1}),
            "rights": {
                "description": "A risk, a permission (deploy:rollback) or its first half (deploy).",
                **_one_or_more({"anyOf": [{"enum": _rights(permissions)}, {"type": "string", "pattern": _LATER}]}),
            },
            "places": {
                "description": "Services, environments, service/environment, or protected. Left out: everywhere.",
                **_one_or_more({"type": "string", "minLength": 1}),
            },
            "duration": {"type": "string", "pattern": _DURATION, "description": "A number and s, m, h or d: 15m."},
        },
    }


def _rights(permissions: Iterable[Permission]) -> list[Schema]:
    return [*(risk.value for risk in Risk), *sorted(permissions), *sorted(KNOWN_SCOPES)]


def _sections() -> dict[str, Schema]:
    return {
        "preset": {"enum": [*PRESETS], "description": "How changes are confirmed where approvals say nothing else."},
        "people": {
            "type": "object",
            "description": "Name → Slack member id.",
            "additionalProperties": {"type": "string", "pattern": "^[UW][A-Z0-9]{2,20}$"},
        },
        "roles": {
            "type": "object",
            "description": "Role → people, other roles, `everyone`, or user groups (with trust_groups).",
            "additionalProperties": {"anyOf": [{"$ref": "#/definitions/words"}, {"type": "array", "maxItems": 0}]},
        },
        "trust_groups": {
            "type": "boolean",
            "description": "Whether user groups may stand in roles. In some workspaces any member may edit them.",
        },
        "oncall": _mapping(
            {
                "rotation": {"$ref": "#/definitions/words"},
                "handover": {"type": "string", "description": HANDOVER},
                "since": {
                    "type": "string",
                    "format": "date",
                    "description": "A day of a week that was the turn of the first in the rotation.",
                },
            }
        ),
        "terminal": {
            "type": "object",
            "description": "Login of the machine → the people who sit there when Slack is down.",
            "additionalProperties": {"$ref": "#/definitions/words"},
        },
        "shared_channels": {
            "description": "The ids of channels shared with other companies in which the bot may speak.",
            **_one_or_more(_CHANNEL),
        },
        "grants": _list(_grant(), required=["role", "may"]),
        "denials": _list(_denial(), required=["may", "because"]),
        "approvals": _list(_approval(), required=["risk"]),
        "break_glass": _mapping(
            {"roles": {"$ref": "#/definitions/words"}, "in": {"$ref": "#/definitions/places"}}, required=["roles"]
        ),
    }


def _grant() -> dict[str, Schema]:
    return {
        "role": {"type": "string", "description": _ROLE},
        "may": {"$ref": "#/definitions/rights"},
        "except": {"$ref": "#/definitions/rights"},
        "in": {"$ref": "#/definitions/places"},
        "hours": {"description": f"When: {EXAMPLE}", **_one_or_more({"type": "string"})},
        "channels": {
            "description": "The ids of the channels from which it may be asked.",
            **_one_or_more(_CHANNEL),
        },
    }


def _denial() -> dict[str, Schema]:
    return {
        "people": {"$ref": "#/definitions/words"},
        "roles": {"$ref": "#/definitions/words"},
        "may": {"$ref": "#/definitions/rights"},
        "in": {"$ref": "#/definitions/places"},
        "because": {"type": "string", "minLength": 1, "description": "Whom it stops will read it."},
    }


def _approval() -> dict[str, Schema]:
    return {
        "risk": {"enum": [Risk.CHANGE.value, Risk.DESTRUCTIVE.value]},
        "may": {"$ref": "#/definitions/rights"},
        "in": {"$ref": "#/definitions/places"},
        "need": {"type": "integer", "minimum": 0, "maximum": 20, "description": "How many others must agree."},
        "from": {"type": "string", "description": _ROLE},
        "including": {"type": "string", "description": "A role from which one of the votes must come."},
        "answer": {"$ref": "#/definitions/duration"},
        "alone_after": {"$ref": "#/definitions/duration"},
        "backup_first": {"type": "boolean"},
        "confirm": {"enum": ["none", "button", "typed"]},
    }


def _mapping(properties: Mapping[str, Schema], required: list[Schema] | None = None) -> dict[str, Schema]:
    needed: dict[str, Schema] = {"required": required} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **needed}


def _list(properties: Mapping[str, Schema], required: list[Schema]) -> dict[str, Schema]:
    return {"type": "array", "items": _mapping(properties, required)}


def _one_or_more(item: dict[str, Schema]) -> dict[str, Schema]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}]}
