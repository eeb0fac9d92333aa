"""The catalog's `depends_on`, and the parts of status pages that we read."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from bot.domain.address import web_address

SUMMARY = "/api/v2/summary.json"
VENDORS = {
    "cloudflare": "https://www.cloudflarestatus.com",
    "github": "https://www.githubstatus.com",
    "sentry": "https://status.sentry.io",
    "slack": "https://slack-status.com",
    "stripe": "https://status.stripe.com",
    "supabase": "https://status.supabase.com",
    "vercel": "https://www.vercel-status.com",
}
"""Pages that are known by name; any other of the same make is named with its address."""


def _vendor(value: str) -> str:
    if value not in VENDORS:
        raise ValueError(
            f"the status page of {value!r} is not known; write {{name: {value}, page: https://status.example}}"
        )
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}", value):
        raise ValueError("write the vendor's name, like Mailgun")
    return value


def _page(value: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/?", value):
        raise ValueError("write only https:// and the host of the page, like https://status.example")
    web_address(value, keyed=False)
    return value.rstrip("/")


class OtherPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_name)]
    page: Annotated[str, AfterValidator(_page)]


class StatusPageSettings(RootModel[tuple[Annotated[str, AfterValidator(_vendor)] | OtherPage, ...]]):
    """[stripe, vercel, {name: Mailgun, page: https://status.mailgun.com}]."""

    def pages(self) -> tuple[tuple[str, str], ...]:
        """(name, address)."""
        named = {one: VENDORS[one] for one in self.root if isinstance(one, str)}
        others = {one.name: one.page for one in self.root if isinstance(one, OtherPage)}
        return tuple((named | others).items())


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Status(_Reply):
    indicator: str
    description: str = ""


class Trouble(_Reply):
    name: str = ""
    status: str = ""
    impact: str = ""
    shortlink: str | None = None


class Component(_Reply):
    name: str = ""
    status: str = ""
    group: bool = False


class Summary(_Reply):
    """Atlassian Statuspage: GET /api/v2/summary.json."""

    status: Status
    incidents: list[Trouble] = Field(default_factory=list)
    components: list[Component] = Field(default_factory=list)


class SlackTrouble(_Reply):
    title: str = ""
    type: str = ""
    url: str | None = None


class SlackStatus(_Reply):
    """Slack's own: GET /api/v2.0.0/current."""

    status: str
    active_incidents: list[SlackTrouble] = Field(default_factory=list)


class Instatus(_Reply):
    """Instatus: GET /summary.json."""

    class Page(_Reply):
        status: str

    class Active(_Reply):
        name: str = ""
        url: str | None = None

    page: Page
    activeIncidents: list[Active] = Field(default_factory=list)  # noqa: N815 - its own spelling
