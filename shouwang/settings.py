"""Every setting of the program: read once, strictly, into one frozen object."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shouwang.channel_settings import CHANNEL_KINDS, ChannelSettings
from shouwang.errors import SettingWrong
from shouwang.setting_tables import DEFAULT_LANES, Lane, Retention, Source

PREFIX: Final = "SHOUWANG_"

#: Names the file itself, so it cannot stand in the file.
CONFIG_VARIABLE: Final = "SHOUWANG_CONFIG"

#: A token that opens every question about who may sign in is never typed by a person.
TOKEN_LEAST: Final = 32

Port = Annotated[int, Field(ge=1, le=65_535)]


class LogFormat(StrEnum):
    """How log lines are written: for programs, or for a person at a terminal."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least serious line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Language(StrEnum):
    """Languages the notices and pages speak."""

    ZH_CN = "zh-CN"
    EN = "en"


class Settings(BaseSettings):
    """All settings, from `SHOUWANG_*` variables or the same names in lower case in the file SHOUWANG_CONFIG.

    A variable wins over the file. Passwords and addresses that hold one are never shown.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        env_nested_delimiter=None,
        hide_input_in_errors=True,
        env_ignore_empty=False,
        validate_default=True,
    )

    #: Embedded where not given. PostgreSQL 17 or later, directly or through a pooler in session mode.
    database_url: SecretStr | None = None
    #: Embedded where not given.
    mqtt_url: SecretStr | None = None
    #: The same broker by the account that may change its accounts: with it, the gateway keeps Mosquitto's dynamic
    #: security plugin as the database says. Without it, nobody of ours touches who may sign in there.
    mqtt_admin_url: SecretStr | None = None
    #: For mqtts://: whom we trust (the system's list otherwise), and who we are where the broker asks for it.
    mqtt_ca_file: FilePath | None = None
    mqtt_client_cert_file: FilePath | None = None
    mqtt_client_key_file: FilePath | None = None
    #: What a broker that asks us who may sign in (EMQX, RabbitMQ) proves itself with; without it nobody is answered.
    broker_token: SecretStr | None = None
    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    metrics_port: Port = 9464
    #: MQTT 3.1.1; MQTT 5 is on the next port, which is why this one ends earlier.
    embedded_mqtt_port: int = Field(1883, ge=1, le=65_534)
    data_dir: Path = Path("var")
    #: Looked at while we run: a good new text is a proposal that a second person approves, a bad one changes nothing.
    policy: FilePath | None = None
    admin_password: SecretStr | None = None
    secret_key_file: Path | None = None
    #: A dead man's switch outside, called with a plain GET after each full round of the canary; such addresses are
    #: secrets. It rings when it is *not* called.
    canary_url: SecretStr | None = None
    lanes: tuple[Lane, ...] = DEFAULT_LANES
    sources: tuple[Source, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    retention: Retention = Retention()
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.JSON
    site_timezone: str = "Asia/Shanghai"
    site_language: Language = Language.ZH_CN
    #: The centre's one fixed number, as others ring it back (centre.md, 18); read aloud at every hand-over.
    call_back_number: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` was given: no hidden .env file, no second reading of the environment."""
        return (init_settings,)

    @field_validator("database_url")
    @classmethod
    def _database_is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and urlsplit(url.get_secret_value()).scheme not in {"postgresql", "postgres"}:
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("mqtt_url", "mqtt_admin_url")
    @classmethod
    def _broker_is_mqtt(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("must be mqtt:// or mqtts://user:password@host:port")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError("its port must be 1 to 65535") from None
        return url

    @field_validator("canary_url")
    @classmethod
    def _canary_is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parts = urlsplit(url.get_secret_value())
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError("must begin with http:// or https://")
        return url

    @field_validator("broker_token")
    @classmethod
    def _token_is_long_enough(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < TOKEN_LEAST:
            raise ValueError(f"must have at least {TOKEN_LEAST} characters, as `openssl rand -hex 32` makes them")
        return token

    @field_validator("admin_password")
    @classmethod
    def _password_is_long_enough(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and len(password.get_secret_value()) < 8:
            raise ValueError("must have at least 8 characters")
        return password

    @field_validator("site_timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be a zone of the tz database, for example Asia/Shanghai") from None
        return name

    @model_validator(mode="after")
    def _lanes_have_one_name_each(self) -> Self:
        names = [lane.name for lane in self.lanes]
        if not names or len(set(names)) != len(names):
            raise ValueError("lanes: at least one, and each with a name of its own")
        return self

    @model_validator(mode="after")
    def _sources_have_one_name_each(self) -> Self:
        # A lane reads with a source as it is, and by its plain name.
        names = [source.name for source in self.sources] + list({lane.source for lane in self.lanes} - {"canonical"})
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"sources: {name} is the name of two; give each a name of its own")
        return self

    @model_validator(mode="after")
    def _channels_have_one_name_each(self) -> Self:
        names = [channel.name for channel in self.channels]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"channels: {name} is the name of two; give each a name of its own")
        return self

    @model_validator(mode="after")
    def _door_has_a_broker(self) -> Self:
        if self.mqtt_admin_url is not None and self.mqtt_url is None:
            raise ValueError("SHOUWANG_MQTT_ADMIN_URL: the embedded broker has no accounts; give SHOUWANG_MQTT_URL too")
        return self

    @property
    def database_address(self) -> str | None:
        """The database's address, with its password; None means embedded."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def broker_address(self) -> str:
        """The broker's address, with its password: the one given, or the embedded broker's MQTT 5 port."""
        if self.mqtt_url:
            return self.mqtt_url.get_secret_value()
        return f"mqtt://127.0.0.1:{self.embedded_mqtt_port + 1}"

    @property
    def broker_admin_address(self) -> str | None:
        """The broker by the account that may change its accounts; None where we do not."""
        return self.mqtt_admin_url.get_secret_value() if self.mqtt_admin_url else None

    @property
    def broker_secret(self) -> str | None:
        """What a broker that asks us proves itself with; None where none may."""
        return self.broker_token.get_secret_value() if self.broker_token else None

    @property
    def canary_address(self) -> str | None:
        """Where the dead man's switch is called; None where there is none."""
        return self.canary_url.get_secret_value() if self.canary_url else None

    @property
    def secret_key_path(self) -> Path:
        """Where the key for encrypted columns and sessions is."""
        return self.secret_key_file or self.data_dir / "secret.key"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings once; raises SettingWrong, one line naming what is wrong and what would be right."""
    variables = dict(os.environ if environ is None else environ)
    given = _from_file(variables) | _from_variables(variables)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingWrong(_first_fault(error)) from None


def _from_variables(variables: Mapping[str, str]) -> dict[str, Any]:
    known = {PREFIX + name.upper(): name for name in Settings.model_fields if name not in _TABLES}
    given: dict[str, Any] = {}
    for variable, value in variables.items():
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable.removeprefix(PREFIX).lower() in _TABLES:
            raise SettingWrong(f"{variable} is a table: write it in the file that {CONFIG_VARIABLE} names")
        if variable not in known:
            raise SettingWrong(_unknown(variable, [*known, CONFIG_VARIABLE]))
        if not value:
            raise SettingWrong(f"{variable} is empty: give a value, or leave the variable out for the default")
        given[known[variable]] = value
    return given


def _from_file(variables: Mapping[str, str]) -> dict[str, Any]:
    name = variables.get(CONFIG_VARIABLE)
    if name is None:
        return {}
    try:
        table = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingWrong(f"{CONFIG_VARIABLE}: {name} cannot be read: {why}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingWrong(f"{CONFIG_VARIABLE}: {name} is not TOML: {error}") from None
    for key, value in table.items():
        bare = key.removeprefix(PREFIX.lower())
        if bare not in Settings.model_fields:
            raise SettingWrong(f"{CONFIG_VARIABLE}: {name}: " + _unknown(key, list(Settings.model_fields)))
        if isinstance(value, bool):
            raise SettingWrong(f"{CONFIG_VARIABLE}: {name}: {key} is not a question of true or false")
    # "The same names in lower case": with the prefix or, as tables read better, without it.
    return {key.removeprefix(PREFIX.lower()): value for key, value in table.items()}


#: Tables of the file; no single variable could hold one.
_TABLES: Final[Mapping[str, type[BaseModel] | None]] = {
    "lanes": Lane,
    "sources": Source,
    "retention": Retention,
    "channels": None,  # each kind has keys of its own
}


def _unknown(name: str, known: list[str]) -> str:
    # Compared without the prefix: it would make everything look alike.
    bare = {each.removeprefix(PREFIX): each for each in known}
    near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.6)
    return f"{name} is not a setting" + (f"; did you mean {bare[near[0]]}?" if near else "; see `shouwang --help`")


def _first_fault(error: ValidationError) -> str:
    """One line from a validation error: the setting's public name and the allowed range, never its value."""
    fault = error.errors(include_input=False, include_url=False)[0]
    path = [str(part) for part in fault["loc"]]
    message = fault["msg"].removeprefix("Value error, ")
    if not path:
        return message
    if fault["type"] == "extra_forbidden":
        table = _TABLES[path[0]] or CHANNEL_KINDS[path[2]]
        return f"[{path[0]}] " + _unknown(path[-1], list(table.model_fields))
    name = PREFIX + path[0].upper() if path[0] not in _TABLES else ".".join(path)
    return f"{name}: {message[:1].lower()}{message[1:]}"
