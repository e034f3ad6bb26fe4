"""The graph and a run as OpenLineage events, and a server that takes them or does not."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import LineageSettings, OltpSettings, Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs import openlineage
from shopstream_platform.defs.openlineage import Graph

RAW, MART = dg.AssetKey(["raw", "orders"]), dg.AssetKey(["marts", "sales"])
COLUMNS = dg.TableColumnLineage({"revenue": [dg.TableColumnDep(RAW, "total")], "day": []})
SCHEMA = dg.TableSchema([dg.TableColumn("revenue", "number(38,2)", "In EUR.")])
SPECS = [
    dg.AssetSpec(dg.AssetKey(["oltp", "orders"]), metadata={"dagster/table_name": "orders"}),
    dg.AssetSpec(RAW, deps=[dg.AssetKey(["lake", "orders"])], metadata={"dagster/table_name": "DWH.RAW.ORDERS"}),
    dg.AssetSpec(
        MART,
        deps=[RAW],
        description="By day.",
        metadata={"dagster/table_name": "DWH.MARTS.SALES", "dagster/column_schema": SCHEMA},
    ),
]


@pytest.fixture
def graph() -> Graph:
    return Graph(Settings(), SPECS)


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str | None, Any]]]]:
    """A server that keeps what is posted, with the login that came with it; it refuses jobs called `refused`."""
    taken: list[tuple[str | None, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append((self.headers.get("Authorization"), body))
            self.send_response(401 if body["job"]["name"] == "refused" else 201)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", taken
    http.shutdown()
    http.server_close()


def documents(events: Any) -> dict[str, Any]:
    """Job -> event."""
    found = [json.loads(line) for line in openlineage.as_lines(events)]
    return {event["job"]["name"]: event for event in found}


def named(datasets: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(dataset["namespace"], dataset["name"]) for dataset in datasets]


def test_the_graph_is_named_as_other_tools_name_it(graph: Graph) -> None:
    found = documents(graph.job_events())
    assert named(found["marts/sales"]["inputs"]) == [("snowflake://local", "DWH.RAW.ORDERS")]
    output = found["marts/sales"]["outputs"][0]
    assert named([output]) == [("snowflake://local", "DWH.MARTS.SALES")]
    assert [(field["name"], field["type"]) for field in output["facets"]["schema"]["fields"]] == [
        ("revenue", "number(38,2)")
    ]
    assert output["facets"]["documentation"]["description"] == "By day."
    assert named(found["oltp/orders"]["outputs"]) == [("postgres://local:5432", "shop.public.orders")]
    assert named(found["raw/orders"]["inputs"]) == [("s3://local", "raw/postgres/orders")]


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("postgresql://u:p@db.example:5433/sales", ("postgres://db.example:5433", "sales.public.orders")),
        ("host=db.example dbname=sales user=u", ("postgres://db.example:5432", "sales.public.orders")),
        ("postgresql://", ("postgres://elsewhere:5432", "other.public.orders")),
    ],
)
def test_a_table_at_the_source_has_its_servers_name(
    dsn: str, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGDATABASE", "other")
    settings = Settings(oltp=OltpSettings(source=Source.EXTERNAL, postgres_dsn=SecretStr(dsn)))
    found = Graph(settings, SPECS).place(dg.AssetKey(["oltp", "orders"]))
    assert (found.namespace, found.name) == place


def test_a_run_tells_rows_and_columns_of_what_it_made() -> None:
    @dg.asset(key=MART, deps=[RAW])
    def sales() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata={"dagster/row_count": 7, "dagster/column_lineage": COLUMNS})

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([sales], instance=instance)
        made = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        found = documents(Graph(Settings(), SPECS).run_events(result.dagster_run, made))
    event = found["marts/sales"]
    assert event["run"]["facets"]["parent"]["run"]["runId"] == result.run_id
    assert event["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 7
    fields = event["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert fields["revenue"]["inputFields"][0]["field"] == "total"
    assert fields["revenue"]["inputFields"][0]["name"] == "DWH.RAW.ORDERS"
    assert "day" not in fields
    assert found[result.dagster_run.job_name]["eventType"] == "COMPLETE"


def test_events_are_sent_with_the_key_alone(
    graph: Graph, server: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of other work: the client would read it.
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__URL", "http://127.0.0.1:9")
    url, taken = server
    settings = LineageSettings(openlineage_url=url, openlineage_api_key=SecretStr("key"))
    assert openlineage.send(settings, graph.job_events()) == len(SPECS) == len(taken)
    assert {login for login, _ in taken} == {"Bearer key"}


def test_a_server_that_refuses_is_one_sentence(server: tuple[str, list[Any]]) -> None:
    settings = LineageSettings(openlineage_url=server[0], openlineage_api_key=SecretStr("hidden"))
    refused = Graph(Settings(), [dg.AssetSpec("refused")]).job_events()
    with pytest.raises(ShopStreamError, match=r"did not take an OpenLineage event \(401\): check") as error:
        openlineage.send(settings, refused)
    assert "hidden" not in str(error.value)


def test_without_a_server_nothing_is_sent(graph: Graph) -> None:
    assert openlineage.build_openlineage_sensors(Settings()) == []
    with pytest.raises(ShopStreamError, match="SHOPSTREAM_OPENLINEAGE_URL is not set"):
        openlineage.send(LineageSettings(), graph.job_events())


def test_a_server_is_told_of_runs_that_end(server: tuple[str, list[Any]]) -> None:
    settings = Settings(lineage=LineageSettings(openlineage_url=server[0]))
    tell, *_ = openlineage.build_openlineage_sensors(settings)

    @dg.asset(key=MART, deps=[RAW])
    def sales() -> None:
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([sales], instance=instance)
        context = dg.build_run_status_sensor_context(
            sensor_name="x",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.all_events[-1],
            repository_def=dg.Definitions(assets=[sales]).get_repository_def(),
        )
        tell(context)
    assert [event["job"]["name"] for _, event in server[1]] == ["marts/sales", result.dagster_run.job_name]
    assert date.fromisoformat(server[1][0][1]["eventTime"][:10])
