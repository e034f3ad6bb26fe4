"""Charts of the sales overview."""

import altair as alt

from shopstream_platform.serving.kit.marks import (
    SOFT,
    TIP,
    Drawn,
    bars,
    by_day,
    course,
    euro_axis,
    finished,
    rows,
    time_axis,
)
from shopstream_platform.serving.kit.palette import token

# Zero has no sign.
ZERO = "datum.value ? datum.label : replace(datum.label, '+', '')"


def revenue_over_time() -> Drawn:
    """Revenue by day, week or month; one that has only begun is dashed, the compared one thin, targets are ticks."""
    y = alt.Y("value:Q", title=None, axis=euro_axis(4), scale=alt.Scale(zero=True))
    base = rows().encode(x=time_axis(8), y=y)
    whole = base.transform_filter("datum.line == 'whole'")
    gradient = alt.Gradient(
        gradient="linear",
        x1=1,
        x2=1,
        y1=1,
        y2=0,
        stops=[
            alt.GradientStop(offset=0, color=token("card")),
            alt.GradientStop(offset=1, color=token("petrol-3")),
        ],
    )
    area = whole.mark_area(color=gradient, opacity=0.6)
    before = base.transform_filter("datum.line == 'before'").mark_line(color=token("ochre"), strokeWidth=1.6)
    target = base.transform_filter("datum.line == 'target'").mark_tick(color=SOFT, thickness=2.4, width=26)
    return finished(alt.layer(area, before, target, *course(base)).add_params(by_day()), 268)


def monthly_growth() -> Drawn:
    """Revenue of whole months against the month before: up is petrol, down is rust."""
    base = rows().encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelOverlap=True, labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="+.0%", tickCount=4, labelExpr=ZERO)),
        tooltip=TIP,
    )
    bar = base.mark_bar(cornerRadiusEnd=2, width={"band": 0.66}).encode(
        color=alt.condition("datum.value >= 0", alt.value(token("petrol")), alt.value(token("rust")))
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=SOFT, strokeWidth=1).encode(y="zero:Q")
    return finished(alt.layer(bar, zero), 268)


def by_country() -> Drawn:
    """Revenue by country, with its share."""
    return bars(names=120, labels=106)


def by_category() -> Drawn:
    """Revenue by category, with its share."""
    return bars(names=120, labels=106)


CHARTS = {
    "revenue_over_time": revenue_over_time,
    "monthly_growth": monthly_growth,
    "by_country": by_country,
    "by_category": by_category,
}
