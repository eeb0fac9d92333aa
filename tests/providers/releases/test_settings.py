"""What the `releases` section takes, and what it refuses with a remedy."""

import pytest
from pydantic import ValidationError

from bot.providers.releases import ReleasesSettings

GOOD = {"repository": "/srv/shop.git", "folder": "/srv/releases", "restart": ["systemctl", "restart", "shop"]}


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "git@host.example:shop/shop.git"},
        {"repository": "ssh://git@host.example/shop.git"},
        {"branch": "release/2026"},
        {"build": ["npm", "run", "build"]},
    ],
)
def test_sound_settings_are_taken(change: dict[str, object]) -> None:
    assert ReleasesSettings.model_validate({**GOOD, **change})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"repository": "--upload-pack=touch /tmp/x"}, "write a path"),
        ({"repository": "ext::sh -c touch%20/tmp/x"}, "write a path"),
        ({"branch": "--all"}, "name of a branch"),
        ({"branch": "main..other"}, "name of a branch"),
        ({"folder": "releases"}, "whole path"),
        ({"restart": []}, "list of arguments"),
        ({"restart": "systemctl restart shop"}, "tuple"),
        ({"build_env": {"A B": "1"}}, "not the name"),
        ({"keep": 1}, "greater than or equal to 2"),
        ({"biuld": ["x"]}, "Extra inputs"),
    ],
)
def test_unsound_settings_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ReleasesSettings.model_validate({**GOOD, **change})
