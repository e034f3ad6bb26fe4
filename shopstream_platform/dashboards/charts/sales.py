"""Charts of the sales overview."""

import altair as alt

from shopstream_platform.dashboards.charts.marks import SOFT, TIP, Drawn, bars, euro_axis, finished, rows
from shopstream_platform.dashboards.palette import token


def revenue_over_time() -> Drawn:
    """Revenue by day, week or month; a period that has only begun is dashed, the year before is a thin line."""
    x = alt.X(
        "time:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(labelOverlap=True, tickCount=8, grid=False, format="%b %y"),
    )
    y = alt.Y("value:Q", title=None, axis=euro_axis(4), scale=alt.Scale(zero=True))
    base = rows().encode(x=x, y=y)
    whole = base.transform_filter("datum.line == 'whole'")
    gradient = alt.Gradient(
        gradient="linear",
        x1=1,
        x2=1,
        y1=1,
        y2=0,
        stops=[
            alt.GradientStop(offset=0, color=token("card")),
            alt.GradientStop(offset=1, color=token("brand-soft")),
        ],
    )
    area = whole.mark_area(color=gradient, opacity=0.9)
    before = base.transform_filter("datum.line == 'before'").mark_line(color=token("ochre"), strokeWidth=1.6)
    line = whole.mark_line(color=token("petrol"), strokeWidth=2.4, strokeJoin="round")
    running = base.transform_filter("datum.line == 'running' || datum.line == 'cut'").mark_line(
        color=token("petrol"), strokeWidth=2, strokeDash=[3, 4]
    )
    running = running.encode(detail="line:N")
    points = base.transform_filter("datum.point").mark_circle(opacity=1, stroke=token("card"), strokeWidth=1.5)
    points = points.encode(
        size=alt.Size("size:Q", scale=None),
        color=alt.condition("datum.partial", alt.value(token("petrol-2")), alt.value(token("petrol"))),
        tooltip=TIP,
    )
    return finished(alt.layer(area, before, line, running, points), 268)


def monthly_growth() -> Drawn:
    """Revenue of whole months against the month before: up is petrol, down is rust."""
    base = rows().encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelOverlap=True, labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="+.0%", tickCount=4)),
        tooltip=TIP,
    )
    bar = base.mark_bar(cornerRadiusEnd=2, width={"band": 0.66}).encode(
        color=alt.condition("datum.value >= 0", alt.value(token("petrol")), alt.value(token("rust")))
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=SOFT, strokeWidth=1).encode(y="zero:Q")
    return finished(alt.layer(bar, zero), 268)


def by_country() -> Drawn:
    """Revenue by country, with its share."""
    return bars(names=120, labels=118)


def by_category() -> Drawn:
    """Revenue by category, with its share."""
    return bars(names=120, labels=118)


CHARTS = {
    "revenue_over_time": revenue_over_time,
    "monthly_growth": monthly_growth,
    "by_country": by_country,
    "by_category": by_category,
}
