"""The report as PBIR: https://learn.microsoft.com/en-us/power-bi/developer/projects/projects-report.

The versions of the schemas are a set that goes together; do not raise one alone.
"""

from typing import Any

from shopstream_platform.pbip.model import SemanticModel, data_type
from shopstream_platform.pbip.pages import HEIGHT, WIDTH, FieldName, Page, Visual
from shopstream_platform.pbip.sources import Sources

Json = dict[str, Any]
_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
_REPORT, _PAGE, _VISUAL = "3.0.0", "2.0.0", "2.2.0"


class Fields:
    """Which names are measures and which hold moments, so that pages need not say it."""

    def __init__(self, model: SemanticModel, sources: Sources) -> None:
        self._measures = {(table.name, measure.name) for table in model.tables for measure in table.measures}
        types = {
            (table.name, column.name): data_type(sources[table.source].columns[column.source].type)
            for table in model.tables
            for column in table.columns
        }
        self._moments = {name for name, kind in types.items() if kind == "dateTime"}

    def is_moment(self, field: FieldName) -> bool:
        """Whether a reader chooses it by its first and last value."""
        return field in self._moments

    def expression(self, field: FieldName) -> Json:
        """The field as queries name it."""
        return self._reference(field, {"Entity": field[0]})

    def projection(self, field: FieldName) -> Json:
        """The field in a visual's well."""
        shown = {"field": self.expression(field), "queryRef": f"{field[0]}.{field[1]}", "nativeQueryRef": field[1]}
        return shown if field in self._measures else shown | {"active": True}

    def keep_true(self, name: str, flag: FieldName) -> Json:
        """A filter that keeps the rows whose flag is true."""
        condition = {
            "In": {
                "Expressions": [self._reference(flag, {"Source": "t"})],
                "Values": [[{"Literal": {"Value": "true"}}]],
            }
        }
        return {
            "name": name,
            "field": self.expression(flag),
            "type": "Categorical",
            "filter": {
                "Version": 2,
                "From": [{"Name": "t", "Entity": flag[0], "Type": 0}],
                "Where": [{"Condition": condition}],
            },
        }

    def _reference(self, field: FieldName, source: Json) -> Json:
        kind = "Measure" if field in self._measures else "Column"
        return {kind: {"Expression": {"SourceRef": source}, "Property": field[1]}}


def report(model: SemanticModel, sources: Sources, pages: tuple[Page, ...], theme: str) -> dict[str, Json]:
    """File below the report's definition/ -> its content; `theme` is the name of the theme's file."""
    fields = Fields(model, sources)
    files: dict[str, Json] = {
        "version.json": {"$schema": f"{_SCHEMAS}/versionMetadata/1.0.0/schema.json", "version": "2.0.0"},
        "report.json": _report(theme),
        "pages/pages.json": {
            "$schema": f"{_SCHEMAS}/pagesMetadata/1.0.0/schema.json",
            "pageOrder": [page.name for page in pages],
            "activePageName": pages[0].name,
        },
    }
    for page in pages:
        files[f"pages/{page.name}/page.json"] = _page(page)
        for order, visual in enumerate(page.visuals):
            files[f"pages/{page.name}/visuals/{visual.name}/visual.json"] = _visual(visual, order, fields)
    return files


def _report(theme: str) -> Json:
    return {
        "$schema": f"{_SCHEMAS}/report/{_REPORT}/schema.json",
        "themeCollection": {
            "customTheme": {
                "name": theme,
                "reportVersionAtImport": {"visual": _VISUAL, "report": _REPORT, "page": _PAGE},
                "type": "RegisteredResources",
            }
        },
        "resourcePackages": [
            {
                "name": "RegisteredResources",
                "type": "RegisteredResources",
                "items": [{"name": theme, "path": theme, "type": "CustomTheme"}],
            }
        ],
        "settings": {
            "useStylableVisualContainerHeader": True,
            "defaultDrillFilterOtherVisuals": True,
            "useEnhancedTooltips": True,
        },
    }


def _page(page: Page) -> Json:
    return {
        "$schema": f"{_SCHEMAS}/page/{_PAGE}/schema.json",
        "name": page.name,
        "displayName": page.title,
        "displayOption": "FitToPage",
        "height": HEIGHT,
        "width": WIDTH,
    }


def _visual(visual: Visual, order: int, fields: Fields) -> Json:
    box = visual.box
    content: Json = {
        "$schema": f"{_SCHEMAS}/visualContainer/{_VISUAL}/schema.json",
        "name": visual.name,
        "position": {
            "x": box.x,
            "y": box.y,
            "z": order * 1000,
            "height": box.height,
            "width": box.width,
            "tabOrder": order * 1000,
        },
        "visual": {
            "visualType": visual.type,
            "query": _query(visual, fields),
            **_look(visual, fields),
            "visualContainerObjects": _container(visual),
            "drillFilterOtherVisuals": True,
        },
    }
    if visual.only:
        content["filterConfig"] = {"filters": [fields.keep_true(f"{visual.name}_only", visual.only)]}
    return content


def _query(visual: Visual, fields: Fields) -> Json:
    wells = {role: {"projections": [fields.projection(f) for f in shown]} for role, shown in visual.roles.items()}
    if visual.sort is None:
        return {"queryState": wells}
    direction = "Descending" if visual.sort.descending else "Ascending"
    sort = {"field": fields.expression(visual.sort.by), "direction": direction}
    return {"queryState": wells, "sortDefinition": {"sort": [sort], "isDefaultSort": False}}


def _look(visual: Visual, fields: Fields) -> Json:
    objects: dict[str, Json] = {}
    if visual.type == "tableEx":
        objects["columnHeaders"] = {"autoSizeColumnWidth": _literal("true")}
    if visual.type == "slicer":
        mode = "Between" if fields.is_moment(visual.roles["Values"][0]) else "Dropdown"
        # Its header would say the title again.
        objects |= {"data": {"mode": _text(mode)}, "header": {"show": _literal("false")}}
    if not visual.totals:
        objects["subTotals"] = {"columnSubtotals": _literal("false")}
    return {"objects": {name: [{"properties": of}] for name, of in objects.items()}} if objects else {}


def _container(visual: Visual) -> Json:
    return {
        "title": [{"properties": {"show": _literal("true"), "text": _text(visual.title)}}],
        # Read aloud by screen readers.
        "general": [{"properties": {"altText": _text(visual.title)}}],
    }


def _text(value: str) -> Json:
    return _literal("'" + value.replace("'", "''") + "'")


def _literal(value: str) -> Json:
    return {"expr": {"Literal": {"Value": value}}}
