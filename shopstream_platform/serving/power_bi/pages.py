"""The report's pages: which visual shows which fields, and where. Positions are in pixels of a 1280 x 720 page."""

from dataclasses import dataclass

# Table[Column] or Table[Measure]: which of the two it is, the model knows.
FieldName = tuple[str, str]
WIDTH, HEIGHT = 1280, 720
_GAP = 16
_HEAD, _MIDDLE, _BOTTOM = (16, 112), (144, 272), (432, 272)


@dataclass(frozen=True)
class Box:
    """Where a visual is."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Sort:
    """What a visual is sorted by."""

    by: FieldName
    descending: bool = True


@dataclass(frozen=True)
class Visual:
    """One visual. `roles` are the type's wells: role -> fields.

    `only` keeps the rows in which a flag is true; without `totals` a matrix has no column of them.
    """

    name: str
    type: str
    title: str
    box: Box
    roles: dict[str, tuple[FieldName, ...]]
    sort: Sort | None = None
    only: FieldName | None = None
    totals: bool = True


@dataclass(frozen=True)
class Page:
    """One page of the report."""

    name: str
    title: str
    visuals: tuple[Visual, ...]


def _row(place: tuple[int, int], *shares: int) -> list[Box]:
    """Boxes side by side at (y, height), whose widths are in the proportion of `shares`."""
    y, height = place
    room = WIDTH - _GAP * (len(shares) + 1)
    widths = [room * share // sum(shares) for share in shares]
    return [Box(_GAP + sum(widths[:i]) + _GAP * i, y, width, height) for i, width in enumerate(widths)]


def _head(
    choices: tuple[FieldName, ...],
    figures: tuple[FieldName, ...],
    unfiltered: tuple[FieldName, ...] = (),
    title: str = "Key figures",
) -> tuple[Visual, ...]:
    """What every page begins with: choices on the left, figures on the right, last those that no choice changes."""
    widths = (14 - 2 * len(choices) - 3, 3) if unfiltered else (14 - 2 * len(choices),)
    boxes = _row(_HEAD, *[2] * len(choices), *widths)
    slots, rest = boxes[: len(choices)], boxes[len(choices) :]
    slicers = [
        Visual(f"choose_{field[1].lower().replace(' ', '_')}", "slicer", field[1], box, {"Values": (field,)})
        for field, box in zip(choices, slots, strict=True)
    ]
    cards = [Visual("figures", "cardVisual", title, rest[0], {"Data": figures})]
    if unfiltered:
        of_all = f"Of {_all_of(choices)}"
        cards.append(Visual("figures_of_all", "cardVisual", of_all, rest[1], {"Data": unfiltered}))
    return (*slicers, *cards)


def _all_of(choices: tuple[FieldName, ...]) -> str:
    """For the title of what a page's choices do not change; the check asks for it."""
    return "all " + " and ".join(_PLURALS[field] for field in choices)


_DATE, _MONTH = ("Date", "Date"), ("Date", "Month")
_COUNTRY, _CATEGORY, _PLAN = ("Country", "Country"), ("Category", "Category"), ("Customer", "Plan")
_PLURALS = {_DATE: "dates", _COUNTRY: "countries", _PLAN: "plans"}
_REVENUE, _ORDERS, _BASKET = (
    ("Sales by category", "Revenue"),
    ("Sales daily", "Orders"),
    ("Sales daily", "Average basket"),
)
_GROWTH, _YEAR_ON_YEAR = ("Sales by category", "Monthly growth"), ("Sales by category", "Year on year")
_YEAR_BEFORE = ("Sales by category", "Revenue of the year before")
_PRODUCT_REVENUE, _RANK = ("Product", "Product revenue"), ("Product", "Revenue rank")
_CUSTOMERS, _VALUE = ("Customer value", "Ordering customers"), ("Customer value", "Average lifetime value")
_LIFETIME, _SEGMENT = ("Customer value", "Lifetime value"), ("Customer value", "Segment")
_AGE, _CONTACTS = ("Cohorts", "Months since first order"), ("Campaigns", "Contacts")
_AT_STEP = ("Visits", "Sessions at the step")
_CONVERSION, _SOURCE = ("Visits", "Conversion rate"), ("Campaigns", "Source")


