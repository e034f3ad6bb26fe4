"""Both languages say the same, and every page, block and card has its words."""

import re
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.kit.texts import texts, texts_of
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.page import STATIC


def flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {path: value}
    return {key: text for name, one in value.items() for key, text in flat(one, f"{path}/{name}").items()}


def words(locale: str) -> dict[str, str]:
    """Everything that all pages say in this language."""
    return flat({"shared": texts(locale)} | {name: texts_of(page, locale) for name, page in PAGES.items()})


def test_languages_have_the_same_words_with_the_same_gaps() -> None:
    english, french = words("en"), words("fr")
    # Values of the data that are English already need no word there.
    own = {key for key in french.keys() - english.keys() if not key.startswith("/shared/words/")}
    assert (own, english.keys() - french.keys()) == (set(), set())
    gaps = {key: (set(re.findall(r"{\w+}", english[key])), set(re.findall(r"{\w+}", french[key]))) for key in english}
    assert {key: both for key, both in gaps.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_words_for_its_blocks_and_cards(name: str) -> None:
    page = PAGES[name]
    own = texts_of(page, "en")
    assert own["title"]
    assert list(own["blocks"]) == [block.name for block in page.blocks]
    assert METRICS.keys() >= page.cards.keys()


def asked(*scripts: Path) -> set[str]:
    """The words that scripts write."""
    text = "".join(path.read_text(encoding="utf-8") for path in scripts)
    tables = set(re.findall(r'makeTable\(\s*"(\w+)"', text))
    plurals = set(re.findall(r'plural\("(\w+)"', text)) | {f"{name}_count" for name in tables}
    made = {f"{name}_{number}" for name in plurals for number in ("one", "many")}
    return set(re.findall(r'\bt\("(\w+)"', text)) | made | {f"{name}_empty" for name in tables}


@pytest.mark.parametrize("name", PAGES)
def test_no_word_of_a_page_is_missing_none_is_left_over_none_is_the_shared_one_again(name: str) -> None:
    shared, own = texts("en")["page"].keys(), texts_of(PAGES[name], "en")["page"].keys()
    written = asked(PAGES[name].folder / "page.js")
    assert written - shared == own
    assert own & shared == set()


def test_every_shared_word_is_written_by_all_pages_or_by_several() -> None:
    of_all = asked(*STATIC.glob("*.js")) | {"empty_search"}
    of_pages = [asked(page.folder / "page.js") for page in PAGES.values()]
    shared = texts("en")["page"].keys()
    assert of_all - shared == set()
    assert {word for word in shared - of_all if sum(word in written for written in of_pages) < 2} == set()
