"""Charts of product performance."""

import altair as alt

from shopstream_platform.serving.kit.marks import (
    INK,
    LABEL,
    TIP,
    Drawn,
    euro_axis,
    finished,
    nominal_axis,
    rows,
    titled,
)
from shopstream_platform.serving.kit.palette import token

CLASS_COLORS = {"A": token("petrol"), "B": token("petrol-2"), "C": token("stone")}


def pareto() -> Drawn:
    """Products from the best seller down, and the share of revenue that they reach together."""
    x = alt.X("rank:Q", title=titled("rank"), axis=alt.Axis(tickCount=8, tickMinStep=1), scale=alt.Scale(nice=False))
    bar = (
        rows()
        .mark_rect()
        .encode(
            x=x,
            x2="rank_end:Q",
            y=alt.Y("value:Q", title=None, axis=euro_axis(4)),
            y2=alt.datum(0),
            color=alt.Color(
                "abc_class:N", scale=alt.Scale(domain=list(CLASS_COLORS), range=list(CLASS_COLORS.values()))
            ),
            tooltip=TIP,
        )
    )
    line = (
        rows()
        .mark_line(color=INK, strokeWidth=1.8, interpolate="linear")
        .encode(
            x=alt.X("rank_end:Q", title=titled("rank")),
            y=alt.Y(
                "share:Q",
                title=None,
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", orient="right", grid=False, values=[0, 0.2, 0.4, 0.6, 0.8, 1]),
            ),
        )
    )
    return finished(alt.layer(bar, line).resolve_scale(y="independent"), 280)


def tiers() -> Drawn:
    """Each tier's share of the products beside its share of revenue."""
    base = rows().encode(
        y=alt.Y("name:N", sort=None, title=None, axis=nominal_axis(90)),
        yOffset=alt.YOffset("of:N", sort=None),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, 1.18])),
        tooltip=TIP,
    )
    bar = base.mark_bar(height={"band": 0.88}).encode(
        color=alt.Color("of:N", sort=None, scale=alt.Scale(range=[token("stone"), token("petrol")]))
    )
    return finished(alt.layer(bar, base.mark_text(align="left", dx=6).encode(text=LABEL)), alt.Step(32))


CHARTS = {"pareto": pareto, "tiers": tiers}
