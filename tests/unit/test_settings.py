import os
from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import LONGEST
from spear_stream.ops.settings import Settings, describe, effective, load_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("SPEAR_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(**flags: object) -> list[str]:
    """The lines of the ConfigError that the settings end in."""
    with pytest.raises(ConfigError) as caught:
        load_settings({name.replace("__", "."): value for name, value in flags.items()})
    return str(caught.value).splitlines()


def origins() -> dict[str, tuple[str, str]]:
    return {setting.toml: (setting.value, setting.origin) for setting in effective(load_settings())}


def test_nothing_set_gives_the_defaults() -> None:
    assert load_settings() == Settings()


def test_precedence_is_flag_environment_dotenv_toml_secret_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fields = ["group_id", "alert_topic", "dead_letter_topic", "repartition_topic", "username"]
    names = [f"SPEAR_KAFKA__{field.upper()}" for field in fields]
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in names:
        (secrets / name).write_text("secret-file\n")
    monkeypatch.setenv("SPEAR_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("SPEAR_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("SPEAR_KAFKA__SASL_MECHANISM", "PLAIN")
    monkeypatch.setenv("SPEAR_KAFKA__PASSWORD", "x")
    config = tmp_path / "spear.toml"
    config.write_text("[kafka]\n" + "".join(f'{field} = "toml-{field}"\n' for field in fields[:4]))
    (tmp_path / ".env").write_text("".join(f"{name}=dotenv-{name}\n" for name in names[:3]))
    for name in names[:2]:
        monkeypatch.setenv(name, f"environment-{name}")

    kafka = load_settings({"kafka.group_id": "flag"}, config).kafka

    assert kafka.group_id == "flag"
    assert kafka.alert_topic == "environment-SPEAR_KAFKA__ALERT_TOPIC"
    assert kafka.dead_letter_topic == "dotenv-SPEAR_KAFKA__DEAD_LETTER_TOPIC"
    assert kafka.repartition_topic == "toml-repartition_topic"
    assert kafka.username == "secret-file"


def test_each_value_says_where_it_came_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "spear.toml"
    config.write_text('[kafka]\ninput_topics = ["a", "b"]\n')
    (tmp_path / ".env").write_text(f"SPEAR_CONFIG={config}\nSPEAR_LOG__LEVEL=debug\n")
    monkeypatch.setenv("SPEAR_HTTP__PORT", "9")

    found = origins()

    assert found["kafka.input_topics"] == ("a,b", str(config))
    assert found["log.level"] == ("debug", ".env")
    assert found["http.port"] == ("9", "environment")
    assert found["http.host"] == ("127.0.0.1", "default")


def test_a_secret_is_read_from_its_file_and_shown_masked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2 \n")
    monkeypatch.setenv("SPEAR_KAFKA__PASSWORD_FILE", str(secret))
    login = {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "username": "me"}

    settings = load_settings({f"kafka.{field}": value for field, value in login.items()})

    assert settings.kafka.password is not None
    assert settings.kafka.password.get_secret_value() == "hunter2 "
    shown = {setting.toml: setting for setting in effective(settings)}
    assert (shown["kafka.password"].value, shown["kafka.password"].origin) == ("***", str(secret))
    assert "hunter2" not in repr(settings)


def test_lists_and_maps_read_the_same_from_text_and_toml(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "spear.toml"
    config.write_text(
        '[kafka]\ninput_topics = ["a", "b"]\n[input.values]\ncpu = "usage.cpu"\nmem = "usage.mem"\n'
    )
    from_toml = load_settings(config=config)
    monkeypatch.setenv("SPEAR_KAFKA__INPUT_TOPICS", "a, b")
    monkeypatch.setenv("SPEAR_INPUT__VALUES", "cpu=usage.cpu, mem=usage.mem")

    from_text = load_settings()

    assert (from_text.kafka, from_text.input) == (from_toml.kafka, from_toml.input)
    assert from_toml.kafka.input_topics == ("a", "b")
    assert from_toml.input.values == {"cpu": "usage.cpu", "mem": "usage.mem"}


def test_a_topic_expression_may_hold_commas() -> None:
    kafka = load_settings({"kafka.input_topics": "^metrics.{1,3}$"}).kafka
    assert kafka.input_pattern == "^metrics.{1,3}$"
    assert load_settings({"kafka.input_topics": "metrics"}).kafka.input_pattern is None


def test_none_turns_an_optional_limit_off() -> None:
    assert load_settings({"input.max_future_seconds": "none"}).input.max_future_seconds is None


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAR_KAFKA__REPARTITION_TOPIC", "")
    assert load_settings().kafka.repartition_topic is None


def test_every_wrong_value_is_one_line_with_name_value_origin_and_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPEAR_HTTP__PORT", "70000")
    monkeypatch.setenv("SPEAR_INPUT__VALUES", "a=b..c,d=")

    lines = refusal(alerts__open_score="nan", kafka__input_topics=["a b", "c d"])

    assert [line.partition(" ")[0] for line in lines] == [
        "SPEAR_KAFKA__INPUT_TOPICS=['a",
        "SPEAR_INPUT__VALUES=a=b..c,d=",
        "SPEAR_ALERTS__OPEN_SCORE=nan",
        "SPEAR_HTTP__PORT=70000",
    ]
    assert lines[-1] == (
        "SPEAR_HTTP__PORT=70000 (environment): must be less than or equal to 65535. "
        "Port of these endpoints; 0 turns them off."
    )


def test_a_hop_that_reaches_farther_back_than_any_window_is_refused() -> None:
    (line,) = refusal(scoring__hop=LONGEST + 1)
    assert line.startswith(
        f"SPEAR_SCORING__HOP={LONGEST + 1} (flag): must be less than or equal to {LONGEST}. "
    )


def test_a_drain_in_which_no_commit_goes_through_after_a_fault_is_refused() -> None:
    (line,) = refusal(service__drain_seconds=0.5)
    assert line.startswith("SPEAR_SERVICE__DRAIN_SECONDS=0.5 (flag): must be greater")
    assert "equal to 2. " in line
    assert "to open transactions anew: with less none would ever go through" in line
    assert load_settings({"service.drain_seconds": 2}).service.drain_seconds == 2


def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "spear.toml"
    config.write_text("[kafka]\npassword = 123456\n")
    monkeypatch.setenv("SPEAR_CONFIG", str(config))
    assert refusal()[0].startswith(f"SPEAR_KAFKA__PASSWORD=*** ({config}): ")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("SPEAR_KAFKA__GRUOP_ID", "SPEAR_KAFKA__GROUP_ID"),
        ("SPEAR_KAFKA_GROUP_ID", "SPEAR_KAFKA__GROUP_ID"),
        ("SPEAR_KAFKA__PASSWORD_FIEL", "SPEAR_KAFKA__PASSWORD"),
    ],
)
def test_an_unknown_variable_suggests_the_nearest(
    monkeypatch: pytest.MonkeyPatch, wrong: str, right: str
) -> None:
    monkeypatch.setenv(wrong, "x")
    assert refusal() == [f"{wrong} (environment) is no setting; did you mean {right}?"]


def test_unknown_names_in_files_and_flags_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "spear.toml"
    config.write_text('[kafk]\ngroup_id = "x"\n[zzz]\nq = 1\n')
    (tmp_path / ".env").write_text(f"SPEAR_CONFIG={config}\nSPEAR_LOG__LEVLE=info\nOTHER=1\n")

    assert refusal(log__formt="json") == [
        "log.formt (flag) is no setting; did you mean log.format?",
        "SPEAR_LOG__LEVLE (.env) is no setting; did you mean SPEAR_LOG__LEVEL?",
        f"kafk.group_id ({config}) is no setting; did you mean kafka.group_id?",
        f"zzz.q ({config}) is no setting; docs/configuration.md lists all settings",
    ]


def test_variables_of_a_kubernetes_service_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAR_STREAM_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("SPEAR_STREAM_SERVICE_PORT_HTTP", "8080")
    monkeypatch.setenv("SPEAR_STREAM_PORT_8080_TCP_ADDR", "10.0.0.1")
    assert load_settings() == Settings()


def test_a_kubernetes_service_called_spear_hides_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAR_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("SPEAR_SERVICE_PORT_HTTP", "80")
    monkeypatch.setenv("SPEAR_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("SPEAR_SERVICE__DELIVERY", "at_least_once")
    assert load_settings().service.delivery == "at_least_once"


@pytest.mark.parametrize("name", ["SPEAR_CONFIG", "SPEAR_SECRETS_DIR", "SPEAR_KAFKA__PASSWORD_FILE"])
def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "absent"))
    (line,) = refusal()
    assert line.startswith(f"{name}: ")
    assert str(tmp_path / "absent") in line


def test_an_unreadable_dotenv_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SPEAR_LOG__LEVEL=\xff\n")
    assert refusal() == [".env: not UTF-8 text; it must be a text file that this user can read"]


def test_broken_toml_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "spear.toml"
    config.write_text("[kafka\n")
    with pytest.raises(ConfigError, match=r"^--config: .*spear\.toml is no valid TOML: .*line 1"):
        load_settings(config=config)
    monkeypatch.setenv("SPEAR_CONFIG", str(config))
    with pytest.raises(ConfigError, match=r"^SPEAR_CONFIG: .*spear\.toml is no valid TOML: .*line 1"):
        load_settings()


def test_a_missing_file_of_the_flag_is_told_as_the_flag(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--config: .*absent\.toml: No such file"):
        load_settings(config=tmp_path / "absent.toml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().http.port = 1


def test_every_setting_is_described_and_every_number_has_a_unit() -> None:
    for setting in describe():
        assert setting.description.endswith("."), setting.env
        assert setting.unit or "number" not in setting.type, setting.env
