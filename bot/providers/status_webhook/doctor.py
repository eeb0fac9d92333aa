"""Whether the secret is fit to sign. The address is not called: what it takes, people outside might read."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.checkup import Remark
from bot.providers.status_webhook.models import StatusWebhookSettings

_SHORTEST = 24


@dataclass(frozen=True, slots=True)
class StatusWebhookDoctor:
    """`bot.domain.checkup.Doctor`."""

    settings: StatusWebhookSettings
    secret: str

    async def examine(self) -> Sequence[Remark]:
        if len(self.secret) < _SHORTEST:
            what = f"{self.settings.secret} is shorter than {_SHORTEST} characters: it could be guessed."
            return [Remark("status webhook", "fail", what, "Make one with `openssl rand -hex 32`.")]
        return [Remark("status webhook", "ok", f"signs to {self.settings.url}; it is not called here")]
