"""What lies in deploy/, as far as it can be checked without a container runtime and a service manager."""

import argparse
import asyncio
import configparser
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.web.metrics import Metrics
from adapters.web.server import WebServer
from bot.__main__ import COMMANDS
from bot.cli.run import WRONG_SETTING
from bot.crew import Role
from bot.meter import Counts, Health
from bot.settings import Settings
from unit.deploy.plain_yaml import read

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
RUNNING = [unit for unit in UNITS if unit.stem != "roundtable-backup"]
SETTINGS = {name.upper() for name in Settings.model_fields}
OF_OTHERS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
"""Names that Python and the shell read."""

COMPOSE = read(DEPLOY / "compose.yaml")
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "postgres"}
DOCKERFILE = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())


def section(unit: Path, name: str) -> dict[str, list[str]]:
    """A unit's section; a name may stand there several times."""

    class Several(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401 - as configparser has it
            if key in self and isinstance(value, list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    parser = configparser.RawConfigParser(strict=False, dict_type=Several, comment_prefixes="#", delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    parser.read_string(unit.read_text())
    return {key: value.split("\n") for key, value in parser[name].items()}


def parsed(words: list[str]) -> argparse.Namespace:
    """What ``python -m bot`` makes of these words."""
    module, _ = COMMANDS[words[0]]
    parser = argparse.ArgumentParser(exit_on_error=False)
    importlib.import_module(f"bot.cli.{module}").add_arguments(parser)
    return parser.parse_args(words[1:])


def words_after_bot(line: str) -> list[str]:
    """What follows ``-m bot`` in a command, also within a shell's."""
    words = shlex.split(line)
    if "-c" in words:
        words = shlex.split(words[words.index("-c") + 1])
    return words[words.index("bot") + 1 :]


def minutes(text: str) -> float:
    figure, unit = re.fullmatch(r"(\d+)(s|min|m|h)?", text).groups()  # type: ignore[union-attr]  # else it fails here
    return int(figure) * {"s": 1 / 60, None: 1 / 60, "min": 1, "m": 1, "h": 60}[unit]


# Units of systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    names: list[Path] = []
    for unit in (DEPLOY / "systemd").iterdir():
        # It looks whether each program is there; ours lies elsewhere.
        text = unit.read_text().replace("/srv/roundtable/.venv/bin/python", sys.executable)
        names.append(tmp_path / unit.name)
        names[-1].write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, names)],  # noqa: S607 - wherever it is
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_runs_a_command_that_is_there_as_nobody_in_particular(unit: Path) -> None:
    service = section(unit, "Service")
    (start,) = service["ExecStart"]
    arguments = parsed(words_after_bot(start))
    assert getattr(arguments, "role", None) in {None, *(role.value for role in Role)}
    assert service["User"] == ["roundtable"]
    assert service["EnvironmentFile"] == ["/etc/roundtable/roundtable.env"]
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
        assert service[name] == ["yes"], name
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service["UMask"] == ["0077"]
    assert service["StateDirectoryMode"] == ["0700"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_sets_what_is_a_setting_and_writes_where_it_may(unit: Path) -> None:
    service = section(unit, "Service")
    folders = {f"/var/lib/{name}" for line in service["StateDirectory"] for name in line.split()}
    for assignment in service["Environment"]:
        name, _, value = assignment.partition("=")
        assert name in SETTINGS | OF_OTHERS, name
        path = value.removeprefix("sqlite:///")
        if path.startswith("/"):
            assert str(Path(path).parent) in folders, value
    for folder in re.findall(r"/var/lib/[\w-]+", unit.read_text()):
        assert folder in folders, folder


@pytest.mark.parametrize("unit", RUNNING, ids=lambda unit: unit.stem)
def test_a_unit_is_given_time_to_end_and_is_down_for_good_only_for_a_wrong_setting(unit: Path) -> None:
    limits, service = section(unit, "Unit"), section(unit, "Service")
    assert service["Restart"] == ["on-failure"]
    assert minutes(service["TimeoutStopSec"][0]) >= 0.5
    # A database that is gone for an hour, or a night, is waited for.
    assert limits["StartLimitIntervalSec"] == ["0"]
    assert service["RestartPreventExitStatus"] == [str(WRONG_SETTING)]
    assert minutes(service["RestartSec"][0]) >= 0.25, "what ends at once must not keep the machine busy"


def test_workers_do_not_share_a_port() -> None:
    (start,) = section(DEPLOY / "systemd" / "roundtable-worker@.service", "Service")["ExecStart"]
    port = re.search(r" (\w+)=81%i ", start)
    assert port
    assert port[1] in SETTINGS


def test_the_timer_starts_the_backup() -> None:
    timer = DEPLOY / "systemd" / "roundtable-backup.timer"
    assert timer.with_suffix(".service") in UNITS
    assert section(timer, "Timer")["Persistent"] == ["true"]


# Containers


def instructions(name: str) -> Iterator[str]:
    for line in DOCKERFILE.splitlines():
        if line.startswith(f"{name} "):
            yield line.removeprefix(f"{name} ").strip()


def image_settings() -> dict[str, str]:
    (line,) = instructions("ENV")
    return dict(word.split("=", 1) for word in shlex.split(line))


def test_the_image_is_of_locked_parts_and_runs_as_nobody_in_particular() -> None:
    installs = [line for line in instructions("RUN") if " install " in line and "pip" in line]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    *_, user = instructions("USER")
    assert user == "10001:10001"
    assert not any("chown" in line for line in instructions("COPY"))
    assert image_settings().keys() <= SETTINGS | OF_OTHERS


def test_the_image_holds_all_that_the_program_needs_and_no_secret(tmp_path: Path) -> None:
    copied = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for source, target in copied:
        assert f"!{source}" in kept
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {
        **{name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ},
        **{name: value for name, value in image_settings().items() if name.startswith("PYTHON")},
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/roundtable.db",
        "KEY_FILE": f"{tmp_path}/keys/key",
    }
    (entry,) = instructions("ENTRYPOINT")
    _python, *words = json.loads(entry)
    for command in ("migrate", "doctor"):
        done = subprocess.run(
            [sys.executable, *words, command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        # In the large form nobody else may write where the key lies.
        assert (tmp_path / "keys" / "key").is_file()


async def test_the_image_s_health_check_asks_how_the_process_is() -> None:
    line = next(instructions("HEALTHCHECK"))
    command = json.loads(line[line.index("CMD [") + 4 :])
    answers = [Health(database=True, sweeps=False), Health(database=False, sweeps=False)]

    async def health() -> Health:
        return answers[0]

    async def nothing() -> bytes:
        return b""

    web = WebServer("127.0.0.1", 0, health, nothing, None)
    await web.start()
    environment = {"PATH": os.environ["PATH"], "HTTP_PORT": str(web.address[1])}
    statuses: list[int | None] = []
    while answers:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command[1:], env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        statuses.append(await asyncio.wait_for(process.wait(), 60))
        answers.pop(0)
    await web.stop()
    assert statuses == [0, 1]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_is_shut_in_and_given_time_to_end(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["env_file"] == ["../.env"]
    assert service["read_only"] == "true"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert minutes(service["stop_grace_period"]) >= 0.5
    assert service["environment"].keys() <= SETTINGS
    arguments = parsed(service.get("command", ["run"]))
    assert getattr(arguments, "role", "all") == {"adapter": "adapter", "worker": "worker"}.get(name, "all")
    mounts = dict(volume.split(":")[:2] for volume in service["volumes"])
    for value in service["environment"].values():
        path = value.removeprefix("sqlite:///")
        if path.startswith("/"):
            assert str(Path(path).parent) in mounts.values()
    assert mounts.get("data") != mounts["keys"]
    assert mounts.keys() <= COMPOSE["volumes"].keys()


@pytest.mark.parametrize("name", OURS)
def test_a_service_s_settings_are_ones_that_the_program_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting, raising=False)
    for setting, value in COMPOSE["services"][name]["environment"].items():
        monkeypatch.setenv(setting, value.replace("${POSTGRES_PASSWORD:-}", "secret"))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic's own
    assert settings.http_port == 8080
    assert settings.database_url.startswith("sqlite" if name == "bot" else "postgresql")


def test_small_is_one_process_and_large_an_adapter_and_workers() -> None:
    profiles: dict[str, set[str]] = {}
    for name, service in COMPOSE["services"].items():
        (profile,) = service["profiles"]
        profiles.setdefault(profile, set()).add(name)
    assert profiles == {"small": {"bot"}, "large": {"postgres", "migrate", "adapter", "worker"}}
    assert int(COMPOSE["services"]["worker"]["scale"]) > 1
    assert "scale" not in COMPOSE["services"]["adapter"]


def test_the_database_is_reached_by_nobody_else() -> None:
    postgres = COMPOSE["services"]["postgres"]
    assert "ports" not in postgres
    assert postgres["networks"] == ["database"]
    assert COMPOSE["networks"]["database"] == {"internal": "true"}
    assert postgres["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_what_is_published_is_for_this_machine_alone() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


# Monitoring


def rules() -> list[dict[str, Any]]:
    (group,) = read(DEPLOY / "prometheus" / "alerts.yaml")["groups"]
    return group["rules"]


async def test_alerts_ask_for_figures_that_there_are() -> None:
    async def counts() -> Counts:
        return Counts(untold={"in_doubt": 1}, flags_open={"crisis": 1})

    metrics = Metrics(counts)
    metrics.failed("telegram", "Refused")
    shown = (await metrics.expose()).decode()
    for rule in rules():
        for name, label in re.findall(r"(roundtable_\w+)(?:\{(\w+=\"\w+\")\})?", rule["expr"]):
            assert any(line.startswith((f"{name}{{", f"{name} ")) for line in shown.splitlines()), name
            assert any(line.startswith(name) and label in line for line in shown.splitlines()), (name, label)
        assert rule["annotations"].keys() == {"summary", "what_to_do"}
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_what_members_would_miss_calls_somebody() -> None:
    asked = {rule["alert"]: rule["expr"] for rule in rules()}
    assert asked["RoundtableRemindersWaiting"] == "max(roundtable_reminders_waiting_seconds) > 600"
    assert asked["RoundtableRemindersInDoubt"].endswith("> 0")
    assert asked["RoundtableDatabaseLate"] == "max(roundtable_database_late) == 1"
    assert asked["RoundtableDown"] == 'up{job="roundtable"} == 0'
    assert "roundtable_flags_open" in asked["RoundtableFlagsWaiting"]


def test_prometheus_is_told_of_the_rules_and_the_port() -> None:
    told = read(DEPLOY / "prometheus" / "prometheus.yaml")
    assert [(DEPLOY / "prometheus" / name).is_file() for name in told["rule_files"]] == [True]
    (job,) = told["scrape_configs"]
    assert job["job_name"] == "roundtable"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8080"]}]


def test_every_file_is_told_of() -> None:
    told = (DEPLOY / "README.md").read_text()
    for file in DEPLOY.rglob("*"):
        if file.is_file() and file.name != "README.md":
            assert file.name in told, file.name
