"""`fanzha campaign …`: the same rules as the API, exit codes, and never in nobody's name."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from office_house import SETTING, TOKENS, document
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

import fanzha
from campaigns.calendar.days import CHINA
from campaigns.store import Store
from storage.engine import default_url, open_engine
from storage.migrate import upgrade

Run = Callable[..., Result]
ROBOTS = json.dumps([{"name": name, "kind": "wecom", "key": "k" * 20} for name in ("class", "staff")])


def soon(days: int = 3, hour: int = 10) -> str:
    """Return a time that lies ahead, as documents have it."""
    day = dt.datetime.now(CHINA).date() + dt.timedelta(days)
    return f"{day}T{hour:02}:00:00"


@pytest.fixture
def database(tmp_path: Path, add_people: Any) -> Engine:
    engine = open_engine(default_url(tmp_path))
    upgrade(engine)
    with engine.begin() as connection:
        add_people(connection, 12, role="student")
        add_people(connection, 3, role="elder")
    return engine


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Engine) -> Run:
    monkeypatch.chdir(tmp_path)  # no .env is read there
    monkeypatch.setenv("FANZHA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FANZHA_CAMPAIGN_OPERATORS", SETTING)
    monkeypatch.setenv("FANZHA_ROBOTS", ROBOTS)
    monkeypatch.setenv("FANZHA_TELEGRAM_TOKEN", "123456789:" + "A" * 35)
    monkeypatch.setenv("FANZHA_TELEGRAM_SECRET", "s" * 32)

    def call(who: str, *words: str, code: int = 0) -> Result:
        monkeypatch.setenv("FANZHA_OPERATOR_TOKEN", TOKENS[who][0] if who else "")
        result = CliRunner().invoke(fanzha.app, ["campaign", *words], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(name: str = "good.yml", **changes: Any) -> str:
        found = document(**{"waves": [{"at": soon()}], **changes})
        (tmp_path / name).write_text(yaml.safe_dump(found, allow_unicode=True), "utf-8")
        return str(tmp_path / name)

    return write


def test_from_a_file_to_scheduled_and_stopped(run: Run, file: Callable[..., str]) -> None:
    path = file()
    assert "可以提交" in run("vera", "lint", path).output
    assert "草稿" in run("ann", "put", path).output
    assert "先别转账" in run("ann", "preview", "good").output
    assert "待批准" in run("ann", "submit", "good").output
    asked = run("bob", "approve", "good", code=2)
    digest = asked.output.rsplit("--digest ", 1)[1].strip()
    assert "先别转账" in asked.output and len(digest) == 64
    done = run("bob", "approve", "good", "--digest", digest).output
    assert "已排期" in done and soon().replace("T", "T")[:13] in done
    assert "还没到发送时间" in run("bob", "send", "good", code=1).output
    assert "已暂停" in run("ann", "pause", "good").output
    assert "已排期" in run("bob", "resume", "good").output
    assert "已停止" in run("ann", "stop", "good").output
    run("ann", "note", "good", "下次提前三天")
    log = json.loads(run("vera", "log", "good", "--json").output)
    assert [line["action"] for line in log][-3:] == ["resume", "stop", "note"]
    assert {line["operator"] for line in log} == {"ann", "bob"}
    assert "good" in run("vera", "list").output


def test_nothing_is_done_in_nobodys_name(run: Run, file: Callable[..., str], database: Engine) -> None:
    path = file()
    for words in (
        ["put", path],
        ["show", "good"],
        ["approve", "good", "--digest", "x"],
        ["lint", path],
        ["log", "good"],
    ):
        assert "没有令牌" in run("", *words, code=3).output
    ready = run("", "list").output
    assert "spring_festival" in ready and "FANZHA_OPERATOR_TOKEN" in ready
    assert Store(database).all() == ()


def test_a_token_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_CAMPAIGN_OPERATORS", TOKENS["vera"][1])
    assert "没有认出" in run("ann", "list", code=3).output


def test_roles_and_the_second_person(run: Run, file: Callable[..., str]) -> None:
    path = file()
    assert "查看" in run("vera", "put", path, code=3).output
    run("bob", "put", path)
    run("bob", "preview", "good")
    run("bob", "submit", "good")
    digest = json.loads(run("vera", "show", "good", "--json").output)["digest"]
    assert "不能自己批准" in run("bob", "approve", "good", "--digest", digest, code=3).output
    assert "批准" in run("ann", "approve", "good", "--digest", digest, code=3).output
    run("carl", "reject", "good", "--reason", "太长")
    assert run("carl", "approve", "good", "--digest", digest, code=1).output.startswith("活动现在是“草稿”")


def test_of_two_authors_the_second_looks_again(run: Run, file: Callable[..., str]) -> None:
    run("ann", "put", file())
    changed = file(title="改了一点")
    assert "先看现在的版本" in run("bob", "put", changed, code=5).output
    run("bob", "put", changed, "--version", "1")
    assert "刚被别人改过" in run("ann", "put", file(title="又改"), "--version", "1", code=5).output


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"waves": [{"at": "2026-01-01T10:00:00"}]}, "已经过了"),
        ({"audience": {}}, "没有写发给谁"),
        ({"audience": {"roles": ["finance"]}, "routes": ["telegram"], "robots": []}, "一个人也选不到"),
        ({"robots": ["gone"]}, "没有叫“gone”的群机器人"),
        ({"routes": ["wechat_mass"], "robots": []}, "还没接公众号"),
        ({"bulletins": ["brushing_rebate.none"]}, "没有通报"),
    ],
)
def test_what_is_wrong_is_said_and_not_submitted(
    run: Run, file: Callable[..., str], changes: dict[str, Any], said: str
) -> None:
    path = file(**changes)
    assert said in run("vera", "lint", path, code=1).output
    run("ann", "put", path)
    assert said in run("ann", "submit", "good", code=1).output


def test_everyone_and_the_same_day(run: Run, file: Callable[..., str]) -> None:
    for name in ("first", "second"):
        run("ann", "put", file(id=name, kind="daily", audience={"everyone": True}))
        run("ann", "preview", name)
        run("ann", "submit", name)
    digest = {
        name: json.loads(run("vera", "show", name, "--json").output)["digest"] for name in ("first", "second")
    }
    assert "发给所有" in run("bob", "approve", "first", "--digest", digest["first"], code=1).output
    run("bob", "approve", "first", "--digest", digest["first"], "--everyone")
    late = run("bob", "approve", "second", "--digest", digest["second"], "--everyone", code=1)
    assert "同一天" in late.output


def test_a_ready_one_and_a_flash_warning(run: Run) -> None:
    year = dt.datetime.now(CHINA).year
    assert f"double_eleven-{year + 1}" in run("ann", "add", "double_eleven", "--year", str(year + 1)).output
    assert "没有这一个" in run("ann", "add", "none", code=4).output
    line = ["--line", "本周有人冒充社区拉群派单"]
    made = run(
        "ann", "flash", "brushing_rebate.task_group", *line, "--role", "student", "--robot", "class"
    ).output
    assert made.startswith("flash-") and "草稿" in made
    assert "请写明发给谁" in run("ann", "flash", "brushing_rebate.task_group", *line, code=2).output
    refused = run(
        "ann", "flash", "brushing_rebate.task_group", "--line", "打13912345678", "--everyone", code=1
    )
    assert "不在热线表" in refused.output


def test_figures(run: Run, file: Callable[..., str], tmp_path: Path) -> None:
    run("ann", "put", file(audience={"roles": ["student", "elder"]}))
    people = run("vera", "audience", "good").output
    assert "13-21" in people and "student  12人" in people and "elder  <10人" in people
    assert "没有接公众号" in run("vera", "quota", "good").output
    assert "还没有批准过" in run("vera", "report", "good", code=1).output
    run("ann", "preview", "good")
    run("ann", "submit", "good")
    digest = json.loads(run("vera", "show", "good", "--json").output)["digest"]
    run("bob", "approve", "good", "--digest", digest)
    assert "共 0 人" in run("vera", "report", "good").output
    for name in ("report.html", "report.csv"):
        run("vera", "report", "good", "--to", str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 100
    assert ".html" in run("vera", "report", "good", "--to", "report.doc", code=2).output
    when = soon()
    year = json.loads(run("vera", "calendar", "--year", when[:4], "--json").output)
    assert len(year["occasions"]) > 20
    run("vera", "calendar", "--to", str(tmp_path / "year.ics"))
    assert (tmp_path / "year.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert "2004到2099" in run("vera", "calendar", "--year", "1999", code=1).output


def test_things_that_are_not_there(run: Run, tmp_path: Path) -> None:
    assert "没有这个活动" in run("vera", "show", "none", code=4).output
    assert "文件读不了" in run("ann", "put", str(tmp_path / "none.yml"), code=2).output
    (tmp_path / "bad.yml").write_text("id: x\nroutes: [fax]\n", "utf-8")
    assert "文档有错" in run("ann", "put", str(tmp_path / "bad.yml"), code=1).output
    assert "没有这种状态" in run("vera", "list", "--state", "flying", code=2).output
    assert "没有这条路" in run("ann", "preview", "x", "--route", "fax", "--to", "y", code=2).output
    assert "--route 和 --to" in run("ann", "preview", "x", "--to", "y", code=2).output


def test_pictures_of_a_ready_campaign(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    done = run("vera", "pictures", "qixi", "--to", str(folder))
    assert "已生成" in done.output and list(folder.glob("*.png"))
