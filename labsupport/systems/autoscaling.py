"""Manifests of an autoscaler that are right, or wrong in one way each, before two judges: the published schema, and what fields mean together."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.kubernetes import VERSION, Manifest, manifests, schema_errors
from labsupport.systems.kubernetes_findings import findings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CASES", "compare", "record", "recorded"]

COLUMNS = ["source", "manifest", "verdict", "why"]
ACCEPTED, REFUSED = "accepted", "refused"
MISSING = "kubernetes-validate is not installed here. To install it: python -m pip install kubernetes-validate"
OWN = "your own"


def _changed(path: str, value: Any, **settings: Any) -> list[Manifest]:
    """Make manifests, and change one field of them: deleted if the value is None."""
    documents = manifests(**settings)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = documents
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return documents


_RESOURCES = "0/spec/template/spec/containers/0/resources"

#: Manifests that are right, or wrong in one way each.
CASES: Mapping[str, list[Manifest]] = {
    "as it should be": manifests(),
    "a number as text: maxReplicas: many": _changed("1/spec/maxReplicas", "many"),
    "maxReplicas left out": _changed("1/spec/maxReplicas", None),
    "a field misspelt: maxReplica": _changed("1/spec/maxReplica", 20),
    "minReplicas 20, maxReplicas 10": manifests(minimum=20, maximum=10),
    "CPU request 2, limit 1": manifests(cpu_request="2"),
    "no CPU request, target in percent of it": _changed(_RESOURCES, {"requests": {"memory": "256Mi"}}),
    "autoscaler for another deployment": _changed("1/spec/scaleTargetRef/name", "wbe"),
    "target 250 %, limit at 200 %": manifests(target=250),
    "replicas in the deployment as well": _changed("0/spec/replicas", 3),
    "memory request 256m": manifests(memory_request="256m"),
}


def compare(own: Sequence[Manifest] | None = None) -> Comparison:
    """Let the published schema, and what the documentation says of its meaning, judge manifests that are wrong in one way each.

    Where nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), or kubernetes-validate is not installed, the
    recorded run is shown, with the meaning of your own manifests below it.

    Parameters
    ----------
    own : sequence of dict, optional
        Manifests of yours, to be judged beside the course's.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement: the schema; theory: `labsupport.systems.kubernetes_findings`), ``manifest``,
        ``verdict``, ``why`` and ``recorded``.

    Raises
    ------
    TypeError
        If your manifests are no list of dicts.

    Examples
    --------
    >>> sorted(set(compare().table["source"]))
    ['measurement', 'theory']
    """
    if own is not None and not (isinstance(own, list | tuple) and all(isinstance(document, dict) for document in own)):
        raise TypeError(f"own is {own!r}, but must be a list of manifests, each a dict")
    reason = comparison.reason_not_to_measure() or ("" if importlib.util.find_spec("kubernetes_validate") else MISSING)
    yours = {} if own is None else {OWN: list(own)}
    if not reason:
        return _measured({**CASES, **yours})
    shipped = recorded(reason)
    rows = [_judged("theory", name, _meaning(documents)) for name, documents in yours.items()]
    if not rows:
        return shipped
    import pandas as pd

    table = pd.concat([shipped.table, pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)], ignore_index=True)
    return dataclasses.replace(shipped, table=table, summary=_summary(table))


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    shipped = comparison.recorded("autoscaling", notice)
    table = shipped.table.fillna({"why": ""})
    return Comparison(table, shipped.reconciliation, shipped.about, shipped.notice, _summary(table))


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    OSError
        If kubernetes-validate is not installed.

    Examples
    --------
    What it needs may be missing here; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record autoscaling'
    """
    if importlib.util.find_spec("kubernetes_validate") is None:
        raise OSError(MISSING)
    return _measured(CASES).save("autoscaling", directory)


def _measured(cases: Mapping[str, list[Manifest]]) -> Comparison:
    from importlib.metadata import version

    import pandas as pd

    rows = []
    for name, documents in cases.items():
        for source, wrong in (("measurement", schema_errors(documents)), ("theory", _meaning(documents))):
            rows.append(_judged(source, name, wrong))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"kubernetes-validate {version('kubernetes-validate')} with the schemas of Kubernetes {VERSION}",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _judged(source: str, name: str, wrong: list[str]) -> tuple[str, str, str, str]:
    return source, name, REFUSED if wrong else ACCEPTED, "; ".join(wrong)


def _meaning(documents: list[Manifest]) -> list[str]:
    """Look for findings; documents that are not even of the right form may have none."""
    try:
        return findings(documents)
    except (TypeError, AttributeError):
        return ["it is not of the form that could have a meaning"]


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put both verdicts beside each other, with the reason of whoever refuses."""
    schema, meaning = (table[table["source"] == source].set_index("manifest", drop=False) for source in ("measurement", "theory"))
    schema = schema.reindex(meaning.index)
    why = schema["why"].where(schema["verdict"] == REFUSED, meaning["why"])
    columns = {"manifest": meaning["manifest"], "the schema": schema["verdict"], "its meaning": meaning["verdict"], "why": why}
    return meaning.assign(**columns)[list(columns)].reset_index(drop=True)


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the verdicts, what a schema finds and what it cannot."""
    schema, meaning = (table[table["source"] == source].set_index("manifest")["verdict"] for source in ("measurement", "theory"))
    wrong = (schema == REFUSED) | (meaning == REFUSED)
    missed = wrong & (schema == ACCEPTED)
    return (
        f"Of {int(wrong.sum())} manifests that are wrong, the schema refused {int((wrong & ~missed).sum())} and accepted "
        f"{int(missed.sum())}. A schema knows each field by itself: whether it exists, whether it is a number. That two fields "
        "do not fit together, or that a name leads nowhere, it cannot say. Kubernetes itself refuses some of those when they "
        "are applied (fewest above most, a request above its limit), and accepts the others: an autoscaler whose pods request "
        "no CPU is created, reports an error that nobody reads, and never scales."
        "\n\nNothing ran here but the check: there is no cluster on this machine. The simulation follows the autoscaler's published algorithm; "
        "it leaves out that metrics are some seconds old, that a new pod must find a node with room, and that its image must be fetched first."
    )
