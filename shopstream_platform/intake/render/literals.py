"""Other people's words in files of ours: they name things, and never are code, markup or a template."""

import json
import re
import textwrap

from shopstream_platform.config.visible import visible_cell
from shopstream_platform.intake.proposal import ProposedColumn, ProposedTable

LINE = 120
LONGEST_DESCRIPTION = 600
# What YAML reads as the very text, wherever it stands.
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9 ,.;'()/_%+-]*")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_TEMPLATE = re.compile(r"\{(?=[{%#])|[}%#](?=\})")


def one_line(text: str) -> str:
    """The text on one line, controls spelt out, cut where it is very long."""
    line = visible_cell(" ".join(text.split()))
    return line if len(line) <= LONGEST_DESCRIPTION else f"{line[: LONGEST_DESCRIPTION - 3]}..."


def table_description(table: ProposedTable) -> str:
    """The source's own comment, or that it has none."""
    relation = table.relation
    return one_line(relation.comment) or one_line(f"The {relation.kind.words} {relation.label}; not described there.")


def column_description(column: ProposedColumn) -> str:
    """The source's own comment, or the name as words."""
    if said := one_line(column.found.comment):
        return said
    words = f"{column.name.strip('_').replace('_', ' ').capitalize()}"
    return f"{words}: the key of {column.references}." if column.references else f"{words}."


def python(text: str) -> str:
    """A string of Python, in the quotes that need fewer escapes."""
    double = json.dumps(text, ensure_ascii=False)
    if text.count('"') <= text.count("'"):
        return double
    return "'" + double[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def python_lines(text: str, indent: int) -> list[str]:
    """A string of Python on as many lines as it needs, without the indent, joined by standing beside each other."""
    if len(python(text)) + indent + 1 <= LINE:
        return [python(text)]
    pieces: list[str] = []
    rest = text
    while rest:
        # Escapes make a piece longer than its characters are.
        width = max(
            (n for n in range(1, len(rest) + 1) if len(python(rest[:n])) + indent + 1 <= LINE),
            default=1,
        )
        cut = len(rest) if width == len(rest) else rest.rfind(" ", 0, width) + 1 or width
        pieces.append(python(rest[:cut]))
        rest = rest[cut:]
    return pieces


def comment(text: str, prefix: str = "# ") -> list[str]:
    """Lines of a comment, indented by what stands before the prefix's #."""
    return textwrap.wrap(one_line(text), LINE, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)


def yaml(text: str) -> str:
    """A scalar of YAML on one line, for dbt: braces that would begin a template are set apart."""
    harmless = _TEMPLATE.sub(lambda found: f"{found[0]} ", text)
    plain = _PLAIN_YAML.fullmatch(harmless) and not harmless.endswith(" ") and harmless.lower() not in _YAML_WORDS
    return harmless if plain else json.dumps(harmless, ensure_ascii=False)
