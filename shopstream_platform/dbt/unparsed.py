"""What dbt says of a project that does not parse, as one sentence with what to do."""

import json
import re

_BEGINNING = "Encountered an error:"
# dbt of a model, a test, an exposure or a snapshot whose ref or source is not there.
_MISSING = re.compile(
    r"(?P<kind>\w+) '(?P<user>[^']+)' \((?P<file>[^)]+)\) depends on a (?P<what>node|source) named "
    r"'(?P<used>[^']+)'(?P<of>(?: in package or project '[^']+')?) which (?P<why>was not found|is disabled)"
)


def why_not_parsed(output: str) -> str:
    """One sentence of dbt's JSON log; of lines that are none, as they are."""
    said = [text for line in output.splitlines() if (text := _message(line))]
    text = " ".join(" ".join(said).split())
    if found := _MISSING.search(text):
        user, what = found["user"].rpartition(".")[2], "model" if found["what"] == "node" else "source"
        return (
            f"the dbt project does not parse: {found['kind'].lower()} {user} ({found['file']}) uses {what} "
            f"{found['used']}{found['of']}, which {found['why']}; correct or delete {found['file']}, or bring "
            f"{found['used']} back"
        )
    return (
        f"the dbt project does not parse: {text.removesuffix('.') or 'dbt does not say why'}; correct or delete the "
        "file that it names, below shopstream_dbt"
    )


def _message(line: str) -> str:
    """A line's message, without its clock; the line itself if dbt did not write it, such as the end of a traceback."""
    try:
        info = json.loads(line)["info"]
        return str(info["msg"]).removeprefix(_BEGINNING).strip() if info["level"] == "error" else ""
    except (ValueError, KeyError, TypeError):
        return line.strip()
