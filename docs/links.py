"""Links of the documentation: those of its sources, and those of the built site.

``python docs/links.py`` looks at the sources, ``python docs/links.py docs/_build/html`` at a built
site; both list what leads nowhere and return 1 if there is any. Links that a script makes are
those that it quotes as a whole. Links to other sites are only counted: ``sphinx -b linkcheck``
follows them where there is a network.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Page", "dead_in_site", "dead_in_sources", "main", "others", "outside", "sources"]

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(<?([^()\s>]+)>?\)|(?:href|src)=\"([^\"]+)\"")
_TARGET = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
_QUOTED = re.compile(r"\"([\w/-]+\.(?:md|html)(?:#[\w-]+)?)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


class Page(HTMLParser):
    """Links and anchors of a page.

    Attributes
    ----------
    links : list of str
        Values of ``href`` and ``src``, and what scripts quote as the name of a page.
    anchors : set of str
        Values of ``id``, and of ``name`` where it makes an anchor.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a tag links to, and what it can be linked by."""
        self._script = tag == "script"
        for name, value in attrs:
            if value is None:
                continue
            if name in ("href", "src"):
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)

    def handle_endtag(self, tag: str) -> None:
        """Note that a script has ended."""
        self._script = False

    def handle_data(self, data: str) -> None:
        """Collect what a script links to."""
        if self._script:
            self.links += _QUOTED.findall(data)


def outside(link: str) -> bool:
    """Whether a link leads to another site, or is data of its own."""
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def dead_in_site(site: Path) -> Iterator[str]:
    """Links of a built site to files or anchors that are not there.

    Parameters
    ----------
    site : Path
        Folder of html pages, as they are opened without a server.

    Yields
    ------
    str
        Page and link.
    """

    @cache
    def page(path: Path) -> Page:
        return Page(path.read_text(encoding="utf-8"))

    site = site.resolve()
    for path in sorted(site.rglob("*.html")):
        for link in dict.fromkeys(page(path).links):
            if outside(link):
                continue
            to, anchor = unquote(urlsplit(link).path), unquote(urlsplit(link).fragment)
            target = (path.parent / to).resolve() if to else path
            if not target.is_file() or not target.is_relative_to(site):
                yield f"{path.relative_to(site)}: {link} is no file of the site"
            elif "=" in anchor:
                continue  # settings that a page reads itself
            elif anchor and target.suffix == ".html" and anchor not in page(target).anchors:
                yield f"{path.relative_to(site)}: {link} has no such anchor"


def sources() -> list[Path]:
    """Pages as they lie in the repository, without what the build adds."""
    made = {"_build", "generated", "explorer"}
    written = [path for path in sorted(DOCS.rglob("*.md")) if made.isdisjoint(path.parts)]
    return [*written, *sorted(DOCS.glob("*.html"))]


def _slug(heading: str) -> str:
    """Anchor that code hosts and MyST give a heading."""
    text = re.sub(r"\]\([^)]*\)", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")


@cache
def _anchors(path: Path) -> frozenset[str]:
    if path.suffix == ".html":
        return frozenset(Page(path.read_text(encoding="utf-8")).anchors)
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    found = set(_TARGET.findall(text))
    for heading in _HEADING.findall(text):
        found.add(_slug(heading))
    return frozenset(found)


def _links(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return Page(text).links
    return [a or b for a, b in _LINK.findall(_CODE.sub("", text))]


def dead_in_sources(pages: Iterable[Path]) -> Iterator[str]:
    """Links of pages to files, headings or targets that are not in the repository.

    Parameters
    ----------
    pages : iterable of Path
        Markdown or html.

    Yields
    ------
    str
        Page and link.
    """
    for path in pages:
        for link in dict.fromkeys(_links(path)):
            to, anchor = unquote(urlsplit(link).path), urlsplit(link).fragment
            if outside(link) or (not to and "=" in anchor):
                continue  # elsewhere, or settings that a page reads itself
            target = (path.parent / to).resolve() if to else path
            if not target.exists() or not target.is_relative_to(ROOT):
                yield f"{path.relative_to(ROOT)}: {link} is no file of the repository"
            elif anchor and target.suffix in (".md", ".html") and anchor not in _anchors(target):
                yield f"{path.relative_to(ROOT)}: {link} has no such heading"


def others(site: Path) -> set[str]:
    """Links of a built site to other sites, which nobody follows here."""
    pages = (Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html"))
    return {link for page in pages for link in page.links if link.startswith("http")}


def main(arguments: list[str]) -> int:
    """List what leads nowhere, on standard output; 1 if anything does."""
    if arguments:
        dead = list(dead_in_site(Path(arguments[0])))
        said = [f"{len(others(Path(arguments[0])))} links to other sites were not followed"]
    else:
        dead, said = list(dead_in_sources(sources())), []
    sys.stdout.write("".join(f"{line}\n" for line in [*dead, *said]))
    return int(bool(dead))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
