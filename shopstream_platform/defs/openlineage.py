"""The asset graph and its runs as OpenLineage events, for catalogues outside: https://openlineage.io/spec."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import dagster as dg
from psycopg2.extensions import parse_dsn

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import LineageSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import BY_PATH, SOURCES
from shopstream_platform.defs.requests import sensor_status
from shopstream_platform.stores.manifest import table_prefix

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, JobEvent, OutputDataset, RunEvent

PRODUCER = "https://github.com/shopstream/shopstream"
TIMEOUT_SECONDS = 10
# Of what runs on this machine.
LOCAL, PORT = "local", 5432
_ROWS = ("dagster/partition_row_count", "dagster/row_count")
_TABLE, _SCHEMA, _COLUMNS = "dagster/table_name", "dagster/column_schema", "dagster/column_lineage"
_MISSING = "OpenLineage's client is not installed: install the extra `lineage` (shopstream-platform[lineage])"


@dataclass(frozen=True)
class Place:
    """A dataset as OpenLineage names it, so that other tools' events meet ours."""

    namespace: str
    name: str


class Graph:
    """The datasets of all assets: Snowflake's tables by account, PostgreSQL's by server, the lake's by bucket."""

    def __init__(self, settings: Settings, specs: Iterable[dg.AssetSpec]) -> None:
        self._settings = settings
        self._specs = {spec.key: spec for spec in specs}

    def job_events(self) -> "Iterator[JobEvent]":
        """The graph as it is declared: what each asset is made from, and its columns."""
        from openlineage.client.event_v2 import Job, JobEvent

        for key in self._specs:
            job = Job(namespace=self._namespace, name=key.to_user_string())
            yield JobEvent(
                eventTime=_time(datetime.now(UTC)),
                producer=PRODUCER,
                job=job,
                inputs=self._inputs(key),
                outputs=[self._output(key, {})],
            )

    def run_events(self, run: dg.DagsterRun, entries: Iterable[dg.EventLogEntry]) -> "Iterator[RunEvent]":
        """One event for each asset that the run has made, and one for the run itself."""
        from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
        from openlineage.client.facet_v2 import parent_run

        newest, now = {}, datetime.now(UTC)
        for entry in entries:
            if made := entry.asset_materialization:
                newest[made.asset_key] = (datetime.fromtimestamp(entry.timestamp, UTC), made.metadata)
        parent = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=run.run_id), job=parent_run.Job(namespace=self._namespace, name=run.job_name)
        )
        for key, (when, metadata) in newest.items():
            own = str(uuid5(NAMESPACE_URL, f"{run.run_id}/{key.to_user_string()}"))
            yield RunEvent(
                eventType=RunState.COMPLETE,
                eventTime=_time(when),
                producer=PRODUCER,
                run=Run(runId=own, facets={"parent": parent}),
                job=Job(namespace=self._namespace, name=key.to_user_string()),
                inputs=self._inputs(key),
                outputs=[self._output(key, metadata)],
            )
        other = RunState.ABORT if run.status is dg.DagsterRunStatus.CANCELED else RunState.FAIL
        ended = RunState.COMPLETE if run.is_success else other
        job = Job(namespace=self._namespace, name=run.job_name)
        yield RunEvent(eventType=ended, eventTime=_time(now), producer=PRODUCER, run=Run(runId=run.run_id), job=job)

    def place(self, key: dg.AssetKey) -> Place:
        """Where an asset lies."""
        settings, spec, table = self._settings, self._specs.get(key), BY_PATH.get(tuple(key.path[1:]))
        match key.path[0]:
            case "oltp" if table:
                return _at_source(settings, table)
            case "lake" if table:
                at = settings.lake.connection()
                return Place(
                    f"s3://{at.bucket if at else LOCAL}", f"{at.prefix if at else ''}{table_prefix(table)[:-1]}"
                )
            case _ if spec and (name := spec.metadata.get(_TABLE)):
                return Place(f"snowflake://{settings.snowflake.account or LOCAL}", str(_value(name)))
            case _:
                return Place(self._namespace, key.to_user_string())

    @property
    def _namespace(self) -> str:
        return self._settings.lineage.openlineage_namespace

    def _inputs(self, key: dg.AssetKey) -> "list[InputDataset]":
        from openlineage.client.event_v2 import InputDataset

        places = (self.place(dep.asset_key) for dep in self._specs[key].deps) if key in self._specs else ()
        return [InputDataset(namespace=place.namespace, name=place.name) for place in places]

    def _output(self, key: dg.AssetKey, metadata: Mapping[str, Any]) -> "OutputDataset":
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        spec = self._specs.get(key)
        known = {**(spec.metadata if spec else {}), **metadata}
        rows = next((known[name] for name in _ROWS if name in metadata), None)
        place = self.place(key)
        count = None if rows is None else statistics.OutputStatisticsOutputDatasetFacet(rowCount=int(_value(rows)))
        return OutputDataset(
            namespace=place.namespace,
            name=place.name,
            facets=self._facets(spec, known),
            outputFacets={"outputStatistics": count} if count else {},
        )

    def _facets(self, spec: dg.AssetSpec | None, known: Mapping[str, Any]) -> dict[str, Any]:
        from openlineage.client.facet_v2 import column_lineage_dataset, documentation_dataset, schema_dataset

        facets: dict[str, Any] = {}
        if spec and spec.description:
            facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(description=spec.description)
        if schema := _value(known.get(_SCHEMA)):
            facets["schema"] = schema_dataset.SchemaDatasetFacet(
                fields=[
                    schema_dataset.SchemaDatasetFacetFields(column.name, column.type, column.description)
                    for column in schema.columns
                ]
            )
        if lineage := _value(known.get(_COLUMNS)):
            facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
                fields={
                    column: column_lineage_dataset.Fields(
                        inputFields=[
                            column_lineage_dataset.InputField(place.namespace, place.name, dep.column_name)
                            for dep in deps
                            for place in [self.place(dep.asset_key)]
                        ]
                    )
                    for column, deps in lineage.deps_by_column.items()
                    if deps
                }
            )
        return facets


