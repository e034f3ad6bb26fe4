"""Ways to break the semantic model -> what the check says."""

from shopstream_platform_tests.serving.unit.power_bi.breaking import (
    MODEL,
    Break,
    added,
    all_of,
    gone,
    table,
    text,
)

NO_IMPORT = "table Visits: the query is not of the form that every import has"
BREAKS_OF_MODEL: dict[str, tuple[Break, str]] = {
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
        text(table("Campaigns"), '"MATCHED_REVENUE", Currency.Type', '"MATCHED_REVENUE", type number'),
        r"Campaigns\[Revenue of matched customers\] is decimal, but type number in the query",
    ),
    "a column without a type in M": (
        text(table("Campaigns"), ', {"CONTACTS", Int64.Type}', ""),
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
            text(table("Customer"), "DIM_CUSTOMERS_PUBLIC", "DIM_CUSTOMERS"),
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
    "columns without a type in M": (
        text(table("Visits"), "in\n\t\t\t\t    Types", "in\n\t\t\t\t    Columns"),
        NO_IMPORT,
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
}
