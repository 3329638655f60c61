"""What containers, proxy and units name is there: paths, modules, ports, settings; and they keep to the rules."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

from channels.settings import Settings
from deploy.parts import parts
from knowledge_base.settings import KnowledgeSettings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILES = sorted((DEPLOY / "docker").glob("*.Dockerfile"))
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE = DEPLOY / "compose.yml"
SPEC = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
MADE_IN_IMAGE = {"data", "models", ".venv", ".venv-rasa"}
dockerfiles = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)


def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def known_settings() -> set[str]:
    names = {f"FANZHA_{name.upper()}" for room in (Settings, KnowledgeSettings) for name in room.model_fields}
    text = (ROOT / "bot" / "settings.py").read_text() + (ROOT / "deploy" / "bootstrap.py").read_text()
    return names | set(re.findall(r'"(FANZHA_\w+)"', text))


def steps(path: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, continued lines joined."""
    lines = [
        line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines()]


def commands() -> dict[str, list[str]]:
    """Return where → the words of each command that starts a part of ours."""
    found = {path.name: json.loads(words) for path in DOCKERFILES for do, words in steps(path) if do == "CMD"}
    found |= {
        name: one["command"]
        for name, one in services().items()
        if str(one.get("image", "")).startswith("fanzha-") and "command" in one and "entrypoint" not in one
    }
    for path in UNITS:
        for words in re.findall(r"^Exec(?:Start|Reload)=(.+)$", path.read_text(), re.MULTILINE):
            found[f"{path.name}: {words[:40]}"] = shlex.split(words)
    return found


def test_every_setting_is_one() -> None:
    files = [COMPOSE, DEPLOY / "Caddyfile", *DOCKERFILES, *UNITS]
    named = {name for path in files for name in re.findall(r"FANZHA_[A-Z_]*[A-Z]", path.read_text())}
    assert named - known_settings() == set()
    assert len(named) > 8


def test_every_module_that_is_started_is_there() -> None:
    started = {
        words[at + 1] for words in commands().values() for at, word in enumerate(words) if word == "-m"
    }
    assert started >= {"bot.action_server", "bot.rasa_server", "campaigns.service", "uvicorn", "fanzha"}
    assert {
        name
        for name in started
        if not (ROOT / f"{name.replace('.', '/')}.py").exists() and not find_spec(name)
    } == set()


def test_containers_start_the_parts_as_fanzha_run_does() -> None:
    ours = {part.name: part.command for part in parts(8000, 5005, 5055, "0.0.0.0") if not part.standby}
    inside = {
        "gateway": commands()["app.Dockerfile"],
        "actions": commands()["actions"],
        "campaigns": commands()["campaigns"],
        "rasa": commands()["rasa.Dockerfile"],
    }
    for name, command in ours.items():
        assert list(command[1:]) == inside[name][1:], name


def test_the_image_and_the_units_name_the_same_gateway() -> None:
    unit = (DEPLOY / "systemd" / "fanzha-gateway@.service").read_text()
    assert "uvicorn channels.gateway:create_default_app --factory --no-access-log" in unit
    from channels import gateway

    assert callable(gateway.create_default_app)


@dockerfiles
def test_an_image_keeps_to_the_rules(path: Path) -> None:
    done = steps(path)
    text = path.read_text()
    froms = [words for do, words in done if do == "FROM"]
    assert all(re.match(r"python:3\.1[01](-slim)?-bookworm( AS build)?$", words) for words in froms)
    last = max(at for at, (do, _) in enumerate(done) if do == "FROM")
    assert ("USER", "10001:10001") in done[last:], "not as root"
    assert {"HEALTHCHECK", "CMD", "EXPOSE"} <= {do for do, _ in done[last:]}
    assert "ADD" not in {do for do, _ in done}
    for do, words in done:
        if do in {"ARG", "ENV"}:
            assert not re.search(r"PASSWORD|SECRET|TOKEN|VAULT|AES", words), "no secret lies in a layer"
        if do == "RUN" and "apt-get install" in words:
            assert "--no-install-recommends" in words and "rm -rf /var/lib/apt/lists/*" in words
        if do == "RUN" and "pip install" in words:
            assert "--no-cache-dir" in words and "--no-deps" in words
        if do == "COPY" and "--from" not in words:
            *sources, _ = words.split()
            assert [one for one in sources if not (ROOT / one).exists()] == []
    asked = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)/", text)}
    assert asked == {int(words) for do, words in done if do == "EXPOSE"}


@dockerfiles
def test_an_image_gets_what_it_copies_and_nothing_secret(path: Path) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]

    def sent(name: str) -> bool:
        kept = True
        for rule in rules:
            pattern = rule.removeprefix("!").removeprefix("**/")
            if fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.split("/", maxsplit=1)[0], pattern):
                kept = rule.startswith("!")
            if rule.startswith("**/") and fnmatch.fnmatch(name.rsplit("/", maxsplit=1)[-1], pattern):
                kept = False
        return kept

    for do, words in steps(path):
        if do == "COPY" and "--from" not in words:
            assert all(sent(one) for one in words.split()[:-1]), words
    for secret in (".env", ".var", ".git", "vault.key", "deploy/.env", "tests", ".venv"):
        assert not sent(secret), secret


