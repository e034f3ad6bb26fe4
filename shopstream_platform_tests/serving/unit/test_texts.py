"""Both languages say the same, and the French is written as French is."""

import re
from typing import Any

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.render.catalogue import DASHBOARDS
from shopstream_platform.serving.render.page import PAGES, STATIC
from shopstream_platform.serving.render.texts import texts


def flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {path: value}
    return {key: text for name, one in value.items() for key, text in flat(one, f"{path}/{name}").items()}


def test_languages_have_the_same_words_with_the_same_gaps() -> None:
    english, french = flat(texts("en")), flat(texts("fr"))
    # Values of the data that are English already need no word there.
    own = {key for key in french.keys() - english.keys() if not key.startswith("/words/")}
    assert (own, english.keys() - french.keys()) == (set(), set())
    gaps = {key: (set(re.findall(r"{\w+}", english[key])), set(re.findall(r"{\w+}", french[key]))) for key in english}
    assert {key: both for key, both in gaps.items() if both[0] != both[1]} == {}


def test_every_page_block_and_card_has_its_words() -> None:
    words = texts("en")
    assert words["titles"].keys() == DASHBOARDS.keys()
    assert words["blocks"].keys() == {block.name for page in DASHBOARDS.values() for block in page.blocks}
    assert METRICS.keys() >= {card for page in DASHBOARDS.values() for card in page.cards}


def test_no_word_is_missing_and_none_is_left_over() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in (*STATIC.glob("*.js"), *PAGES.glob("*/*.js")))
    known = texts("en")["page"].keys()
    asked = set(re.findall(r'\bt\("(\w+)"', scripts))
    plurals = set(re.findall(r'plural\("(\w+)"', scripts)) | {
        f"{name}_count" for name in re.findall(r'makeTable\(\s*"(\w+)"', scripts)
    }
    made = {f"{name}_{number}" for name in plurals for number in ("one", "many")}
    templates = {f"by_{grain}" for grain in ("day", "week", "month")} | {"by_month_with_year_before"}
    empty = {f"{name}_empty" for name in re.findall(r'makeTable\(\s*"(\w+)"', scripts)} | {"empty_search"}
    assert asked | made | templates | empty == set(known)
