"""A version of the project and what there is of it in its own schemas."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.listing import first_of
from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.dbt.models import BUILT
from shopstream_platform.diff import schemas
from shopstream_platform.diff.shape import Relation, relations
from shopstream_platform.diff.side import COMPARED, Side
from shopstream_platform.stores.warehouse import Warehouse

MISSING_SHOWN = 3
# dbt's log of builds is in this layer, whatever is built.
_OF_THE_LOG = "CORE"
# What dbt makes a schema for.
_IN_SCHEMAS = (*BUILT, "test")


@dataclass
class Version:
    """`wanted` are the models that are built of it; `failed` those of them that were not, or not to their end."""

    side: Side
    manifest: Manifest
    wanted: frozenset[str]
    failed: set[str] = field(default_factory=set)

    def relations(self, session: Warehouse) -> dict[str, Relation]:
        """Model -> relation, of what there is in the side's schemas; nothing stands in for what has failed."""
        there = relations(session, self.side.own.schema_of(""))
        places = self.places()
        return {name: there[places[name]] for name in places.keys() - self.failed if places[name] in there}

    def places(self) -> dict[str, str]:
        """Model -> LAYER.MODEL, in upper case, as the compiled manifest has it for the home's schemas."""
        return {
            node["name"]: f"{self._layer(node['schema'])}.{node['alias'].upper()}"
            for node in self.manifest["nodes"].values()
            if node["resource_type"] in COMPARED
        }

    def schemas(self) -> set[str]:
        """All schemas that something of this version may be made in."""
        nodes = (node for node in self.manifest["nodes"].values() if node["resource_type"] in _IN_SCHEMAS)
        return {self.side.own.schema_of(layer) for layer in {_OF_THE_LOG, *(self._layer(n["schema"]) for n in nodes)}}

    def show_untouched(self, session: Warehouse, names: Iterable[str]) -> None:
        """Let these models be read beside what is built, unless they are to be built themselves."""
        places = self.places()
        untouched = (places.keys() & set(names)) - self.wanted - self.relations(session).keys()
        schemas.show(session, self.side.own, self.side.home, [places[name] for name in untouched])

    def check_the_rest_is_there(self, session: Warehouse) -> None:
        """Raises ShopStreamError if a model that is not built of this version is not there to be read."""
        there = relations(session, self.side.home.schema_of(""))
        read = {place for name, place in self.places().items() if name not in self.wanted}
        if missing := sorted(read - there.keys()):
            raise ShopStreamError(
                f"not built yet: {first_of(missing, MISSING_SHOWN)}. Both versions read there what they do not change: "
                "run `shopstream refresh` first"
            )

    def _layer(self, schema: str) -> str:
        return schema.upper().removeprefix(self.side.home.schema_of(""))
