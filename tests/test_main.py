"""The command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.__main__ import TOPICS, main
from labsupport.systems.server import NotInstalledError
from tests.support import ROOT


def test_no_command_shows_the_commands(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    words = capsys.readouterr().out
    for command in ("doctor", "release", "record"):
        assert command in words


def test_doctor(capsys):
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["what"] == "Python"


def test_doctor_as_a_process():
    done = subprocess.run([sys.executable, "-m", "labsupport", "doctor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("fine ")


def test_release_hands_the_folder_on(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("labsupport.release.release", lambda output: f"made {output}")
    monkeypatch.setattr("labsupport.overview.write", lambda *folders: [*folders])
    assert main(["release"]) == 0
    assert main(["release", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"made student\nmade {tmp_path}\n"


def test_release_says_in_one_sentence_what_is_wrong(capsys, tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert main(["release", "--output", str(file)]) == 1
    assert capsys.readouterr().out == f"output is {file}, a file, but must be a folder\n"


def test_record(monkeypatch, capsys, tmp_path):
    for topic in TOPICS:
        monkeypatch.setattr(f"labsupport.systems.{topic}.record", lambda directory, topic=topic: [directory / f"{topic}.csv"])
    assert main(["record", "--output", str(tmp_path)]) == 0
    assert main(["record", "caching", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(f"Wrote {tmp_path / 'caching.csv'}\n") == 2
    assert main(["record", "balancing", "--output", str(tmp_path)]) == 0
    assert f"Wrote {tmp_path / 'balancing.csv'}\n" in capsys.readouterr().out


def test_record_an_unknown_topic(capsys):
    assert main(["record", "cashing"]) == 2
    assert "TOPIC is 'cashing'" in capsys.readouterr().out


def test_record_without_the_system(monkeypatch, capsys):
    def refuse(directory: Path):
        raise NotInstalledError("Redis is not installed here")

    monkeypatch.setattr("labsupport.systems.caching.record", refuse)
    assert main(["record", "caching"]) == 1
    assert capsys.readouterr().out.endswith("Redis is not installed here\n")


def test_an_interrupt(monkeypatch, capsys):
    def interrupt(as_json: bool):
        raise KeyboardInterrupt

    monkeypatch.setattr("labsupport.doctor.doctor", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().out == "\nStopped.\n"


def test_it_starts_light():
    code = "import sys, labsupport.__main__; print(sorted({'numpy', 'pandas', 'numba', 'redis', 'nbgrader'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
