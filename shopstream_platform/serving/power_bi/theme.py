"""The report's look: the dashboards' colours for paper."""

from typing import Any

from shopstream_platform.serving.kit.palette import LIGHT

_FONT, _BOLD = "Segoe UI", "Segoe UI Semibold"
_SERIES = ("petrol", "ochre", "plum", "petrol-2", "rust", "stone")


def theme() -> dict[str, Any]:
    """https://learn.microsoft.com/en-us/power-bi/create-reports/desktop-report-themes"""
    return {
        "name": "shopstream.json",
        "dataColors": [LIGHT[name] for name in _SERIES],
        "background": LIGHT["card"],
        "foreground": LIGHT["ink"],
        "tableAccent": LIGHT["brand"],
        "good": LIGHT["petrol"],
        "neutral": LIGHT["ochre"],
        "bad": LIGHT["rust"],
        "textClasses": {
            "callout": {"fontSize": 26, "fontFace": _BOLD, "color": LIGHT["ink"]},
            "title": {"fontSize": 12, "fontFace": _BOLD, "color": LIGHT["ink"]},
            "header": {"fontSize": 11, "fontFace": _BOLD, "color": LIGHT["ink"]},
            "label": {"fontSize": 10, "fontFace": _FONT, "color": LIGHT["soft"]},
        },
    }
