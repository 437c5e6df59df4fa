"""A browser for tests of pages, by the fixture `open_page`; conftest.py names it as a plugin.

It is whatever Chromium the system has; without one, or without Playwright, tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FAILURES", "OUTSIDE", "Opened", "browser", "open_page"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A test loads files of ours, and the browser is to load nothing else either.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]

# Texts whose contrast with what is behind them is less than the least, as text and ratio.
FAILURES = """least => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const over = (color, below) => {
    pen.fillStyle = `rgb(${below})`;
    pen.fillRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = v => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  const light = rgb => {
    const [r, g, b] = rgb.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1
    && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const root = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const behind = element => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) {
      chain.unshift(getComputedStyle(e).backgroundColor);
    }
    let color = chain.reduce((below, c) => over(c, below), root);
    const svg = element.closest("svg");
    if (!svg) return color;
    for (const rect of svg.querySelectorAll("rect")) {
      if (inside(element.getBoundingClientRect(), rect.getBoundingClientRect())) {
        color = over(getComputedStyle(rect).fill, color);
      }
    }
    return color;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    if (!element.checkVisibility() || element.closest("[aria-hidden=true]")) continue;
    seen += 1;
    const below = behind(element);
    const style = getComputedStyle(element);
    let ink = over(element.closest("svg") ? style.fill : style.color, below);
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) opacity *= Number(getComputedStyle(e).opacity);
    ink = ink.map((v, i) => opacity * v + (1 - opacity) * below[i]);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < least) found.push([text.slice(0, 40), Number(ratio.toFixed(2))]);
  }
  return { seen, found };
}"""

# Elements that stick out of the window sideways, and are not in a part that scrolls by itself.
OUTSIDE = """() => {
  const wide = innerWidth + .5;
  const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX)
    || scrolls(e.parentElement));
  const found = [...document.body.querySelectorAll("*")].filter(e => {
    const { left, right, width } = e.getBoundingClientRect();
    // Far to the left is what only screen readers are to see.
    const out = right > wide || (left < -.5 && left > -600);
    return width && out && e.checkVisibility() && !scrolls(e);
  });
  const texts = [...document.querySelectorAll("svg text")].filter(t => {
    const [a, b] = [t.getBoundingClientRect(), t.closest("svg").getBoundingClientRect()];
    return a.width && (a.left < b.left - 1 || a.right > b.right + 1);
  });
  const names = [...found, ...texts].map(e => `${e.tagName} ${e.id} ${e.textContent.slice(0, 30)}`);
  return [document.documentElement.scrollWidth - innerWidth, names];
}"""


@dataclass
class Opened:
    """A page, with whatever went wrong on it and whatever it asked the network for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def assert_readable(self, least: float = 4.5) -> None:
        """Every text on the page has a contrast of at least `least` with what is behind it."""
        answer = self.page.evaluate(FAILURES, least)
        assert answer["seen"] > 10
        assert answer["found"] == []

    def assert_within(self) -> None:
        """Nothing sticks out of the window sideways."""
        assert self.page.evaluate(OUTSIDE) == [0, []]


# Not for the whole session: while Playwright runs, no other test of this process could use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"needs a browser: one of {', '.join(NAMES)}")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Function that opens a file, at a width in pixels, in the light or the dark."""
    contexts = []

    def opened(path: Path, width: int = 1400, scheme: str = "light", **more: Any) -> Opened:
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme, **more))
        found = Opened(contexts[-1].new_page())
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on(
            "console",
            lambda said: found.errors.append(said.text) if said.type != "log" else None,
        )
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(path.resolve().as_uri())
        return found

    yield opened
    for context in contexts:
        context.close()
