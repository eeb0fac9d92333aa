"""The catalog's `status_webhook` section: {url: https://…, secret: $NAME}."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from bot.domain.catalog import SecretName
from bot.domain.outward import outward_address


class StatusWebhookSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(outward_address)]
    secret: SecretName
