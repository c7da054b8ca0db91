"""Test of the page in a real browser: page_test.py PROGRAM SOURCE_DIR SCREENSHOT_DIR.

Exit status: 0 it works, 77 there is no browser here, anything else: it does not work.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from server import Server  # noqa: E402
from webdriver import Browser  # noqa: E402

SKIPPED = 77
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
TAB, ENTER = "\ue004", "\ue007"

# Gives the page files as if they had been dropped or pasted: arguments are the event's name and [name, text] pairs.
GIVE_FILES = """
const data = new DataTransfer();
for (const [name, text] of arguments[1]) data.items.add(new File([text], name, {type: "image/jpeg"}));
const kind = arguments[0] === "paste" ? ClipboardEvent : DragEvent;
const field = arguments[0] === "paste" ? "clipboardData" : "dataTransfer";
document.dispatchEvent(new kind(arguments[0], {[field]: data, bubbles: true, cancelable: true}));
"""


class Page:
    def __init__(self, browser, url):
        self.browser = browser
        browser.open(url + "/")
        browser.wait_for("the samples", lambda: len(browser.find_all("#samples button")) == 8)

    def cards(self):
        return self.browser.run("""return [...document.querySelectorAll(".card")].map((card) => ({
            name: card.querySelector(".name").textContent, text: card.innerText, failed: card.classList.contains("failed"),
            busy: card.hasAttribute("aria-busy"), id: card.querySelector(".id")?.textContent,
            classes: [...card.querySelectorAll(".classes li")].map((li) => [...li.children].map((c) => c.textContent)),
            width: card.querySelector(".fill")?.style.width, curl: card.querySelector(".curl")?.textContent,
            timing: [...card.querySelectorAll(".legend li")].map((li) => li.textContent)}))""")

    def wait_for_cards(self, count):
        def done():
            cards = self.cards()
            return len(cards) == count and not any(card["busy"] for card in cards) and (cards or True)
        return self.browser.wait_for(f"{count} cards", done)

    def state(self):
        return self.browser.find("#state-text").text()

    def clear(self):
        self.browser.find("#clear").click()
        self.wait_for_cards(0)


def test_a_sample(page, url, **_):
    page.browser.find('[data-sample="star-1.jpg"]').click()
    card, = page.wait_for_cards(1)
    assert card["name"] == "star-1.jpg" and not card["failed"], card
    assert len(card["classes"]) == 5 and card["classes"][0][0] == "star", card
    share = float(card["classes"][0][2].removesuffix("\u00a0%"))
    assert share > 50 and abs(float(card["width"].removesuffix("%")) - share) < 0.1, card
    assert [t.split()[0] for t in card["timing"][:4]] == ["upload", "decode", "queue", "infer"], card
    assert float(card["timing"][3].split()[1]) > 0, card
    assert len(card["id"]) == 36, card
    assert card["curl"] == f"curl -F file=@star-1.jpg '{url}/predict?top_k=5'", card
    page.clear()


def test_chosen_files(page, samples, **_):
    names = ["ring-1.jpg", "heart-1.png", "dots-1.jpg"]
    page.browser.find("#files").type("\n".join(str(samples / name) for name in names))
    cards = page.wait_for_cards(3)
    assert [(c["name"], c["classes"][0][0]) for c in cards] == list(zip(names, ["ring", "heart", "dots"])), cards
    assert len({c["id"] for c in cards}) == 3
    page.browser.find('[data-sample="star-1.jpg"]').click()
    assert [c["name"] for c in page.wait_for_cards(4)] == ["star-1.jpg", *names]
    page.clear()


def test_classes_shown(page, **_):
    """More or fewer, also of what is there, and the command asks for as many."""
    page.browser.find('[data-sample="star-1.jpg"]').click()
    page.wait_for_cards(1)
    for count in (10, 1, 5):
        page.browser.find(f"#top-k option:nth-child({[1, 3, 5, 10].index(count) + 1})").click()
        card, = page.cards()
        assert len(card["classes"]) == count and card["curl"].endswith(f"?top_k={count}'"), card
        assert count < 10 or card["classes"][9][2] == "<\u00a00.1\u00a0%", card
    page.clear()


def test_focus_after_removing(page, samples, **_):
    page.browser.find("#files").type("\n".join(str(samples / name) for name in ("ring-1.jpg", "heart-1.png")))
    page.wait_for_cards(2)

    def focused():
        return page.browser.run("const e = document.activeElement; return e.getAttribute('aria-label') ?? e.id")
    for name, then in (("ring-1.jpg", "Remove heart-1.png"), ("heart-1.png", "files")):
        page.browser.run("document.querySelector('.card .remove').focus()")
        page.browser.press(ENTER)
        assert focused() == then, focused()
        assert page.browser.run("return document.getElementById('announce').textContent") == f"{name} removed"


def test_long_names_are_whole(page, url, **_):
    page.browser.find('[data-sample="star-1.jpg"]').click()
    page.wait_for_cards(1)
    cut = page.browser.run("""
        const name = document.querySelector(".classes .class");
        name.textContent = "American Staffordshire terrier, Staffordshire terrier, American pit bull terrier, pit bull terrier";
        return [name.scrollWidth - name.clientWidth, name.scrollHeight - name.clientHeight]""")
    assert cut == [0, 0], cut
    page.clear()


def test_too_large_a_file_is_not_sent(page, **_):
    page.browser.run("""const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(11 * 1024 * 1024)], "large.jpg", {type: "image/jpeg"}));
        document.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}))""")
    card, = page.wait_for_cards(1)
    assert card["failed"] and "This file has 11 MB; the server takes up to 10 MB." in card["text"], card
    assert not page.browser.run("return performance.getEntriesByType('resource').some((r) => r.name.includes('predict'))")
    page.clear()


def test_only_what_changes_seldom_is_read_aloud(page, **_):
    live = page.browser.run("return [...document.querySelectorAll('output, [aria-live], [role=status], [role=alert]')].map((e) => e.id)")
    assert live == ["announce"], live


@contextlib.contextmanager
def page_of_another_server(page, program, *flags):
    with Server(program, *flags) as server:
        page.browser.open(server.url + "/")
        yield
        # A page asks for the state of its server, which is about to end.
        page.browser.open("about:blank")


def test_a_server_with_keys(page, program, **_):
    secret = "0123456789abcdef0123456789abcdef"
    with tempfile.NamedTemporaryFile("w") as keys:
        keys.write(f"somebody {hashlib.sha256(secret.encode()).hexdigest()}\n")
        keys.flush()
        with page_of_another_server(page, program, "--api-keys-file", keys.name):
            browser = page.browser
            browser.wait_for("the field", lambda: browser.run("return !document.getElementById('key-form').hidden"))
            browser.find("#key").type(secret)
            browser.press(ENTER)
            browser.wait_for("the samples", lambda: browser.find_all("#samples button"))
            browser.wait_for("no field", lambda: browser.run("return document.getElementById('key-form').hidden"))
            browser.find('[data-sample="star-1.jpg"]').click()
            card, = page.wait_for_cards(1)
            assert card["classes"][0][0] == "star", card
            browser.problems()  # the refusals before it had the key


def test_groups_and_what_the_model_does_not_know(page, program, samples, **_):
    names = (samples.parent / "demo.labels.txt").read_text().splitlines()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as labels:
        labels.writelines(f"{i}\t{name}\t{'drawing' if name == 'star' else 'other'}\n" for i, name in enumerate(names))
        labels.flush()
        with page_of_another_server(page, program, "--labels", labels.name):
            page.browser.wait_for("the samples", lambda: page.browser.find_all("#samples button"))
            page.browser.find('[data-sample="star-1.jpg"]').click()
            card, = page.wait_for_cards(1)
            assert "Group drawing, " in card["text"], card
    with page_of_another_server(page, program, "--min-confidence", "1"):
        page.browser.wait_for("the samples", lambda: page.browser.find_all("#samples button"))
        page.browser.find('[data-sample="star-1.jpg"]').click()
        card, = page.wait_for_cards(1)
        assert card["classes"] == [["Nothing it is sure of"]] and "Group" not in card["text"], card


def test_several_models(page, program, samples, **_):
    """Choosing another one asks it about the images that are there."""
    weights = pathlib.Path(program).parent / "demo" / "demo.safetensors"
    with tempfile.TemporaryDirectory() as folder:
        numbers = pathlib.Path(folder) / "numbers.txt"
        numbers.write_text("".join(f"number {i}\n" for i in range(12)))
        settings = pathlib.Path(folder) / "settings.toml"
        settings.write_text("".join(f'[[models]]\nname = "{name}"\nweights = "{weights}"\nlabels = "{labels}"\n'
                                    for name, labels in (("shapes", samples.parent / "demo.labels.txt"), ("numbers", numbers))))
        with page_of_another_server(page, program, "--config", str(settings)):
            browser = page.browser
            browser.wait_for("the models", lambda: browser.run("return !document.getElementById('models-bar').hidden"))
            browser.find("#files").type(str(samples / "star-1.jpg"))
            card, = page.wait_for_cards(1)
            assert card["classes"][0][0] == "star" and "model=shapes" in card["curl"], card
            browser.find("#model option:last-child").click()
            browser.wait_for("the other model's answer", lambda: "model=numbers" in (page.cards()[0]["curl"] or ""))
            card, = page.wait_for_cards(1)
            assert card["classes"][0][0].startswith("number "), card
            page.clear()


def layer(page):
    """Where the heat map lies over the preview, and what it says, if it is shown."""
    return page.browser.run("""const heat = document.querySelector(".card .heat");
        return heat.hidden || !heat.complete || !heat.naturalWidth ? null : {alt: heat.alt, width: heat.naturalWidth,
            share: heat.getBoundingClientRect().width / heat.parentElement.getBoundingClientRect().width}""")


def test_heat_maps(page, **_):
    """Over the part that the network saw, of the class that is chosen, and gone with the switch."""
    page.browser.find('[data-sample="star-1.jpg"]').click()
    page.wait_for_cards(1)
    assert not layer(page)
    page.browser.find("#heat").click()
    shown = page.browser.wait_for("the map", lambda: layer(page))
    assert shown["alt"] == "Where the model saw star" and shown["width"] == 224, shown
    assert abs(shown["share"] - 224 / 256) < 0.02, shown
    second = page.cards()[0]["classes"][1][0]
    page.browser.run("document.querySelectorAll('.classes button')[1].focus()")
    page.browser.press(ENTER)
    page.browser.wait_for("another map", lambda: (layer(page) or {}).get("alt") == f"Where the model saw {second}")
    pressed = page.browser.run("return [...document.querySelectorAll('.classes button')].map((b) => b.ariaPressed)")
    assert pressed == ["false", "true", "false", "false", "false"], pressed
    assert page.browser.run("return document.activeElement.textContent") == second
    page.browser.find("#heat").click()
    page.browser.wait_for("no map", lambda: not layer(page))
    assert not page.browser.find_all(".classes button")
    page.clear()


def test_find_similar(page, samples, **_):
    """The image that is the same but for its name comes first."""
    names = ["ring-1.jpg", "heart-1.png", "ring-2.jpg"]
    page.browser.find("#files").type("\n".join(str(samples / name) for name in names))
    page.wait_for_cards(3)
    page.browser.run("document.querySelector('.card:nth-child(3) .similar').focus()")
    page.browser.press(ENTER)

    def said():
        return page.browser.run("return document.getElementById('announce').textContent")
    page.browser.wait_for("the order", lambda: said().startswith("Most similar to "))
    cards = page.cards()
    assert cards[0]["name"] == names[2] and cards[1]["name"] == names[0], [c["name"] for c in cards]
    assert "Similarity to ring-2.jpg: 0." in cards[1]["text"] and "Similarity" in cards[2]["text"], cards
    assert page.browser.run("return document.activeElement.ariaLabel") == "Find images similar to ring-2.jpg"
    page.clear()


def test_rules_of_axe(page, url, axe, **_):
    """Web Content Accessibility Guidelines 2.2, A and AA, in light and dark."""
    if not axe.exists():
        print("skipped: axe-core, which ./run browser installs")
        return
    for path in ("/", "/docs"):
        page.browser.open(url + path)
        page.browser.wait_for("the page", lambda: page.browser.find_all("#samples button, .op"))
        if path == "/":
            page.browser.find('[data-sample="star-1.jpg"]').click()
            page.wait_for_cards(1)
            page.browser.find("#heat").click()
            page.browser.wait_for("the map", lambda: layer(page))
        for dark in (False, True):
            page.browser.prefer_dark(dark)
            found = page.browser.run_async(axe.read_text() + """
                axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
                    .then((r) => arguments[0](r.violations.map((v) => [v.id, v.help, ...v.nodes.map((n) => n.html.slice(0, 200))])))""")
            assert not found, (path, dark, found)
    page.browser.prefer_dark(False)


def test_dropped_and_pasted(page, **_):
    page.browser.run(GIVE_FILES, "drop", [["it's broken.jpg", "no image at all"], ["empty.jpg", ""]])
    cards = {card["name"]: card for card in page.wait_for_cards(2)}
    broken = cards["it's broken.jpg"]
    assert broken["failed"] and "not an image in a format that the server accepts" in broken["text"], broken
    assert "UNSUPPORTED_MEDIA_TYPE" in broken["text"] and len(broken["id"]) == 36, broken
    assert "empty" in cards["empty.jpg"]["text"], cards
    page.browser.run(GIVE_FILES, "paste", [["pasted.jpg", "x"]])
    assert page.wait_for_cards(3)[0]["name"] == "pasted.jpg"
    page.clear()


def drop_slowly(page):
    """A file that takes seconds to upload, and the wait until some of it has gone."""
    page.browser.limit_uploads(100_000)
    page.browser.run(GIVE_FILES, "drop", [["slow.jpg", "x" * 400_000]])

    def share():
        return page.browser.run("return document.querySelector('.card progress').value")
    page.browser.wait_for("progress", lambda: 0 < share() < 1)
    first = share()
    page.browser.wait_for("more progress", lambda: first < share() < 1)


def test_upload_progress(page, **_):
    drop_slowly(page)
    page.browser.limit_uploads(-1)
    card, = page.wait_for_cards(1)
    assert card["failed"] and "not an image" in card["text"], card
    drop_slowly(page)
    # Removing a card takes its request back.
    page.browser.find(".card .remove").click()
    page.wait_for_cards(1)
    page.browser.limit_uploads(-1)
    page.clear()


def test_by_keyboard(page, **_):
    page.browser.run("document.querySelector('#samples button').focus()")
    page.browser.press(TAB, ENTER)
    card, = page.wait_for_cards(1)
    assert card["classes"][0][0] == "heart", card
    said = page.browser.run("return document.getElementById('announce').textContent")
    assert said.startswith("heart-1.png: heart, "), said
    page.browser.run("document.querySelector('.card .remove').focus()")
    page.browser.press(ENTER)
    page.wait_for_cards(0)


def test_names_for_screen_readers(page, **_):
    page.browser.find('[data-sample="star-1.jpg"]').click()
    page.wait_for_cards(1)
    tree = page.browser.call("POST", "/goog/cdp/execute", {"cmd": "Accessibility.getFullAXTree", "params": {}})
    controls = {"button", "link", "combobox", "textbox"}
    nameless = [n for n in tree["nodes"] if not n["ignored"] and n["role"]["value"] in controls
                and not n.get("name", {}).get("value")]
    assert not nameless, nameless
    headings = [n["name"]["value"] for n in tree["nodes"] if not n["ignored"] and n["role"]["value"] == "heading"]
    assert headings[0] == "What is in the picture?" and "star-1.jpg" in headings, headings
    page.clear()


def test_the_panel(page, url, samples, **_):
    browser = page.browser
    browser.wait_for("the state", lambda: page.state() == "Healthy")
    assert browser.find("#fact-model").text() == "ResNet-50, 12 classes"

    def number(text):
        return 0 if text.strip() == "–" else float(text)

    def shown(title):
        return browser.run("""return [...document.querySelectorAll(".chart")].find((c) =>
            c.querySelector("figcaption").textContent.startsWith(arguments[0])).querySelector(".reading").textContent""", title)

    browser.find("#files").type("\n".join(str(file) for file in sorted(samples.iterdir())))
    page.wait_for_cards(20)
    browser.wait_for("throughput", lambda: number(shown("Throughput").removesuffix("images/s")) > 0)
    browser.wait_for("latency", lambda: all(number(ms) > 0 for ms in shown("Latency").removesuffix("ms").split("/")))
    browser.wait_for("batch size", lambda: number(shown("Batch").removesuffix("images")) >= 1)
    browser.wait_for("an empty queue", lambda: shown("Queue") == "0images")
    assert len(browser.find_all(".chart path")) >= 6
    for card in page.cards():
        assert card["classes"][0][0] == card["name"].split("-")[0], card
    page.clear()


def test_the_description(page, url, **_):
    browser = page.browser
    browser.open(url + "/docs")
    browser.wait_for("the operations", lambda: browser.find_all(".op"))
    with urllib.request.urlopen(url + "/openapi.json") as answer:
        document = json.load(answer)
    shown = browser.run('return [...document.querySelectorAll(".op > h3")].map((h) => '
                        '[h.querySelector(".verb")?.textContent, h.querySelector("code").textContent])')
    rows = [[method.upper(), path] for path, methods in document["paths"].items() for method in methods]
    assert sorted(map(str, rows)) == sorted(str(s) for s in shown if s[0]), shown
    schemas = {s[1] for s in shown if not s[0]}
    assert schemas == set(document["components"]["schemas"]), schemas
    assert url + "/predict" in browser.find("#predict").text()
    require_no_overflow(browser)
    folded = browser.run('return [...document.querySelectorAll(".toc details:not([open]) a")].map((a) => a.textContent)')
    assert folded and all("/versions/" in text for text in folded), folded
    browser.resize(*WIDTHS["phone"])
    first = browser.run("""return [...document.querySelectorAll("h1, h2, .toc")]
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0].tagName""")
    assert first == "H1", first
    browser.resize(*WIDTHS["wide"])


def require_no_overflow(browser):
    wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} pixels too wide"


def take_screenshots(page, url, samples, folder):
    browser = page.browser
    page.browser.run(GIVE_FILES, "drop", [["a torn photograph with a rather long name.jpg", "no image"]])
    browser.find("#files").type("\n".join(str(samples / n) for n in ("ring-1.jpg", "heart-1.png", "dots-2.jpg")))
    page.wait_for_cards(4)
    browser.find("#heat").click()
    browser.wait_for("the maps", lambda: browser.run("return document.querySelectorAll('.heat:not([hidden])').length") == 3)
    browser.wait_for("charts", lambda: len(browser.find_all(".chart path")) >= 6)
    for name, size in WIDTHS.items():
        browser.resize(*size)
        for dark in (False, True):
            browser.prefer_dark(dark)
            browser.screenshot(folder / f"page-{name}{'-dark' if dark else ''}.png")
        require_no_overflow(browser)
    browser.prefer_dark(False)
    browser.open(url + "/docs")
    browser.wait_for("the operations", lambda: browser.find_all(".op"))
    for name, size in WIDTHS.items():
        browser.resize(*size)
        browser.screenshot(folder / f"docs-{name}.png")
        require_no_overflow(browser)
    browser.resize(*WIDTHS["wide"])


def test_the_server_stops(page, server):
    browser = page.browser
    page.browser.find('[data-sample="star-1.jpg"]').click()
    page.wait_for_cards(1)
    drop_slowly(page)
    server.kill()
    cards = page.wait_for_cards(2)
    browser.limit_uploads(-1)
    assert cards[0]["failed"] and "does not answer" in cards[0]["text"], cards[0]
    assert "Try again" in cards[0]["text"], cards[0]
    browser.wait_for("the state", lambda: page.state() == "Not reachable")


def main():
    program, source, screenshots = sys.argv[1:]
    axe = pathlib.Path(source) / "build/browser/node_modules/axe-core/axe.min.js"
    for needed in ("chromium", "chromedriver"):
        if not shutil.which(needed):
            print(f"skipped: {needed} is not installed (Debian's packages chromium and chromium-driver)")
            return SKIPPED
    samples = pathlib.Path(source).resolve() / "conf/demo/samples"
    folder = pathlib.Path(screenshots)
    folder.mkdir(parents=True, exist_ok=True)
    tests = [test_a_sample, test_chosen_files, test_classes_shown, test_dropped_and_pasted, test_upload_progress, test_by_keyboard,
             test_focus_after_removing, test_long_names_are_whole, test_too_large_a_file_is_not_sent, test_names_for_screen_readers,
             test_only_what_changes_seldom_is_read_aloud, test_the_panel, test_the_description, test_rules_of_axe,
             test_heat_maps, test_find_similar, test_a_server_with_keys, test_groups_and_what_the_model_does_not_know, test_several_models]
    with tempfile.TemporaryDirectory() as home, Server(program) as server:
        os.environ["HOME"] = home
        with Browser() as browser:
            browser.resize(*WIDTHS["wide"])
            for test in tests:
                page = Page(browser, server.url)
                test(page, url=server.url, samples=samples, program=program, axe=axe)
                print("ok", test.__name__.removeprefix("test_"), flush=True)
            # Refused requests and what the content policy forbids stand in the console.
            wrong = [p for p in browser.problems() if "/predict?" not in p]
            assert not wrong, wrong
            take_screenshots(Page(browser, server.url), server.url, samples, folder)
            test_the_server_stops(Page(browser, server.url), server)
            print("ok the_server_stops")
    return 0


sys.exit(main())
