"""What the site adds to docs/: a front page, the reference made from the code, links to the repository's files."""

import posixpath
import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from reference import PAGES  # noqa: E402 - beside this file, which is no package

_LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the front page and the reference."""
    files.append(File.generated(config, "index.md", content=_front_page()))
    for name, write in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=write()))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ at the repository. Raises ValueError for a file that is not there."""

    def target(found: re.Match[str]) -> str:
        begin, path, anchor, end = found.groups()
        if "://" in path or path.startswith(("mailto:", "/")):
            return found[0]
        place = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page.file.src_uri), path))
        if place.startswith("docs/"):
            return found[0]
        if not (ROOT / place).exists():
            raise ValueError(f"{page.file.src_uri}: {path} does not exist")
        return f"{begin}{config.repo_url}/blob/main/{place}{anchor or ''}{end}"

    return _LINK.sub(target, markdown)


def _front_page() -> str:
    """README, whose links are from the repository's root."""
    text = (ROOT / "README.md").read_text("utf-8")
    return _LINK.sub(_from_docs, text)


def _from_docs(found: re.Match[str]) -> str:
    begin, path, anchor, end = found.groups()
    if "://" in path:
        return found[0]
    place = path.removeprefix("docs/") if path.startswith("docs/") else f"../{path}"
    return f"{begin}{place}{anchor or ''}{end}"
