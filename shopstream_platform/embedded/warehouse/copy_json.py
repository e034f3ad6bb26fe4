"""JSON files as a DuckDB table function."""

from shopstream_platform.embedded.warehouse.copy_files import LocalFile
from shopstream_platform.embedded.warehouse.copy_options import FileFormat
from shopstream_platform.embedded.warehouse.copy_values import literal

LARGEST_DOCUMENT = 128 * 1024 * 1024


def reader(files: list[LocalFile], given: FileFormat) -> str:
    """SQL that reads all files at once: one document C1 a row, its numbers and texts as written, and FILENAME."""
    paths = ", ".join(literal(str(file.path)) for file in files)
    layout = "array" if given.strip_outer_array else "newline_delimited"
    options = f"format = '{layout}', maximum_object_size = {LARGEST_DOCUMENT}, compression = 'none', filename = true"
    return f"(SELECT json AS C1, filename AS FILENAME FROM read_json_objects([{paths}], {options}))"


def member(name: str) -> str:
    """The document's member of this name, or SQL NULL where it is absent."""
    return f"C1 -> {literal('$.' + chr(34) + name + chr(34))}"
