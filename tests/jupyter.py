"""A real JupyterLab in a real Chromium: started on a free port, driven as a student would."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from tests.support import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",  # CI runs as root, where Chromium's own sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def jupyterlab(folder: Path, *, dark: bool = False, base: str = "/", token: str = "") -> Iterator[str]:
    """Start JupyterLab on `folder` with settings of its own; yield its address."""
    port = free_port()
    home = folder / ".home"
    settings = home / "lab-settings" / "@jupyterlab"
    (settings / "apputils-extension").mkdir(parents=True)
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    (settings / "apputils-extension" / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    (settings / "apputils-extension" / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    environment = os.environ | {
        "HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONPATH": str(ROOT),
        "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", ""),
    }
    if not environment["NUMBA_CACHE_DIR"]:
        del environment["NUMBA_CACHE_DIR"]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.base_url={base}"]
    log = (folder / ".server.log").open("w")
    command = [sys.executable, "-m", "jupyterlab", *options, f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    address = f"http://127.0.0.1:{port}{base.rstrip('/')}"
    try:
        _wait_until_it_answers(server, address, folder / ".server.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended at once:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=1):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not answer in 30 s:\n{log.read_text()[-2000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start headless Chromium without any of its calls home."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def open_notebook(page: Page, address: str, name: str) -> list[str]:
    """Open a notebook with nothing beside it; return the list that console errors go to."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/doc/tree/{name}?reset")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    _wait_for_kernel(page, address, name)
    page.wait_for_function("() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'", timeout=60_000)
    return errors


def _wait_for_kernel(page: Page, address: str, name: str) -> None:
    """Wait until the notebook's kernel rests with the page connected to it: only then does the menu run cells without asking for one."""
    for _ in range(600):
        answer = page.request.get(f"{address}/api/sessions")  # not ok: the server stumbles over a kernel that is just being started
        kernels = [session["kernel"] for session in answer.json() if session["path"] == name] if answer.ok else []
        if any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels):
            return
        time.sleep(0.1)
    raise RuntimeError("no kernel was ready within 60 s")


def run_all(page: Page, timeout: float = 120_000) -> None:
    """Run all cells by the menu, and wait until the kernel rests."""
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
    page.wait_for_timeout(300)
    page.wait_for_function(
        """() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
                 && ![...document.querySelectorAll('.jp-InputPrompt')].some((prompt) => prompt.textContent.includes('*'))""",
        timeout=timeout,
    )


def end_kernels(page: Page, address: str) -> None:
    """End every kernel, so that the next notebook has the machine to itself."""
    (secret,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_xsrf")
    for kernel in page.request.get(f"{address}/api/kernels").json():
        assert page.request.delete(f"{address}/api/kernels/{kernel['id']}", headers={"X-XSRFToken": secret}).ok
