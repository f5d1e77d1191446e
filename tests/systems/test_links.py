"""Links to the pages of a running system: made for whoever opens them, and opened as a student does, through JupyterLab's own port."""

from __future__ import annotations

import importlib.util
import json
import os
import urllib.request

import jupyter_core.paths
import pytest

from labsupport.systems import links
from labsupport.systems.spark import Spark
from tests.jupyter import jupyterlab, open_notebook, write_notebook
from tests.support import require
from tests.systems.conftest import wait_until_clean
from tests.systems.test_event_log import SMALL

TOKEN = "known-to-ada"  # noqa: S105 - of a server of this test
HERE = "http://127.0.0.1:4040"
SPARK = f"""
from labsupport.systems import spark_report
from labsupport.systems.spark_pages import open_pages

vars(spark_report).update({SMALL})
pages = open_pages("plain")
pages
"""
DASK = """
from labsupport.systems import scaling

scaling.watch(workers=2, seconds=600)
"""


@pytest.fixture
def server(monkeypatch, tmp_path):
    """The file in which the server that started this process, if one did, says where it is."""
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    monkeypatch.setattr(jupyter_core.paths, "jupyter_runtime_dir", lambda: str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return tmp_path / f"jpserver-{os.getppid()}.json"


def test_a_link_leads_through_the_server_that_started_the_kernel(server) -> None:
    server.write_text(json.dumps({"base_url": "/here/"}), encoding="utf-8")
    assert links.base(4040) == "/here/proxy/4040"


@pytest.mark.parametrize("text", [None, "", "{}", '{"base_'])
def test_without_such_a_server_it_leads_to_the_port(server, text) -> None:
    if text is not None:
        server.write_text(text, encoding="utf-8")
    assert links.base(4040) == HERE


def test_a_server_that_passes_nothing_on_is_not_asked(server, monkeypatch) -> None:
    server.write_text(json.dumps({"base_url": "/"}), encoding="utf-8")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert links.base(4040) == HERE


def test_on_a_hub_it_leads_through_the_hub(server, monkeypatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert links.base(4040) == "/user/ada/proxy/4040"


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none_is_named(port) -> None:
    with pytest.raises(ValueError, match=f"port is {port}"):
        links.base(port)


def test_what_a_link_says_is_no_markup() -> None:
    assert links.anchor("a < b", '/"x"') == '<a href="/&quot;x&quot;" target="_blank" rel="noopener">a &lt; b</a>'


@pytest.mark.browser
@pytest.mark.real_system
@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "end", "title", "next_page", "shown"),
    [
        (SPARK, "/jobs/", "Spark Jobs", "Stages", "#completed-stage-table, #completed"),
        (DASK, "/status", "Dask", "Workers", ".bk-Figure"),
    ],
    ids=["Spark", "Dask"],
)
def test_a_student_follows_the_link_beside_the_notebook(browser, workplace, tmp_path, shots, cell, end, title, next_page, shown) -> None:
    """JupyterLab asks for its token here, and is below a path as on a hub; when it ends, so does all that the notebook started."""
    require(importlib.util.find_spec("jupyter_server_proxy"), "needs jupyter-server-proxy, which passes pages on")
    require(importlib.util.find_spec("bokeh"), "needs bokeh, which draws the dashboard")
    require(Spark.find(), "needs Spark: python -m pip install pyspark, and Java")
    write_notebook(tmp_path / "a.ipynb", cell)
    with jupyterlab(tmp_path, base="/user/ada/", token=TOKEN) as address, browser.new_context() as visit:
        lab = visit.new_page()
        lab.goto(f"{address}/lab?token={TOKEN}")
        errors = open_notebook(lab, address, "a.ipynb")
        lab.click('.lm-MenuBar-item:has-text("Run")')
        lab.click('.lm-Menu-item[data-command="runmenu:run-all"]')
        link = lab.locator(".jp-OutputArea-output a[target=_blank]")
        link.wait_for(timeout=90_000)
        target = str(link.evaluate("link => link.href"))
        assert target.startswith(f"{address}/proxy/")
        assert target.endswith(end)

        failed: list[str] = []
        visit.on("response", lambda answer: failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        with visit.expect_page() as opened:
            link.click()
        page = opened.value
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.wait_for_function("(title) => document.title.includes(title)", arg=title)
        page.get_by_role("link", name=next_page).first.click()
        page.locator(shown).first.wait_for()
        page.screenshot(path=shots / f"{title}.png")
        assert page.url.startswith(f"{address}/proxy/")
        assert failed == []
        assert errors == []

        assert title in fetch(f"{target}?token={TOKEN}")
        assert title not in fetch(target)  # but JupyterLab's own page, which asks for the token
    wait_until_clean(workplace)


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own loopback address
        return answer.read().decode()
