"""One version of the dbt project: compiled as it stands, and built in schemas of its own."""

import json
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopstream_platform.config.environment.process import for_dbt
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.dbt.project import MANIFEST, PARTIAL_PARSE, PROFILES_DIR, environment
from shopstream_platform.dbt.unparsed import why_not_parsed
from shopstream_platform.diff.worker import Said, Worker

_COMPILED, _BUILT, _RESULTS = "compiled", "built", "run_results.json"
# What a build of its own can have: a snapshot's rows are a history that a new one does not have.
COMPARED = ("model",)
_MODELS = [f"resource_type:{kind}" for kind in COMPARED]


@dataclass(frozen=True)
class Side:
    """A version: what it is called, where its project lies, where dbt's files go, which schemas it is built in.

    `own` are its settings in these schemas; `home` those of the schemas that it is deferred to.
    """

    name: str
    project: Path
    target: Path
    own: DbtSettings
    home: DbtSettings
    login: Mapping[str, str]
    worker: Worker

    def start_compiling(self) -> Future[Said]:
        """Compile all models as a full refresh of the home's schemas, which both versions name alike."""
        self._begin_with(MANIFEST.parent, _COMPILED)
        return self._start(self.home, _COMPILED, "compile", "--full-refresh", "--select", *_MODELS)

    def start_building(self, names: Iterable[str]) -> Future[Said]:
        """Build these models in schemas of their own, from the home's tables for all that is not among them."""
        self._begin_with(self.target / _COMPILED, _BUILT)
        return self._start(self.own, _BUILT, "run", *self._chosen(names))

    def start_testing(self, names: Iterable[str], without: Iterable[str]) -> Future[Said]:
        """Run the data tests of these models on what was built, but none that reads one of `without`."""
        data = ["--exclude-resource-type", "unit_test"]
        excluded = ["--exclude", *failed] if (failed := sorted(without)) else []
        return self._start(self.own, _BUILT, "test", *data, *self._chosen(names), *excluded)

    def manifest(self, compiled: Future[Said]) -> Manifest:
        """What `start_compiling` has made. Raises ShopStreamError if the project does not compile."""
        if said := compiled.result():
            raise ShopStreamError(f"{self.name}: {why_not_parsed(_lines(said))}")
        return self._artifact(_COMPILED, "manifest.json")

    def results(self, started: Future[Said]) -> dict[str, dict[str, Any]]:
        """dbt's result of each node by its id. Raises ShopStreamError if dbt ended without any."""
        said = started.result()
        if said and not (self.target / _BUILT / _RESULTS).exists():
            raise ShopStreamError(f"{self.name}: dbt could not build: {' '.join(_lines(said).split())}")
        return {result["unique_id"]: result for result in self._artifact(_BUILT, _RESULTS)["results"]}

    def _chosen(self, names: Iterable[str]) -> list[str]:
        defer = ["--defer", "--favor-state", "--state", str(self.target / _COMPILED)]
        return ["--select", *sorted(names), *defer]

    def _begin_with(self, parsed: Path, folder: str) -> None:
        """Let dbt parse only what differs from what was parsed before; it checks for itself what that is."""
        (self.target / folder).mkdir()
        if (parsed / PARTIAL_PARSE).exists():
            shutil.copyfile(parsed / PARTIAL_PARSE, self.target / folder / PARTIAL_PARSE)

    def _artifact(self, folder: str, name: str) -> dict[str, Any]:
        return json.loads((self.target / folder / name).read_text("utf-8"))

    def _start(self, settings: DbtSettings, folder: str, *arguments: str) -> Future[Said]:
        target = self.target / folder
        (target / _RESULTS).unlink(missing_ok=True)
        where = {"DBT_PROJECT_DIR": str(self.project), "DBT_PROFILES_DIR": str(PROFILES_DIR)}
        logs = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
        return self.worker.start(arguments, for_dbt() | where | logs | dict(self.login) | environment(settings))


def _lines(said: Said) -> str:
    return "\n".join(said)
