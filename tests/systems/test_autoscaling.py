"""Manifests: what the published schema says of them, and what fits together and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from labsupport.systems import autoscaling
from labsupport.systems.autoscaling import CASES, COLUMNS, compare, record, recorded
from labsupport.systems.kubernetes import as_yaml, manifests, schema_errors
from labsupport.systems.kubernetes_findings import findings

pytestmark = pytest.mark.real_system
BY_SCHEMA = {"a number as text: maxReplicas: many", "maxReplicas left out", "a field misspelt: maxReplica"}


@pytest.mark.parametrize("settings", [{}, {"minimum": 1, "maximum": 1}, {"name": "search", "cpu_request": "250m", "target": 80, "window_down": 0}])
def test_manifests_made_from_settings_are_right(settings) -> None:
    made = manifests(**settings)
    assert schema_errors(made) == []
    assert findings(made) == []
    assert list(yaml.safe_load_all(as_yaml(made))) == made == json.loads(json.dumps(made))


def test_the_schema_knows_fields_and_nothing_of_what_fits_together() -> None:
    refused = {name for name, documents in CASES.items() if schema_errors(documents)}
    assert refused == BY_SCHEMA
    for name in set(CASES) - BY_SCHEMA - {"as it should be"}:
        assert findings(CASES[name]), name
    assert findings(CASES["as it should be"]) == []


@pytest.mark.parametrize(
    ("path", "value", "settings", "sentence"),
    [
        ("1/spec/minReplicas", 0, {}, "minReplicas is 0, but without a pod"),
        ("0/spec/selector/matchLabels", {"app": "shop"}, {}, "it would never find its own"),
        ("1/spec/metrics/0/resource/target", {"type": "Utilization"}, {}, "averageUtilization is None"),
        ("1/spec/scaleTargetRef/kind", "StatefulSet", {}, "StatefulSet web, which is not among"),
        ("1/spec/metrics/0/resource/name", "gpu", {}, "a share of the gpu that pods request, but container web requests none"),
        ("1/metadata/name", "own", {"cpu_limit": "1 core"}, "'1 core', which is no quantity"),
        ("1/metadata/name", "own", {"memory_request": "1Gi"}, "it requests 1Gi of memory and limits it to 512Mi"),
        ("1/metadata/name", "own", {"window_down": 7_200}, "stabilizationWindowSeconds is 7200"),
    ],
)
def test_what_does_not_fit_is_found(path, value, settings, sentence) -> None:
    assert any(sentence in found for found in findings(autoscaling._changed(path, value, **settings)))


def test_a_request_left_out_is_the_limit_and_other_metrics_are_let_alone() -> None:
    limits_only = autoscaling._changed("0/spec/template/spec/containers/0/resources", {"limits": {"cpu": "1", "memory": "1Gi"}})
    assert findings(limits_only) == []
    absolute = autoscaling._changed("1/spec/metrics/0/resource/target", {"type": "AverageValue", "averageValue": "300m"})
    assert findings(absolute) == []


def test_the_comparison_judges_your_own_manifests_too(monkeypatch) -> None:
    own = manifests(minimum=9, maximum=3)
    made = compare(own)
    assert list(made.table.columns) == [*COLUMNS, "recorded"]
    assert not made.recorded
    assert made.table.query("manifest == 'your own'")["verdict"].tolist() == ["accepted", "refused"]
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    shipped = compare(own)
    assert shipped.recorded
    assert shipped.table.query("manifest == 'your own'")[["verdict", "recorded"]].to_numpy().tolist() == [["refused", False]]
    assert "minReplicas is 9 and maxReplicas 3" in shipped._repr_html_()


def test_without_the_validator_the_recorded_run_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr(autoscaling.importlib.util, "find_spec", lambda _: None)
    assert "pip install kubernetes-validate" in compare().notice
    with pytest.raises(OSError, match="kubernetes-validate is not installed"):
        record()


def test_the_recorded_run_is_what_would_be_measured() -> None:
    shipped = recorded()
    assert "recorded run" in str(shipped)
    assert shipped.table.drop(columns="recorded").equals(compare().table.drop(columns="recorded"))


def test_a_recorded_run_can_be_made_again(tmp_path: Path) -> None:
    rows, rest = record(tmp_path)
    assert rows.read_text(encoding="utf-8").startswith(",".join(COLUMNS))
    assert '"command": "python -m labsupport record autoscaling"' in rest.read_text(encoding="utf-8")


def test_bad_input_is_named() -> None:
    with pytest.raises(TypeError, match="own is 'web', but must be a list of manifests"):
        compare("web")
