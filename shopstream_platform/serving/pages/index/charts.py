"""Charts of the morning report: small ones."""

import altair as alt

from shopstream_platform.serving.kit.marks import (
    INK,
    LABEL,
    SOFT,
    TIP,
    Drawn,
    bars,
    euro_axis,
    finished,
    nominal_axis,
    peak,
    rows,
)
from shopstream_platform.serving.kit.palette import token

STEP = 27
LABEL_PIXELS = 46
STATES = {"passed": "petrol", "warned": "ochre", "failed": "rust", "never_run": "stone"}


def newest_day() -> Drawn:
    """Revenue of the newest whole day, and of the same weekday of the weeks before in a paler colour."""
    color = alt.condition("datum.newest", alt.value(token("petrol")), alt.value(token("petrol-3")))
    return bars(names=120, labels=80, step=STEP, color=color)


def month() -> Drawn:
    """Revenue added up from day to day: this month, the month before in ochre, the target dashed."""
    base = rows().encode(
        x=alt.X(
            "day:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=8, grid=False), scale=alt.Scale(nice=False)
        ),
        y=alt.Y("value:Q", title=None, axis=euro_axis(3), scale=alt.Scale(zero=True)),
        detail="line:N",
    )
    target = base.transform_filter("datum.line == 'target'").mark_line(color=SOFT, strokeWidth=1.6, strokeDash=[5, 4])
    before = base.transform_filter("datum.line == 'before'").mark_line(color=token("ochre"), strokeWidth=1.6)
    now = base.transform_filter("datum.line == 'now'").mark_line(color=token("petrol"), strokeWidth=2.6)
    # Wide enough to be pointed at; only the newest one is seen.
    points = base.transform_filter("datum.line == 'now'").mark_circle(
        color=token("petrol"), stroke=token("card"), strokeWidth=1.5
    )
    seen = alt.condition("datum.newest", alt.value(1), alt.value(0))
    return finished(alt.layer(target, before, now, points.encode(opacity=seen, size=alt.value(90), tooltip=TIP)), 150)


def movers() -> Drawn:
    """Products whose sales have changed most: to the right what sells more, to the left what sells less."""
    # Room for a label at each end, however narrow the chart is.
    reach = f"peak * width / max(width - {2 * LABEL_PIXELS}, 40)"
    sides = alt.Scale(nice=False, domainMin=alt.ExprRef(f"-{reach}"), domainMax=alt.ExprRef(reach))
    base = rows().encode(
        y=alt.Y("name:N", sort=None, title=None, axis=nominal_axis(150)),
        x=alt.X("value:Q", axis=None, scale=sides),
        tooltip=TIP,
    )
    bar = base.mark_bar(height={"band": 0.64}).encode(
        color=alt.condition("datum.value >= 0", alt.value(token("petrol")), alt.value(token("rust")))
    )
    more = base.transform_filter("datum.value >= 0").mark_text(align="left", dx=6, color=INK).encode(text=LABEL)
    less = base.transform_filter("datum.value < 0").mark_text(align="right", dx=-6, color=INK).encode(text=LABEL)
    return finished(alt.layer(bar, more, less).add_params(peak()), alt.Step(STEP))


def trust() -> Drawn:
    """Checks by what they have said."""
    color = alt.Color(
        "state:N",
        legend=None,
        scale=alt.Scale(domain=list(STATES), range=[token(name) for name in STATES.values()]),
    )
    return bars(names=120, labels=60, step=STEP, color=color)


CHARTS = {"newest_day": newest_day, "month": month, "movers": movers, "trust": trust}
