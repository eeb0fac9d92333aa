"""Whether a Stripe key fits: it works, it suits the environment, and it is no more than the bot needs. Reads only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.providers.stripe.client import StripeApi

_RESTRICTED = (
    "Make a restricted key (Developers → API keys) that may read events and webhook endpoints, put it into {key} and "
    "roll the old one; deliveries again then need `signing_secret`."
)


@dataclass(frozen=True, slots=True)
class StripeDoctor:
    """`bot.domain.checkup.Doctor`."""

    api: StripeApi
    key: str
    name: str  # $SHOP_STRIPE_KEY
    protected: bool
    clock: Callable[[], datetime]

    async def examine(self) -> Sequence[Remark]:
        return [self._kind(), *self._mode(), *await self._rights()]

    def _kind(self) -> Remark:
        if self.key.startswith("rk_"):
            return Remark("stripe key", "ok", f"{self.name} is a restricted key")
        if self.key.startswith("sk_"):
            what = f"{self.name} is a secret key: it may do everything in the account, refunds and payouts too."
            live = self.key.startswith("sk_live_")
            return Remark("stripe key", "warn" if live else "ok", what if live else f"{self.name} is a test key",
                          _RESTRICTED.format(key=self.name) if live else "")  # fmt: skip
        return Remark("stripe key", "fail", f"{self.name} holds no Stripe key (rk_… or sk_…).", "Put one there.")

    async def _rights(self) -> Sequence[Remark]:
        """What the bot reads at Stripe, once."""
        try:
            endpoints = await self.api.endpoints()
            at = self.clock()
            await self.api.undelivered(at - timedelta(minutes=1), at)
        except ProviderError as error:
            return [Remark("stripe", "fail", error.what, error.next_step or "See status.stripe.com.")]
        one = len(endpoints) == 1
        return [Remark("stripe", "ok", f"answers, {len(endpoints)} webhook endpoint{'' if one else 's'}")]

    def _mode(self) -> Sequence[Remark]:
        if "_live_" in self.key[:8] and not self.protected:
            what = f"{self.name} is a live key at an environment that is not protected."
            return [Remark("stripe mode", "fail", what, "Give it a test key, or protect the environment.")]
        if "_test_" in self.key[:8] and self.protected:
            what = f"{self.name} is a test key at a protected environment: no real payment is seen."
            return [Remark("stripe mode", "warn", what, "Put a live, restricted key there if payments are real.")]
        return []
