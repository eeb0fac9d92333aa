"""What the environment tells the shop. A missing value stops the start and is named."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    environment: str
    database_url: str
    webhook_secret: str
    host: str
    port: int
    release: str


def read() -> Settings:
    return Settings(
        environment=_needed("SHOP_ENVIRONMENT"),
        database_url=_needed("DATABASE_URL"),
        webhook_secret=_needed("STRIPE_WEBHOOK_SECRET"),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(_needed("PORT")),
        release=_release(),
    )


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"the shop does not start: {name} is not set")
    return value


def _release() -> str:
    built = FOLDER / "release.json"
    if not built.exists():
        raise SystemExit("the shop does not start: release.json is missing; run build.py first")
    return str(json.loads(built.read_text())["commit"])
