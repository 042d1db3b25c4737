"""The compose file and the image, as far as can be told without a Docker engine."""

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer.main
import yaml
from pydantic import JsonValue

from streams.cli.main import application
from streams.settings import _names
from streams.topology import STAGES
from streams.worker import NAMES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MAVEN = "{http://maven.apache.org/POM/4.0.0}"

Json = dict[str, JsonValue]


def _object(value: JsonValue) -> Json:
    assert isinstance(value, dict)
    return value


COMPOSE = _object(yaml.safe_load(TEXT))
SERVICES = {name: _object(service) for name, service in _object(COMPOSE["services"]).items()}


def _strings(value: JsonValue) -> list[str]:
    assert isinstance(value, list)
    return [str(each) for each in value]


def _stages(service: str) -> list[str]:
    command = SERVICES[service].get("command", [])
    words = _strings(command)
    return words[-1].split(",") if "--stages" in words else []


def _environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in _object(SERVICES[service].get("environment", {})).items()}


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_loopback_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in _strings(SERVICES[service].get("ports", [])))


def test_something_is_published_at_all() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["kafka", "clickhouse"]


def test_the_broker_is_the_one_that_was_tested() -> None:
    pom = ET.parse(ROOT / "tests" / "kafka" / "pom.xml")
    tested = pom.findtext(f".//{MAVEN}dependency[{MAVEN}groupId='org.apache.kafka']/{MAVEN}version")
    image, _, version = str(SERVICES["kafka"]["image"]).partition(":")
    assert (image, version) == ("apache/kafka", tested)
    assert version.startswith("4.")


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_has_a_default(service: str) -> None:
    for name, value in _environment(service).items():
        if re.search(r"PASSWORD|KEYS?__(?!STORE)|TOKEN|DSN", name):
            assert "${CLICKHOUSE_PASSWORD:?" in value or value.startswith("/run/secrets/"), name


def test_the_example_names_every_secret_and_gives_none() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line for line in lines if line and not line.startswith("#")}
    needed = set(re.findall(r"\$\{(\w+):\?", TEXT))
    needed |= {str(_object(secret)["environment"]) for secret in _object(COMPOSE["secrets"]).values()}
    assert named == {f"{name}=" for name in needed}
    assert {".env", "model.env"} <= set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())


def test_every_stage_runs_once() -> None:
    assert sorted(stage for service in SERVICES for stage in _stages(service)) == sorted(NAMES)


def test_keys_are_where_the_stages_are_that_need_them() -> None:
    holders = {name: _strings(service.get("secrets", [])) for name, service in SERVICES.items()}
    assert {name: held for name, held in holders.items() if held} == {
        "sealed": ["vault-key"],
        "settle": ["vault-key", "signing-key"],
    }
    assert _stages("sealed") == ["redact", "enforce"]
    assert _stages("settle") == ["settle"]
    assert "escalate" in _stages("worker")


def test_who_holds_the_vaults_key_shares_the_store_of_wrapped_keys() -> None:
    for name, service in SERVICES.items():
        holds = "vault-key" in _strings(service.get("secrets", []))
        (mounted,) = [
            each.partition(":")[2]
            for each in _strings(service.get("volumes", []))
            if each.startswith("keys:")
        ] or [""]
        assert bool(mounted) is holds, name
        assert _environment(name).get("SLUICEGATE_KEYS__STORE", "").rpartition("/")[0] == mounted
        assert f"--mode=0700 {mounted}\n" in DOCKERFILE or not mounted


@pytest.mark.parametrize("service", SERVICES)
def test_settings_are_known(service: str) -> None:
    ours = {name for name in _environment(service) if name.startswith("SLUICEGATE_")}
    assert ours <= set(_names())


def test_commands_exist() -> None:
    commands = typer.main.get_command(application())
    used = re.findall(r"^ *sluicegate (.+)$", "\n".join(_strings(SERVICES["init"]["command"])), re.MULTILINE)
    assert used == ["topics create", "migrate", "documents load"]
    for words in (*(line.split() for line in used), ["worker"]):
        found = commands
        for word in words:
            found = getattr(found, "commands", {})[word]
    assert {stage.name for stage in STAGES} < set(NAMES)


@pytest.mark.parametrize("service", ["kafka", "clickhouse"])
def test_what_others_wait_for_says_when_it_is_ready(service: str) -> None:
    assert "test" in _object(SERVICES[service]["healthcheck"])
    assert _object(SERVICES["init"]["depends_on"])[service] == {"condition": "service_healthy"}


@pytest.mark.parametrize("service", [name for name in SERVICES if _stages(name)])
def test_a_worker_waits_for_the_preparation_and_runs_without_privileges(service: str) -> None:
    assert SERVICES[service]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_volumes_are_named_and_declared() -> None:
    mounted = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in _strings(service.get("volumes", []))
    }
    assert mounted == _object(COMPOSE["volumes"]).keys()


def test_the_image_takes_every_package_and_runs_as_nobody_special() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for package in packages:
        assert f"COPY {package} {package}\n" in DOCKERFILE
        assert f"!{package}" in allowed
    assert "*" in allowed
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["sluicegate"]
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11-slim"}
