"""Without a mouse, without seeing, on dark screens: names, keys, contrasts computed from what is drawn."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from shopstream_platform.serving.kit.palette import DARK, LIGHT, SEGMENTS
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform_tests.serving.integration.pages.conftest import Opener, keep

# Every text that is shown, against the grounds below it laid one over the other; tiles have their own test.
CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const colors = new Map();
  const rgba = (text) => {
    if (!colors.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      colors.set(text, [r, g, b, a / 255]);
    }
    return colors.get(text);
  };
  const over = (top, below) => below.map((value, i) => top[i] * top[3] + value * (1 - top[3]));
  const linear = (v) => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.checkVisibility() || node.closest('script, style, select')) continue;
    if (node.closest('[data-block=cohorts] .mark-text, [data-block=recency_frequency] .mark-text')) continue;
    const style = getComputedStyle(node);
    const below = ground(node);
    const color = over(rgba(node.closest('svg') ? style.fill : style.color), below);
    const [a, b] = [light(color), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < needed) poor.push([text.textContent.trim(), contrast.toFixed(2)].join(' '));
  }
  return poor;
}"""

CARD = "getComputedStyle(document.documentElement).getPropertyValue('--card')"


def luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_its_ground_on_paper_and_on_dark_screens(look: Opener, name: str) -> None:
    page = look(name).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CARD) == LIGHT["card"]
    assert page.evaluate(CONTRASTS) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(CARD) == DARK["card"]
    assert page.evaluate(CONTRASTS) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    keep(page, f"{name}-dark")


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_colours_that_carry_text_or_meaning(colors: dict[str, str]) -> None:
    # A tile's ground lies between these two, and so does its luminance.
    assert contrast(colors["ink"], colors["petrol-2"]) >= 4.5
    assert contrast(colors["ink"], colors["card"]) >= 4.5
    assert contrast(colors["paper"], colors["ink"]) >= 4.5  # tooltips
    for name in ("petrol", "rust", "ochre"):
        assert contrast(colors[name], colors["card"]) >= 2.8, name
    assert len(set(SEGMENTS.values())) == len(SEGMENTS)


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(look: Opener, name: str, locale: str) -> None:
    page = look(name, locale=locale).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for scheme, width in (("light", 1440), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_without_seeing(look: Opener, name: str) -> None:
    page = look(name).page
    assert page.locator("h1").count() == 1
    for canvas in page.locator(".canvas").all():
        assert canvas.get_attribute("role") == "img"
        title = canvas.locator("xpath=ancestor::section/h2").inner_text()
        said = canvas.get_attribute("aria-label") or ""
        assert said.startswith(f"{title}; ")
        assert len(said) > len(title) + 10
    unnamed = """[...document.querySelectorAll('select,input')].filter(
        one => ![...one.labels].some(label => label.textContent.trim())).length"""
    assert page.evaluate(unnamed) == 0
    assert page.evaluate("[...document.querySelectorAll('button')].filter(one => !one.textContent.trim()).length") == 0
    assert page.locator("nav [aria-current=page]").count() == 1
    links = page.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links == [f"{other}.html" for other in PAGES]


def test_a_chart_says_its_figures_after_a_filter_too(look: Opener) -> None:
    page = look("sales_overview")
    canvas = page.page.locator("[data-block=by_country] .canvas")
    assert "France" in (canvas.get_attribute("aria-label") or "")
    page.choose(country="DEU")
    label = canvas.get_attribute("aria-label") or ""
    assert "Germany" in label
    assert "France" not in label


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_reached_by_keys_and_seen_where_one_is(look: Opener, name: str) -> None:
    page = look(name).page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href],button,select,input,summary')]
            .filter(one => one.checkVisibility()).length"""
    )
    reached, unseen = 0, []
    for _ in range(2 * wanted + 20):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => { const at = document.activeElement; const first = !at.dataset.reached;
                at.dataset.reached = '1';
                const counts = at.matches('a[href],button,select,input,summary');
                return [first && counts, getComputedStyle(at).outlineStyle, at.outerHTML.slice(0, 80), at.tagName]; }"""
        )
        if focused[3] == "BODY":
            break
        reached += focused[0]
        unseen += [focused[2]] if focused[1] == "none" else []
    assert unseen == []
    assert reached == wanted


def test_keys_skip_sort_and_filter(look: Opener) -> None:
    page = look("product_performance").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    header = page.locator("[data-block=products] th[data-key=revenue]")
    header.locator("button").focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    page.locator("#filter-abc_class").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("body[data-state=ready]")
    assert page.locator("[data-card=class_a] .value").inner_text() == "36"
    assert page.locator("[data-block=products] .count").inner_text() == "36 products"
