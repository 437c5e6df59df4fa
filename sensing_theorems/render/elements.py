"""HTML in small pieces: the style, an element, a table, a page.

Nothing is loaded from elsewhere. Pages follow the reader's choice of light or dark and stay
readable on a telephone, where wide tables become cards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["STYLE", "listed", "page", "pairs", "table", "tag", "tone"]

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1b2330;--soft:#525d6e;
--rule:#dcd9d0;--link:#1a5276;--no:#8c1c13;--no-bg:#fbe9e6;--yes:#14532d;--yes-bg:#e4f3e8;
--open:#684500;--open-bg:#fcf0d6}
@media (prefers-color-scheme:dark){:root{--paper:#14181f;--card:#1b212b;--ink:#e7eaf0;
--soft:#a9b3c2;--rule:#343d4b;--link:#8ec7ea;--no:#ffb4a9;--no-bg:#3a1a18;--yes:#9be3b3;
--yes-bg:#12301f;--open:#f5d48a;--open-bg:#33280d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",
Roboto,"Helvetica Neue",sans-serif;overflow-wrap:break-word}
main{max-width:74rem;margin:0 auto;padding:1.2rem 1rem 4rem}
h1{font-size:clamp(1.35rem,1.1rem + 1.4vw,2rem);line-height:1.25;margin:.2rem 0 .6rem}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--rule)}
h3{font-size:1.02rem;margin:1.2rem 0 .4rem}
p,li{max-width:46rem}a{color:var(--link)}
code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.9em}
.soft{color:var(--soft)}.small{font-size:.88rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:.8rem}
.card{border-radius:.5rem;padding:.8rem 1rem;border-left:.35rem solid currentColor}
.card p{margin:.3rem 0 0;color:var(--ink)}.card .soft{color:var(--soft)}
.card strong{font-size:1.1rem}
.no{color:var(--no);background:var(--no-bg)}.yes{color:var(--yes);background:var(--yes-bg)}
.open{color:var(--open);background:var(--open-bg)}
.pill{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-size:.85rem;
font-weight:600;white-space:nowrap}
.kind{display:inline-block;border:1px solid var(--soft);border-radius:.3rem;padding:0 .35rem;
font-size:.78rem;color:var(--soft);margin:.1rem .25rem .1rem 0}
.derived{border-style:dashed;font-style:italic}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1.2rem;margin:.6rem 0}
dt{color:var(--soft)}dd{margin:0;min-width:0}
.pictures{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;flex:1 1 18rem;max-width:29rem}
figure img{display:block;width:100%;height:auto;background:#fff;border:1px solid var(--rule);
border-radius:.4rem}
figure.plot{flex-basis:22rem}figure.image{max-width:24rem}figure.wide{max-width:60rem;flex-basis:100%}
.scroll{overflow-x:auto}.scroll img{min-width:44rem}
figcaption{font-size:.9rem;color:var(--soft);margin-top:.35rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--soft);font-size:.88rem;padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--rule)}
thead th{border-bottom:2px solid var(--soft);font-size:.85rem}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}
table.narrow{width:auto;min-width:min(24rem,100%)}
@media (max-width:52rem){table.wide thead{position:absolute;left:-999rem}
table.wide,table.wide caption,table.wide tbody,table.wide tr,table.wide td{display:block;
width:100%}
table.wide tr{border:1px solid var(--rule);border-radius:.4rem;margin-bottom:.8rem;
padding:.4rem .7rem;background:var(--card)}
table.wide td,table.wide td.num{border:0;padding:.15rem 0;text-align:left}
table.wide td.num{display:inline-block;width:auto;margin-right:1.2rem}
table.wide td[data-label]::before{content:attr(data-label) ": ";color:var(--soft);
font-size:.85rem}table.wide td:empty{display:none}
table.narrow th,table.narrow td{padding:.4rem .3rem}table.narrow code{overflow-wrap:anywhere}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media (max-width:24rem){table.narrow{font-size:.8rem}
table.narrow th,table.narrow td{padding:.35rem .2rem;font-size:inherit}}
@media print{body{background:#fff;color:#000}figure,tr{break-inside:avoid}}
"""


def tag(name: str, content: str, css: str = "", **attributes: str) -> str:
    """One element; `content` is HTML already, attribute values are escaped here."""
    if css:
        attributes = {"class": css, **attributes}
    listed = "".join(f' {k.replace("_", "-")}="{escape(v)}"' for k, v in attributes.items())
    return f"<{name}{listed}>{content}</{name}>"


def page(title: str, body: str) -> str:
    """Return a complete document around `body`."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def pairs(rows: Iterable[tuple[str, object]]) -> str:
    """Description list of plain texts."""
    inner = "".join(f"{tag('dt', escape(k))}{tag('dd', escape(str(v)))}" for k, v in rows)
    return tag("dl", inner)


def listed(items: Iterable[str]) -> str:
    """Bullet list of plain texts."""
    return tag("ul", "".join(tag("li", escape(item)) for item in items))


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    css: str,
    *,
    caption: str,
    numbers: Sequence[str] = (),
) -> str:
    """Table of cells that are HTML already; columns in `numbers` are set flush right."""
    right = {title: "num" if title in numbers else "" for title in head}
    top = "".join(tag("th", escape(title), right[title], scope="col") for title in head)
    body = "\n".join(
        tag(
            "tr",
            "".join(
                tag("td", cell, right[title], data_label=title)
                for title, cell in zip(head, row, strict=True)
            ),
        )
        for row in rows
    )
    above = tag("caption", escape(caption)) + tag("thead", tag("tr", top))
    return tag("table", f"{above}<tbody>\n{body}\n</tbody>", css)


def tone(verdict: object) -> str:
    """Class that colours a verdict, from its text."""
    text = str(verdict).lower()
    return "no" if text.startswith("not") else "yes" if text.startswith("ident") else "open"
