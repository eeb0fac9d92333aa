"""Every call that the bot made to Slack, held against Slack's own specifications, where SPECS_DIR names them."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from bot.sandbox.workspace import Workspace


def check_calls(workspace: Workspace) -> None:
    """Known arguments, all required ones, and blocks that fit the schema; nothing is checked without SPECS_DIR."""
    folder = os.environ.get("SPECS_DIR")
    if not folder:
        return
    specs = Path(folder) / "slack"
    for call in workspace.calls:
        arguments = _arguments(specs, call.method)
        assert sorted(call.arguments.keys() - arguments["properties"].keys()) == [], call.method
        needed = {name for name in arguments.get("required", []) if name != "token"}
        assert sorted(needed - call.arguments.keys()) == [], call.method
        if found := call.arguments.get("blocks"):
            value = json.loads(found) if isinstance(found, str) else found
            assert [error.message for error in _blocks(specs).iter_errors(value)] == [], call.method


@cache
def _arguments(specs: Path, method: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((specs / "methods" / f"{method}.json").read_text())["args"]
    return found


@cache
def _blocks(specs: Path) -> Draft7Validator:
    whole = json.loads((specs / "block-kit.schema.json").read_text())
    return Draft7Validator({"$ref": "#/definitions/MessageBlocks", "definitions": whole["definitions"]})
