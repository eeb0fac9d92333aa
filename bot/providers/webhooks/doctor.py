"""Where each sender of webhooks must call, and whether its secret is fit to be one. Shows no secret."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.catalog import Place
from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.providers.webhooks.models import WebhooksSettings

TOKENS = frozenset({"uptimerobot", "betterstack", "pingdom", "healthchecks"})
_SHORTEST = 24


@dataclass(frozen=True, slots=True)
class WebhooksDoctor:
    """`bot.domain.checkup.Doctor`."""

    settings: WebhooksSettings
    place: Place
    secret: Callable[[str], str]

    async def examine(self) -> Sequence[Remark]:
        return [remark for name in self.settings.root for remark in self._one(name)]

    def _one(self, name: str) -> Sequence[Remark]:
        kind, variable = self.settings.kind(name), self.settings.root[name].secret
        try:
            value = self.secret(variable)
        except ProviderError:
            return []  # said once already, with every other variable that is not set
        about = f"webhook {name}"
        if kind == "stripe" and not value.startswith("whsec_"):
            what = f"{variable} is no signing secret of a Stripe endpoint (whsec_…)."
            return [Remark(about, "fail", what, "Copy it from the endpoint's page in Stripe.")]
        if len(value) < _SHORTEST:
            what = f"{variable} is shorter than {_SHORTEST} characters: it could be guessed."
            return [Remark(about, "fail", what, "Make one with `openssl rand -hex 32`.")]
        address = f"https://YOUR-HOST/webhooks/{name}/{self.place.service}.{self.place.environment}"
        if kind in TOKENS:
            return [Remark(about, "ok", f"{kind} calls {address}/<the value of {variable}>; it cannot sign")]
        return [Remark(about, "ok", f"{kind} calls {address} and signs")]
