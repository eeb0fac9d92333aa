"""Releases of a real repository: what ran, what lies between, and a switch that is whole or did not happen."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import ProviderError, StepFailed
from bot.providers.releases import GitReleases

NOW = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)


def current(repository: Any) -> str:
    return Path(repository.releases / "current").readlink().name


def history(repository: Any) -> list[dict[str, str]]:
    return [json.loads(line) for line in (repository.releases / "history.jsonl").read_text().splitlines()]


async def fails(deploys: GitReleases, steps: Any, target: str, expect: str) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await deploys.switch(target, steps, by="U0ANA", expect=expect)
    return caught.value


async def test_releases_tell_who_wrote_them_and_when_they_ran(repository: Any, deploys: GitReleases) -> None:
    found = await deploys.releases()
    assert [(one.title, one.author, one.current) for one in found] == [
        ("New checkout", "Mia", True),
        ("Steady shop", "Mia", False),
        ("Shop opens", "Mia", False),
    ]
    assert found[1].until is not None
    assert found[1].at is not None
    assert found[1].until - found[1].at == timedelta(days=6)
    assert found[0].until is None


async def test_a_release_that_came_back_counts_from_its_last_time(repository: Any, deploys: GitReleases) -> None:
    repository.released(repository.commits["Steady shop"], NOW, "rollback")
    assert [one.title for one in await deploys.releases()] == ["Steady shop", "New checkout", "Shop opens"]


async def test_the_link_is_believed_more_than_a_history_that_misses_the_last_switch(
    repository: Any, deploys: GitReleases
) -> None:
    link = repository.releases / "current"
    link.unlink()
    link.symlink_to(repository.commits["Steady shop"])
    found = await deploys.releases()
    assert (found[0].title, found[0].current) == ("Steady shop", True)


async def test_a_torn_last_line_of_the_history_is_passed_over(repository: Any, deploys: GitReleases) -> None:
    with (repository.releases / "history.jsonl").open("a") as file:
        file.write('{"commit": "12')
    assert [one.title for one in await deploys.releases()] == ["New checkout", "Steady shop", "Shop opens"]


async def test_the_history_stands_when_the_repository_cannot_be_read(
    repository: Any, deploys_of: Callable[..., GitReleases]
) -> None:
    found = await deploys_of(repository="/nowhere/shop.git").releases()
    assert (found[0].commit, found[0].title) == (repository.commits["New checkout"], "")


async def test_the_commits_between_two_releases_are_told_newest_first(repository: Any, deploys: GitReleases) -> None:
    between = await deploys.compare(repository.commits["New checkout"], repository.commits["Steady shop"])
    assert [one.title for one in between.back] == ["New checkout", "VAT rounding"]
    assert (between.forward, between.migrations) == ((), ())


async def test_a_changed_migration_between_two_releases_is_named(repository: Any, deploys: GitReleases) -> None:
    newest = repository.commit("Drop a column", {"migrations/0002_drop.sql": "drop", "migrations2/no.sql": "x"})
    between = await deploys.compare(newest, repository.commits["Steady shop"])
    assert between.migrations == ("migrations/0002_drop.sql",)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "HEAD", "main", "-1234567", "12345", "g" * 8, "main~1", ""])
async def test_nothing_but_hex_digits_names_a_release(deploys: GitReleases, ref: str) -> None:
    assert await deploys.find(ref) is None


async def test_a_release_and_a_commit_that_never_ran_are_found_by_seven_digits(
    repository: Any, deploys: GitReleases
) -> None:
    ran = await deploys.find(repository.commits["Steady shop"][:7])
    never = await deploys.find(repository.commits["VAT rounding"][:7])
    assert ran is not None
    assert never is not None
    assert (ran.title, ran.at is None, never.title, never.at) == ("Steady shop", False, "VAT rounding", None)


async def test_a_commit_of_another_branch_is_not_found(repository: Any, deploys: GitReleases) -> None:
    feature = repository.commit("Half a feature", {"app.txt": "x"}, branch="feature")
    assert await deploys.find(feature[:10]) is None


async def test_the_deploy_branch_is_named_while_it_holds_the_commit(repository: Any, deploys: GitReleases) -> None:
    await deploys.releases()
    assert await deploys.holder(repository.commits["New checkout"]) == "main"
    feature = repository.commit("Half a feature", {"app.txt": "x"}, branch="feature")
    assert await deploys.holder(feature) == ""


async def test_a_switch_points_the_link_restarts_and_writes_history(
    repository: Any, deploys: GitReleases, steps: Any
) -> None:
    target, now = repository.commits["Steady shop"], repository.commits["New checkout"]
    took = await deploys.switch(target, steps, by="U0ANA", expect=now)
    assert current(repository) == target
    assert (repository.releases / "running.txt").read_text() == target
    assert history(repository)[-1] == {
        "commit": target,
        "at": NOW.isoformat(),
        "by": "U0ANA",
        "action": "rollback",
    }
    assert [name for name, _ in took] == list(deploys.steps())
    assert steps.said["build"] == ["already built"]
    assert not list(repository.releases.glob(".*"))


async def test_a_commit_without_a_folder_is_built_with_an_explicit_environment(
    repository: Any, deploys: GitReleases, steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    target = repository.commits["VAT rounding"]
    await deploys.switch(target, steps, by="U0ANA", expect=repository.commits["New checkout"])
    folder = repository.releases / target
    assert (folder / "app.txt").read_text() == "3"
    assert (folder / "built.txt").read_text() == f"{target} vanilla\n"
    seen = set((folder / "environment.txt").read_text().split())
    assert {"PATH", "LEVEL", "FLAVOUR", "RELEASE_COMMIT"} <= seen
    assert "SLACK_BOT_TOKEN" not in seen
    assert (folder / ".complete").read_text().strip() == target


async def test_a_half_release_folder_is_not_trusted(repository: Any, deploys: GitReleases, steps: Any) -> None:
    target = repository.commits["VAT rounding"]
    (repository.releases / target).mkdir()
    (repository.releases / target / "app.txt").write_text("half")
    await deploys.switch(target, steps, by="U0ANA", expect=repository.commits["New checkout"])
    assert (repository.releases / target / "app.txt").read_text() == "3"


async def test_a_failed_build_changes_nothing_and_shows_its_last_words(
    repository: Any, deploys: GitReleases, steps: Any
) -> None:
    broken = repository.commit("Broken", {"broken.txt": ""})
    error = await fails(deploys, steps, broken, repository.commits["New checkout"])
    assert error.changed == "nothing"
    assert "code 3" in error.what
    assert "cannot compile checkout" in error.output
    assert current(repository) == repository.commits["New checkout"]
    assert not (repository.releases / broken).exists()
    assert not list(repository.releases.glob(".building-*"))


async def test_a_builds_long_output_goes_to_whoever_asked_as_a_file(
    repository: Any, deploys: GitReleases, steps: Any
) -> None:
    chatty = repository.commit("Chatty", {"chatty.txt": "40"})
    await deploys.switch(chatty, steps, by="U0ANA", expect=repository.commits["New checkout"])
    ((name, content),) = steps.files.items()
    assert name == f"build-{chatty[:7]}.log"
    assert content.splitlines()[0] == "line 0"
    assert len(content.splitlines()) >= 40


async def test_a_build_that_hangs_is_stopped(
    repository: Any, deploys_of: Callable[..., GitReleases], steps: Any
) -> None:
    slow = repository.commit("Slow", {"slow.txt": ""})
    error = await fails(deploys_of(build_timeout_s=1), steps, slow, repository.commits["New checkout"])
    assert "was stopped after 1 s" in error.what
    assert error.changed == "nothing"


async def test_a_release_that_somebody_switched_meanwhile_is_left_alone(
    repository: Any, deploys: GitReleases, steps: Any
) -> None:
    other = repository.commits["Shop opens"]
    repository.released(other, NOW)
    before = history(repository)
    error = await fails(deploys, steps, repository.commits["Steady shop"], repository.commits["New checkout"])
    assert error.changed == "nothing"
    assert "somebody switched it meanwhile" in error.what
    assert (current(repository), history(repository)) == (other, before)


async def test_a_failed_restart_says_what_is_true_now(repository: Any, deploys: GitReleases, steps: Any) -> None:
    (repository.releases / "fail-restart").touch()
    target = repository.commits["Steady shop"]
    error = await fails(deploys, steps, target, repository.commits["New checkout"])
    assert error.changed == "something"
    assert f"`current` points to {target[:7]}" in error.what
    assert "not known" in error.what
    assert "port 8080 is taken" in error.output
    assert current(repository) == target


async def test_a_release_that_is_here_can_be_gone_back_to_while_the_repository_is_away(
    repository: Any, deploys: GitReleases, steps: Any
) -> None:
    await deploys.releases()
    repository.bare.rename(repository.folder / "gone.git")
    target = repository.commits["Steady shop"]
    await deploys.switch(target, steps, by="U0ANA", expect=repository.commits["New checkout"])
    assert current(repository) == target
    assert "cannot be read now" in steps.said["fetch"][-1]


async def test_hooks_of_the_repository_and_of_templates_never_run(
    repository: Any, deploys: GitReleases, tmp_path: Path
) -> None:
    await deploys.releases()
    hooks = deploys.mirror.path / "hooks"
    hooks.mkdir()
    for name in ("post-fetch", "reference-transaction", "post-update"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
        (hooks / name).chmod(0o755)
    repository.commit("Later", {"app.txt": "9"})
    await deploys.mirror.fetch(timedelta(seconds=20))
    assert not (tmp_path / "hooked").exists()


async def test_the_repository_itself_is_never_written_to(repository: Any, deploys: GitReleases, steps: Any) -> None:
    before = repository.git("for-each-ref", cwd=repository.bare)
    await deploys.switch(
        repository.commits["Steady shop"], steps, by="U0ANA", expect=repository.commits["New checkout"]
    )
    assert repository.git("for-each-ref", cwd=repository.bare) == before


async def test_two_looks_at_once_share_one_mirror(repository: Any, deploys: GitReleases) -> None:
    first, second = await asyncio.gather(deploys.releases(), deploys.releases())
    assert (
        [one.title for one in first] == [one.title for one in second] == ["New checkout", "Steady shop", "Shop opens"]
    )


async def test_old_folders_of_ours_go_and_foreign_ones_stay(
    repository: Any, deploys_of: Callable[..., GitReleases], steps: Any
) -> None:
    deploys, now = deploys_of(keep=2), repository.commits["New checkout"]
    rounding = repository.commits["VAT rounding"]
    await deploys.switch(rounding, steps, by="U0ANA", expect=now)
    await deploys.switch(now, steps, by="U0ANA", expect=rounding)
    assert (repository.releases / rounding).exists()
    newest = repository.commit("Checkout again", {"app.txt": "5"})
    await deploys.switch(newest, steps, by="U0ANA", expect=now)
    kept = {path.name for path in repository.releases.iterdir() if len(path.name) == 40}
    assert kept == {newest, now, repository.commits["Steady shop"], repository.commits["Shop opens"]}
    assert "removed 1 old release folder" in steps.said["switch"][-1]


async def test_a_repository_that_cannot_be_read_is_named_without_its_password(
    repository: Any, deploys_of: Callable[..., GitReleases]
) -> None:
    deploys = deploys_of(repository="https://mia:hunter2@127.0.0.1:1/shop.git")
    with pytest.raises(ProviderError) as caught:
        await deploys.compare(repository.commits["New checkout"], repository.commits["Steady shop"])
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1:1/shop.git" in str(caught.value)


async def test_what_a_switch_uses_binds_without_any_secret(deploys: GitReleases) -> None:
    binds = deploys.binds()
    assert binds["build_env"] == ["FLAVOUR", "LEVEL"]
    assert "vanilla" not in str(binds)
