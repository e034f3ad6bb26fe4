"""Microsoft's own validators, which run on Node: the report's files and visuals, and the syntax of M.

`node/package.json` names them; they are installed once.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.pbip.errors import ToolError

_NODE = Path(__file__).parent / "node"
_SECONDS = 300


def install(folder: Path) -> None:
    """Install the validators into the folder, if they are not there in the versions of the lock file.

    Raises ToolError without Node.js, or if npm fails.
    """
    lock = folder / "node_modules" / "lock.json"
    wanted = (_NODE / "package-lock.json").read_text()
    if lock.exists() and lock.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise ToolError("Microsoft's validators need Node.js 20 or newer with npm on the PATH: install it")
    shutil.copytree(_NODE, folder, dirs_exist_ok=True)
    done = subprocess.run(  # noqa: S603 - npm of the PATH, fixed arguments
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ToolError(
            f"npm could not install Microsoft's validators into {folder}: {reason}. Look at npm's registry settings"
        )
    lock.write_text(wanted)


def tool_problems(project: Path, tools: Path) -> list[str]:
    """What Microsoft's validators find."""
    return [*_report_problems(project, tools), *_query_problems(project, tools)]


def _report_problems(project: Path, tools: Path) -> Iterator[str]:
    program = tools / "node_modules" / "@microsoft" / "powerbi-report-authoring-cli"
    entry = json.loads((program / "package.json").read_text())["bin"]["powerbi-report-author"]
    output = _run([str(program / entry), "validate", str(project), "--no-schema"], None)
    answer = json.loads(output)
    if "data" not in answer:
        yield f"powerbi-report-author: {answer.get('error', {}).get('message', output)}"
        return
    for code, found in answer["data"].get("diagnostics", {}).items():
        yield from (f"powerbi-report-author {code}: {item['message']}" for item in found["items"])


def _query_problems(project: Path, tools: Path) -> Iterator[str]:
    model, _ = read_model(project)
    queries = {f"table {table.name}": table.query for table in model.tables.values() if table.kind == "m"}
    queries |= {f"parameter {name}": text for name, text in model.parameters.items()}
    wrong = json.loads(_run(["parse_m.js"], json.dumps(queries), tools))
    yield from (f"{what}: powerquery-parser: {message}" for what, message in wrong.items())


def _run(arguments: list[str], text: str | None, folder: Path | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - node of the PATH, programs of the lock file
        [shutil.which("node") or "node", *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    # A validator that finds something exits with 1 and says it on standard output.
    if not done.stdout.strip():
        raise ToolError(f"{Path(arguments[0]).name} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
