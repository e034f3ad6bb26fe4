"""What the charts are put together from: one look, rows under the name `rows`, texts ready made by the page."""

from typing import Any

import altair as alt
import vl_convert

from shopstream_platform.serving.kit.palette import token
from shopstream_platform.serving.kit.texts import TITLE_MARK

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
ROWS = "rows"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif"
INK, SOFT, GRID = token("ink"), token("soft"), token("grid")
# Every row brings the text of its tooltip, and the text beside its mark.
TIP, LABEL = alt.Tooltip("tip:N"), alt.Text("label:N")


def config() -> dict[str, Any]:
    """The look of all charts."""
    axis = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 11.5,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "titlePadding": 9,
        "gridColor": GRID,
        "domain": False,
        "ticks": False,
        "labelPadding": 7,
    }
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "text": {"font": FONT, "fontSize": 11.5, "fill": SOFT},
        "bar": {"color": token("petrol"), "cornerRadiusEnd": 2.5},
        "legend": {
            "labelFont": FONT,
            "labelColor": SOFT,
            "labelFontSize": 11.5,
            "title": None,
            "orient": "top",
            "symbolType": "square",
            "offset": 6,
        },
    }


def rows() -> alt.Chart:
    """A chart of the rows that the page gives."""
    return alt.Chart(alt.NamedData(ROWS))


def finished(chart: Drawn, height: int | alt.Step) -> Drawn:
    """As wide as its panel."""
    return chart.properties(width="container", height=height)


def as_vega(chart: Drawn) -> dict[str, Any]:
    """The specification that goes into the page, compiled: what is wrong with it shows here, not in the browser."""
    specification = vl_convert.vegalite_to_vega(chart.to_dict() | {"config": config()})
    if not isinstance(specification, dict):
        raise TypeError(specification)
    # The width follows the panel; the height is the chart's own.
    return specification | {"autosize": {"type": "fit-x", "contains": "padding"}}


def euro_axis(ticks: int) -> alt.Axis:
    """Amounts, shortened. French writes "150 k€" where d3 has "150k €"."""
    shortened = "replace(format(datum.value, '$~s'), regexp('([kMG])(.)€$'), '$2$1€')"
    return alt.Axis(tickCount=ticks, labelExpr=shortened)


def time_axis(ticks: int) -> alt.X:
    """Days with their months, or months with their years: the page sets `by_day`."""
    names = "utcFormat(datum.value, by_day ? '%-d %b' : '%b %Y')"
    axis = alt.Axis(labelOverlap=True, labelSeparation=10, tickCount=ticks, grid=False, labelExpr=names)
    return alt.X("time:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def by_day() -> alt.Parameter:
    """Whether the periods are shorter than months."""
    return alt.param(name="by_day", value=False)


def course(base: alt.Chart) -> list[alt.Chart]:
    """A line of whole periods, dashed to those that are not whole, and the points that can be pointed at."""
    petrol = token("petrol")
    line = base.transform_filter("datum.line == 'whole'").mark_line(color=petrol, strokeWidth=2.4, strokeJoin="round")
    dashed = base.transform_filter("datum.line == 'running' || datum.line == 'cut'").mark_line(
        color=petrol, strokeWidth=2, strokeDash=[3, 4]
    )
    points = base.transform_filter("datum.point").mark_circle(opacity=1, stroke=token("card"), strokeWidth=1.5)
    color = alt.condition("datum.partial", alt.value(token("petrol-2")), alt.value(petrol))
    size = alt.Size("size:Q", scale=None)
    return [line, dashed.encode(detail="line:N"), points.encode(size=size, color=color, tooltip=TIP)]


def titled(word: str) -> str:
    """An axis title that the page writes: a word of its texts, since charts are compiled for all languages."""
    return f"{TITLE_MARK}{word}"


def nominal_axis(width: int) -> alt.Axis:
    """Names at the left of horizontal bars, cut where they would leave no room for the bars."""
    return alt.Axis(labelColor=INK, labelFontSize=12.5, labelLimit=width, labelPadding=9)


def room_for_labels(field: str, pixels: int) -> alt.X:
    """A hidden axis from zero that leaves `pixels` at the right of the longest bar for its label."""
    return alt.X(
        field,
        axis=None,
        scale=alt.Scale(
            zero=True, nice=False, domainMin=0, domainMax=alt.ExprRef(f"peak * width / max(width - {pixels}, 40)")
        ),
    )


def peak() -> alt.Parameter:
    """The longest bar's value; the page sets it with the rows."""
    return alt.param(name="peak", value=1)


def bars(*, names: int = 120, labels: int = 110, step: int = 34, color: Any = None, value: str = "value:Q") -> Drawn:
    """Horizontal bars in the order of the rows, each with its label at the end."""
    base = rows().encode(
        y=alt.Y("name:N", sort=None, title=None, axis=nominal_axis(names)),
        x=room_for_labels(value, labels),
        tooltip=TIP,
    )
    bar = base.mark_bar(height={"band": 0.64})
    text = base.mark_text(align="left", dx=7, baseline="middle").encode(text=LABEL)
    layered = alt.layer(bar.encode(color=color) if color is not None else bar, text).add_params(peak())
    return finished(layered, alt.Step(step))


def tiles(x: alt.X, y: alt.Y, *, step: int, font_size: float = 11.5) -> Drawn:
    """A table of coloured tiles: `strength` from 0 to 1 is the colour's, `label` the text."""
    base = rows().encode(x=x, y=y, tooltip=TIP)
    tile = base.mark_rect(color=token("petrol-2"), cornerRadius=3, stroke=token("card"), strokeWidth=2.5).encode(
        # Opacity over the panel's own ground: right on paper and on dark screens, and ink can be read on all of it.
        fillOpacity=alt.FillOpacity("strength:Q", scale=alt.Scale(domain=[0, 1], range=[0.12, 1]), legend=None)
    )
    text = base.mark_text(fontSize=font_size, color=INK).encode(text=LABEL)
    return finished(alt.layer(tile, text), alt.Step(step))
