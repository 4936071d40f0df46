"""A real browser before the real pages: Debian's Chromium, a server in this process, and axe.

Ask for `page_of` in a module that has data of its own; give the module's `live_server_url` fixture `serving()`.
"""

from __future__ import annotations

import os
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PHONE, DESK = 360, 1280  # CSS pixels
Open = Callable[..., Page]


class Quiet(WSGIRequestHandler):
    """Handle one request and write no line about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        del format, args


class Threaded(socketserver.ThreadingMixIn, WSGIServer):
    """A thread a connection, as a browser opens some that it never uses."""

    daemon_threads = True

    def process_request_thread(self, request: object, client_address: object) -> None:
        from django.db import connections

        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]  # handed through
        finally:
            connections.close_all()


@contextmanager
def serving() -> Iterator[str]:
    """Serve the site on 127.0.0.1; yield its address."""
    from django.core.handlers.wsgi import WSGIHandler

    with Threaded(("127.0.0.1", 0), Quiet) as server:
        server.set_app(WSGIHandler())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium; without one these tests are skipped, but on CI they fail."""
    program = shutil.which("chromium")
    if program is None and "CI" not in os.environ:
        pytest.skip("there is no chromium")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread, where tests ask the ORM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Open a page of a given width; whatever its console complains of fails the test, a breach of the CSP for one."""
    from django.db import connections

    connections.close_all()  # in Playwright's loop Django has others, and a database of an earlier module is gone
    contexts, complaints = [], []

    def open_page(url: str, width: int = DESK, *, scripts: bool = True) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    connections.close_all()
    assert [said for said in complaints if "404 (Not Found)" not in said and "422" not in said] == []


def assert_accessible(page: Page) -> None:
    """Require no violation that axe finds, and nothing that is wider than the window."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"


def pictured(page: Page, name: str) -> None:
    """Save what the page looks like, if SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
