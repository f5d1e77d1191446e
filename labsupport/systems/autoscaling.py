"""Manifests for Kubernetes: a deployment and its autoscaler made from settings, checked against the published schema and for their meaning.

There is no cluster here, and none is needed: `kubernetes-validate` holds a manifest against the schemas that Kubernetes publishes. They say
which fields there are and of which type, but not what fits together; that is what `findings` looks for.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CASES", "as_yaml", "compare", "findings", "manifests", "record", "recorded", "schema_errors"]

VERSION = "1.33"  # of Kubernetes, whose schemas are asked
COLUMNS = ["source", "manifest", "verdict", "why"]
ACCEPTED, REFUSED = "accepted", "refused"
MISSING = "kubernetes-validate is not installed here. To install it: python -m pip install kubernetes-validate"
OWN = "your own"
UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
LIMITED = ("cpu", "memory")

Manifest = dict[str, Any]


def manifests(
    name: str = "web",
    *,
    image: str = "example.org/web:1",
    cpu_request: str = "500m",
    cpu_limit: str = "1",
    memory_request: str = "256Mi",
    memory_limit: str = "512Mi",
    minimum: int = 2,
    maximum: int = 20,
    target: int = 60,
    window_down: int = 300,
) -> list[Manifest]:
    """Make a deployment and the horizontal autoscaler that looks after it.

    Nothing is checked: what comes out is looked at by `schema_errors` and `findings`.

    Parameters
    ----------
    name : str, optional
        The deployment's name.
    image : str, optional
        The container's image.
    cpu_request, cpu_limit, memory_request, memory_limit : str, optional
        What is kept free for each pod, and what it may use at most, as Kubernetes writes it: ``"500m"`` is half a core, ``"256Mi"`` 256 · 2²⁰ bytes.
    minimum, maximum : int, optional
        Fewest and most pods.
    target : int, optional
        CPU use over CPU request that is aimed at, in percent.
    window_down : int, optional
        Seconds for which the highest recommendation holds before pods go.

    Returns
    -------
    list of dict
        The deployment and the autoscaler.

    References
    ----------
    Kubernetes documentation, "HorizontalPodAutoscaler Walkthrough"; API reference, autoscaling/v2.

    Examples
    --------
    >>> deployment, autoscaler = manifests(minimum=3)
    >>> deployment["kind"], autoscaler["kind"], autoscaler["spec"]["minReplicas"]
    ('Deployment', 'HorizontalPodAutoscaler', 3)
    """
    resources = {"requests": {"cpu": cpu_request, "memory": memory_request}, "limits": {"cpu": cpu_limit, "memory": memory_limit}}
    container = {"name": name, "image": image, "resources": resources}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": minimum,
            "maxReplicas": maximum,
            "metrics": [metric],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": window_down}},
        },
    }
    return [deployment, autoscaler]


def as_yaml(documents: Sequence[Manifest]) -> str:
    """Write manifests as a file that ``kubectl apply`` takes.

    Parameters
    ----------
    documents : sequence of dict

    Returns
    -------
    str
        YAML, one document after the other.

    Examples
    --------
    >>> print(as_yaml(manifests())[:36])
    apiVersion: apps/v1
    kind: Deployment
    """
    import yaml  # comes with JupyterLab

    text: str = yaml.safe_dump_all(documents, sort_keys=False)
    return text


def schema_errors(documents: Sequence[Manifest], version: str = VERSION) -> list[str]:
    """Hold manifests against the schemas that Kubernetes publishes.

    Parameters
    ----------
    documents : sequence of dict
    version : str, optional
        Of Kubernetes.

    Returns
    -------
    list of str
        What is wrong, at most one sentence for each document; empty if nothing is.

    Raises
    ------
    ModuleNotFoundError
        If kubernetes-validate is not installed.

    Examples
    --------
    >>> schema_errors(manifests())
    []
    """
    import kubernetes_validate

    errors = []
    for document in documents:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(part) for part in error.path)
            errors.append(f"{document.get('kind', 'a document')}: {where + ': ' if where else ''}{error.message}")
    return errors


def findings(documents: Sequence[Manifest]) -> list[str]:
    """Look for what a schema cannot state: fields that are each right and do not fit together.

    Parameters
    ----------
    documents : sequence of dict
        Deployments and horizontal autoscalers, that a schema accepts.

    Returns
    -------
    list of str
        One sentence for each thing that would not work; empty if there is none.

    References
    ----------
    Kubernetes documentation, "Horizontal Pod Autoscaling" and "Resource Management for Pods and Containers".

    Examples
    --------
    >>> findings(manifests(minimum=20, maximum=10))
    ['autoscaler web: minReplicas is 20 and maxReplicas 10, but there cannot be fewer at most than at least']
    """
    deployments = {_name(document): document for document in documents if document.get("kind") == "Deployment"}
    found = [sentence for document in deployments.values() for sentence in _deployment_findings(document)]
    for document in documents:
        if document.get("kind") == "HorizontalPodAutoscaler":
            found += _autoscaler_findings(document, deployments)
    return found


def _name(document: Manifest) -> str:
    return str(document.get("metadata", {}).get("name", ""))


def _containers(deployment: Manifest) -> list[Manifest]:
    return list(deployment.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []))


def _deployment_findings(deployment: Manifest) -> list[str]:
    name, spec = f"deployment {_name(deployment)}", deployment.get("spec", {})
    found = []
    wanted = spec.get("selector", {}).get("matchLabels", {})
    labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        found.append(f"{name}: it selects pods with {wanted}, but makes pods with {labels}: it would never find its own")
    for container in _containers(deployment):
        resources = container.get("resources", {})
        for kind in LIMITED:
            amounts = {}
            for place in ("requests", "limits"):
                text = str(resources.get(place, {}).get(kind, ""))
                amounts[place] = _quantity(text)
                if text and amounts[place] is None:
                    found.append(f"{name}: the {kind} in {place} is {text!r}, which is no quantity such as 500m, 2, 256Mi or 1Gi")
            asked, most = amounts["requests"], amounts["limits"]
            if asked is not None and most is not None and asked > most:
                requests, limits = resources["requests"][kind], resources["limits"][kind]
                found.append(f"{name}: it requests {requests} of {kind} and limits it to {limits}, but nobody can be promised more than allowed")
            if kind == "memory" and asked is not None and asked < 2**20:
                found.append(
                    f"{name}: it requests {resources['requests'][kind]} of memory, less than a mebibyte: 256m is a quarter of a byte, 256Mi is meant"
                )
    return found


def _autoscaler_findings(autoscaler: Manifest, deployments: Mapping[str, Manifest]) -> list[str]:
    name, spec = f"autoscaler {_name(autoscaler)}", autoscaler.get("spec", {})
    found = []
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 1)
    if least < 1:
        found.append(f"{name}: minReplicas is {least}, but without a pod there is no CPU use to go by")
    if least > most:
        found.append(f"{name}: minReplicas is {least} and maxReplicas {most}, but there cannot be fewer at most than at least")
    reference = spec.get("scaleTargetRef", {})
    deployment = deployments.get(reference.get("name", "")) if reference.get("kind") == "Deployment" else None
    if deployment is None:
        found.append(f"{name}: it looks after {reference.get('kind')} {reference.get('name')}, which is not among these documents")
    elif "replicas" in deployment.get("spec", {}):
        found.append(f"{name}: the deployment sets replicas, too: each time it is applied, that takes back what the autoscaler has done")
    for metric in spec.get("metrics", []):
        resource = metric.get("resource", {})
        target = resource.get("target", {})
        if target.get("type") != "Utilization":
            continue
        kind, percent = resource.get("name"), target.get("averageUtilization")
        if percent is None or percent < 1:
            found.append(f"{name}: the target is Utilization, but averageUtilization is {percent}")
            continue
        for container in _containers(deployment or {}):
            resources = container.get("resources", {})
            asked = _quantity(str(resources.get("requests", resources.get("limits", {})).get(kind, "")))
            most_used = _quantity(str(resources.get("limits", {}).get(kind, "")))
            if not asked:
                found.append(f"{name}: its target is a share of the {kind} that pods request, but container {container.get('name')} requests none")
            elif most_used is not None and percent > 100 * most_used / asked:
                found.append(
                    f"{name}: its target of {percent} % of the request is above the limit of {100 * most_used / asked:.0f} %, so it never adds a pod"
                )
    down = spec.get("behavior", {}).get("scaleDown", {}).get("stabilizationWindowSeconds", 0)
    if not 0 <= down <= 3_600:
        found.append(f"{name}: stabilizationWindowSeconds is {down}, but must be from 0 to 3600")
    return found


def _quantity(text: str) -> float | None:
    """Read an amount as Kubernetes writes it; None if it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", text)
    if not match or match[2] not in UNITS:
        return None
    return float(match[1]) * UNITS[match[2]]


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
        Its table has the columns ``source`` (measurement: the schema; theory: `findings`), ``manifest``, ``verdict``, ``why`` and ``recorded``.

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
