"""What the world remembers of itself between two starts: ports, secrets, commits. One file."""

import json
import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

SERVERS = ("payments", "production", "staging")
ENVIRONMENTS = ("production", "staging")


@dataclass(frozen=True, slots=True)
class State:
    built_at: str
    ports: Mapping[str, int]
    webhook_secrets: Mapping[str, str] = field(repr=False)
    stripe_keys: Mapping[str, str] = field(repr=False)
    good: str = ""
    bad: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)  # environment → the provider's id


def fresh(built_at: str) -> State:
    return State(
        built_at=built_at,
        ports=free_ports(SERVERS),
        webhook_secrets={name: f"whsec_{secrets.token_hex(16)}" for name in ENVIRONMENTS},
        stripe_keys={name: f"sk_test_{secrets.token_hex(16)}" for name in ENVIRONMENTS},
    )


def read(file: Path) -> State | None:
    return State(**json.loads(file.read_text())) if file.exists() else None


def write(file: Path, state: State) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), indent=1))
    draft.chmod(0o600)
    draft.replace(file)


def with_usable_ports(state: State) -> State:
    """The ports as they were, but another one for each that a stranger has taken since."""
    lost = [name for name, port in state.ports.items() if not usable(port)]
    return replace(state, ports={**state.ports, **free_ports(lost)}) if lost else state


def free_ports(names: tuple[str, ...] | list[str]) -> dict[str, int]:
    with ExitStack() as held:
        lines = [held.enter_context(socket.socket()) for _ in names]
        for line in lines:
            line.bind(("127.0.0.1", 0))
        return {name: line.getsockname()[1] for name, line in zip(names, lines, strict=True)}


def usable(port: int) -> bool:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
