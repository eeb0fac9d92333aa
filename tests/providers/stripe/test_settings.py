"""What the `stripe` section takes, and what it refuses with a remedy."""

import pytest
from pydantic import ValidationError

from bot.providers.stripe import StripeSettings


def test_the_key_alone_is_enough() -> None:
    made = StripeSettings(key="$STRIPE_KEY")
    assert (made.webhook, made.seen, made.signing_secret, made.api) == ("/stripe/webhook", None, None, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "sk_live_abc"}, "environment variable"),
        ({"signing_secret": "whsec_abc"}, "environment variable"),
        ({"api": "http://stripe.example"}, "https://"),
        ({"api": "https://user:pass@stripe.example"}, "without a user name or password"),
        ({"webhook": "stripe/webhook"}, "path"),
        ({"webhook": "//elsewhere.example/x"}, "path"),
        ({"seen": "events"}, "table.column"),
        ({"seen": "events.id; DROP TABLE x"}, "table.column"),
        ({"webhok": "/x"}, "Extra inputs"),
    ],
)
def test_unsound_settings_are_refused(change: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        StripeSettings.model_validate({"key": "$STRIPE_KEY", **change})
