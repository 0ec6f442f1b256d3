"""Settings: every good one is taken, every bad one is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from shouwang.errors import SettingWrong
from shouwang.setting_tables import DEFAULT_LANES, Retention
from shouwang.settings import Settings, load


def test_without_any_setting_the_defaults_of_the_contract_hold() -> None:
    settings = load({})
    assert settings.database_address is None
    assert settings.broker_address == "mqtt://127.0.0.1:1884"
    assert (settings.http_host, settings.http_port, settings.metrics_port) == ("127.0.0.1", 8080, 9464)
    assert settings.embedded_mqtt_port == 1883
    assert settings.data_dir == Path("var")
    assert settings.secret_key_path == Path("var/secret.key")
    assert (settings.site_timezone, settings.site_language) == ("Asia/Shanghai", "zh-CN")
    assert [lane.name for lane in settings.lanes] == ["alarms", "telemetry"]


def test_other_programs_variables_are_none_of_ours() -> None:
    assert load({"HOME": "/root", "SHOU": "x", "shouwang_http_port": "1"}) == load({})


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SHOUWANG_HTP_PORT", "1", "SHOUWANG_HTP_PORT is not a setting; did you mean SHOUWANG_HTTP_PORT?"),
        ("SHOUWANG_XYZZY", "1", "SHOUWANG_XYZZY is not a setting; see"),
        ("SHOUWANG_HTTP_PORT", "", "SHOUWANG_HTTP_PORT is empty"),
        ("SHOUWANG_HTTP_PORT", "many", "SHOUWANG_HTTP_PORT: input should be a valid integer"),
        ("SHOUWANG_HTTP_PORT", "0", "SHOUWANG_HTTP_PORT: input should be greater than or equal to 1"),
        ("SHOUWANG_METRICS_PORT", "65536", "SHOUWANG_METRICS_PORT: input should be less than or equal to 65535"),
        # MQTT 5 needs the next port.
        ("SHOUWANG_EMBEDDED_MQTT_PORT", "65535", "SHOUWANG_EMBEDDED_MQTT_PORT: input should be less than"),
        ("SHOUWANG_DATABASE_URL", "mysql://x", "SHOUWANG_DATABASE_URL: must begin with postgresql://"),
        ("SHOUWANG_MQTT_URL", "http://x", "SHOUWANG_MQTT_URL: must be mqtt://"),
        ("SHOUWANG_CANARY_URL", "ftp://x/ping", "SHOUWANG_CANARY_URL: must begin with http"),
        ("SHOUWANG_CANARY_URL", "https://", "SHOUWANG_CANARY_URL: must begin with http"),
        ("SHOUWANG_MQTT_ADMIN_URL", "mqtt://door:x@broker", "SHOUWANG_MQTT_ADMIN_URL: the embedded broker has no"),
        ("SHOUWANG_MQTT_ADMIN_URL", "http://x", "SHOUWANG_MQTT_ADMIN_URL: must be mqtt"),
        ("SHOUWANG_MQTT_CA_FILE", "/nowhere/ca.crt", "SHOUWANG_MQTT_CA_FILE: path does not point to a file"),
        ("SHOUWANG_BROKER_TOKEN", "short", "SHOUWANG_BROKER_TOKEN: must have at least 32 characters"),
        ("SHOUWANG_MQTT_URL", "mqtt://", "SHOUWANG_MQTT_URL: must be mqtt://"),
        ("SHOUWANG_MQTT_URL", "mqtt://h:99999", "SHOUWANG_MQTT_URL: its port"),
        ("SHOUWANG_ADMIN_PASSWORD", "short", "SHOUWANG_ADMIN_PASSWORD: must have at least 8"),
        ("SHOUWANG_LOG_LEVEL", "loud", "SHOUWANG_LOG_LEVEL: input should be 'debug'"),
        ("SHOUWANG_LOG_FORMAT", "xml", "SHOUWANG_LOG_FORMAT: input should be 'json'"),
        ("SHOUWANG_SITE_TIMEZONE", "Mars/Base", "SHOUWANG_SITE_TIMEZONE: must be a zone"),
        ("SHOUWANG_SITE_TIMEZONE", "../etc/passwd", "SHOUWANG_SITE_TIMEZONE: must be a zone"),
        ("SHOUWANG_SITE_LANGUAGE", "fr", "SHOUWANG_SITE_LANGUAGE: input should be 'zh-CN'"),
        ("SHOUWANG_POLICY", "/nowhere/policy.toml", "SHOUWANG_POLICY: path does not point to a file"),
        ("SHOUWANG_LANES", "[]", "SHOUWANG_LANES is a table"),
        ("SHOUWANG_CONFIG", "/nowhere/at/all", "SHOUWANG_CONFIG: /nowhere/at/all cannot be read"),
    ],
)
def test_a_bad_variable_is_one_line_that_names_it(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        load({variable: value})
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http_prot = 1", "http_prot is not a setting; did you mean http_port?"),
        ("config = 'x'", "config is not a setting"),
        ("http_port = true", "http_port is not a question of true or false"),
        ("http_port = [", "is not TOML"),
        ("[retention]\nincidnts = 3", "[retention] incidnts is not a setting; did you mean incidents?"),
        ("[retention]\naccess_logs = 20", "retention.access_logs: input should be greater than or equal to 180"),
        ("[retention]\npositions = 0", "retention.positions: input should be greater than or equal to 1"),
        ("lanes = []", "lanes: at least one"),
        ("[[lanes]]\nname = 'a'\nfilters = ['x']\nqos = 1", "[lanes] qos is not a setting"),
        ("[[lanes]]\nname = 'a'\nfilters = []", "lanes.0.filters: "),
        ("[[lanes]]\nname = 'A b'\nfilters = ['x']", "lanes.0.name: "),
        ("[[lanes]]\nname = 'a'\nfilters = ['x/#/y']", "lanes.0.filters: 'x/#/y' is not an MQTT"),
        ("[[lanes]]\nname = 'a'\nfilters = ['x+/y']", "lanes.0.filters: 'x+/y' is not an MQTT"),
        (
            "[[lanes]]\nname = 'a'\nfilters = ['x']\n[[lanes]]\nname = 'a'\nfilters = ['y']",
            "lanes: at least one, and each with a name of its own",
        ),
    ],
)
def test_a_bad_file_is_one_line_that_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    config = tmp_path / "shouwang.toml"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(SettingWrong) as refused:
        load({"SHOUWANG_CONFIG": str(config)})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    config = tmp_path / "shouwang.toml"
    config.write_bytes("site_language = '中'".encode("gb18030"))
    with pytest.raises(SettingWrong, match="it is not UTF-8"):
        load({"SHOUWANG_CONFIG": str(config)})


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    config = tmp_path / "shouwang.toml"
    config.write_text("http_port = 9001\nshouwang_metrics_port = 9002\n[retention]\npositions = 7\n")
    settings = load({"SHOUWANG_CONFIG": str(config), "SHOUWANG_HTTP_PORT": "9003"})
    assert (settings.http_port, settings.metrics_port) == (9003, 9002)
    assert settings.retention == Retention(positions=7)
    assert settings.lanes == DEFAULT_LANES


@pytest.mark.parametrize("shown", [repr, str])
def test_secrets_are_never_shown(shown: object) -> None:
    settings = load(
        {
            "SHOUWANG_DATABASE_URL": "postgresql://u:geheim@db/x",
            "SHOUWANG_MQTT_URL": "mqtt://u:geheim@mq",
            "SHOUWANG_ADMIN_PASSWORD": "geheim-geheim",
        }
    )
    assert callable(shown)
    assert "geheim" not in shown(settings)
    assert settings.database_address == "postgresql://u:geheim@db/x"


def test_a_refused_secret_is_not_quoted() -> None:
    with pytest.raises(SettingWrong) as refused:
        load({"SHOUWANG_DATABASE_URL": "mysql://u:geheim@db"})
    assert "geheim" not in str(refused.value)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(pydantic.ValidationError):
        load({}).http_port = 1  # type: ignore[misc]  # that is the point


def test_nothing_but_what_was_given_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_HTTP_PORT", "9999")
    assert Settings().http_port == 8080
