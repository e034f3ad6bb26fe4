"""One page from its data: a pure function. Everything is inline, and the page may load or run nothing else."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.kit.data import EPOCH, Data
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.kit.palette import as_css
from shopstream_platform.serving.kit.quality import Quality
from shopstream_platform.serving.kit.texts import BROWSER_LOCALES, TITLE_MARK, texts, texts_of, texts_of_script
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.charts import Charts, Draw, compiled
from shopstream_platform.serving.render.library import bundle
from shopstream_platform.serving.render.record import files_of, suffix

STATIC = Path(__file__).parent / "static"
BEFORE_PAGE, AFTER_PAGE = (
    ("core", "exports", "charts", "cards", "filters", "compare", "table", "quality", "theme"),
    ("main",),
)
# The first one is that of an address that names none.
COMPARISONS = ("before", "year", "custom")
PRESETS = ("days_30", "days_90", "months_12", "all")
MOMENTS = {"en": "%d %b %Y, %H:%M", "fr": "%d/%m/%Y %H:%M"}
DAYS = {"en": "%d %b %Y", "fr": "%d/%m/%Y"}
FOUR_DIGITS = 1000
CURRENCY = {"en": ["€", ""], "fr": ["", "\u00a0€"]}
# JSON in a page: nothing of it may end its element or a line.
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render(
    page: Page,
    data: Data,
    *,
    locale: str,
    main_locale: str | None = None,
    built_at: datetime | None = None,
    quality: Quality | None = None,
    library: Callable[[], str] = bundle,
    draw: Draw = compiled,
) -> str:
    """The whole page as HTML; `library` gives Vega's scripts and `draw` the charts, if the page needs them.

    `main_locale` is the language whose files have no suffix; this one unless told.
    """
    text, empty, style = texts(locale)["html"], is_empty(page, data), _style()
    scripts = [] if empty else [library(), _script(page)]
    payload = {} if empty else _payload(page, draw(page), data, locale)
    payload |= {"quality": (quality or Quality()).as_data(), "suffix": suffix(locale, main_locale or locale)}
    return _template().render(
        page=page,
        locale=locale,
        suffix=suffix(locale, main_locale or locale),
        languages={
            other: file for file, other in files_of(page.name, main_locale or locale).items() if other != locale
        },
        policy=_policy(style, scripts),
        titles={name: texts_of(other, locale)["title"] for name, other in PAGES.items()},
        text=text,
        blocks=texts_of(page, locale)["blocks"],
        metrics=METRICS,
        presets=PRESETS,
        comparisons=COMPARISONS,
        empty=empty,
        asof=_asof(text, data, locale, built_at),
        style=Markup(style),  # noqa: S704 - our own files
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
        payload="" if empty else Markup(as_json(payload)),  # noqa: S704 - escaped for this place
    )


def _asof(words: Mapping[str, str], data: Data, locale: str, built_at: datetime | None) -> str:
    """To which day there are data, and when the marts were built."""
    ends, parts = data["status"]["ends"], []
    if ends is not None:
        last = EPOCH + timedelta(days=ends)
        # Not by strftime alone: it writes the year 1 as "1".
        text = f"{last:{DAYS[locale]}}" if last.year >= FOUR_DIGITS else last.isoformat()
        complete_to, ended = data["status"]["complete_to"], data["status"]["ended"]
        is_running = not ended and (complete_to is None or complete_to < ends)
        parts.append(words["data_to_running" if is_running else "data_to"].format(day=text))
    if built_at:
        parts.append(words["asof"].format(moment=f"{built_at:{MOMENTS[locale]}}"))
    return " · ".join(parts)


def is_empty(page: Page, data: Data) -> bool:
    """Whether the marts hold nothing that the page could show."""
    return not any(any(len(column) for column in data[part].values()) for part in page.needs)


def as_json(value: Any) -> str:
    """JSON that stays inside its script element, whatever its texts hold."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPED)


def formats(locale: str) -> dict[str, Any]:
    """Numbers and dates of the charts' axes."""
    name = BROWSER_LOCALES[locale]
    numbers = vl_convert.get_format_locale(name) | {"currency": CURRENCY[locale]}
    return {"number": numbers, "time": vl_convert.get_time_format_locale(name)}


def _payload(page: Page, charts: Charts, data: Data, locale: str) -> dict[str, Any]:
    return {
        "locale": BROWSER_LOCALES[locale],
        "filters": page.filters,
        "formats": formats(locale),
        "title_mark": TITLE_MARK,
        "texts": texts_of_script(page, locale, data.get("countries", ())),
        "charts": charts,
        "data": data,
    }


@lru_cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(STATIC), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html")


@lru_cache
def _script(page: Page) -> str:
    before, after = ([STATIC / f"{part}.js" for part in parts] for parts in (BEFORE_PAGE, AFTER_PAGE))
    parts = [path.read_text(encoding="utf-8") for path in (*before, page.folder / "page.js", *after)]
    return "(()=>{\n" + "\n".join(parts) + "\n})();"


@lru_cache
def _style() -> str:
    return as_css() + (STATIC / "page.css").read_text(encoding="utf-8")


def _policy(style: str, scripts: list[str]) -> str:
    """Nothing may be loaded from anywhere, and only the page's own scripts and styles, named by their hashes, run."""
    allowed = " ".join(_hash(script) for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
