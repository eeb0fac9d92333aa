"""The catalog's `statuspage` section, and the parts of Statuspage's replies that we read."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.catalog import SecretName
from bot.domain.outward import outward_address

OURS = "watchkeeper"
"""The part of an incident's metadata that is ours: {incident: marker, update: key}."""


def _id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]{6,30}", value):
        raise ValueError("write the id as Statuspage's address shows it: small letters and digits")
    return value


Id = Annotated[str, AfterValidator(_id)]


class StatuspageSettings(BaseModel):
    """components: name → id of those that an incident here concerns. notify: subscribers get each update."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: Id
    token: SecretName
    components: dict[str, Id] = Field(default_factory=dict)
    notify: bool = True
    api: Annotated[str, AfterValidator(outward_address)] = "https://api.statuspage.io"


class Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Page(Reply):
    """GET /v1/pages/{page}."""

    id: str
    name: str = ""


class Component(Reply):
    """One of GET /v1/pages/{page}/components."""

    id: str
    name: str = ""


class Incident(Reply):
    """As every call about an incident answers it."""

    id: str
    status: str = ""
    shortlink: str | None = None
    metadata: dict[str, object] = Field(default_factory=dict)

    @property
    def ours(self) -> dict[str, object]:
        found = self.metadata.get(OURS)
        return found if isinstance(found, dict) else {}
