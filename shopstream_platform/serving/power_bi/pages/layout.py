"""Where visuals stand on a page of the report, and what every page begins with. Positions are in pixels."""

from shopstream_platform.pbip.pages import WIDTH, Box, FieldName, Visual
from shopstream_platform.serving.power_bi.pages.fields import PLURALS

_GAP = 16
# (y, height) of the rows.
HEAD, MIDDLE, BOTTOM = (16, 112), (144, 272), (432, 272)


def row(place: tuple[int, int], *shares: int) -> list[Box]:
    """Boxes side by side at (y, height), whose widths are in the proportion of `shares`."""
    y, height = place
    room = WIDTH - _GAP * (len(shares) + 1)
    widths = [room * share // sum(shares) for share in shares]
    return [Box(_GAP + sum(widths[:i]) + _GAP * i, y, width, height) for i, width in enumerate(widths)]


def head(
    choices: tuple[FieldName, ...],
    figures: tuple[FieldName, ...],
    unfiltered: tuple[FieldName, ...] = (),
    title: str = "Key figures",
) -> tuple[Visual, ...]:
    """What every page begins with: choices on the left, figures on the right, last those that no choice changes."""
    widths = (14 - 2 * len(choices) - 3, 3) if unfiltered else (14 - 2 * len(choices),)
    boxes = row(HEAD, *[2] * len(choices), *widths)
    slots, rest = boxes[: len(choices)], boxes[len(choices) :]
    slicers = [
        Visual(f"choose_{field[1].lower().replace(' ', '_')}", "slicer", field[1], box, {"Values": (field,)})
        for field, box in zip(choices, slots, strict=True)
    ]
    cards = [Visual("figures", "cardVisual", title, rest[0], {"Data": figures})]
    if unfiltered:
        of_all = f"Of {all_of(choices)}"
        cards.append(Visual("figures_of_all", "cardVisual", of_all, rest[1], {"Data": unfiltered}))
    return (*slicers, *cards)


def all_of(choices: tuple[FieldName, ...]) -> str:
    """For the title of what a page's choices do not change; the check asks for it."""
    return "all " + " and ".join(PLURALS[field] for field in choices)
