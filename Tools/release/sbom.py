"""The bill of materials of a release, in CycloneDX 1.5: the program, the Swift packages in it, and the Debian packages beside it."""

import datetime
import json
import os
import re
import uuid

import debian
from common import ROOT, sha256, version

# Namespace of serial numbers: the same content has the same number.
NAMESPACE = uuid.UUID("5a1de6fe-7b2c-5b8e-9f0e-6f1f5f0b7a55")


def swift_packages() -> list[dict]:
    """What Package.resolved pins, without the plugin that only documentation needs."""
    path = os.path.join(ROOT, "Package.resolved")
    with open(path, encoding="utf-8") as file:
        pins = json.load(file)["pins"]
    return sorted((pin for pin in pins if "docc" not in pin["identity"]), key=lambda pin: pin["identity"])


def swift_component(pin: dict) -> dict:
    location = pin["location"].removesuffix(".git")
    number = pin["state"]["version"]
    return {
        "type": "library", "bom-ref": f"swift/{pin['identity']}", "name": pin["identity"], "version": number,
        "purl": f"pkg:swift/{location.removeprefix('https://')}@{number}",
        "externalReferences": [{"type": "vcs", "url": location}],
        "properties": [{"name": "strata:revision", "value": pin["state"]["revision"]}],
    }


def toolchain_component() -> dict:
    """Swift's libraries, which are linked into the program."""
    match = re.search(r"Swift version (\S+)", debian.said("swiftc", "--version"))
    number = match[1] if match else "unknown"
    return {
        "type": "library", "bom-ref": "swift/runtime", "name": "swift-runtime", "version": number,
        "description": "Swift's standard library, Dispatch and Foundation with ICU, linked statically",
        "licenses": [{"license": {"id": "Apache-2.0"}}], "purl": f"pkg:github/swiftlang/swift@swift-{number}-RELEASE",
    }


def debian_component(package: debian.Package, paths: list[str], folder: str) -> dict:
    component = {
        "type": "library" if any(path.startswith("lib/") for path in paths) else "data",
        "bom-ref": f"debian/{package.name}", "name": package.name, "version": package.version, "purl": package.purl,
    }
    named = [{"license": {"name": name}} for name in package.licences]
    component["licenses"] = named or [{"license": {"name": f"see share/doc/strata/licences/{package.name}.txt"}}]
    if package.homepage:
        component["externalReferences"] = [{"type": "website", "url": package.homepage}]
    component["properties"] = [
        {"name": "strata:source", "value": f"{package.source} {package.source_version}"}]
    component["components"] = [
        {"type": "file", "bom-ref": f"file/{path}", "name": path,
         "hashes": [{"alg": "SHA-256", "content": sha256(os.path.join(folder, path))}]}
        for path in sorted(paths)]
    return component


def text(folder: str, parts: dict[debian.Package, list[str]], time: int) -> str:
    """The document for a release folder, from the files of each Debian package in it."""
    components = [toolchain_component()] + [swift_component(pin) for pin in swift_packages()]
    components += [debian_component(package, parts[package], folder) for package in sorted(parts)]
    program = {
        "type": "application", "bom-ref": "strata", "name": "strata", "version": version(),
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": [{"alg": "SHA-256", "content": sha256(os.path.join(folder, "bin", "strata"))}],
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": [{"name": "Tools/release/sbom.py", "version": version()}], "component": program,
        },
        "components": components,
        "dependencies": [{"ref": "strata", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(document, sort_keys=True))
    document["serialNumber"] = f"urn:uuid:{serial}"
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
