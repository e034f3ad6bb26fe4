"""A whole project has no problem; broken in any of these ways, it has one, and it is named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.power_bi import model
from shopstream_platform.power_bi.check import problems
from shopstream_platform.power_bi.project import files, write

MODEL, PAGES = "ShopStream.SemanticModel/definition", "ShopStream.Report/definition/pages"
REPORT = "ShopStream.Report/definition"
Break = Callable[[Path], object]


def text(file: str, old: str, new: str) -> Break:
    """Another text once in a file."""

    def broken(project: Path) -> None:
        path = project / file
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new, 1))

    return broken


def content(file: str, change: Callable[[Any], Any]) -> Break:
    """Another content of a JSON file."""

    def broken(project: Path) -> None:
        path = project / file
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found))

    return broken


def all_of(*breaks: Break) -> Break:
    def broken(project: Path) -> None:
        for one in breaks:
            one(project)

    return broken


def gone(file: str) -> Break:
    return lambda project: (project / file).unlink()


def added(file: str, text: str) -> Break:
    def broken(project: Path) -> None:
        path = project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)

    return broken


def visual(page: str, name: str) -> str:
    return f"{PAGES}/{page}/visuals/{name}/visual.json"


def table(name: str) -> str:
    return f"{MODEL}/tables/{name}.tmdl"


def place(**changes: int) -> Callable[[Any], Any]:
    return lambda found: found["position"].update(changes)


def typed(name: str, types: dict[str, str]) -> Break:
    """An import whose last step gives its columns these types."""

    def broken(project: Path) -> None:
        path = project / table(name)
        step = ", ".join(f'{{"{column}", {kind}}}' for column, kind in types.items())
        last = f"Types = Table.TransformColumnTypes(Columns, {{{step}}})"
        selection = r"(\t+ +)(Columns = Table\.SelectColumns\(Rows, \{.*?\}\))(?:,\n.*)?\n(\t+)in\n.*"
        after, count = re.subn(selection, rf"\1\2,\n\1{last}\n\3in\n\1Types", path.read_text())
        assert count == 1
        path.write_text(after)

    return broken


def filtered(literal: str) -> Break:
    """Another value in place of the true that a visual's filter lets through."""

    def change(found: Any) -> None:
        (condition,) = found["filterConfig"]["filters"][0]["filter"]["Where"]
        condition["Condition"]["In"]["Values"] = [[{"Literal": {"Value": literal}}]]

    return content(visual("product_performance", "restock"), change)


def labelled(kind: str, name: str, literal: str) -> Break:
    """Another title or text for screen readers."""

    def change(found: Any) -> None:
        properties = found["visual"]["visualContainerObjects"][kind][0]["properties"]
        properties[name]["expr"]["Literal"]["Value"] = literal

    return content(BARS, change)


