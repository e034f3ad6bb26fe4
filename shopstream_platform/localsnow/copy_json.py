"""JSON files as a DuckDB table function."""

from shopstream_platform.localsnow.copy_files import LARGEST_RECORD, LocalFile, longest_record
from shopstream_platform.localsnow.copy_options import FileFormat
from shopstream_platform.localsnow.copy_values import literal


def reader(files: list[LocalFile], given: FileFormat) -> str:
    """SQL that reads all files at once: one document C1 a row, its numbers and texts as written, and FILENAME."""
    paths = ", ".join(literal(str(file.path)) for file in files)
    # An element of an array may have ends of lines in it.
    layout, largest = (
        ("array", LARGEST_RECORD) if given.strip_outer_array else ("newline_delimited", longest_record(files))
    )
    options = f"format = '{layout}', maximum_object_size = {largest}, compression = 'none', filename = true"
    return f"(SELECT json AS C1, filename AS FILENAME FROM read_json_objects([{paths}], {options}))"


def member(name: str) -> str:
    """The document's member of this name, or SQL NULL where it is absent."""
    return f"C1 -> {literal('$.' + chr(34) + name + chr(34))}"
