"""The smallest shop that a report can be made of: what each model of dbt promises, and what is made of it."""

from uuid import UUID

from shopstream_platform.pbip.model import Column, Dimension, Measure, Parameter, Relationship, SemanticModel, Table
from shopstream_platform.pbip.pages import Box, Page, Sort, Visual
from shopstream_platform.pbip.project import Project
from shopstream_platform.pbip.sources import Metric, SourceColumn, SourceTable

SOURCES = {
    "dim_day": SourceTable(
        "dim_day", "core", "One row per day.", {"day": SourceColumn("day", "date", "The day.", True, True)}
    ),
    "mart_sales": SourceTable(
        "mart_sales",
        "marts",
        "Sales by day and country.",
        {
            "day": SourceColumn("day", "date", "Day of the order.", not_null=True),
            "country": SourceColumn("country", "varchar", "Country of the order.", not_null=True),
            "revenue": SourceColumn("revenue", "number(38,2)", "Revenue in EUR."),
            "buyer": SourceColumn("buyer", "varchar", "Who bought.", personal=True),
        },
    ),
}
METRICS = [Metric("revenue", "Total", "Revenue in EUR.")]
REVENUE = Measure("Total", "SUM('Sales'[Revenue])", "#,##0", "Sales", "Revenue in EUR.", "revenue")
SALES = Table(
    "Sales",
    "mart_sales",
    columns=(
        Column("Sale day", "day", "Short Date", hidden=True),
        Column("Sale country", "country", hidden=True),
        Column("Revenue", "revenue", hidden=True),
    ),
    measures=(REVENUE,),
)
DAYS = Table("Days", "dim_day", columns=(Column("Day", "day", "Short Date", key=True),), category="Time")
COUNTRY = Dimension("Country", "Country", "Countries of orders.", values_of=(("Sales", "Sale country"),))
MODEL = SemanticModel(
    name="Small",
    ids=UUID("a3f1c5de-6f0f-4b53-9c1c-0b1a4f6f9e11"),
    parameters=tuple(
        Parameter(name, value, f"{name}.")
        for name, value in (
            ("SnowflakeServer", "organization-account.snowflakecomputing.com"),
            ("SnowflakeWarehouse", "BI_WH"),
            ("SnowflakeDatabase", "SHOP"),
            ("SnowflakeRole", "REPORTER"),
        )
    ),
    tables=(DAYS, SALES),
    dimensions=(COUNTRY,),
    relationships=(
        Relationship(("Sales", "Sale day"), ("Days", "Day")),
        Relationship(("Sales", "Sale country"), ("Country", "Country")),
    ),
)
DAY, TOTAL, LAND = ("Days", "Day"), ("Sales", "Total"), ("Country", "Country")
PAGE = Page(
    "sales",
    "Sales",
    (
        Visual("choose_day", "slicer", "Day", Box(16, 16, 300, 112), {"Values": (DAY,)}),
        Visual("choose_country", "slicer", "Country", Box(332, 16, 300, 112), {"Values": (LAND,)}),
        Visual(
            "by_country",
            "clusteredBarChart",
            "Revenue by country",
            Box(16, 144, 1248, 560),
            {"Category": (LAND,), "Y": (TOTAL,)},
            Sort(TOTAL),
        ),
    ),
)
PROJECT = Project(MODEL, SOURCES, (PAGE,), {"name": "small.json", "dataColors": ["#0F766E"]})
