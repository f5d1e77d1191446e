"""What a schema cannot say of manifests: fields that are each right and do not fit together, and names that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from labsupport.systems.kubernetes import Manifest

__all__ = ["findings"]

UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
LIMITED = ("cpu", "memory")


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
    >>> from labsupport.systems.kubernetes import manifests
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
