"""The report's page in a real browser, on a phone, in the dark and on paper; needs ``chromium`` and Playwright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.messages import speaking
from dashcamcleaner.report.html import folder_html, report_html
from tests.browser import browser, needs_chromium
from tests.report.test_html import audit, summary

__all__ = ["browser"]  # a fixture of the tests below
pytestmark = needs_chromium

CONTRASTS = """() => {
  const linear = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = (c) => { const [r, g, b] = c.map(linear); return .2126 * r + .7152 * g + .0722 * b; };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (one) => { for (; one; one = one.parentElement) {
      const c = numbers(getComputedStyle(one).backgroundColor); if (c.length < 4 || c[3] > .99) return c.slice(0, 3); }
    return [255, 255, 255]; };
  const weak = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || one.closest("svg") || !one.getClientRects().length) continue;
    const a = light(numbers(getComputedStyle(one).color).slice(0, 3)), b = light(behind(one));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) weak.push([one.textContent.trim().slice(0, 40), ratio]);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["clip", "folder"])
def test_it_can_be_read_on_a_phone_in_both_themes(browser: Any, tmp_path: Path, scheme: str, kind: str) -> None:
    report = summary(audit=audit())
    page_file = tmp_path / "report.html"
    page_file.write_text(
        report_html(report) if kind == "clip" else folder_html([report], title="rides"), encoding="utf-8"
    )
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
    assert page.evaluate(CONTRASTS) == []
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, back[4:-1].split(","))) < 384) == (scheme == "dark")
    page.close()


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_bar_of_the_timeline_stands_on_its_label(browser: Any, tmp_path: Path, language: str) -> None:
    report = summary(audit=audit())
    slices = [[12.375, 1, 0]] * 8
    report["timeline"]["kinds"] = {"face": slices, "plate": slices, "whole frame": slices}
    page_file = tmp_path / "report.html"
    with speaking(language):
        page_file.write_text(report_html(report), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(page_file.as_uri())
    ends = page.evaluate("[...document.querySelectorAll('svg text[x=\"0\"]')].map((one) => one.getBBox().width)")
    begin = page.evaluate("Math.min(...[...document.querySelectorAll('svg rect')].map((one) => one.getBBox().x))")
    assert len(ends) == 6
    assert max(ends) < begin
    assert ("12,4" if language == "de" else "12.4") in page.text_content("svg")
    page.close()


def test_what_is_folded_stands_on_paper(browser: Any, tmp_path: Path) -> None:
    page_file = tmp_path / "report.html"
    page_file.write_text(report_html(summary(audit=audit())), encoding="utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    folded = page.locator("details:not([open]) > :not(summary)")
    assert folded.count()
    assert all(folded.nth(number).is_visible() for number in range(folded.count()))
    page.close()
