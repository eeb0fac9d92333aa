"""How full a disk is: the real one, and the limits as a table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.capability import Checks
from bot.providers.disk import PROVIDER, DiskSettings, judge
from bot.providers.registry import Context


@pytest.mark.parametrize(
    ("used", "state", "says", "brief"),
    [
        (0.41, "ok", "41 % full", "41 %"),
        (0.8499, "ok", "85 % full", "85 %"),
        (0.85, "warn", "85 % full, 2.0 GB left, wants under 85 %", "85 %"),
        (0.95, "fail", "95 % full, 2.0 GB left, wants under 85 %", "95 %"),
    ],
)
def test_the_share_is_judged(used: float, state: str, says: str, brief: str) -> None:
    finding = judge("Disk", used, 2_000_000_000, 0.85)
    assert (finding.state, finding.says, finding.brief) == (state, says, brief)


async def test_each_path_is_a_check(tmp_path: Path, context_for: Callable[..., Context]) -> None:
    settings = DiskSettings.model_validate({"path": [str(tmp_path), str(tmp_path / "nowhere")]})
    offered: Any = PROVIDER.offers(settings, context_for())[Checks]
    here, nowhere = [await check.look() for check in offered.checks()]
    assert here.check == f"Disk {tmp_path}"
    assert here.brief.endswith(" %")
    assert (nowhere.state, nowhere.says) == (
        "fail",
        f"{tmp_path / 'nowhere'} cannot be read (No such file or directory)",
    )


@pytest.mark.parametrize("path", ["data", [], ["/a", "b"]])
def test_a_path_must_be_whole(path: object) -> None:
    with pytest.raises(ValidationError):
        DiskSettings.model_validate({"path": path})