def _sales() -> Page:
    over_time, growth = _row(_MIDDLE, 2, 1)
    countries, categories = _row(_BOTTOM, 1, 1)
    return Page(
        "sales_overview",
        "Sales overview",
        (
            *_head(
                (_DATE, _COUNTRY, _CATEGORY),
                (_REVENUE, _ORDERS, _BASKET, ("Sales daily", "Cancelled or refunded")),
                # An order has lines of several categories, and no category if it was cancelled.
                title="Key figures (orders and basket: of one category or of all)",
            ),
            Visual(
                "revenue_over_time",
                "lineChart",
                "Revenue by month, and a year before",
                over_time,
                {"Category": (_MONTH,), "Y": (_REVENUE, _YEAR_BEFORE), "Tooltips": (_ORDERS, _BASKET, _YEAR_ON_YEAR)},
                Sort(_MONTH, descending=False),
            ),
            Visual(
                "monthly_growth",
                "clusteredColumnChart",
                "Growth against the month before",
                growth,
                {"Category": (_MONTH,), "Y": (_GROWTH,)},
                Sort(_MONTH, descending=False),
            ),
            Visual(
                "by_country",
                "clusteredBarChart",
                "Revenue by country",
                countries,
                {"Category": (_COUNTRY,), "Y": (_REVENUE,), "Tooltips": (_ORDERS, _BASKET)},
                Sort(_REVENUE),
            ),
            Visual(
                "by_category",
                "clusteredBarChart",
                "Revenue by category",
                categories,
                {"Category": (_CATEGORY,), "Y": (_REVENUE,), "Tooltips": (_ORDERS, _BASKET)},
                Sort(_REVENUE),
            ),
        ),
    )


def _products() -> Page:
    pareto, tiers = _row(_MIDDLE, 2, 1)
    products, restock = _row(_BOTTOM, 3, 2)
    abc_class, product = ("Product", "ABC class"), ("Product", "Product")
    days = ("Inventory", "Days of stock")
    return Page(
        "product_performance",
        "Product performance",
        (
            *_head(
                (_CATEGORY, abc_class),
                (
                    ("Product", "Products sold"),
                    _PRODUCT_REVENUE,
                    ("Product", "Class A products"),
                    ("Inventory", "To restock"),
                    ("Inventory", "Dead stock"),
                ),
            ),
            Visual(
                "pareto",
                "lineClusteredColumnComboChart",
                "Revenue of each product by rank, and the share of all revenue up to it",
                pareto,
                {"Category": (_RANK,), "Y": (_PRODUCT_REVENUE,), "Y2": (("Product", "Cumulative share"),)},
                Sort(_RANK, descending=False),
            ),
            Visual(
                "tiers",
                "clusteredBarChart",
                "Revenue by tier",
                tiers,
                {"Category": (("Product", "Tier"),), "Y": (_PRODUCT_REVENUE,)},
                Sort(_PRODUCT_REVENUE),
            ),
            Visual(
                "products",
                "tableEx",
                "Every product",
                products,
                {
                    "Values": (
                        _RANK,
                        product,
                        _CATEGORY,
                        abc_class,
                        ("Product", "Tier"),
                        _PRODUCT_REVENUE,
                        ("Product", "Product orders"),
                        ("Product", "Cumulative share"),
                    )
                },
                Sort(_RANK, descending=False),
            ),
            Visual(
                "restock",
                "tableEx",
                "To restock: class A with under 14 days of stock",
                restock,
                {
                    "Values": (
                        ("Product", "Product ID"),
                        product,
                        ("Inventory", "Stock"),
                        ("Inventory", "Units sold in 30 days"),
                        days,
                    )
                },
                Sort(days, descending=False),
                only=("Inventory", "Is restock due"),
            ),
        ),
    )


