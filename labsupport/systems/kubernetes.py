"""Manifests for Kubernetes: a deployment and its autoscaler made from settings, and checked against the published schema.

There is no cluster here, and none is needed: `kubernetes-validate` holds a manifest against the schemas that Kubernetes publishes. They say
which fields there are and of which type, but not what fits together; that is what `labsupport.systems.kubernetes_findings` looks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["Manifest", "as_yaml", "manifests", "schema_errors"]

VERSION = "1.33"  # of Kubernetes, whose schemas are asked

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

    Nothing is checked: what comes out is looked at by `schema_errors` and `labsupport.systems.kubernetes_findings.findings`.

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
