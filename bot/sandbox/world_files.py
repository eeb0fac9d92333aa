"""The demo's catalog.yml and policy.yml, as a person would write them. Secrets only by name."""

import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TypeAlias

import yaml

Channels: TypeAlias = "Mapping[str, str | Sequence[str]]"

CHANNELS: Channels = {"cards": "C0SHOPOPS", "production": ["C0SHOPOPS"], "staging": ["C0SHOPDEV"]}
MONITOR = "outside"  # a service that looks at the shop from elsewhere
CHECKS = (
    {"name": "Home", "path": "/", "status": 200},
    {"name": "Shop", "path": "/health", "status": 200, "expect": {"status": "healthy", "database": "ok"}},
    {"name": "Checkout", "path": "/checkout/quote?sku=harbour", "status": 200, "expect": {"status": "healthy"}},
)

_CATALOG_HEAD = "# The demo's catalog: $NAME is an environment variable of the bot; no secret stands here.\n"

_POLICY = """\
# The demo's policy: not granted = no; a denial beats every grant.
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI, mia: U0MIA}
roles: {admin: [ben], operator: [admin, ana, chi, mia], viewer: everyone}   # everyone = members, never guests
oncall: {rotation: [ana], handover: Mon 10:00 Europe/London}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], except: [billing], in: [shop]}
  - {role: admin, may: [destructive], in: [shop/staging]}        # in production nobody: two admins would be needed
approvals:                                               # what small-team says anyway
  - {risk: change, in: production, need: 1, from: operator, answer: 15m, alone_after: 3m}
"""


def environment(
    *,
    name: str,
    url: str,
    repository: Path,
    releases: Path,
    supervised: Path,
    stripe: Mapping[str, str],
    database: str,
    protected: bool,
) -> dict[str, object]:
    """One environment as the catalog shows it."""
    restart = [sys.executable, "-m", "bot.sandbox.supervisor", "restart", name, "--folder", str(supervised)]
    told: dict[str, object] = {} if protected else {"protected": False}
    heard = {"webhooks": {MONITOR: {"kind": "pingdom", "secret": "$SHOP_MONITOR_HOOK"}}} if protected else {}
    return told | {
        "url": url,
        "health": deepcopy(list(CHECKS)),  # shared parts would become YAML anchors
        "releases": {
            "repository": str(repository),
            "folder": str(releases),
            "build": [sys.executable, "build.py"],
            "build_env": {"PICTURE_SIZE": "$SHOP_PICTURE_SIZE"},
            "restart": restart,
        },
        "postgres": {"url": database},
        "stripe": dict(stripe),
        **heard,
    }


def catalog(repository: Path, channels: Channels, environments: Mapping[str, object]) -> str:
    shop = {
        "repository": str(repository),
        "channels": {name: value if isinstance(value, str) else list(value) for name, value in channels.items()},
        "migrations": ["migrations"],
        "thresholds": {"watch": "10s"},  # a newcomer has three minutes
        "environments": dict(environments),
    }
    text = yaml.safe_dump(
        {"commands": "all", "services": {"shop": shop}},
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=118,
    )
    return _CATALOG_HEAD + text


def policy() -> str:
    return _POLICY