def _customers() -> Page:
    segments, values, scores = _row(_MIDDLE, 5, 4, 4)
    cohorts, ages, best = _row(_BOTTOM, 5, 4, 4)
    choices = (_COUNTRY, _PLAN)
    return Page(
        "customer_analysis",
        "Customer analysis",
        (
            *_head(
                choices,
                (
                    _CUSTOMERS,
                    _VALUE,
                    ("Customer value", "Repeat rate"),
                    ("Customer value", "Revenue at risk"),
                ),
            ),
            Visual(
                "segments",
                "clusteredBarChart",
                "Customers by RFM segment",
                segments,
                {"Category": (_SEGMENT,), "Y": (_CUSTOMERS,), "Tooltips": (_LIFETIME,)},
                Sort(_CUSTOMERS),
            ),
            Visual(
                "value_by_segment",
                "clusteredBarChart",
                "Average lifetime value by segment",
                values,
                {"Category": (_SEGMENT,), "Y": (_VALUE,)},
                Sort(_VALUE),
            ),
            Visual(
                "recency_frequency",
                "pivotTable",
                "Customers by recency and frequency (5 is best)",
                scores,
                {
                    "Rows": (("Customer value", "Recency score"),),
                    "Columns": (("Customer value", "Frequency score"),),
                    "Values": (_CUSTOMERS,),
                },
            ),
            Visual(
                "cohorts",
                "pivotTable",
                f"Retention by month of the first order ({_all_of(choices)})",
                cohorts,
                {
                    "Rows": (("Cohorts", "Cohort month"),),
                    "Columns": (_AGE,),
                    "Values": (("Cohorts", "Retention rate"),),
                },
                totals=False,
            ),
            Visual(
                "value_by_age",
                "lineChart",
                f"Revenue per customer by months since the first order ({_all_of(choices)})",
                ages,
                {"Category": (_AGE,), "Y": (("Cohorts", "Value per cohort customer"),)},
                Sort(_AGE, descending=False),
            ),
            Visual(
                "top_customers",
                "tableEx",
                "The best customers",
                best,
                {
                    "Values": (
                        ("Customer", "Customer ID"),
                        _COUNTRY,
                        _SEGMENT,
                        _LIFETIME,
                        ("Customer value", "Customer orders"),
                    )
                },
                Sort(_LIFETIME),
            ),
        ),
    )


def _acquisition() -> Page:
    funnel, conversion = _row(_MIDDLE, 1, 1)
    signups, sources, campaigns = _row(_BOTTOM, 4, 3, 6)
    activation = ("Customer", "Signups with an order")
    contact_conversion = ("Campaigns", "Contacts converted")
    choices = (_DATE, _COUNTRY)
    return Page(
        "acquisition",
        "Acquisition",
        (
            *_head(
                choices,
                (("Visits", "Sessions"), _CONVERSION, activation),
                unfiltered=(contact_conversion,),
            ),
            Visual(
                "funnel",
                "funnel",
                "From the visit to the purchase",
                funnel,
                {"Category": (("Funnel step", "Step"),), "Y": (_AT_STEP,)},
                Sort(_AT_STEP),
            ),
            Visual(
                "conversion_over_time",
                "lineChart",
                "Conversion rate by month",
                conversion,
                {"Category": (_MONTH,), "Y": (_CONVERSION,), "Tooltips": (("Visits", "Sessions"),)},
                Sort(_MONTH, descending=False),
            ),
            Visual(
                "activation_by_month",
                "lineClusteredColumnComboChart",
                "Signups by month, and how many of them ordered",
                signups,
                {"Category": (_MONTH,), "Y": (("Customer", "Registered customers"),), "Y2": (activation,)},
                Sort(_MONTH, descending=False),
            ),
            Visual(
                "crm_by_source",
                "clusteredBarChart",
                f"CRM contacts converted by source ({_all_of(choices)})",
                sources,
                {"Category": (_SOURCE,), "Y": (contact_conversion,), "Tooltips": (_CONTACTS,)},
                Sort(contact_conversion),
            ),
            Visual(
                "campaigns",
                "tableEx",
                f"Campaigns ({_all_of(choices)})",
                campaigns,
                {
                    "Values": (
                        _SOURCE,
                        ("Campaigns", "Campaign"),
                        _CONTACTS,
                        contact_conversion,
                        ("Campaigns", "Median days to convert"),
                        ("Campaigns", "Matched revenue"),
                    )
                },
                Sort(_CONTACTS),
            ),
        ),
    )


PAGES = (_sales(), _products(), _customers(), _acquisition())
