"""One load test, written down for two tools: as a JMeter plan and as a Gatling script. They are checked for form only.

Neither tool runs here. JMeter as Debian and Ubuntu package it (2.13) ends at once with an exception, since a library beside it was
replaced by one that refuses its files; Gatling is in no package archive. Both need Java. With the tools' own downloads, what is
written here can be run: ``jmeter -n -t plan.jmx``, and the script in a Gatling project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from labsupport import checks

__all__ = ["LoadPlan", "check_gatling", "check_jmeter"]


@dataclass(frozen=True)
class LoadPlan:
    """What a load test does, whatever tool it is written for.

    Parameters
    ----------
    address : str
        What is asked for, such as "http://127.0.0.1:8000/search".
    users : int
        How many ask, each waiting for the answer before asking again: a closed loop.
    ramp : int
        Seconds in which the users come, one after the other.
    seconds : int
        How long the test lasts, at least as long as the ramp.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    Examples
    --------
    >>> plan = LoadPlan("http://127.0.0.1:8000/search", users=20, ramp=5, seconds=60)
    >>> check_jmeter(plan.jmeter()), check_gatling(plan.gatling())
    ([], [])
    """

    address: str
    users: int
    ramp: int
    seconds: int

    def __post_init__(self) -> None:
        checks.integer("users", self.users, 1, 100_000)
        checks.integer("ramp", self.ramp, 0, 86_400)
        checks.integer("seconds", self.seconds, max(1, self.ramp), 86_400)
        if not isinstance(self.address, str) or not re.fullmatch(r"http://[\w.-]+:\d+/[\w/.-]*", self.address):
            raise ValueError(f"address is {self.address!r}, but must be such as 'http://127.0.0.1:8000/search'")

    def jmeter(self) -> str:
        """Return the plan as JMeter's XML, as it would be saved in a file that ends in ``.jmx``.

        Returns
        -------
        str

        References
        ----------
        Apache JMeter User's Manual, "Elements of a Test Plan", Thread Group; HTTP Request.
        """
        where = urlsplit(self.address)
        root = ET.Element("jmeterTestPlan", version="1.2", properties="5.0")
        top = ET.SubElement(root, "hashTree")
        _element(top, "TestPlan", "TestPlanGui", "Load test", {})
        inside = ET.SubElement(top, "hashTree")
        group = _element(
            inside,
            "ThreadGroup",
            "ThreadGroupGui",
            "Users",
            {
                "ThreadGroup.num_threads": str(self.users),
                "ThreadGroup.ramp_time": str(self.ramp),
                "ThreadGroup.duration": str(self.seconds),
                "ThreadGroup.scheduler": True,
            },
        )
        loop = {"name": "ThreadGroup.main_controller", "elementType": "LoopController", "testname": "As long as the test lasts"}
        controller = ET.SubElement(group, "elementProp", loop)
        _property(controller, "LoopController.loops", "-1")
        requests = ET.SubElement(inside, "hashTree")
        _element(
            requests,
            "HTTPSamplerProxy",
            "HttpTestSampleGui",
            "Request",
            {
                "HTTPSampler.protocol": "http",
                "HTTPSampler.domain": str(where.hostname),
                "HTTPSampler.port": str(where.port),
                "HTTPSampler.path": where.path,
                "HTTPSampler.method": "GET",
                "HTTPSampler.use_keepalive": True,
            },
        )
        ET.SubElement(requests, "hashTree")
        ET.indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"

    def gatling(self) -> str:
        """Return the plan as a Gatling script in Java.

        Returns
        -------
        str

        References
        ----------
        Gatling documentation, "Injection", closed model.
        """
        where = urlsplit(self.address)
        ramp = f"\n            rampConcurrentUsers(0).to({self.users}).during({self.ramp})," if self.ramp else ""
        return f"""\
import static io.gatling.javaapi.core.CoreDsl.*;
import static io.gatling.javaapi.http.HttpDsl.*;

import io.gatling.javaapi.core.*;
import io.gatling.javaapi.http.*;

public class LoadTest extends Simulation {{
    HttpProtocolBuilder protocol = http.baseUrl("http://{where.hostname}:{where.port}");
    ScenarioBuilder users = scenario("Users").exec(http("Request").get("{where.path}"));

