#!/usr/bin/env python3
"""A hub of Hugging Face's kind on loopback, with faults to order: for tests.

    fake_hub.py FOLDER LOG

FOLDER has a folder for each repository (ORG/NAME/files). Large files (over 1 kB) are kept on a second server, as LFS files
are; it writes down whether it was sent a token. Prints "HUB_PORT CDN_PORT" and serves until its standard input ends. LOG gets a line
for every request: server, method, path, Range, Authorization, status.

The name of a repository decides its faults: see `FAULTS`. Follows what huggingface_hub 1.x asks and expects.
"""

import hashlib
import json
import pathlib
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT, LOG = pathlib.Path(sys.argv[1]), open(sys.argv[2], "a", buffering=1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
COUNTS: dict[str, int] = {}
LOCK = threading.Lock()
FAULTS = {
    "cut": "the first answer breaks off in the middle; later ones honour Range",
    "cut-often": "every answer breaks off after a quarter of what is left, or 4 kB",
    "no-range": "the first answer breaks off, the second sends all of it again with 200",
    "wrong-range": "Range is answered with 416 once",
    "busy": "the first request of every kind gets 429 with Retry-After: 0",
    "always-busy": "429 with Retry-After: 1000",
    "broken": "503 for ever",
    "truncated": "the body always ends early, with the length of what comes",
    "wrong-hash": "the body has one byte changed",
    "slow": "a drip: a quarter of the file every 0.4 s",
    "stall": "the body stops in the middle and the connection stays open",
    "gated": "401 with X-Error-Code: GatedRepo unless the token is 'good'",
    "private": "401 with X-Error-Code: RepoNotFound unless the token is 'good'",
    "forbidden": "403",
    "huge-size": "every file is said to have 2^63 - 1 bytes",
    "negative-size": "every file is said to have -2^63 bytes",
    "no-etag": "no digest in the answer to HEAD",
}


def once(key: str) -> bool:
    with LOCK:
        COUNTS[key] = COUNTS.get(key, 0) + 1
        return COUNTS[key] == 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    is_cdn = False

    def log_message(self, *_):
        pass

    def note(self, status: int):
        print("cdn" if self.is_cdn else "hub", self.command, self.path, self.headers.get("Range", "-"),
              self.headers.get("Authorization", "-").replace(" ", "_"), status, file=LOG)

    def answer(self, status: int, headers: dict[str, str] = {}, body: bytes = b""):
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str | None = None):
        self.answer(status, {"X-Error-Code": code} if code else {}, b'{"error": "no"}')

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def serve(self):
        parts = self.path.split("?")[0].strip("/").split("/")
        if self.is_cdn:
            return self.send_file("/".join(parts[:2]), parts[1], ROOT / "/".join(parts))
        if parts[:2] == ["api", "models"]:
            repository, fault = "/".join(parts[2:4]), parts[3]
            if self.faulty(fault):
                return
            if not (ROOT / repository).is_dir():
                return self.refuse(404, "RepoNotFound")
            if parts[5] not in ("main", "v1", "step1000", "step2000", COMMIT):
                return self.refuse(404, "RevisionNotFound")
            if parts[4] == "tree":
                return self.answer(200, {"Content-Type": "application/json"}, json.dumps(self.tree(repository)).encode())
            names = sorted(str(p.relative_to(ROOT / repository)) for p in (ROOT / repository).rglob("*") if p.is_file())
            body = {"id": repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
            return self.answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())
        repository, fault = "/".join(parts[:2]), parts[1]
        if parts[0] == "elsewhere":  # where a relative redirect leads
            repository, fault, parts = "/".join(parts[1:3]), parts[2], parts[1:]
        elif self.faulty(fault):
            return
        file = ROOT / repository / "/".join(parts[4:])
        if not file.is_file():
            return self.refuse(404, "EntryNotFound")
        data = file.read_bytes()
        if len(data) <= 1024:
            if fault == "relative" and "elsewhere" not in self.path:
                return self.answer(307, {"Location": "/elsewhere" + self.path, "X-Repo-Commit": COMMIT})
            etag = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"'}
            if self.command == "HEAD":
                return self.answer(200, headers | {"Content-Length": str(len(data))})
            return self.send_file(repository, "plain", file, headers)
        headers = {
            "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data)),
            "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
            "Location": f"http://127.0.0.1:{CDN.server_port}/{repository}/{'/'.join(parts[4:])}",
        }
        sizes = {"huge-size": str(2**63 - 1), "negative-size": str(-(2**63))}
        headers["X-Linked-Size"] = sizes.get(fault, headers["X-Linked-Size"])
        if fault == "no-etag":
            del headers["X-Linked-Etag"]
            return self.answer(200, headers | {"Content-Length": str(len(data))}, b"")
        self.answer(302, headers)

    def tree(self, repository: str) -> list[dict]:
        entries = []
        for file in sorted(p for p in (ROOT / repository).rglob("*") if p.is_file()):
            data = file.read_bytes()
            oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry = {"type": "file", "path": str(file.relative_to(ROOT / repository)), "size": len(data), "oid": oid}
            if len(data) > 1024:
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        return entries

    def faulty(self, fault: str) -> bool:
        token = self.headers.get("Authorization")
        if fault in ("gated", "private") and token != "Bearer good":
            self.refuse(401, "GatedRepo" if fault == "gated" else "RepoNotFound")
        elif fault == "forbidden":
            self.refuse(403)
        elif fault == "broken":
            self.refuse(503)
        elif fault == "always-busy":
            self.answer(429, {"Retry-After": "1000"})
        elif fault == "busy" and once(f"busy {self.command} {self.path}"):
            self.answer(429, {"Retry-After": "0"})
        else:
            return False
        return True

    def send_file(self, repository: str, fault: str, file: pathlib.Path, headers: dict[str, str] = {}):
        data = file.read_bytes()
        start, status = 0, 200
        wanted = self.headers.get("Range")
        if wanted and fault != "no-range":
            if fault == "wrong-range" and once(f"range {self.path}"):
                return self.answer(416, {"Content-Range": f"bytes */{len(data)}"})
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            if start >= len(data):
                return self.answer(416, {"Content-Range": f"bytes */{len(data)}"})
            status = 206
            headers = headers | {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        body = data[start:]
        if fault == "wrong-hash":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if fault == "truncated":
            body = body[: len(body) // 2]
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault in ("cut", "no-range", "wrong-range") and once(f"cut {self.path}"):
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "cut-often":
            self.wfile.write(body[: max(len(body) // 4, 4096)])
            self.close_connection = True
        elif fault == "stall":
            self.wfile.write(body[: max(0, len(data) // 2 - start)])
            self.wfile.flush()
            time.sleep(30)
            self.close_connection = True
        elif fault == "slow":
            for part in range(4):
                self.wfile.write(body[len(body) * part // 4 : len(body) * (part + 1) // 4])
                self.wfile.flush()
                time.sleep(0.4)
        else:
            self.wfile.write(body)


class CDNHandler(Handler):
    is_cdn = True


CDN = ThreadingHTTPServer(("127.0.0.1", 0), CDNHandler)
HUB = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
for server in (CDN, HUB):
    server.daemon_threads = True
threading.Thread(target=CDN.serve_forever, daemon=True).start()
threading.Thread(target=HUB.serve_forever, daemon=True).start()
print(HUB.server_port, CDN.server_port, flush=True)
sys.stdin.read()
