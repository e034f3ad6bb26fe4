"""Charts of the customer analysis."""

import altair as alt

from shopstream_platform.serving.kit.marks import (
    INK,
    LABEL,
    TIP,
    Drawn,
    bars,
    euro_axis,
    finished,
    nominal_axis,
    peak,
    room_for_labels,
    rows,
    tiles,
    titled,
)
from shopstream_platform.serving.kit.palette import SEGMENTS, token


def _segment_color() -> alt.Color:
    return alt.Color(
        "segment:N",
        legend=None,
        scale=alt.Scale(domain=list(SEGMENTS), range=[token(name) for name in SEGMENTS.values()]),
    )


def segments() -> Drawn:
    """Customers by segment, with the segment's share of revenue."""
    return bars(names=100, labels=136, step=47, color=_segment_color())


def ltv_by_segment() -> Drawn:
    """Mean lifetime value by segment; the tick is the median."""
    base = rows().encode(y=alt.Y("name:N", sort=None, title=None, axis=nominal_axis(100)), tooltip=TIP)
    mean = base.encode(x=room_for_labels("value:Q", 60))
    bar = mean.mark_bar(height={"band": 0.64}).encode(color=_segment_color())
    text = mean.mark_text(align="left", dx=7).encode(text=LABEL)
    median = base.mark_tick(color=INK, thickness=2, size=26).encode(x="median:Q")
    return finished(alt.layer(bar, text, median).add_params(peak()), alt.Step(47))


def recency_frequency() -> Drawn:
    """Customers by recency and frequency score; the darker, the more they have spent on average."""
    return tiles(
        alt.X(
            "recency:O", title=titled("recency"), axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=[1, 2, 3, 4, 5])
        ),
        alt.Y("frequency:O", title=titled("frequency"), scale=alt.Scale(domain=[5, 4, 3, 2, 1])),
        step=47,
    )


def cohorts() -> Drawn:
    """Share of each month's new customers who ordered again, by months since."""
    return tiles(
        alt.X("age:O", title=titled("months_since"), axis=alt.Axis(labelAngle=0, orient="top")),
        alt.Y("name:N", sort=None, title=None, axis=nominal_axis(130)),
        step=27,
        font_size=11,
    )


def value_by_age() -> Drawn:
    """Revenue per customer up to each month since the first order."""
    base = rows().encode(
        x=alt.X(
            "age:Q",
            title=titled("months_since"),
            axis=alt.Axis(tickMinStep=1, tickCount=7, grid=False),
            scale=alt.Scale(nice=False),
        ),
        y=alt.Y("value:Q", title=None, axis=euro_axis(5), scale=alt.Scale(zero=True)),
    )
    line = base.mark_line(color=token("petrol"), strokeWidth=2.4)
    points = base.mark_circle(color=token("petrol"), size=42, opacity=1, stroke=token("card"), strokeWidth=1.5)
    return finished(alt.layer(line, points.encode(tooltip=TIP)), 300)


CHARTS = {
    "segments": segments,
    "ltv_by_segment": ltv_by_segment,
    "recency_frequency": recency_frequency,
    "cohorts": cohorts,
    "value_by_age": value_by_age,
}
