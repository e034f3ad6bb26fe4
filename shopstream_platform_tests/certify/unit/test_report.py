"""The report: every end is said, names of accounts are not, and text of others is text."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.outcome import Different, NotRun, Outcome, Status, prove
from shopstream_platform.certify.report import Report, anonymous, as_json, as_page, facts, write
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.config.connections import S3Connection, SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError

TARGET = Target(SnowflakeConnection("acme-main", "ANNE", "p"), S3Connection("acme-lake"))
SITE, EMBEDDED = (Site(Namespace("ABCDEF"), target, 1) for target in (TARGET, None))


def raises(error: Exception) -> Outcome:
    def attempt() -> None:
        raise error

    return prove("group", "case", attempt)


def test_each_end_of_a_case() -> None:
    assert str(prove("group", "case", lambda: "3 rows")) == "as documented: 3 rows"
    assert str(prove("group", "case", lambda: None)) == "as documented"
    assert str(raises(Different("2\nrows"))) == "different: 2 rows"
    assert str(raises(NotRun("no edition"))) == "not run: no edition"
    assert str(raises(ShopStreamError("refused"))) == "different: refused"
    assert str(raises(KeyError("x"))) == "different: KeyError: 'x'"


@pytest.mark.parametrize(
    ("statuses", "passed"),
    [
        ([Status.AS_DOCUMENTED, Status.NOT_RUN], True),
        ([Status.AS_DOCUMENTED, Status.DIFFERENT], False),
        ([Status.NOT_RUN], False),
        ([], False),
    ],
)
def test_what_passes(statuses: list[Status], passed: bool) -> None:
    report = Report({}, [Outcome("g", "c", status) for status in statuses])
    assert report.passed is passed
    counts = [statuses.count(status) for status in Status]
    assert report.closing_line == f"{counts[0]} as documented, {counts[1]} different, {counts[2]} not run"


@pytest.mark.security
def test_text_of_a_warehouse_is_text() -> None:
    evil = Outcome("g", "<script>1</script>", Status.DIFFERENT, "</td><img src=x>\x1b[31m\u202e", page="javascript:1")
    page = as_page(Report({"<b>": "<i>"}, [evil]))
    assert "<script>" not in page
    assert "<img" not in page
    assert "<i>" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "href" not in page


@pytest.mark.security
def test_nobodys_account_is_named() -> None:
    said = "ACME-MAIN.snowflakecomputing.com: Anne may not read s3://acme-lake/x by arn:aws:iam::123456789012:role/r"
    (one,) = anonymous([Outcome("g", said, Status.DIFFERENT, said)], SITE)
    told = "<ACCOUNT>.snowflakecomputing.com: <USER> may not read s3://<BUCKET>/x by arn:aws:iam::<AWS>:role/r"
    assert (one.case, one.detail) == (told, told)


def test_both_files(tmp_path: Path) -> None:
    outcomes = [
        Outcome("conformance: dates", "SELECT 1", Status.AS_DOCUMENTED, seconds=1.23456, page="https://x.example")
    ]
    report = Report(facts(EMBEDDED, datetime.now(UTC), outcomes), outcomes)
    page, data = write(report, tmp_path / "new")
    assert 'href="https://x.example"' in page.read_text()
    found = json.loads(data.read_text())
    assert found == json.loads(as_json(report))
    assert found["counts"] == {"as documented": 1, "different": 0, "not run": 0}
    assert found["cases"][0]["seconds"] == 1.235
    assert {"ShopStream", "dbt-core", "dbt-snowflake", "snowflake-connector-python"} <= found["facts"].keys()


def test_the_edition_is_what_the_account_accepts() -> None:
    def edition(outcome: Outcome) -> str:
        return facts(SITE, datetime.now(UTC), [outcome])["Edition"]

    assert edition(Outcome("masking", "c", Status.AS_DOCUMENTED)).startswith("Enterprise")
    refused = Outcome("masking", "c", Status.NOT_RUN, "the account's edition has no masking policies: x")
    assert edition(refused).startswith("Standard")
    assert edition(Outcome("masking", "c", Status.NOT_RUN, "left out by --only")) == "not known"


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ShopStreamError, match="the report cannot be written to"):
        write(Report({}, []), tmp_path / "file" / "folder")


@pytest.mark.parametrize("name", ["", "ABC", "ABCDEFG", "ABCD1F", "AB_DEF", "../../"])
def test_what_is_no_name_removes_nothing(name: str) -> None:
    with pytest.raises(ShopStreamError, match="is not the name of a certification"):
        Namespace.named(name)


def test_names_of_a_namespace() -> None:
    assert Namespace.named("abcdef") == Namespace("ABCDEF")
    assert len({Namespace.new().name for _ in range(20)}) == 20
    assert Namespace.named(Namespace.new().name).prefix.startswith("CERTIFY_")
