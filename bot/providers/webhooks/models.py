"""The catalog's `webhooks` section: {stripe: {secret: $…}, uptime: {kind: pingdom, secret: $…}}."""

import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from bot.domain.catalog import SecretName

Kind = Literal["stripe", "sentry", "uptimerobot", "betterstack", "pingdom", "healthchecks", "generic"]
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class WebhookSettings(BaseModel):
    """kind: left out where the name says it. secret: what signs, or for monitors the token in the address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: SecretName
    kind: Kind | None = None


class WebhooksSettings(RootModel[dict[str, WebhookSettings]]):
    """Name → who calls; the name is in the address: /webhooks/<name>/<service>.<environment>."""

    @model_validator(mode="after")
    def _named(self) -> "WebhooksSettings":
        for name, one in self.root.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot stand in an address; use small letters, digits and hyphens")
            if one.kind is None and name not in get_args(Kind):
                raise ValueError(f"{name!r} needs a kind: one of {', '.join(get_args(Kind))}")
        return self

    def kind(self, name: str) -> str:
        return self.root[name].kind or name
