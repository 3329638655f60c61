"""The command line as people type it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fanzha

ROOT = Path(__file__).resolve().parent.parent
BROKEN = [
    (b"not json", None),
    (b'["a list"]', None),
    (b'{"id": 7}', 7),
    (b'{"id": 8, "text": 5}', 8),
    (b'{"id": {"deep": 1}, "text": null}', None),
    (b'{"id": 9, "text": "\xff\xfe"}', None),
    (b"[" * 5000, None),
    (b"", None),
]


def run(*words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fanzha", *words]
    given = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=ROOT, env=given, input=stdin, capture_output=True, timeout=120, check=False
    )


def test_a_thousand_lines_in_one_process_and_bad_ones_do_not_stop_it() -> None:
    lines = [
        json.dumps({"id": at, "text": f"第{at}天,客服让我转{at}元到安全账户"}).encode() for at in range(1000)
    ]
    lines[500:500] = [line for line, _ in BROKEN]
    done = run("check", "--jsonl", stdin=b"\n".join(lines) + b"\n")
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 1000 + len(BROKEN)
    for (_, wanted), answer in zip(BROKEN, answers[500 : 500 + len(BROKEN)], strict=True):
        assert set(answer) == {"id", "error"}
        assert answer["id"] == wanted
    good = [answer for answer in answers if "error" not in answer]
    assert [answer["id"] for answer in good] == list(range(1000))
    assert all(answer["verdict"] in ("scam", "suspicious") for answer in good)


def test_a_lone_surrogate_is_survived() -> None:
    done = run("check", "--jsonl", stdin=b'{"id": 1, "text": "\\ud800 hello"}\n')
    assert json.loads(done.stdout)["id"] == 1


def test_one_text() -> None:
    done = run("check", "把银行卡贴在手机背面,打开NFC验证一下就退款")
    assert json.loads(done.stdout)["verdict"] == "scam"


@pytest.mark.parametrize("words", [("check",), ("check", "x", "--jsonl")])
def test_text_or_jsonl(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(fanzha.app, list(words))
    assert result.exit_code == 1
    assert "either a text or --jsonl" in result.output


def test_search_shows_scores() -> None:
    result = CliRunner().invoke(fanzha.app, ["kb", "search", "取件码", "--k", "3"])
    assert result.exit_code == 0
    rows = result.output.strip().splitlines()
    assert len(rows) == 3
    scores = [float(row.split()[0]) for row in rows]
    assert scores == sorted(scores, reverse=True)


def test_doctor_names_what_is_missing(tmp_path: Path) -> None:
    done = run("doctor", FANZHA_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    said = done.stdout.decode()
    assert "ERROR    dialogue model: missing, or older than the training data  → fanzha train" in said
    assert "ERROR    index: no index  → fanzha index" in said
    assert "WARNING  actions:" in said and "WARNING  hotlines:" in said
    assert list(tmp_path.iterdir()) == [], "looking made nothing"


def test_doctor_lists_every_wrong_setting_for_machines(tmp_path: Path) -> None:
    done = run(
        "doctor", "--json", FANZHA_DATA_DIR=str(tmp_path), FANZHA_PORT="eighty", FANZHA_KEEP_PEOPLE_DAYS="1"
    )
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert [one["level"] for one in found] == ["error", "error"]
    assert {one["said"].partition(":")[0] for one in found} == {"FANZHA_PORT", "FANZHA_KEEP_PEOPLE_DAYS"}


def test_a_wrong_setting_is_one_line_not_a_traceback() -> None:
    done = run("train", FANZHA_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr.decode().startswith("fanzha: FANZHA_PORT")
    assert b"Traceback" not in done.stderr
