"""The pages' colours, once for paper and once for dark screens; charts name them, so that both follow the reader.

Petrol, ochre and rust stay apart for every common colour blindness; texts reach a contrast of 4.5:1 on their ground.
"""

LIGHT = {
    "paper": "#f6f4ef",
    "card": "#ffffff",
    "line": "#e4dfd5",
    "grid": "#ece8e0",
    "ink": "#1c2529",
    "soft": "#58636a",
    "brand": "#0b5f6b",
    "brand-soft": "#d8ebed",
    "petrol": "#0e7482",
    "petrol-2": "#5fa9b3",
    "petrol-3": "#a9d0d5",
    "stone": "#c9c3b6",
    "ochre": "#d08a12",
    "ochre-soft": "#fbeed2",
    "ochre-ink": "#7d5205",
    "rust": "#b5482a",
    "rust-soft": "#fceee9",
    "plum": "#75569b",
}
DARK = {
    "paper": "#11181b",
    "card": "#192226",
    "line": "#2b373c",
    "grid": "#263136",
    "ink": "#e9eef0",
    "soft": "#a3b0b6",
    "brand": "#7fcbd5",
    "brand-soft": "#16383e",
    "petrol": "#3ba3b1",
    "petrol-2": "#2a737d",
    "petrol-3": "#24545c",
    "stone": "#56646a",
    "ochre": "#e0a63f",
    "ochre-soft": "#3d2f12",
    "ochre-ink": "#f0c678",
    "rust": "#e07b5a",
    "rust-soft": "#43241a",
    "plum": "#a98ccb",
}
SEGMENTS = {
    "Champions": "petrol",
    "Loyal": "petrol-2",
    "Promising": "petrol-3",
    "New": "plum",
    "At risk": "ochre",
    "Lost": "rust",
}


def token(name: str) -> str:
    """The colour as pages name it: a CSS variable, which the SVG of a chart takes like any colour."""
    if name not in LIGHT:
        raise KeyError(name)
    return f"var(--{name})"


def as_css() -> str:
    """Both sets as CSS variables; the reader's system decides, unless the reader does. Paper is always light."""
    light = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=light]{{color-scheme:light}}:root[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f"@media print{{:root:root{{color-scheme:light;{light}}}}}"
    )


def literal(specification: str) -> str:
    """A chart's JSON with the light colours themselves, for renderers that know no CSS."""
    for name, value in LIGHT.items():
        specification = specification.replace(token(name), value)
    return specification
