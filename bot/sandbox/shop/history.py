"""The shop's commits, oldest first, and the files of each. `template/` is the good one; the last two break it."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "template"
_RENAMED = {
    "commit.txt": "COMMIT",
    "gitattributes.txt": ".gitattributes",
    "gitignore.txt": ".gitignore",
    "readme.txt": "README.md",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """In one file `old` became `new`; an `old` of None means that the file itself was new."""

    path: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Commit:
    """`ago`: how long before the world's now it was made."""

    subject: str
    author: str
    ago: timedelta
    edits: tuple[Edit, ...] = field(default=(), repr=False)


_EMBER = '    Product("ember", "Ember candle", "Beeswax, burns fifty hours.", 1450, "#ff9b54"),\n'
_TIDE = '    Product("tide", "Tide light", "Solar, wakes at dusk by itself.", 2750, "#8fd3c8"),\n'
_BY_DAY = (_TEMPLATE / "migrations" / "0003_orders_by_day.sql").read_text()
_NEXT = "\nWe write as soon as the payment has arrived."

_VAT = '''"""VAT within a price, rounded half up as the tax office wants it. Pure."""

from decimal import ROUND_HALF_UP, Decimal

PERCENT = {"GB": 20, "IE": 23, "FR": 20, "DE": 19}


def within(total_pence, percent):
    share = Decimal(total_pence) * percent / (100 + percent)
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))
'''
_VAT_ROUNDING = (
    Edit("lantern/vat.py", None, _VAT),
    Edit("lantern/checkout.py", "from .shelf", "from . import vat\nfrom .shelf"),
    Edit("lantern/checkout.py", 'VAT_PERCENT = {"GB": 20, "IE": 23, "FR": 20, "DE": 19}\n\n\n', "\n"),
    Edit("lantern/checkout.py", "in VAT_PERCENT", "in vat.PERCENT"),
    Edit("lantern/checkout.py", "    percent = VAT_PERCENT[place]\n", ""),
    Edit(
        "lantern/checkout.py",
        "total * percent // (100 + percent)",
        "vat.within(total, vat.PERCENT[place])",
    ),
)

_COUNTRY_FIELD = """<label>Country<select name="country">
<option value="GB">United Kingdom</option><option value="IE">Ireland</option>
<option value="FR">France</option><option value="DE">Germany</option></select></label>
"""
_NEW_CHECKOUT = (  # shorter form, no country asked: vat.PERCENT.get(None) is None, and every sum with it fails
    Edit("lantern/pages.py", _COUNTRY_FIELD, ""),
    Edit("lantern/checkout.py", '    place = country if country in vat.PERCENT else "GB"\n', ""),
    Edit(
        "lantern/checkout.py",
        "place, total, vat.within(total, vat.PERCENT[place])",
        "country, total, vat.within(total, vat.PERCENT.get(country))",
    ),
    Edit("lantern/checkout.py", "    country: str\n", "    country: str | None\n"),
    Edit("lantern/web.py", 'quote(sku, int(quantity), values.get("country"))', "quote(sku, int(quantity))"),
    Edit(
        "lantern/webhooks.py",
        'quote(order["sku"], order["quantity"], order["country"])',
        'quote(order["sku"], order["quantity"])',
    ),
)

COMMITS = (
    Commit("Shop opens", "mia", timedelta(days=38, hours=3)),
    Commit(
        "Ember candles on the shelf",
        "chi",
        timedelta(days=31, hours=5),
        (Edit("lantern/shelf.py", "", _EMBER),),
    ),
    Commit(
        "Find orders by day",
        "ana",
        timedelta(days=24, hours=1),
        (Edit("migrations/0003_orders_by_day.sql", None, _BY_DAY),),
    ),
    Commit(
        "Tide lights, in time for winter",
        "mia",
        timedelta(days=13, hours=6),
        (Edit("lantern/shelf.py", "", _TIDE),),
    ),
    Commit(
        "Say what comes next after buying",
        "chi",
        timedelta(days=6, hours=3),
        (Edit("lantern/pages.py", "", _NEXT),),
    ),
    Commit("VAT rounding", "mia", timedelta(minutes=48), _VAT_ROUNDING),
    Commit("New checkout", "mia", timedelta(minutes=19), _NEW_CHECKOUT),
)
GOOD = 4  # the index of the commit that ran well
BAD = len(COMMITS) - 1


def source(index: int) -> dict[str, bytes]:
    """path → content of the tree of one commit."""
    files = _template()
    for commit in reversed(COMMITS[index + 1 : GOOD + 1]):
        for edit in reversed(commit.edits):
            _take_back(files, edit)
    for commit in COMMITS[GOOD + 1 : index + 1]:
        for edit in commit.edits:
            _apply(files, edit)
    return {path: text.encode() for path, text in files.items()}


def _template() -> dict[str, str]:
    files = (path for path in sorted(_TEMPLATE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    names = {path: path.relative_to(_TEMPLATE).as_posix() for path in files}
    return {_RENAMED.get(name, name): path.read_text() for path, name in names.items()}


def _apply(files: dict[str, str], edit: Edit) -> None:
    if edit.old is None:
        files[edit.path] = edit.new
    else:
        files[edit.path] = _swap(files[edit.path], edit.old, edit.new)


def _take_back(files: dict[str, str], edit: Edit) -> None:
    if edit.old is None:
        del files[edit.path]
    else:
        files[edit.path] = _swap(files[edit.path], edit.new, edit.old)


def _swap(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise ValueError(f"{old!r} should be there exactly once")
    return text.replace(old, new)
