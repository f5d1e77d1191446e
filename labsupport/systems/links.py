"""Links from a notebook to the pages that a system on this machine shows while it runs.

A page is served on a free port of 127.0.0.1, which only a browser on this very machine can reach. Where the package jupyter-server-proxy
is installed, JupyterLab shows the page below its own address, too, to whoever may use JupyterLab: so it is seen from wherever the notebook is.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from html import escape
from pathlib import Path

from labsupport.checks import integer


def base(port: int) -> str:
    """Return what the address of each page on a port begins with, as the browser must ask for it.

    Parameters
    ----------
    port : int
        Where on 127.0.0.1 the pages are served.

    Returns
    -------
    str
        A path of JupyterLab's own address, such as "/proxy/4040", where it passes pages on; otherwise the port of this machine.

    References
    ----------
    jupyter-server-proxy documentation, "Accessing Arbitrary Ports or Hosts"; JupyterHub documentation, ``JUPYTERHUB_SERVICE_PREFIX``.

    Examples
    --------
    >>> base(4040)
    'http://127.0.0.1:4040'
    """
    port = integer("port", port, 1, 65535)
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "") or _prefix_of_our_server()  # on a hub, nothing else reaches a browser
    return f"{prefix}proxy/{port}" if prefix else f"http://127.0.0.1:{port}"


def anchor(words: str, address: str) -> str:
    """Return a link in HTML that opens a page beside the notebook.

    Parameters
    ----------
    words : str
        What the link says.
    address : str
        Where it leads.

    Returns
    -------
    str

    Examples
    --------
    >>> anchor("Jobs", "/proxy/4040/jobs/")
    '<a href="/proxy/4040/jobs/" target="_blank" rel="noopener">Jobs</a>'
    """
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(words)}</a>'


def show(words: str, address: str) -> None:
    """Show a link at once, while the cell still runs: to be clicked in a notebook, as a line of text elsewhere.

    Parameters
    ----------
    words : str
        What the link says.
    address : str
        Where it leads.

    Examples
    --------
    >>> show("Dask's dashboard", "http://127.0.0.1:8787/status")
    Dask's dashboard: http://127.0.0.1:8787/status
    """
    text = f"{words}: {address}"
    if type(sys.stdout).__module__.startswith("ipykernel."):
        from IPython.display import display

        display({"text/plain": text, "text/html": f"<p>{anchor(words, address)}</p>"}, raw=True)  # type: ignore[no-untyped-call] # as in progress.py
    else:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _prefix_of_our_server() -> str:
    """Return the path below which the Jupyter server that started this kernel serves everything; empty if none did, or it passes no page on."""
    if importlib.util.find_spec("jupyter_server_proxy") is None:
        return ""
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        told = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{os.getppid()}.json").read_text(encoding="utf-8"))
        return str(told["base_url"])
    except (OSError, ValueError, KeyError):
        return ""
