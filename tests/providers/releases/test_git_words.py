"""git's own words of what went wrong are told, the key in an address never is."""

import pytest

from bot.providers.releases.git import _told


@pytest.mark.parametrize("key", ["zebra", "ana:zebra", "ana:zeb@zebra@ra", ":zebra", "zebra:"])
@pytest.mark.parametrize("verb", ["fetch", "ls-remote", "archive"])
def test_no_error_of_git_tells_the_key_in_an_address(verb: str, key: str) -> None:
    address = f"https://{key}@git.example/shop.git"
    error = _told(address, verb, f"fatal: unable to access '{address}/': The requested URL returned error: 403")
    told = f"{error} {error.what} {error.next_step}"
    assert "zebra" not in told
    assert "git.example/shop.git" in told
    assert "403" in told
