"""The only reader of the environment."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.address import web_address

SLACK = "https://slack.com/api/"
ENV_FILE = Path(".env")


class SettingsError(Exception):
    """The process refuses to start; each line says which variable and what to do."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


def _name(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """See design: "Interfaces that do not change". Secrets are never printed."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True, case_sensitive=True, populate_by_name=True
    )

    bot_token: SecretStr = Field(validation_alias=_name("SLACK_BOT_TOKEN"))
    signing_secret: SecretStr | None = Field(default=None, validation_alias=_name("SLACK_SIGNING_SECRET"))
    app_token: SecretStr | None = Field(default=None, validation_alias=_name("SLACK_APP_TOKEN"))
    api_url: str = Field(default=SLACK, validation_alias=_name("SLACK_API_URL"))
    database_url: SecretStr | None = Field(default=None, validation_alias=_name("DATABASE_URL"))
    data_dir: Path = Field(default=Path(".watchkeeper"), validation_alias=_name("WATCHKEEPER_DATA_DIR"))
    catalog: Path = Field(default=Path("catalog.yml"), validation_alias=_name("WATCHKEEPER_CATALOG"))
    policy: Path = Field(default=Path("policy.yml"), validation_alias=_name("WATCHKEEPER_POLICY"))
    url: str = Field(default="", validation_alias=_name("WATCHKEEPER_URL"))
    host: str = Field(default="127.0.0.1", validation_alias=_name("HOST"))
    port: int = Field(default=3000, ge=0, le=65535, validation_alias=_name("PORT"))
    admin_host: str = Field(default="127.0.0.1", validation_alias=_name("ADMIN_HOST"))
    admin_port: int = Field(default=3001, ge=0, le=65535, validation_alias=_name("ADMIN_PORT"))

    @field_validator("bot_token", "signing_secret", "app_token", "database_url")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty")
        return value

    @field_validator("app_token")
    @classmethod
    def _app_level(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("xapp-"):
            raise ValueError("is not an app-level token")
        return value

    @model_validator(mode="after")
    def _a_way_in(self) -> "Settings":
        if self.signing_secret is None and self.app_token is None:
            raise ValueError(_NO_WAY_IN)
        return self

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value:
            web_address(value, keyed=False)
        return value.rstrip("/")

    @field_validator("api_url")
    @classmethod
    def _https_or_loopback(cls, value: str) -> str:
        web_address(value)
        return value if value.endswith("/") else f"{value}/"


_REMEDY = {
    "SLACK_BOT_TOKEN": "copy it from your Slack app: OAuth & Permissions, Bot User OAuth Token (xoxb-…)",
    "SLACK_SIGNING_SECRET": "copy it from your Slack app: Basic Information, App Credentials",
    "SLACK_APP_TOKEN": "copy it from your Slack app: Basic Information, App-Level Tokens (xapp-…, connections:write)",
    "SLACK_API_URL": "leave it unset for Slack itself",
    "WATCHKEEPER_URL": "where people reach the bot from outside, for links; leave it unset without such links",
    "DATABASE_URL": "write postgresql://…, or unset it for the embedded PostgreSQL",
}


_NO_WAY_IN = (
    "SLACK_SIGNING_SECRET is missing, and so is SLACK_APP_TOKEN: set the first (Basic Information, App Credentials) "
    "when Slack reaches the bot at a URL, the second (App-Level Tokens) for Socket Mode without one."
)


def load() -> Settings:
    """Raises SettingsError that names every variable that is missing, empty or wrong; never its value."""
    try:
        return Settings()  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        found = [(e["loc"], e["type"], e["msg"].removeprefix("Value error, ")) for e in error.errors()]
        raise SettingsError([_line(str(at[0]), kind, says) if at else says for at, kind, says in found]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([_unread(error)]) from None


def _unread(error: OSError | UnicodeDecodeError) -> str:
    file = ENV_FILE.absolute()
    if isinstance(error, UnicodeDecodeError):
        return f"{file} is no text in UTF-8: write it again, one NAME=value a line."
    owner = "give it to the user that runs the bot (chown), with mode 0600"
    return f"{file} cannot be read ({error.strerror}): {owner}, or run this as that user."


def _line(name: str, kind: str, message: str) -> str:
    what = "is missing" if kind == "missing" else message
    remedy = _REMEDY.get(name, "see docs/install.md")
    return f"{name} {what}: {remedy}."


def variable(name: str) -> str:
    """A variable of the environment, else of `.env` in the working folder; empty where neither has it."""
    if name in os.environ:
        return os.environ[name]
    try:
        changed = ENV_FILE.stat().st_mtime_ns
        return _written(ENV_FILE.absolute(), changed).get(name) or ""
    except (OSError, UnicodeDecodeError):  # `load` says so
        return ""


@lru_cache(maxsize=4)
def _written(file: Path, changed: int) -> Mapping[str, str | None]:
    return dotenv_values(file, interpolate=False)
