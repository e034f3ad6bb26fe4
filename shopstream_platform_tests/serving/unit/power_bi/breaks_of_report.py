"""Ways to break the report and the project's files -> what the check says."""

from shopstream_platform_tests.serving.unit.power_bi.breaking import (
    PAGES,
    REPORT,
    Break,
    added,
    all_of,
    content,
    filtered,
    gone,
    labelled,
    place,
    text,
    visual,
)

GROWTH, BARS = visual("sales_overview", "monthly_growth"), visual("sales_overview", "by_country")
BREAKS_OF_REPORT: dict[str, tuple[Break, str]] = {
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
    "a slicer that changes nothing, of which only the other is said": (
        text(visual("customer_analysis", "value_by_age"), " (all countries and plans)", " (all countries)"),
        r"a choice of Plan does not filter Cohorts",
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