def build_openlineage_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One sensor for each way in which a run ends; none if no server is configured."""
    if settings.lineage.openlineage_url is None:
        return []

    def tell(context: dg.RunStatusSensorContext) -> None:
        run, repository = context.dagster_run, context.repository_def
        made = context.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        graph = Graph(settings, _specs(repository) if repository else [])
        context.log.info(f"sent {send(settings.lineage, graph.run_events(run, made))} OpenLineage events")

    return [
        dg.run_status_sensor(
            run_status=status,
            name=f"openlineage_{status.value.lower()}",
            default_status=sensor_status(settings.operation),
            description="Sends what the run made, from what, as OpenLineage events.",
        )(tell)
        for status in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    ]


def _specs(repository: dg.RepositoryDefinition) -> list[dg.AssetSpec]:
    return [spec for assets in set(repository.assets_defs_by_key.values()) for spec in assets.specs]


def as_lines(events: Iterable[Any]) -> Iterator[str]:
    """One JSON document a line. ShopStreamError without the client."""
    try:
        from openlineage.client.serde import Serde
    except ImportError as error:
        raise ShopStreamError(_MISSING) from error
    for event in events:
        yield Serde.to_json(event)


def send(to: LineageSettings, events: Iterable[Any]) -> int:
    """Send events to the configured server; how many. ShopStreamError if there is none or it does not take them.

    By the client's transport alone: the client itself would read files and variables of the user's.
    """
    try:
        from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
        from requests import RequestException
    except ImportError as error:
        raise ShopStreamError(_MISSING) from error
    if to.openlineage_url is None:
        raise ShopStreamError("SHOPSTREAM_OPENLINEAGE_URL is not set: name the server that takes OpenLineage events")
    key = to.openlineage_api_key
    auth = ApiKeyTokenProvider({"apiKey": key.get_secret_value()}) if key else TokenProvider({})
    transport = HttpTransport(HttpConfig(url=to.openlineage_url, timeout=TIMEOUT_SECONDS, auth=auth))
    sent = 0
    try:
        for event in events:
            transport.emit(event)
            sent += 1
    except RequestException as error:
        why = getattr(error.response, "status_code", None) or type(error).__name__
        raise ShopStreamError(
            f"{to.openlineage_url} did not take an OpenLineage event ({why}): check SHOPSTREAM_OPENLINEAGE_URL and "
            "SHOPSTREAM_OPENLINEAGE_API_KEY"
        ) from error
    return sent


def _at_source(settings: Settings, table: Table) -> Place:
    """A table of the database that it is read from; of the embedded one, whose port is chosen anew, as `local`."""
    dsn_env = next((source.dsn_env for source in SOURCES if source.name == table.source), None)
    configured = settings.oltp.connection()
    dsn = os.environ.get(dsn_env, "") if dsn_env else configured.dsn if configured else None
    given = {} if dsn is None else parse_dsn(dsn)
    host = given.get("host") or (LOCAL if dsn is None else os.environ.get("PGHOST", "localhost"))
    port, database = given.get("port") or PORT, given.get("dbname") or os.environ.get("PGDATABASE") or "shop"
    relation = table.source_sql.replace('"', "")
    return Place(f"postgres://{host}:{port}", f"{database}.{relation if '.' in relation else f'public.{relation}'}")


def _value(metadata: Any) -> Any:
    return metadata.value if isinstance(metadata, dg.MetadataValue) else metadata


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
