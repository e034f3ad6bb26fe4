"""Which models must be built, and why: by what each says that it was made from, and by what is about to be loaded."""

import json
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta
from hashlib import sha256

from shopstream_platform.dbt.models import Model, Models, and_after

NEVER = "models have not been built yet"
INCOMPLETE = "the last build of the marts was not complete"
LOADED = "RAW was loaded after the last complete build"
CHANGED = "the dbt project has changed since the last complete build"
# From when a load has drawn its time to its commit.
LONGEST_LOAD = timedelta(days=1)
# In the order in which they are told, after anything else.
REASONS = (NEVER, INCOMPLETE, LOADED, CHANGED)


def made_from(model: Model, versions: Mapping[str, str]) -> str:
    """What a build of the model notes: its code, and the loads of the tables behind it."""
    loads = json.dumps({table: versions.get(table) for table in sorted(model.tables)})
    return f"{model.code}.{sha256(loads.encode()).hexdigest()[:16]}"


def all_made_from(models: Models, versions: Mapping[str, str]) -> str:
    """The same of all models, as JSON by relation, which dbt's macros read."""
    return json.dumps({relation: made_from(model, versions) for relation, model in models.items()})


def stale(models: Models, versions: Mapping[str, str], built: Mapping[str, str | None]) -> dict[str, str]:
    """Relation -> why the model must be built; those that are made from it must be, too."""
    found = {}
    for relation, model in models.items():
        now = made_from(model, versions)
        if (then := built.get(relation)) == now:
            continue
        if then is None:
            found[relation] = INCOMPLETE if relation in built else NEVER
        else:
            found[relation] = LOADED if then.startswith(f"{model.code}.") else CHANGED
    return found


def since_tested(models: Models, passed: Mapping[str, tuple[str, datetime]]) -> str:
    """Relation -> from when on its loads have to be tested, as JSON, which dbt's macros read.

    Only of relations whose last build had today's code and passed all tests. A load that was under way when that build
    began may have been committed after it: loads of the day before are tested again.
    """
    return json.dumps(
        {
            relation: str((began - LONGEST_LOAD).replace(microsecond=0))
            for relation, (note, began) in sorted(passed.items())
            if relation in models and note.startswith(f"{models[relation].code}.")
        }
    )


def to_build(models: Models, stale: Iterable[str], loaded: Set[str], refused: Set[str]) -> frozenset[str]:
    """The relations to build once the tables `loaded` are: without what is made from tables that are refused."""
    first = [*stale, *(relation for relation, model in models.items() if model.tables & loaded)]
    return frozenset(one for one in and_after(models, first) if not models[one].tables & refused)


def why(stale: Mapping[str, str], chosen: Set[str], otherwise: str | None) -> str | None:
    """One sentence for those of the chosen that are stale; `otherwise` if none is."""
    reasons = [reason for relation, reason in stale.items() if relation in chosen]
    return min(reasons, key=lambda one: REASONS.index(one) if one in REASONS else -1, default=otherwise)