    {{
        setUp(users.injectClosed({ramp}
            constantConcurrentUsers({self.users}).during({self.seconds - self.ramp})
        )).protocols(protocol);
    }}
}}
"""


def check_jmeter(text: str) -> list[str]:
    """Look at the form of a JMeter plan: each element followed by its ``hashTree``, and the settings without which nothing runs.

    Parameters
    ----------
    text : str
        A plan, in XML.

    Returns
    -------
    list of str
        What is wrong, a sentence each; empty if nothing is.

    Examples
    --------
    >>> check_jmeter("<jmeterTestPlan/>")
    ['the plan has no hashTree']
    """
    try:
        root = ET.fromstring(text.strip().encode())  # noqa: S314 - see above
    except ET.ParseError as error:
        return [f"this is no XML: {error}"]
    if root.tag != "jmeterTestPlan":
        return [f"the outermost element is {root.tag}, but must be jmeterTestPlan"]
    top = root.find("hashTree")
    if top is None:
        return ["the plan has no hashTree"]
    wrong = []
    for tree in root.iter("hashTree"):
        for number, child in enumerate(tree):
            if child.tag != "hashTree" and (number + 1 == len(tree) or tree[number + 1].tag != "hashTree") and len(tree) > 1:
                wrong.append(f"{child.tag} is not followed by its hashTree")
    for tag, names in {
        "TestPlan": (),
        "ThreadGroup": ("ThreadGroup.num_threads", "ThreadGroup.ramp_time"),
        "HTTPSamplerProxy": ("HTTPSampler.domain", "HTTPSampler.port", "HTTPSampler.path", "HTTPSampler.method"),
    }.items():
        element = root.find(f".//{tag}")
        if element is None:
            wrong.append(f"there is no {tag}")
            continue
        given = {child.get("name"): (child.text or "").strip() for child in element}
        wrong += [f"{tag} does not say {name}" for name in names if not given.get(name)]
        wrong += [
            f"{name} is {given[name]!r}, but must be a whole number"
            for name in names
            if name.endswith(("num_threads", "ramp_time", "port")) and given.get(name) and not str(given[name]).isdecimal()
        ]
    return wrong


def check_gatling(text: str) -> list[str]:
    """Look at the form of a Gatling script in Java: balanced brackets, the imports, a ``Simulation``, and who is let in.

    Parameters
    ----------
    text : str
        A script.

    Returns
    -------
    list of str
        What is wrong, a sentence each; empty if nothing is.

    Examples
    --------
    >>> check_gatling("public class A extends Simulation { { setUp(); }")
    ['a { is never closed', 'io.gatling.javaapi.core is not imported', 'io.gatling.javaapi.http is not imported', 'nobody is let in']
    """
    code = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", code, flags=re.DOTALL)
    pairs, opened, wrong = {")": "(", "]": "[", "}": "{"}, list[str](), list[str]()
    for letter in code:
        if letter in pairs.values():
            opened.append(letter)
        elif letter in pairs and (not opened or opened.pop() != pairs[letter]):
            wrong.append(f"a {letter} closes nothing")
            break
    else:
        wrong += [f"a {letter} is never closed" for letter in opened]
    for package in ("core", "http"):
        if f"io.gatling.javaapi.{package}" not in code:
            wrong.append(f"io.gatling.javaapi.{package} is not imported")
    if not re.search(r"class\s+\w+\s+extends\s+Simulation\b", code):
        wrong.append("no class extends Simulation")
    if "setUp(" not in code:
        wrong.append("there is no setUp")
    if not re.search(r"\binject(?:Closed|Open)\s*\(", code):
        wrong.append("nobody is let in")
    return wrong


def _element(parent: ET.Element, tag: str, gui: str, name: str, properties: dict[str, str | bool]) -> ET.Element:
    element = ET.SubElement(parent, tag, guiclass=gui, testclass=tag, testname=name, enabled="true")
    for key, value in properties.items():
        _property(element, key, value)
    return element


def _property(element: ET.Element, name: str, value: str | bool) -> None:
    kind = "boolProp" if isinstance(value, bool) else "stringProp"
    ET.SubElement(element, kind, name=name).text = str(value).lower() if isinstance(value, bool) else value
