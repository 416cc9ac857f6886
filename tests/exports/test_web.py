"""The page, opened in a browser: it asks for nothing, sorts and searches, and is read without its script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from documents import data, typed
from programs import needs
from test_charts import HOSTILE

from flexopt.exports.people import without_people
from flexopt.exports.report.decisions import decisions
from flexopt.exports.web import render
from flexopt.exports.web.assignment import headings
from flexopt.exports.web.escape import isolated

playwright = pytest.importorskip("playwright.sync_api")

Document = dict[str, Any]
Open = Callable[..., Any]
STYLE = Path(render.__code__.co_filename).with_name("page.css").read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = needs("chromium")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=[*arguments, "--disable-sync"])
        yield running
        running.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """`show(document, **context)` opens its page; what goes wrong in it, or leaves it, fails the test."""
    wrong: list[str] = []
    asked: list[str] = []
    contexts = []

    def opened(document: Document, **context: Any) -> Any:
        file = tmp_path / "plan.html"
        file.write_bytes(render(typed(document)))
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}, **context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
    assert {*asked} <= {(tmp_path / "plan.html").as_uri()}


def rows(page: Any) -> list[list[str]]:
    """Text of the cells of the rows that are shown."""
    found = page.locator("#who tbody tr:not([hidden])").all()
    return [row.locator("th, td").all_inner_texts() for row in found]


def test_page_is_shown_without_an_error_or_a_request(everything: Document, show: Open) -> None:
    page = show(everything)
    assert page.title() == f"Licence plan: {everything['name']}"
    assert page.locator("svg").count() == 5
    from PIL import Image

    picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L")
    shades = picture.histogram()
    assert shades[255] > 0.5 * sum(shades)  # paper
    assert sum(shades[:128]) > 0.01 * sum(shades)  # and ink on it


def test_page_is_dark_where_that_is_wanted(document: Document, show: Open) -> None:
    page = show(document, color_scheme="dark")
    style = "getComputedStyle(document.body)"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(20, 24, 29)"
    assert page.evaluate("getComputedStyle(document.querySelector('svg text')).fill") != "rgb(28, 33, 39)"
    page.emulate_media(media="print")  # ink on paper, whatever the screen is like
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()


def test_rows_are_the_decisions_and_say_why_on_demand(document: Document, show: Open) -> None:
    page = show(document)
    shown, made = rows(page), decisions(typed(document))
    assert [row[0] for row in shown] == [d.user for d in made]
    assert {len(row) for row in shown} == {len(headings(made))}
    assert page.locator("#who details[open]").count() == 0
    page.locator("#who summary").first.click()
    assert made[0].reason in page.locator("#who details[open]").inner_text()


def test_a_click_or_a_key_sorts(document: Document, show: Open) -> None:
    row = document["assignment"][0]
    days = ["9", "100.5", "20", "1000"]
    document["assignment"] = [row | {"user": f"u{i}", "days": d} for i, d in enumerate(days)]
    document["assignment"].append(row | {"user": "u10", "seat_price": None})
    page = show(document)
    heading = page.get_by_role("columnheader", name="days", exact=True)
    heading.get_by_role("button").click()
    assert [r[0] for r in rows(page)][:2] == ["u0", "u2"]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").press("Enter")
    assert next(r[0] for r in rows(page)) == "u3"
    assert heading.get_attribute("aria-sort") == "descending"
    page.get_by_role("columnheader", name="user").get_by_role("button").click()
    assert [r[0] for r in rows(page)] == ["u0", "u1", "u2", "u3", "u10"]
    assert heading.get_attribute("aria-sort") is None
    playwright.expect(page.get_by_role("status")).to_have_text("sorted by user, ascending")
    for _ in range(2):  # what is empty is last either way
        page.get_by_role("columnheader", name="saves").get_by_role("button").click()
        assert [r[0] for r in rows(page)][-1] == "u10"


def test_search_finds_every_word_and_says_how_many(document: Document, show: Open) -> None:
    row = document["assignment"][0]
    document["assignment"] = [
        row | {"user": "Ana", "group": "Site"},
        row | {"user": "Anatol", "group": "Office"},
        row | {"user": "Bo", "group": "Site"},
    ]
    page = show(document)
    search = page.get_by_role("searchbox", name="Search")
    status = page.get_by_role("status")
    search.fill("ANA site")
    assert [r[0] for r in rows(page)] == ["Ana"]
    playwright.expect(status).to_have_text("1 of 3 rows")
    search.fill("nobody")
    assert rows(page) == []
    playwright.expect(status).to_have_text("0 of 3 rows")
    search.fill("")
    assert len(rows(page)) == 3


def test_everything_can_be_read_without_script(everything: Document, show: Open) -> None:
    page = show(everything, java_script_enabled=False)
    for text in (everything["name"], everything["assignment"][0]["user"], "Proof", "as a seat"):
        assert page.get_by_text(text).first.is_visible()
    assert page.locator("#who button").count() == 0
    assert not page.locator("#tools").is_visible()  # a search that cannot search is not shown
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()


def test_nothing_leaves_the_page_even_if_something_got_in(
    document: Document, browser: Any, tmp_path: Path
) -> None:
    asked: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        log_message = do_POST = lambda self, *_: asked.append(self.path)

    with HTTPServer(("127.0.0.1", 0), Outside) as outside:
        Thread(target=outside.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{outside.server_port}"
        intruders = (
            f"<script>document.title = 'script'</script><img src='{url}/image' onerror='alert(1)'>"
            f"<link rel=stylesheet href='{url}/style'><style>h1 {{ display: none }}</style>"
            f"<iframe src='{url}/frame'></iframe><form action='{url}/form'><button id=go></button></form>"
        )
        file = tmp_path / "plan.html"
        file.write_text(render(typed(document)).decode().replace("<main", intruders + "<main", 1))
        page = browser.new_page()
        page.goto(file.as_uri())
        assert page.evaluate("document.title").startswith("Licence plan")
        assert page.locator("h1").is_visible()
        assert page.evaluate(f"fetch('{url}/fetch').catch(() => 'refused')") == "refused"
        page.evaluate("document.getElementById('go').click()")
        page.wait_for_timeout(200)
        page.close()
        outside.shutdown()
    assert asked == []


def renamed(node: Any, names: dict[str, str]) -> Any:
    """The document with every text that is a name replaced, wherever it stands."""
    if isinstance(node, dict):
        return {key: renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [renamed(value, names) for value in node]
    return names.get(node, node) if isinstance(node, str) else node


@pytest.mark.parametrize(
    "hostile",
    ["".join(HOSTILE), *(pytest.param(name, marks=pytest.mark.slow) for name in HOSTILE)],
    ids=["all", *map(str, range(len(HOSTILE)))],
)
def test_names_stay_names(everything: Document, show: Open, hostile: str) -> None:
    hostile = f"</style></title>{hostile}</script><!--"
    first = everything["assignment"][0]
    everything["findings"] = [
        {"severity": "warning", "row": 1, "count": 1}
        | dict.fromkeys(("code", "file", "column", "message", "hint"), hostile)
    ]
    offers = {offer["id"] for offer in everything["scenario"]["offers"]}
    labels = {lever["label"] for lever in everything["sensitivity"]["levers"]}
    quotes = {scenario["name"] for scenario in everything["comparison"]["scenarios"]}
    names = (first["user"], first["product"], first["reason"], everything["name"])
    changed = renamed(everything, dict.fromkeys({*names, *offers, *labels, *quotes}, hostile))
    changed["assignment"][0]["group"] = hostile
    page = show(changed)
    assert page.locator("script, style, img, iframe, link, object").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cell = page.locator("#who tbody th").first
    plain = re.sub(r"[\x00-\x1f\x7f]", "\ufffd", hostile)
    assert cell.text_content() == plain
    assert cell.bounding_box()["width"] < 300


def test_direction_of_a_name_ends_with_it() -> None:
    assert isolated("Ana <b>") == "Ana &lt;b&gt;"
    assert isolated("שלום") == "<bdi>שלום</bdi>"
    assert isolated("\u202eabc") == "<bdi>\u202eabc</bdi>"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_page_is_as_wide_as_its_window(everything: Document, show: Open, width: int, height: int) -> None:
    page = show(everything)
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_nothing_is_scrolled_sideways_on_a_phone(everything: Document, show: Open) -> None:
    page = show(everything)
    page.set_viewport_size({"width": 390, "height": 844})
    boxes = "[...document.querySelectorAll('section > div .scroll, figure > div, #rows')]"
    wide = "e => e.scrollWidth > innerWidth && !e.closest('details')"
    assert page.evaluate(f"{boxes}.filter({wide}).map(e => e.textContent)") == []
    row = page.locator("#who tbody tr").first
    assert {"days", "on Flex", "as a seat", "saves"} <= {
        page.evaluate("e => getComputedStyle(e, '::before').content", cell.element_handle()).strip('" ')
        for cell in row.locator("td").all()
    }


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1366), ("dark", 1366), ("light", 390), ("dark", 390)]
)
def test_axe_finds_nothing(everything: Document, show: Open, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(everything, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.locator("summary").first.click()
    page.locator("#who summary").first.click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.slow
def test_pages_on_paper_repeat_the_header(document: Document, show: Open) -> None:
    pypdf = pytest.importorskip("pypdf")
    row = document["assignment"][0]
    document["assignment"] = [row | {"user": f"user-{i:03}"} for i in range(180)]
    pages = [
        p.extract_text()
        for p in pypdf.PdfReader(BytesIO(show(document).pdf(prefer_css_page_size=True))).pages
    ]
    wide = [text for text in pages if "user-0" in text]
    assert len(wide) > 1
    assert all("on Flex" in text and "saves" in text for text in wide)
    assert "Search" not in "".join(pages)


def test_without_people_the_page_says_so(document: Document, show: Open) -> None:
    page = show(data(without_people(typed(document))))
    assert page.locator("#who").count() == 0
    assert page.get_by_text("this copy leaves out the rows on individual users").is_visible()
