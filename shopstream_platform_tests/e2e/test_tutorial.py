"""The tutorial, followed to the letter in a copy of the checkout, in both languages."""

import re
from pathlib import Path

import pytest

from shopstream_platform_tests.e2e.catalogues import Checkout
from shopstream_platform_tests.e2e.shop import ROOT, Shop

TUTORIALS = {"en": ROOT / "docs" / "tutorial.md", "fr": ROOT / "docs" / "tutorial.fr.md"}
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[str]:
    """The shell commands of a page, block by block."""
    return BLOCK.findall(path.read_text("utf-8"))


def test_both_languages_have_the_same_commands() -> None:
    assert blocks(TUTORIALS["en"]) == blocks(TUTORIALS["fr"])
    headings = [re.findall(r"^## (\d)", path.read_text("utf-8"), re.MULTILINE) for path in TUTORIALS.values()]
    assert headings[0] == headings[1] == [str(number) for number in range(1, 8)]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_command_does_what_the_text_says(tmp_path: Path) -> None:
    checkout = Checkout.at(tmp_path / "clone")
    install, *commands = blocks(TUTORIALS["en"])
    assert "pip install" in install
    # Installed already; the copy's packages are found first.
    script = "\n".join(f"cd '{checkout.folder}'\necho '== block {n}'\n{block}" for n, block in enumerate(commands))
    shop = Shop.at(tmp_path / "unused").having(PYTHONPATH=str(checkout.folder), SHOPSTREAM_SOURCE_TIMEZONE="UTC")
    ran = shop.shell(script)
    assert ran.code == 0, ran.everything
    said = dict(enumerate(re.split(r"^== block \d+\n", ran.out, flags=re.MULTILINE)[1:]))
    by_text = {number: next(n for n, block in enumerate(commands) if text in block) for number, text in WHERE.items()}
    # psql and `shopstream sql` draw their tables differently.
    counts = [
        dict(re.findall(r"^ *(\w+) *\|? +(\d+)$", said[by_text[layer]], re.MULTILINE)) for layer in ("source", "raw")
    ]
    assert counts[0] == counts[1]
    assert {"delivered", "cancelled"} <= counts[0].keys()
    assert "1 day" in said[by_text["plan"]]
    assert "Nothing to do" in said[by_text["verified"]]
    assert len(re.findall(r"^ *[1-7] +[\d.]+$", said[by_text["mart"]], re.MULTILINE)) == 7
    assert "assert_statuses_are_known" in said[by_text["broken"]]
    assert "teleported" in said[by_text["kept"]]
    assert not (checkout.folder / "shopstream_dbt" / "models" / "marts" / "mart_weekday_sales.sql").exists()


WHERE = {
    "source": 'psql -c "select status',
    "raw": "from raw.orders",
    "plan": "--dry-run",
    "verified": "shopstream verify",
    "mart": "from marts.mart_weekday_sales",
    "broken": "teleported",
    "kept": "audit.assert_statuses_are_known",
}