def test_compose_fits_the_specification() -> None:
    jsonschema.validate(yaml.safe_load(COMPOSE.read_text()), json.loads(SPEC.read_text()))


def test_every_file_that_compose_mounts_or_builds_is_there() -> None:
    volumes = set(yaml.safe_load(COMPOSE.read_text())["volumes"])
    for name, one in services().items():
        for volume in one.get("volumes", ()):
            source = volume.rpartition("}")[0] or volume.split(":")[0]
            assert source in volumes or source.startswith("${") or (DEPLOY / source).exists(), (name, volume)
        if "build" in one:
            assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).exists()


def test_our_containers_are_hardened_and_others_lie_on_no_open_port() -> None:
    for name, one in services().items():
        assert "no-new-privileges:true" in one["security_opt"], name
        assert not one.get("privileged")
        assert ":latest" not in one["image"] and (":" in one["image"] or one["image"].startswith("fanzha-"))
        if one["image"].startswith("fanzha-"):
            assert one["read_only"] and one["cap_drop"] == ["ALL"] and one["tmpfs"], name
        if name != "caddy":
            assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), name
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    assert networks["inner"]["internal"] and networks["front"]["internal"]
    for name in ("actions", "rasa-1", "rasa-2", "postgres", "redis"):
        assert services()[name]["networks"] == ["inner"], "no way out, none in"


def test_addresses_lead_to_services_and_their_ports() -> None:
    settings = services()["gateway"]["environment"]
    addresses = ("DATABASE_URL", "REDIS_URL", "RASA_URL", "ACTIONS_URL", "CAMPAIGNS_URL")
    for name in (f"FANZHA_{one}" for one in addresses):
        hosts = re.findall(r"(?://|@)([a-z0-9-]+):(\d+)", settings[name].partition("?")[0] + settings[name])
        assert hosts and {host for host, _ in hosts} - {"fanzha"} <= set(services()), name
    assert Settings(_env_file=None, rasa_url=settings["FANZHA_RASA_URL"]).dialogue_engines == (
        ("http://rasa-1:5005",),
        ("http://rasa-2:5005",),
    )
    secret = {"FANZHA_VAULT_KEY", "FANZHA_WECHAT_APP_SECRET"}
    for name in ("rasa-1", "actions"):
        assert not secret & set(services()[name]["environment"]) and "env_file" not in services()[name]


def test_backups_are_made_by_programs_of_the_databases_version() -> None:
    # Debian 12 has PostgreSQL 15; pg_dump refuses a server that is newer than itself.
    assert services()["postgres"]["image"] == "postgres:15-bookworm"
    assert "bookworm" in (DEPLOY / "docker" / "app.Dockerfile").read_text()


def test_the_proxys_word_about_visitors_is_believed_and_nobody_elses() -> None:
    from uvicorn.middleware.proxy_headers import _TrustedHosts

    network = yaml.safe_load(COMPOSE.read_text())["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert services()["gateway"]["environment"]["FORWARDED_ALLOW_IPS"] == network
    trusted = _TrustedHosts(network)
    assert "172.30.58.7" in trusted and "10.0.0.1" not in trusted


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize(
    "path", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda path: path.name
)
def test_a_unit_is_sound_and_hardened(path: Path, tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/fanzha", str(ROOT))
        (tmp_path / unit.name.replace("@.", "@8001.")).write_text(text)
    target = tmp_path / path.name.replace("@.", "@8001.")
    sound = subprocess.run(
        ["systemd-analyze", "verify", str(target)], capture_output=True, text=True, check=False, timeout=60
    )
    ours = [line for line in sound.stderr.splitlines() if str(tmp_path) in line or "fanzha" in line]
    assert (sound.returncode, ours) == (0, [])
    hardened = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(target)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert hardened.returncode == 0, hardened.stdout[-300:]


def test_units_name_folders_that_the_guide_makes() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    for place in ("/opt/fanzha", "/var/lib/fanzha", "/etc/fanzha/fanzha.env", "/var/backups/fanzha"):
        assert any(place in path.read_text() for path in UNITS)
        assert place in guide
    named = {one.replace("@8001", "@") for one in re.findall(r"fanzha[\w@-]*\.(?:service|timer)", guide)}
    assert named == {path.name for path in UNITS}


def test_the_guide_names_services_of_the_compose_file_and_what_it_asks_for() -> None:
    guide, text = (ROOT / "docs" / "operations.md").read_text(), COMPOSE.read_text()
    for words in re.findall(r"deploy/compose\.yml (?:exec|run --rm) (\w+)", guide):
        assert words in services(), words
    asked = set(re.findall(r"\$\{([A-Z_]+)", text)) - known_settings()
    assert {name for name in asked if f"`{name}`" not in guide} == set()
