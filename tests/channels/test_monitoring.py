"""Dashboard and alert rules: every expression parses, names figures that the running app prints, and has its runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from channels.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "fanzha.json"
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
RUNBOOK = ROOT / "docs" / "operations.md"
PROMETHEUS_OWN = {"up"}  # made by Prometheus for each of its targets
OWN_LABELS = {"job", "instance", "le"}  # set by Prometheus, or a histogram's own
DURATION = re.compile(r"\d+[smh]")
LONG_LIMITS = {"custom_send"}  # begin anew with the day; ``Channel.quota`` tells no shorter ones
ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [one for one in json.loads(DASHBOARD.read_text())["panels"] if one["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def selectors(expression: str) -> tuple[list[Any], set[str]]:
    """Return the selectors of an expression and the labels it groups by. Raises ``ValueError``."""
    found: list[Any] = []
    grouped: set[str] = set()

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit, None)
    return found, grouped


def samples(text: str) -> set[str]:
    """Return the names of all samples that the families in ``text`` can have."""
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    return {name.removesuffix("_total") + ending for name, kind in families for ending in ENDINGS[kind]} | {
        name for name, _ in families
    }


def labels_of(metric: str) -> set[str]:
    named = {
        one._name: set(one._labelnames) for one in vars(Metrics()).values() if hasattr(one, "_labelnames")
    }
    base = re.sub(r"_(total|bucket|sum|count)$", "", metric)
    return named.get(metric, named.get(base, set())) | OWN_LABELS


async def test_every_figure_is_printed_by_the_running_app(open_gateway: Callable[..., Any]) -> None:
    async with open_gateway() as gateway:
        printed = samples((await gateway.client.get("/metrics")).text) | PROMETHEUS_OWN
    unknown = {
        (where, selector.name)
        for where, expression in expressions()
        for selector in selectors(expression)[0]
        if selector.name not in printed
    }
    assert unknown == set()


def test_every_label_is_one_of_its_figure() -> None:
    wrong = []
    for where, expression in expressions():
        found, grouped = selectors(expression)
        allowed = set.union(*(labels_of(one.name) for one in found))
        matched = {matcher.name for one in found for matcher in one.matchers.matchers}
        wrong += [(where, label) for label in (matched | grouped) - allowed]
    assert wrong == []


def test_every_figure_of_ours_is_on_the_dashboard_or_in_a_rule() -> None:
    shown = {selector.name for _, expression in expressions() for selector in selectors(expression)[0]}
    ours = {one._name for one in vars(Metrics()).values() if hasattr(one, "_labelnames")}
    assert {name for name in ours if not any(one.startswith(name) for one in shown)} == set()


def test_rules_about_quotas_look_at_named_limits_of_a_day_or_longer() -> None:
    """What is limited by the minute is used up and there again all the time: a rule over all names would page."""
    named = {}
    for rule in rules():
        for selector in selectors(rule["expr"])[0]:
            if selector.name == "fanzha_quota_left":
                values = [one.value for one in selector.matchers.matchers if one.name == "name"]
                named[rule["alert"]] = set("|".join(values).split("|"))
    assert set(named) >= {"FanzhaQuotaLow", "FanzhaQuotaGone"}
    assert set.union(*named.values()) <= LONG_LIMITS


def test_rules_have_their_fields_and_their_runbook() -> None:
    headings = re.findall(r"^### (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) >= 15
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"Fanzha[A-Za-z]+", rule["alert"])
        assert "for" not in rule or DURATION.fullmatch(rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "runbook"}
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        found, grouped = selectors(rule["expr"])
        assert used <= grouped | OWN_LABELS, rule["alert"]
        assert found
    assert [name for name in headings if name.startswith("Fanzha")] == names


def test_the_dashboard_is_whole() -> None:
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    source = yaml.safe_load((DASHBOARD.parent / "datasource.yml").read_text())["datasources"][0]["uid"]
    names = {rule["alert"] for rule in rules()}
    for panel in panels():
        assert panel["datasource"]["uid"] == source
        assert panel["targets"], panel["title"]
        where = panel["gridPos"]
        assert where["x"] + where["w"] <= 24
        told = re.findall(r"Fanzha\w+", panel["description"])
        assert set(told) <= names, panel["title"]


@pytest.mark.parametrize("wrong", ["rate(fanzha_turns_total)", "sum(", "nosuch(fanzha_talks)", "x{a=b}"])
def test_the_check_sees_a_wrong_expression(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        selectors(wrong)


def test_the_check_knows_labels() -> None:
    assert "channel" in labels_of("fanzha_ack_seconds_bucket")
    assert "openid" not in labels_of("fanzha_ack_seconds_bucket")
    assert "outcome" in labels_of("fanzha_turns_total")
