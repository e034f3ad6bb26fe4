"""Charts of acquisition."""

import altair as alt

from shopstream_platform.serving.kit.marks import (
    INK,
    LABEL,
    TIP,
    Drawn,
    bars,
    by_day,
    course,
    finished,
    nominal_axis,
    peak,
    room_for_labels,
    rows,
    time_axis,
)
from shopstream_platform.serving.kit.palette import token


def funnel() -> Drawn:
    """Sessions that reach each step; the pale part is what the step before still had."""
    base = rows().encode(y=alt.Y("name:N", sort=None, title=None, axis=nominal_axis(120)), tooltip=TIP)
    before = base.mark_bar(color=token("brand-soft"), height={"band": 0.7}).encode(x=room_for_labels("before:Q", 116))
    reached = base.mark_bar(height={"band": 0.7}).encode(x="value:Q")
    text = base.mark_text(align="left", dx=7).encode(x="before:Q", text=LABEL)
    return finished(alt.layer(before, reached, text).add_params(peak()), alt.Step(50))


def conversion_over_time() -> Drawn:
    """Share of the sessions of each day, week or month that ended in a purchase; the thin line is what is compared."""
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format=".0%", tickCount=4), scale=alt.Scale(zero=True))
    base = rows().encode(x=time_axis(6), y=y)
    before = base.transform_filter("datum.line == 'before'").mark_line(color=token("ochre"), strokeWidth=1.6)
    return finished(alt.layer(before, *course(base)).add_params(by_day()), 250)


def signup_to_order() -> Drawn:
    """How long those who signed up waited with their first order."""
    color = alt.condition("datum.waiting", alt.value(token("stone")), alt.value(token("petrol")))
    return bars(names=130, labels=105, step=36, color=color)


def activation_by_month() -> Drawn:
    """Share of each month's signups with an order within 30 days, of months that long ago."""
    base = rows().encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelOverlap=True, labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format=".0%", tickCount=4), scale=alt.Scale(domainMin=0)),
        tooltip=TIP,
    )
    bar = base.mark_bar(width={"band": 0.62}, cornerRadiusEnd=2.5, color=token("petrol-2"))
    text = base.mark_text(dy=-8, fontSize=11, color=INK).encode(
        text=LABEL,
        # On a phone the bars are narrower than their labels.
        opacity=alt.condition("width > 420", alt.value(1), alt.value(0)),
    )
    return finished(alt.layer(bar, text), 216)


def crm_by_source() -> Drawn:
    """Share of each source's contacts that were converted."""
    return bars(names=110, labels=120, step=48, color=alt.value(token("ochre")))


CHARTS = {
    "funnel": funnel,
    "conversion_over_time": conversion_over_time,
    "signup_to_order": signup_to_order,
    "activation_by_month": activation_by_month,
    "crm_by_source": crm_by_source,
}
