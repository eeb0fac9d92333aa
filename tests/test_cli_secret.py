"""`watchkeeper secret put`: into .env for its owner only, and its value nowhere else."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.init import env_file


def put(name: str, value: str, folder: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["secret", "put", name, "--file", str(folder / ".env")], input=value)
    return result.exit_code, result.output


@pytest.mark.parametrize("value", ["postgresql://shop:pa%27ss@db/shop", "two words # and more", "a$b"])
def test_a_secret_is_kept_and_not_shown(tmp_path: Path, value: str) -> None:
    code, says = put("$SHOP_DB", f"{value}\n", tmp_path)
    assert code == 0
    assert value not in says
    assert "SHOP_DB is set in" in says
    assert env_file.values(tmp_path / ".env") == {"SHOP_DB": value}
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_another_value_takes_its_line_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ours\nSHOP_DB=old\nOTHER=1\n")
    assert "has another value now" in put("SHOP_DB", "new", tmp_path)[1]
    assert (tmp_path / ".env").read_text() == "# ours\nSHOP_DB=new\nOTHER=1\n"


@pytest.mark.parametrize(("name", "value"), [("SHOP_DB", ""), ("shop db", "x"), ("SHOP_DB", "it's")])
def test_what_cannot_be_kept_changes_nothing(tmp_path: Path, name: str, value: str) -> None:
    code, says = put(name, value, tmp_path)
    assert code == 1
    assert "Nothing changed." in says or "is no variable's name" in says
    assert list(tmp_path.iterdir()) == []