GROWTH, BARS = visual("sales_overview", "monthly_growth"), visual("sales_overview", "by_country")
NO_IMPORT = "table Visits: the query is not of the form that every import has"
CAMPAIGNS = {
    "CONTACT_SOURCE": "type text",
    "CAMPAIGN_ID": "type text",
    "CONTACTS": "Int64.Type",
    "CONVERTED_CONTACTS": "Int64.Type",
    "MEDIAN_DAYS_TO_CONVERT": "type number",
    "MATCHED_REVENUE": "Currency.Type",
}
BREAKS: dict[str, tuple[Break, str]] = {
    # Sources.
    "renamed source column": (
        text(table("Sales daily"), "sourceColumn: TOTAL_ORDERS", "sourceColumn: TOTAL_ORDER"),
        "mart_sales_daily has no column TOTAL_ORDER",
    ),
    "a column that the query leaves out": (
        text(table("Sales daily"), '"COUNTRY", ', ""),
        "does not select exactly the table's columns",
    ),
    "wrong table in M": (text(table("Visits"), "MART_CONVERSION_FUNNEL", "MART_FUNNEL"), "no such dbt model"),
    "wrong schema in M": (text(table("Visits"), 'Name="MARTS"', 'Name="MART"'), "no such dbt model"),
    "misspelt parameter": (text(table("Visits"), "SnowflakeWarehouse", "SnowflakeWarehose"), NO_IMPORT),
    "without the role": (text(table("Visits"), "Role=SnowflakeRole,", ""), NO_IMPORT),
    "the warehouse as the server": (
        text(table("Visits"), "(SnowflakeServer, SnowflakeWarehouse,", "(SnowflakeWarehouse, SnowflakeServer,"),
        NO_IMPORT,
    ),
    "the database's name as the role": (
        text(table("Visits"), "Role=SnowflakeRole", "Role=SnowflakeDatabase"),
        NO_IMPORT,
    ),
    "another implementation": (text(table("Visits"), 'Implementation="2.0"', 'Implementation="1.0"'), NO_IMPORT),
    "rows left out": (
        text(table("Visits"), "SelectColumns(Rows,", "SelectColumns(Table.SelectRows(Rows, each [SESSIONS] > 0),"),
        NO_IMPORT,
    ),
    "steps that the result leaves out": (
        text(table("Visits"), "in\n\t\t\t\t    ", "in\n\t\t\t\t    Rows //"),
        NO_IMPORT,
    ),
    "a view": (text(table("Visits"), 'Kind="Table"', 'Kind="View"'), NO_IMPORT),
    "a column imported twice": (
        all_of(
            text(table("Visits"), '"PAGE_VIEW_SESSIONS"', '"SESSIONS"'),
            text(table("Visits"), "sourceColumn: PAGE_VIEW_SESSIONS", "sourceColumn: SESSIONS"),
        ),
        "table Visits: the query selects a column twice",
    ),
    "a type in M that is not the column's": (
        typed("Campaigns", CAMPAIGNS | {"MATCHED_REVENUE": "type number"}),
        r"Campaigns\[Revenue of matched customers\] is decimal, but type number in the query",
    ),
    "a column without a type in M": (
        typed("Campaigns", {"CONTACTS": "Int64.Type"}),
        "table Campaigns: the query does not type exactly the table's columns",
    ),
    "removed parameter": (
        text(f"{MODEL}/expressions.tmdl", "expression SnowflakeRole", "expression SnowflakeRoles"),
        "SnowflakeRole is no parameter",
    ),
    "wrong type": (
        text(table("Sales daily"), "dataType: int64", "dataType: string"),
        r"Sales daily\[Counted orders\] is string, but number\(38,0\)",
    ),
    "personal column": (
        all_of(
            text(table("Customer"), '"USER_ID"', '"EMAIL"'),
            text(table("Customer"), "dataType: int64", "dataType: string"),
            text(table("Customer"), "sourceColumn: USER_ID", "sourceColumn: EMAIL"),
        ),
        "personal and stays in the warehouse",
    ),
    "not an import": (
        text(table("Visits"), "partition Visits = m", "partition Visits = x"),
        "neither m nor calculated",
    ),
    "a calculated column that is not made": (
        text(table("Country"), "sourceColumn: [Country]", "sourceColumn: [Land]"),
        r"makes no column \[Land\]",
    ),
    "a calculated table that needs itself": (
        text(table("Country"), "'Visits'[Visitor country]", "'Country'[Country]"),
        "table Country needs itself",
    ),
    "calculated tables in a circle": (
        all_of(
            text(table("Country"), "'Visits'[Visitor country]", "'Category'[Category]"),
            text(table("Category"), "'Product'[Product category]", "'Country'[Country]"),
        ),
        "table Category needs itself",
    ),
    "parts of a union of different width": (
        text(table("Country"), "'Visits'[Visitor country]", "'Visits'[Visitor country], \"More\", 1"),
        "table Country: the parts of UNION have different numbers of columns",
    ),
    "a union of something else": (
        text(table("Country"), "SELECTCOLUMNS('Visits', \"Country\", 'Visits'[Visitor country])", "'Visits'"),
        "table Country: UNION takes nothing but SELECTCOLUMNS",
    ),
    "values that are not in their dimension": (
        text(
            table("Country"),
            "SELECTCOLUMNS('Visits', \"Country\", 'Visits'[Visitor country])",
            "SELECTCOLUMNS('Customer', \"Country\", 'Customer'[Customer country])",
        ),
        r"Country is not made of Visits\[Visitor country\], whose further values would be blank there",
    ),
    "a union of another type": (
        text(table("Country"), "'Visits'[Visitor country]", "'Visits'[All sessions]"),
        r"Country\[Country\] is string, but Visits\[All sessions\] int64",
    ),
    # Relationships.
    "relationship to a missing column": (
        text(f"{MODEL}/relationships.tmdl", "toColumn: Date.Date", "toColumn: Date.Datum"),
        r"there is no column Date\[Datum\]",
    ),
    "relationship between types": (
        text(f"{MODEL}/relationships.tmdl", "toColumn: Date.Date", "toColumn: Date.Year"),
        "a column of dateTime cannot equal one of int64",
    ),
    "relationship to what is not unique": (
        text(f"{MODEL}/relationships.tmdl", "toColumn: Date.Date", "toColumn: Date.Month"),
        r"does not test that Date\[Month\] is unique",
    ),
    "relationship to what may be NULL": (
        text(f"{MODEL}/relationships.tmdl", "toColumn: Date.Date", "toColumn: Inventory.'Last sold date'"),
        r"does not promise that Inventory\[Last sold date\] is never NULL",
    ),
    "relationship without an end": (
        text(f"{MODEL}/relationships.tmdl", "\ttoColumn: Date.Date\n", ""),
        "nothing is no Table.Column",
    ),
    "two paths": (
        added(
            f"{MODEL}/relationships.tmdl",
            "relationship again\n\tfromColumn: Inventory.'Stocked product ID'\n\ttoColumn: Product.'Product ID'\n",
        ),
        "filters go from Product to Inventory on 2 paths",
    ),
    # DAX.
    "measure that is not there": (
        text(table("Sales daily"), "DIVIDE([Revenue], ", "DIVIDE([Revenu], "),
        "measure Average basket: .*Revenu",
    ),
    "column that is not there": (
        text(table("Sales daily"), "SUM('Sales daily'[Cancelled])", "SUM('Sales daily'[Canceled])"),
        "measure Lost orders: .*Canceled",
    ),
    "table that is not there": (
        text(table("Cohorts"), "SUM(Cohorts[Active", "SUM(Cohort[Active"),
        "measure Retention rate: unknown table `Cohort`",
    ),
    "column in place of a measure": (
        text(
            table("Visits"), "DIVIDE([Sessions with a purchase], [Sessions])", "DIVIDE([Purchase sessions], [Sessions])"
        ),
        r"\[Purchase sessions\] is no measure",
    ),
    "unknown function": (
        text(table("Visits"), "SUM(Visits[All", "SUMM(Visits[All"),
        "function SUMM is none that we know",
    ),
    "too many arguments": (
        text(table("Visits"), "SUM(Visits[All sessions])", "SUM(Visits[All sessions], 2)"),
        "measure Sessions: .*SUM.* expects 1",
    ),
    "open bracket": (
        text(table("Visits"), "SUM(Visits[All sessions])", "SUM(Visits[All sessions]"),
        "measure Sessions: ",
    ),
    "sum of a text": (
        text(table("Visits"), "SUM(Visits[All sessions])", "SUM(Visits[Visitor country])"),
        "SUM cannot take Visits.Visitor country., which is string",
    ),
    "sum of a measure": (text(table("Visits"), "SUM(Visits[All sessions])", "SUM([Stock])"), "SUM takes a column"),
    "measure that needs itself": (
        text(table("Visits"), "SUM(Visits[All sessions])", "[Conversion rate] * 2"),
        "measure Sessions needs itself",
    ),
    "a column alone": (
        text(table("Visits"), "DIVIDE([Sessions with a purchase]", "DIVIDE(Visits[Purchase sessions]"),
        r"Visits\[Purchase sessions\] stands where there is no row of Visits",
    ),
    "a flag compared with a number": (
        text(table("Cohorts"), "Cohorts[Is incomplete] = FALSE()", "Cohorts[Is incomplete] = 0"),
        r"Cohorts\[Is incomplete\], which is boolean, is compared with 0",
    ),
    "a value that dbt does not accept": (
        text(table("Customer value"), '"At risk"', '"At Risk!"'),
        r"Customer value\[Segment\] is compared with At Risk!, which it never is",
    ),
    "a step that is not in its table": (
        text(table("Visits"), '"Purchase", ', '"Purchases", '),
        r"Funnel step\[Step\] is compared with Purchases, which it never is",
    ),
    "a year before of other days": (
        text(table("Sales by category"), "SAMEPERIODLASTYEAR('Date'[Date])", "SAMEPERIODLASTYEAR('Date'[Month])"),
        r"SAMEPERIODLASTYEAR of Date\[Month\], which is no key",
    ),
    # Names.
    "measure twice": (
        text(table("Visits"), "measure Sessions =", "measure revenue ="),
        "measure revenue is there 2 times",
    ),
    "column twice": (
        text(table("Visits"), "column 'Visitor country'", "column 'All sessions'"),
        "column of Visits all sessions is there 2 times",
    ),
    "column and measure": (
        text(table("Visits"), "column 'All sessions'", "column Sessions"),
        r"Visits\[Sessions\] is both a column and a measure",
    ),
    "table twice": (text(table("Visits"), "table Visits", "table Cohorts"), "table cohorts is there 2 times"),
    "lineage tag twice": (
        text(
            table("Visits"),
            "column 'All sessions'\n",
            "column a\n\t\tlineageTag: a\n\n\tcolumn b\n\t\tlineageTag: a\n\n\tcolumn 'All sessions'\n",
        ),
        "lineage tag a is there 2 times",
    ),
    "table that model.tmdl forgets": (
        text(f"{MODEL}/model.tmdl", "ref table Visits\n", ""),
        "table Visits is not named in model.tmdl",
    ),
    "table without a file": (gone(table("Visits")), "model.tmdl names the table Visits, which has no file"),
    "dbt's metric under another name": (
        text(table("Customer value"), "measure 'Repeat rate'", "measure 'Repeat quota'"),
        "there is no measure Repeat rate, which is dbt's metric repeat_rate",
    ),
    "dbt's metric with another meaning": (
        text(table("Sales daily"), "/// Revenue per order, in EUR.", "/// Revenue per line."),
        "measure Average basket is described otherwise than dbt's metric average_basket",
    ),
    "measure without a format": (
        text(table("Visits"), "\t\tformatString: #,##0\n", ""),
        "measure Sessions has no formatString",
    ),
    "column without a description": (
        text(table("Visits"), "\t/// The user's country or 'Unknown'.\n", ""),
        "column Visitor country of Visits has no description",
    ),
    # Properties.
    "no table of dates": (
        text(table("Date"), "\tdataCategory: Time\n", ""),
        "not exactly one table has a dataCategory",
    ),
    "two tables of dates": (
        text(table("Visits"), "\tlineageTag", "\tdataCategory: Time\n\tlineageTag"),
        r"not exactly one table has a dataCategory, which is Time: .*Date.*Visits",
    ),
    "a table of another category": (text(table("Date"), "dataCategory: Time", "dataCategory: Times"), "which is Time"),
    "dates without a key": (text(table("Date"), "\t\tisKey\n", ""), r"but Date has the keys \[\]"),
    "the wrong key of dates": (
        all_of(
            text(table("Date"), "\t\tisKey\n", ""),
            text(table("Date"), "\tcolumn Month\n", "\tcolumn Month\n\t\tisKey\n"),
        ),
        r"lead to \[\('Date', 'Date'\)\], but Date has the keys \[\('Date', 'Month'\)\]",
    ),
    "a key that is none": (text(table("Date"), "isKey", "isKey: false"), r"but Date has the keys \[\]"),
    "not imported": (
        text(table("Visits"), "mode: import", "mode: directQuery"),
        "table Visits has a partition with the mode directQuery, not import",
    ),
    "without a mode": (text(table("Visits"), "\t\tmode: import\n", ""), "partition with the mode none, not import"),
    "added up by itself": (
        text(table("Visits"), "summarizeBy: none", "summarizeBy: sum"),
        r"Visits\[Session date\] is summarized by sum, not by none",
    ),
    "added up by default": (
        text(table("Visits"), "\t\tsummarizeBy: none\n", ""),
        r"Visits\[Session date\] is summarized by default, not by none",
    ),
    "implicit measures": (
        text(f"{MODEL}/model.tmdl", "\tdiscourageImplicitMeasures\n", ""),
        "does not set discourageImplicitMeasures",
    ),
    "implicit measures again": (
        text(f"{MODEL}/model.tmdl", "discourageImplicitMeasures", "discourageImplicitMeasures: false"),
        "does not set discourageImplicitMeasures",
    ),
    "sources of an older version": (
        text(f"{MODEL}/model.tmdl", "powerBI_V3", "powerBI_V1"),
        "defaultPowerBIDataSourceVersion powerBI_V1, not powerBI_V3",
    ),
    "a lower compatibility": (
        text(f"{MODEL}/database.tmdl", "compatibilityLevel: 16", "compatibilityLevel: 15"),
        r"database.tmdl has the compatibilityLevel 15\d\d, not 1601 or higher",
    ),
    "no compatibility": (text(f"{MODEL}/database.tmdl", "compatibilityLevel", "mode"), "compatibilityLevel none"),
    "a parameter that nobody is asked for": (
        text(f"{MODEL}/expressions.tmdl", "IsParameterQuery=true, ", ""),
        "parameter SnowflakeServer is no text that whoever opens the project is asked for",
    ),
    "an order of queries that is no list": (
        text(f"{MODEL}/model.tmdl", 'PBI_QueryOrder = ["', 'PBI_QueryOrder = "'),
        "model.tmdl orders queries by what is no list",
    ),
    # TMDL.
    "property twice": (
        text(table("Visits"), "\t\tsummarizeBy: none\n", "\t\tsummarizeBy: none\n\t\tsummarizeBy: sum\n"),
        r"tables/Visits.tmdl: line \d+ gives summarizeBy a second time",
    ),
    "annotation twice": (
        added(f"{MODEL}/model.tmdl", "\nannotation PBI_QueryOrder = []\n"),
        r"model.tmdl: line \d+ gives PBI_QueryOrder a second time",
    ),
    "no UTF-8": (
        lambda project: (project / table("Visits")).write_bytes("table 'Besuche für alle'".encode("latin-1")),
        "tables/Visits.tmdl: .*utf-8",
    ),
    "misspelt property": (text(table("Visits"), "formatString:", "formatStrnig:"), "neither an object nor a property"),
    "wrong indentation": (text(table("Visits"), "\tlineageTag", "\t\t\tlineageTag"), "is indented too far"),
    "a stray file in the model": (added(f"{MODEL}/notes.txt", "x"), "notes.txt is no file of a semantic model"),
    # Visuals.
    "visual on a missing measure": (
        text(GROWTH, '"Property": "Monthly growth"', '"Property": "Yearly growth"'),
        r"no measure Sales by category\[Yearly growth\]",
    ),
    "visual on a missing table": (text(BARS, '"Entity": "Country"', '"Entity": "Land"'), "there is no table Land"),
    "measure shown as a column": (
        text(BARS, '"Measure": {', '"Column": {'),
        r"there is no column Sales by category\[Revenue\]",
    ),
    "hidden column in a visual": (
        all_of(
            text(BARS, '"Property": "Country"', '"Property": "Customer country"'),
            text(BARS, '"Entity": "Country"', '"Entity": "Customer"'),
        ),
        r"Customer\[Customer country\] is hidden",
    ),
    "filter on a missing column": (
        text(visual("product_performance", "restock"), '"Is restock due"', '"Is restock"'),
        r"no column Inventory\[Is restock\]",
    ),
    "filter by what is neither true nor false": (
        filtered("1L"),
        r"restock: Inventory\[Is restock due\] is true or false, but filtered by 1L",
    ),
    "filter by a text": (
        filtered("'true'"),
        r"restock: Inventory\[Is restock due\] is true or false, but filtered by 'true'",
    ),
    "queryRef of another field": (
        text(BARS, '"queryRef": "Country.Country"', '"queryRef": "Country.Land"'),
        "queryRef Country.Land is not Country.Country",
    ),
    "nativeQueryRef of another field": (
        text(BARS, '"nativeQueryRef": "Country"', '"nativeQueryRef": "Land"'),
        "nativeQueryRef Land is not Country",
    ),
    "sorted by what is not shown": (
        content(
            BARS,
            lambda v: v["visual"]["query"]["sortDefinition"]["sort"][0]["field"]["Measure"].update(Property="Units"),
        ),
        "is sorted by .*Units.*, which it does not show",
    ),
    "group that filters nothing": (
        content(
            BARS,
            lambda v: v["visual"]["query"]["queryState"].update(
                Category={
                    "projections": [
                        {
                            "field": {
                                "Column": {"Expression": {"SourceRef": {"Entity": "Campaigns"}}, "Property": "Source"}
                            },
                            "queryRef": "Campaigns.Source",
                            "nativeQueryRef": "Source",
                        }
                    ]
                }
            ),
        ),
        r"Campaigns does not filter Sales by category, so that \[Revenue\] is the same in every group",
    ),
    "a slicer that changes nothing, unsaid": (
        text(visual("customer_analysis", "value_by_age"), " (all countries and plans)", ""),
        r"a choice of Country does not filter Cohorts: say that \[Value per cohort customer\] is of all",
    ),
    "empty visual": (content(BARS, lambda v: v["visual"].pop("query")), "by_country shows nothing"),
    "overlap": (content(BARS, place(y=300)), "by_country and .* overlap"),
    "off the page": (content(BARS, place(x=1200)), "by_country is not on the page"),
    "page too small": (
        content(f"{PAGES}/sales_overview/page.json", lambda page: page.update(width=600)),
        "by_country is not on the page",
    ),
    "no text for screen readers": (
        content(BARS, lambda v: v["visual"]["visualContainerObjects"].pop("general")),
        "by_country has no text for screen readers, or none in quotes",
    ),
    "text for screen readers without quotes": (
        labelled("general", "altText", "Revenue by country"),
        "by_country has no text for screen readers, or none in quotes",
    ),
    "no title": (
        content(BARS, lambda v: v["visual"]["visualContainerObjects"].pop("title")),
        "by_country has no title, or none in quotes",
    ),
    "title without quotes": (
        labelled("title", "text", "Revenue by country"),
        "by_country has no title, or none in quotes",
    ),
    "empty title": (labelled("title", "text", "''"), "by_country has no title, or none in quotes"),
    "blank title": (labelled("title", "text", "' '"), "by_country has no title, or none in quotes"),
    "title with a lone quote": (labelled("title", "text", "'a's'"), "by_country has no title, or none in quotes"),
    "visual under another name": (content(BARS, lambda v: v.update(name="x")), "by_country calls itself x"),
    # Files.
    "wrong path to the model": (
        text("ShopStream.Report/definition.pbir", "../ShopStream.SemanticModel", "../Shop.SemanticModel"),
        "where there is no semantic model",
    ),
    "wrong path to the report": (
        text("ShopStream.pbip", "ShopStream.Report", "Shop.Report"),
        "ShopStream.pbip leads to",
    ),
    "no project file": (gone("ShopStream.pbip"), "holds 0 .pbip files"),
    "page without a file": (gone(f"{PAGES}/acquisition/page.json"), "page.json is missing"),
    "page that is not listed": (
        content(f"{PAGES}/pages.json", lambda pages: pages["pageOrder"].remove("acquisition")),
        "acquisition/page.json belongs to nothing",
    ),
    "page twice": (
        content(f"{PAGES}/pages.json", lambda pages: pages["pageOrder"].append("acquisition")),
        "names a page twice",
    ),
    "opens a page that is not there": (
        content(f"{PAGES}/pages.json", lambda pages: pages.update(activePageName="x")),
        "opens a page that is not among its pages",
    ),
    "page under another name": (
        content(f"{PAGES}/acquisition/page.json", lambda page: page.update(name="x")),
        "the page acquisition calls itself otherwise",
    ),
    "theme under another name": (
        text("ShopStream.Report/StaticResources/RegisteredResources/shopstream.json", "shopstream.json", "shop.json"),
        "the theme shopstream.json calls itself shop.json",
    ),
    "theme that is no resource": (
        content(f"{REPORT}/report.json", lambda r: r["themeCollection"]["customTheme"].update(name="x")),
        "has the theme x, which is not among its resources",
    ),
    "no theme": (
        gone("ShopStream.Report/StaticResources/RegisteredResources/shopstream.json"),
        "RegisteredResources/shopstream.json is missing",
    ),
    "no JSON": (
        text(
            BARS,
            "{",
            "",
        ),
        "by_country/visual.json is no JSON",
    ),
    "JSON of something else": (
        lambda project: (project / REPORT / "version.json").write_text("[]"),
        "definition/version.json holds no object",
    ),
    "the model by an address": (
        content("ShopStream.Report/definition.pbir", lambda found: found["datasetReference"].update(byConnection={})),
        "definition.pbir names the semantic model by .*byConnection.*, not by its path alone",
    ),
    "another version of the report": (
        content(f"{REPORT}/version.json", lambda found: found.update(version="1.0.0")),
        "definition/version.json has the version 1.0.0, not 2.0.0",
    ),
    "another version of the report's definition": (
        content("ShopStream.Report/definition.pbir", lambda found: found.update(version="1.0")),
        "definition.pbir has the version 1.0, not 4.0",
    ),
    "another version of the model's definition": (
        content("ShopStream.SemanticModel/definition.pbism", lambda found: found.update(version="1.0")),
        "definition.pbism has the version 1.0, not 4.2",
    ),
    "another version of the project": (
        content("ShopStream.pbip", lambda found: found.update(version="2.0")),
        "ShopStream.pbip has the version 2.0, not 1.0",
    ),
    "another name": (
        content("ShopStream.SemanticModel/.platform", lambda found: found["metadata"].update(displayName="Shop")),
        "is not that of the SemanticModel ShopStream",
    ),
    "an id that is none": (
        content("ShopStream.Report/.platform", lambda found: found["config"].update(logicalId="a")),
        "ShopStream.Report/.platform has the logicalId a, which is no GUID",
    ),
    "no resources": (
        content(f"{REPORT}/report.json", lambda found: found.pop("resourcePackages")),
        "has the theme shopstream.json, which is not among its resources",
    ),
    "the same id": (
        all_of(
            content("ShopStream.Report/.platform", lambda found: found["config"].update(logicalId="a")),
            content("ShopStream.SemanticModel/.platform", lambda found: found["config"].update(logicalId="a")),
        ),
        "report and semantic model have the same logicalId",
    ),
    "a file of another kind": (
        text("ShopStream.Report/.platform", '"Report"', '"Reports"'),
        "is not that of the Report ShopStream",
    ),
    "two models": (added("Other.SemanticModel/definition/database.tmdl", ""), "holds 2 semantic models"),
}


