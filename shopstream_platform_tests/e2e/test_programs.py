"""What people read is there for programs, too."""

import csv
import io
import json

from shopstream_platform_tests.e2e.shop import Shop


def test_a_program_reads_what_runs_and_whether_it_works(shop: Shop) -> None:
    shop.shopstream("up")
    status = json.loads(shop.shopstream("status", "--json").out)
    assert {service["name"]: service["running"] for service in status["services"]} == {
        "postgres": True,
        "object_store": True,
        "warehouse": True,
    }
    assert status["version"].startswith("shopstream ")
    assert {held["what"] for held in status["holdings"]} >= {"lake", "warehouse"}
    findings = json.loads(shop.shopstream("doctor", "--json").out)
    assert {finding["state"] for finding in findings} <= {"ok", "warning"}
    assert any(finding["subject"] == "configuration" for finding in findings)
    assert shop.shopstream("--version").out.startswith("shopstream ")


def test_a_program_reads_what_a_refresh_would_do_and_has_done(shop: Shop) -> None:
    shop.psql(
        "UPDATE events SET event_type = 'page_view' "
        "WHERE id = (SELECT min(id) FROM events WHERE event_type <> 'page_view')"
    )
    planned = shop.shopstream("refresh", "--dry-run", "--json")
    document = json.loads(planned.out)
    assert (document["dry_run"], document["runs"], planned.code) == (True, [], 0)
    (step,) = document["steps"]
    assert step["tables"] == ["events"]
    assert step["first_day"] == step["last_day"]
    assert any(line.startswith("events: ") for line in document["found"])
    done = json.loads(shop.shopstream("--verbose", "refresh", "--json").out)
    (run,) = done["runs"]
    assert done["succeeded"]
    assert "raw/events" in run["materialized"]
    again = json.loads(shop.shopstream("refresh", "--json").out)
    assert (again["succeeded"], again["steps"], again["runs"], again["found"]) == (True, [], [], [])
    assert again["compared"].startswith("Compared: ")


def test_rows_are_complete_in_a_pipe(shop: Shop) -> None:
    counted = json.loads(shop.shopstream("sql", "--json", "select count(*) as n from marts.mart_sales_daily").out)
    (rows,) = csv.reader(io.StringIO(shop.shopstream("sql", "--csv", "select 1, 'a,b'; ").out.split("\n", 1)[1]))
    assert rows == ["1", "a,b"]
    table = shop.shopstream("sql", "select * from marts.mart_sales_daily")
    assert len(table.out.splitlines()) == 1 + counted[0]["N"]
    assert table.err == ""
