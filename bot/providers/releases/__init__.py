"""Releases of a git repository on this host, built into folders and switched by one link."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel

from bot.domain.capability import Deploys
from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.releases.build import Builder
from bot.providers.releases.deploys import GitReleases, Restart
from bot.providers.releases.doctor import ReleasesDoctor
from bot.providers.releases.folder import Folder
from bot.providers.releases.git import Mirror
from bot.providers.releases.models import ReleasesSettings

__all__ = ["PROVIDER", "GitReleases", "ReleasesSettings"]


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, ReleasesSettings)  # noqa: S101 - the registry parsed it with this very model
    made = releases(settings, context)
    commands = tuple(command for command in (settings.build, settings.restart) if command)
    doctor = ReleasesDoctor(settings.folder, made.mirror, settings.branch, commands, context.entry.run_as)
    return {Deploys: made, Doctor: doctor}


def releases(settings: ReleasesSettings, context: Context) -> GitReleases:
    place = context.entry.place
    folder = Folder(settings.folder)
    mirror = Mirror(
        settings.repository, context.data_dir / "repositories" / place.service / f"{place.environment}.git"
    )
    build_env = _resolved({**context.entry.script_env, **settings.build_env}, context)
    timeout = timedelta(seconds=settings.build_timeout_s)
    return GitReleases(
        str(place),
        folder,
        mirror,
        Builder(folder, mirror, settings.build, build_env, timeout, context.entry.run_as),
        Restart(
            settings.restart,
            _resolved(settings.restart_env, context),
            timedelta(seconds=settings.restart_timeout_s),
        ),
        settings.branch,
        context.service.migrations,
        settings.keep,
        context.clock,
    )


def _resolved(values: Mapping[str, str], context: Context) -> dict[str, str]:
    """$NAME becomes what the bot's environment holds under it; anything else stands for itself."""
    return {name: context.secret(value) if value.startswith("$") else value for name, value in values.items()}


PROVIDER = Provider("releases", ReleasesSettings, offers, gives=(Deploys,))