def test_the_project_is_whole(project: Path) -> None:
    assert problems(project) == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found(project: Path, name: str) -> None:
    broken, expected = BREAKS[name]
    broken(project)
    found = problems(project)
    assert any(re.search(expected, problem) for problem in found), found


# What Git ignores is none of the project's parts.
@pytest.mark.parametrize("file", [path for path in files() if path != ".gitignore"])
@pytest.mark.parametrize("instead", [None, "", "{}", "[]"])
def test_a_part_that_is_gone_or_empty_is_a_sentence(project: Path, file: str, instead: str | None) -> None:
    (project / file).unlink()
    if instead is not None:
        (project / file).write_text(instead)
    found = problems(project)
    assert found
    assert all(len(problem.splitlines()) == 1 for problem in found)


def test_types_in_m_may_be_there_or_not(project: Path) -> None:
    typed("Campaigns", CAMPAIGNS)(project)
    assert problems(project) == []


def test_a_type_that_the_declaration_gives_wrongly_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_TYPES", ((r"number\(\d+,2\)", "double"), *model._TYPES))
    write(project)
    assert "Campaigns[Revenue of matched customers] is double, but number(38,2) in mart_crm_conversion" in problems(
        project
    )


def _relationships(project: Path) -> list[str]:
    return (project / MODEL / "relationships.tmdl").read_text().strip().split("\n\n")


# The one that no visual of ours needs is for whoever looks at cohorts by year.
@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12])
def test_no_relationship_can_be_left_out(project: Path, number: int) -> None:
    found = _relationships(project)
    assert len(found) == 13
    (project / MODEL / "relationships.tmdl").write_text("\n\n".join(found[:number] + found[number + 1 :]) + "\n\n")
    assert problems(project), found[number]
