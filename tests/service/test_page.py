"""The page in a real browser: at a desk and on a phone, by mouse and by keyboard, and asking no other host.

Needs Debian's ``chromium`` and Playwright's Python package; ``DASHCAMCLEANER_SHOTS=FOLDER`` keeps the screenshots.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests import clips
from tests.browser import api, browser, needs_chromium
from tests.service.running import RunningServer, running, street_file

__all__ = ["browser"]  # a fixture of the tests below
pytestmark = needs_chromium

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
WAIT_MS = 240_000


class Opened:
    """A page, with all that it asked for and complained of."""

    def __init__(self, browser: Any, url: str, size: dict[str, int], *, language: str = "en-GB") -> None:
        self.context = browser.new_context(viewport=size, has_touch=size is PHONE, locale=language)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)
        self.url = url

    def choose(self, *files: Path) -> None:
        self.page.set_input_files("#files", [str(file) for file in files])

    def shot(self, name: str) -> None:
        if folder := os.environ.get("DASHCAMCLEANER_SHOTS"):
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    def check_and_close(self) -> None:
        own = (self.url, "blob:", "data:")
        assert [url for url in self.asked if not url.startswith(own)] == [], "no foreign host"
        assert self.complaints == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        self.context.close()


@pytest.fixture()
def street(tmp_path: Path) -> Path:
    (tmp_path / "street.jpg").write_bytes(street_file())
    return tmp_path / "street.jpg"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_picture(server: RunningServer, browser: Any, street: Path, size: dict[str, int]) -> None:
    opened = Opened(browser, server.url, size)
    page = opened.page
    api.expect(page.locator("#state")).to_contain_text("Ready", timeout=WAIT_MS)
    opened.choose(street)
    card = page.locator(".card")
    api.expect(card.locator(".message")).to_contain_text("hidden", timeout=WAIT_MS)
    api.expect(card.locator(".verdict, .scores .note").first).to_be_visible(timeout=WAIT_MS)
    assert card.locator(".boxes .plate").count() >= 1
    box, stage = card.locator(".boxes .plate").first.bounding_box(), card.locator(".stage").bounding_box()
    assert stage["x"] <= box["x"]
    assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
    with page.expect_download() as download:
        card.get_by_role("link", name="Download the cleaned picture").click()
    assert download.value.suggested_filename == "street_cleaned.jpg"
    assert Path(download.value.path()).read_bytes()[:2] == b"\xff\xd8"
    opened.shot(f"picture-{'phone' if size is PHONE else 'desk'}")
    card.get_by_label("show boxes").uncheck()
    api.expect(card.locator(".boxes")).to_be_hidden()
    opened.check_and_close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_in_german(server: RunningServer, browser: Any, street: Path, tmp_path: Path, size: dict[str, int]) -> None:
    opened = Opened(browser, server.url, size, language="de-DE")
    page = opened.page
    api.expect(page.locator("#state")).to_contain_text("Bereit (Version ", timeout=WAIT_MS)
    opened.choose(street)
    card = page.locator(".card").first
    api.expect(card.locator(".message")).to_contain_text("verdeckt.", timeout=WAIT_MS)
    api.expect(card.get_by_role("link", name="Das bereinigte Bild herunterladen")).to_be_visible()
    api.expect(card.locator(".verdict, .scores .note").first).to_be_visible(timeout=WAIT_MS)
    (tmp_path / "ride.mp4").write_bytes(b"no clip")
    opened.choose(tmp_path / "ride.mp4")
    failed = page.locator(".card").first
    api.expect(failed.locator(".message.failed")).to_contain_text(" ist ", timeout=WAIT_MS)
    page.locator("summary").click()
    page.get_by_label("Was aus Clips wird").select_option("scenes")
    api.expect(page.locator("#labels")).to_have_text("Es unterscheidet: driving, parked.")
    opened.shot(f"german-{'phone' if size is PHONE else 'desk'}")
    failed.get_by_role("button", name="Löschen").click()
    api.expect(page.locator(".card")).to_have_count(1, timeout=WAIT_MS)
    opened.check_and_close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_clip(server: RunningServer, browser: Any, tmp_path: Path, size: dict[str, int]) -> None:
    clip = clips.make(tmp_path / "ride.mp4", frames=60, size=(320, 192)).path
    opened = Opened(browser, server.url, size)
    page = opened.page
    page.locator("summary").click()
    page.select_option("#profile", "fast")
    page.get_by_label("look at cleaned clips again").check()
    opened.choose(clip)
    card = page.locator(".card")
    api.expect(card.locator(".message")).to_contain_text("Done: 60 frames", timeout=WAIT_MS)
    api.expect(card.locator(".verdict")).to_contain_text("Audit: ")
    assert card.locator("progress").evaluate("bar => bar.value") == 1
    with page.expect_download() as download:
        card.get_by_role("link", name="Download the cleaned clip").click()
    assert download.value.suggested_filename == "ride_cleaned.mp4"
    assert b"ftyp" in Path(download.value.path()).read_bytes()[:16]
    opened.shot(f"clip-{'phone' if size is PHONE else 'desk'}")
    card.get_by_role("button", name="Delete").click()
    api.expect(card).to_have_count(0, timeout=WAIT_MS)
    assert server.client.get("/jobs").json() == {"jobs": []}
    opened.check_and_close()


@pytest.mark.parametrize(
    ("name", "recipe", "played"),
    [
        ("ride.avi", {"codec": "mpeg4", "sounds": ()}, (False, True)),
        ("sound.mp4", {"codec": "mpeg4", "sounds": (clips.Sound(),)}, (False, True)),  # browsers play its sound alone
        ("plain.mp4", {}, (True, True)),
    ],
)
def test_a_clip_that_a_browser_does_not_play_is_told_as_such(
    server: RunningServer, browser: Any, tmp_path: Path, name: str, recipe: dict[str, Any], played: tuple[bool, bool]
) -> None:
    clip = clips.make(tmp_path / name, frames=30, size=(160, 96), **recipe).path
    opened = Opened(browser, server.url, DESK)
    opened.page.locator("summary").click()
    opened.page.select_option("#profile", "fast")
    opened.choose(clip)
    card = opened.page.locator(".card")
    api.expect(card.locator(".message")).to_contain_text("Done: 30 frames", timeout=WAIT_MS)
    for side, plays in zip(("before", "after"), played, strict=True):
        figure = card.locator("figure", has=opened.page.locator(f".{side}"))
        if plays:
            api.expect(figure.locator("video")).to_be_visible()
            figure.locator("video").evaluate("one => one.readyState || new Promise((t) => one.onloadedmetadata = t)")
            api.expect(figure.locator(".note")).to_have_count(0)
        else:
            api.expect(figure.locator(".note")).to_have_text("This browser does not play the clip as you sent it.")
            api.expect(figure.locator("video")).to_be_hidden()
    opened.shot(f"played-{name}")
    card.get_by_role("button", name="Delete").click()
    api.expect(card).to_have_count(0, timeout=WAIT_MS)
    opened.check_and_close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_scenes_are_listed_and_cut(server: RunningServer, browser: Any, tmp_path: Path, size: dict[str, int]) -> None:
    clip = clips.make(tmp_path / "ride.mp4", frames=150, size=(160, 96)).path
    opened = Opened(browser, server.url, size)
    page = opened.page
    page.get_by_label("What becomes of clips").select_option("scenes")
    api.expect(page.get_by_text("You get lists of labelled scenes")).to_be_visible()
    api.expect(page.get_by_label("look at cleaned clips again")).to_have_count(1)
    page.locator("summary").click()
    api.expect(page.get_by_label("look at cleaned clips again")).to_be_hidden()
    page.get_by_label("Scenes by").select_option("light")
    api.expect(page.locator("#labels")).to_have_text("It tells apart: day, night, tunnel.")
    page.select_option("#profile", "fast")
    opened.choose(clip)
    card = page.locator(".card")
    api.expect(card.locator(".message")).to_contain_text("Done: ", timeout=WAIT_MS)
    api.expect(card.get_by_role("row")).not_to_have_count(0)
    label = card.get_by_role("cell").first.inner_text()
    assert label in ("day", "night", "tunnel")
    with page.expect_download() as download:
        card.get_by_role("link", name="List of scenes (tags)").click()
    assert download.value.suggested_filename == "ride.tag"
    assert "day, night, tunnel" in Path(download.value.path()).read_text(encoding="utf-8").splitlines()[0]
    assert card.get_by_role("link", name="Download the cleaned clip").count() == 0, "nothing was to be cut"
    page.get_by_label("Labels to keep").fill(f" {label} ,")
    opened.choose(clip)
    newest = card.first
    api.expect(newest.locator(".message")).to_contain_text("cut to those that are kept", timeout=WAIT_MS)
    with page.expect_download() as download:
        newest.get_by_role("link", name="Download the cleaned clip").click()
    assert b"ftyp" in Path(download.value.path()).read_bytes()[:16]
    opened.shot(f"scenes-{'phone' if size is PHONE else 'desk'}")
    opened.check_and_close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_audit(server: RunningServer, browser: Any, tmp_path: Path, size: dict[str, int]) -> None:
    source = clips.make(tmp_path / "ride.mp4", frames=12, size=(320, 192)).path
    output = clips.make(tmp_path / "out.mp4", frames=11, size=(320, 192)).path
    opened = Opened(browser, server.url, size)
    page = opened.page
    page.get_by_label("What becomes of clips").select_option("audit")
    api.expect(page.locator("#drop")).to_be_hidden()
    page.get_by_label("The source").set_input_files(str(source))
    page.get_by_label("What came of it").set_input_files(str(output))
    opened.shot(f"audit-form-{'phone' if size is PHONE else 'desk'}")
    page.get_by_role("button", name="Look at it again").click()
    card = page.locator(".card")
    api.expect(card.locator(".verdict")).to_have_text("Audit: FAIL", timeout=WAIT_MS)
    api.expect(card.get_by_role("listitem").filter(has_text="fail: ")).not_to_have_count(0)
    api.expect(card.get_by_role("heading", name="Looked at")).to_be_visible()
    with page.expect_download() as download:
        card.get_by_role("link", name="Report", exact=True).click()
    assert download.value.suggested_filename == "ride_cleaned.report.html"
    assert "<html" in Path(download.value.path()).read_text(encoding="utf-8")
    opened.shot(f"audit-{'phone' if size is PHONE else 'desk'}")
    opened.check_and_close()


def test_an_audit_by_keyboard_and_by_dropping(server: RunningServer, browser: Any, tmp_path: Path) -> None:
    opened = Opened(browser, server.url, DESK)
    page = opened.page
    page.bring_to_front()
    page.locator("#kind").focus()
    page.keyboard.press("End")
    assert page.locator("#kind").input_value() == "audit"
    page.evaluate(
        """() => {
            const moved = new DataTransfer();
            for (const name of ["out.plan.jsonl", "ride.mp4", "out.mp4"]) moved.items.add(new File(["x"], name));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true }));
        }"""
    )
    names = page.evaluate("['source', 'output', 'plan'].map((id) => document.getElementById(id).files[0].name)")
    assert names == ["ride.mp4", "out.mp4", "out.plan.jsonl"]
    for wanted in ("source", "output", "plan"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == wanted
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    api.expect(page.locator(".card .message.failed")).not_to_be_empty(timeout=WAIT_MS)
    assert "ride.mp4" in page.locator("#spoken").inner_text()
    opened.check_and_close()


def test_by_keyboard_alone(server: RunningServer, browser: Any, street: Path) -> None:
    opened = Opened(browser, server.url, DESK)
    page = opened.page
    api.expect(page.locator("#state")).to_contain_text("Ready", timeout=WAIT_MS)
    page.bring_to_front()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for wanted in ("kind", "files"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == wanted
    choosers: list[Any] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    for key in ("Enter", "Space", "Enter"):  # a busy browser swallows a key now and then
        page.keyboard.press(key)
        with contextlib.suppress(api.TimeoutError):
            page.wait_for_event("filechooser", timeout=WAIT_MS / 6)
        if choosers:
            break
    choosers[0].set_files(str(street))
    card = page.locator(".card")
    api.expect(card.locator(".message")).to_contain_text("hidden", timeout=WAIT_MS)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "range":
            break
    before = card.locator("img.after").evaluate("picture => picture.style.clipPath")
    page.keyboard.press("End")
    assert card.locator("img.after").evaluate("picture => picture.style.clipPath") != before
    spoken = page.locator("#spoken").inner_text()
    assert "street.jpg" in spoken, "a reader of screens is told"
    opened.check_and_close()


def test_a_picture_of_a_kind_that_no_browser_shows(server: RunningServer, browser: Any, street: Path) -> None:
    with Image.open(street) as picture:
        picture.save(street.with_suffix(".tif"))
    opened = Opened(browser, server.url, DESK)
    opened.choose(street.with_suffix(".tif"))
    card = opened.page.locator(".card")
    told = card.get_by_text("This browser does not show pictures of this kind")
    api.expect(told).to_be_visible(timeout=WAIT_MS)
    api.expect(card.locator(".verdict, .scores .note").first).to_be_visible(timeout=WAIT_MS)
    api.expect(card.locator(".compare")).to_be_hidden()
    with opened.page.expect_download() as download:
        card.get_by_role("link", name="Download the cleaned picture").click()
    assert download.value.suggested_filename == "street_cleaned.tif"
    assert card.get_by_text("Not scored:").count() == 0
    opened.check_and_close()


def test_dropping_and_what_is_no_picture(server: RunningServer, browser: Any) -> None:
    opened = Opened(browser, server.url, DESK)
    page = opened.page
    page.evaluate(
        """() => {
            const moved = new DataTransfer();
            moved.items.add(new File(["no pixels"], "<b>words</b>.jpg", { type: "image/jpeg" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true }));
        }"""
    )
    card = page.locator(".card")
    api.expect(card.locator(".message.failed")).to_contain_text("is no picture", timeout=WAIT_MS)
    assert card.locator("h3").inner_text() == "<b>words</b>.jpg", "a name is a text"
    opened.complaints = [text for text in opened.complaints if "415" not in text]  # the browser's own note of it
    opened.check_and_close()


def test_what_is_deleted_while_it_is_sent_is_sent_no_further(
    server: RunningServer, browser: Any, tmp_path: Path
) -> None:
    opened = Opened(browser, server.url, DESK)
    page = opened.page
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.route("**/jobs?*", lambda route: None)  # a slow network: nothing arrives
    opened.choose(clips.make(tmp_path / "ride.mp4", frames=3, size=(160, 96)).path)
    page.wait_for_selector(".card")
    page.click(".card .remove")
    page.wait_for_selector(".card", state="detached")
    page.wait_for_timeout(50)
    assert [url for url in failed if "/jobs?" in url], "the upload went on"
    opened.context.close()


def test_many_clips_leave_connections_for_all_else(server: RunningServer, browser: Any, tmp_path: Path) -> None:
    opened = Opened(browser, server.url, DESK)
    page = opened.page
    full = [True] * 200  # for each of eight more often than a picture's request is tried
    made: list[str] = []
    followed: list[str] = []

    def start(route: Any) -> None:
        if full:
            full.pop()
            route.fulfill(
                status=429, headers={"Retry-After": "0"}, json={"detail": "As many jobs are waiting as may wait."}
            )
            return
        made.append(f"/jobs/{len(made):032x}")
        route.fulfill(status=202, json={"links": {"self": made[-1], "events": f"{made[-1]}/events"}})

    page.route("**/jobs?*", start)
    page.route("**/events", lambda route: followed.append(route.request.url))  # they run for hours
    page.route("**/jobs/*", lambda route: route.fulfill(status=204))
    clip = clips.make(tmp_path / "ride.mp4", frames=3, size=(160, 96)).path
    more = [tmp_path / f"{number}.mp4" for number in range(7)]
    for path in more:
        shutil.copyfile(clip, path)
    opened.choose(clip, *more)
    for _ in range(400):
        if len(followed) == 3 and len(made) == 8:
            break
        page.wait_for_timeout(50)
    assert len(made) == 8, "none is given up"
    assert len(followed) == 3, "three of a browser's six connections"
    page.click(".card:last-child .remove")
    page.wait_for_function("document.querySelectorAll('.card').length === 7")
    page.wait_for_timeout(50)
    assert len(followed) == 4, "the next one takes its place"
    opened.context.close()


def test_the_page_of_routes(server: RunningServer, browser: Any) -> None:
    opened = Opened(browser, f"{server.url}/docs", DESK)
    opened.url = server.url
    api.expect(opened.page.locator(".opblock").first).to_be_visible(timeout=WAIT_MS)
    assert opened.page.locator(".opblock").count() == 12
    opened.shot("docs")
    opened.check_and_close()


def test_a_token_is_asked_for(browser: Any, tmp_path: Path, street: Path) -> None:
    (tmp_path / "tokens").write_text("a-token-of-this-test")
    with running(tmp_path / "storage", "--token-file", str(tmp_path / "tokens"), token="a-token-of-this-test") as found:
        opened = Opened(browser, found.url, PHONE)
        page = opened.page
        field = page.get_by_label("This server needs a token")
        api.expect(field).to_be_visible(timeout=WAIT_MS)
        opened.shot("token-phone")
        field.fill("a-token-of-this-test")
        page.keyboard.press("Enter")
        api.expect(field).to_be_hidden()
        opened.choose(street)
        api.expect(page.locator(".card .message")).to_contain_text("hidden", timeout=WAIT_MS)
        opened.complaints = [text for text in opened.complaints if "401" not in text]
        opened.check_and_close()
