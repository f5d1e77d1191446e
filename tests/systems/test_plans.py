"""The same load test for JMeter and for Gatling, and checks that find what is wrong with their form."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from labsupport.systems.plans import LoadPlan, check_gatling, check_jmeter

PLAN = LoadPlan("http://127.0.0.1:8000/search", users=20, ramp=5, seconds=60)


def test_both_say_the_same() -> None:
    assert check_jmeter(PLAN.jmeter()) == []
    assert check_gatling(PLAN.gatling()) == []
    given = {child.get("name"): child.text for child in ET.fromstring(PLAN.jmeter().encode()).iter() if child.get("name")}  # noqa: S314 - our own
    assert given["ThreadGroup.num_threads"] == "20"
    assert given["ThreadGroup.duration"] == "60"
    assert (given["HTTPSampler.domain"], given["HTTPSampler.port"], given["HTTPSampler.path"]) == ("127.0.0.1", "8000", "/search")
    script = PLAN.gatling()
    assert 'baseUrl("http://127.0.0.1:8000")' in script
    assert "rampConcurrentUsers(0).to(20).during(5)" in script
    assert "constantConcurrentUsers(20).during(55)" in script


def test_without_a_ramp_all_come_at_once() -> None:
    script = LoadPlan("http://localhost:80/", users=1, ramp=0, seconds=1).gatling()
    assert "ramp" not in script
    assert check_gatling(script) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("</jmeterTestPlan>", "", "this is no XML"),
        ("jmeterTestPlan", "testPlan", "the outermost element is testPlan"),
        ("ThreadGroup.num_threads", "threads", "ThreadGroup does not say ThreadGroup.num_threads"),
        (">8000<", ">http<", "HTTPSampler.port is 'http', but must be a whole number"),
        ("HTTPSamplerProxy", "Sampler", "there is no HTTPSamplerProxy"),
        ("<hashTree />", "<other />", "HTTPSamplerProxy is not followed by its hashTree"),
    ],
)
def test_a_plan_with_something_wrong(old: str, new: str, said: str) -> None:
    assert any(said in sentence for sentence in check_jmeter(PLAN.jmeter().replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("setUp(", "setup(", "there is no setUp"),
        ("injectClosed", "inject", "nobody is let in"),
        ("extends Simulation", "", "no class extends Simulation"),
        ("import io.gatling.javaapi.http.*;\n", "", ""),
        ("protocols(protocol);", "protocols(protocol;", "a } closes nothing"),
        ('"/search"', '"/search)"', ""),
    ],
)
def test_a_script_with_something_wrong(old: str, new: str, said: str) -> None:
    found = check_gatling(PLAN.gatling().replace(old, new))
    assert (said in found) if said else found == []  # the static import names the package, too; brackets in text count nothing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("https://example.com", 1, 1, 1), "address is 'https://example.com'"),
        (("http://127.0.0.1:1/", 0, 1, 1), "users is 0"),
        (("http://127.0.0.1:1/", 1, 9, 8), "seconds is 8"),
    ],
)
def test_bad_plans_are_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        LoadPlan(*arguments)
