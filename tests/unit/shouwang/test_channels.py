"""`[[channels]]`: what is wrong is one clear line at the start; a secret stands in a file; a demo sends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from notify.catcher import Catcher
from notify.channel import Kind, Message, Sent
from notify.templates import SAID
from rules.clock import FakeClock
from rules.domain.case_events import CaseEvent, Wanted
from rules.domain.vocabulary import Priority
from shouwang.channels import channels_of, hears_back, wanted_of
from shouwang.errors import SettingWrong
from shouwang.settings import Settings, load
from tests.channels import message

TEMPLATES = "\n".join(f'{purpose} = "TTS_{number}"' for number, purpose in enumerate(SAID))


def block(kind: str, folder: Path, **more: str) -> str:
    """A whole table of a kind, with its secrets in files."""
    for name, text in {"api": "api-secret", "callback": "c" * 40, "hook": "whsec_" + "QUJD" * 11}.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    api, callback, hook = folder / "api", folder / "callback", folder / "hook"
    registered = f'callback_secret_file = "{callback}"\n' + "{more}[channels.templates.zh]\n" + TEMPLATES
    aliyun, tencent = (
        f'access_key_id = "k"\naccess_key_secret_file = "{api}"\n',
        (f'secret_id = "k"\nsecret_key_file = "{api}"\napp_id = "1400000000"\n'),
    )
    keys = {
        "voice_aliyun": f'{aliyun}show_number = "057100000000"\ntaken_code = "T_1"\n'
        f'declined_code = "T_2"\n{registered}',
        "voice_tencent": tencent + registered,
        "sms_aliyun": f'{aliyun}signature = "澄湾守望"\n{registered}',
        "sms_tencent": f'{tencent}signature = "澄湾守望"\n{registered}',
        "webhook": f'url = "https://county.example/in"\nsecret_file = "{hook}"\n' + "{more}",
        "email": f'host = "relay.example"\nsender = "a@centre.example"\nusername = "a"\npassword_file = "{api}"\n'
        + "{more}",
        "wecom_robot": f'key_file = "{api}"\n' + "{more}",
        "dingtalk_robot": f'token_file = "{api}"\nsecret_file = "{api}"\n' + "{more}",
        "catcher": "{more}",
    }[kind]
    added = "".join(f"{name} = {value}\n" for name, value in more.items())
    return f'[[channels]]\nname = "one"\nkind = "{kind}"\n' + keys.replace("{more}", added)


KINDS = {
    "voice_aliyun": Kind.VOICE, "voice_tencent": Kind.VOICE, "sms_aliyun": Kind.SMS, "sms_tencent": Kind.SMS,
    "webhook": Kind.WEBHOOK, "email": Kind.EMAIL, "wecom_robot": Kind.ROBOT, "dingtalk_robot": Kind.ROBOT,
    "catcher": Kind.CATCHER,
}  # fmt: skip


def settings(folder: Path, toml: str) -> Settings:
    path = folder / "shouwang.toml"
    path.write_text(toml, encoding="utf-8")
    return load({"SHOUWANG_CONFIG": str(path)})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_built_with_its_rate_and_reserve(kind: str, tmp_path: Path) -> None:
    given = settings(tmp_path, block(kind, tmp_path, rate_per_minute="12", reserve_p1="4"))
    (channel,) = channels_of(given, demo=False, clock=FakeClock())
    assert (channel.name, channel.kind) == ("one", KINDS[kind])
    assert (channel.per_minute_most, channel.reserve_p1) == (12, 4)
    assert set(hears_back([channel])) == ({"one"} if kind.startswith(("voice", "sms")) else set())
    assert "api-secret" not in repr(channel) and "api-secret" not in repr(given)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_demo_sends_nothing_outside_and_reads_no_secret(kind: str, tmp_path: Path) -> None:
    given = settings(tmp_path, block(kind, tmp_path))
    for name in ("api", "callback", "hook"):
        (tmp_path / name).unlink()
    made = channels_of(given, demo=True, clock=FakeClock())
    assert all(isinstance(channel, Catcher) for channel in made)
    assert {channel.kind for channel in made} >= {Kind.VOICE, Kind.SMS, Kind.EMAIL, Kind.WEBHOOK, Kind.ROBOT}
    told = message(key_press=True)
    for channel in made:
        assert isinstance(await channel.send(told), Sent)
        assert isinstance(channel, Catcher) and list[Message](channel.caught) == [told]


def test_without_any_channel_there_is_none(tmp_path: Path) -> None:
    assert channels_of(settings(tmp_path, ""), demo=False, clock=FakeClock()) == []


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("voice_aliyun", {"access_key_secret": '"in-the-open"'}, "access_key_secret_file"),
        ("dingtalk_robot", {"secret": '"in-the-open"'}, "backups"),
        ("voice_aliyun", {"shownumber": '"1"'}, "did you mean show_number"),
        ("voice_aliyun", {"endpoint": '"http://voice.example"'}, "must be https"),
        ("voice_aliyun", {"endpoint": '"https://voice.example/path"'}, "https://host only"),
        ("webhook", {"rate_per_minute": "10", "reserve_p1": "11"}, "reserve_p1"),
        ("wecom_robot", {"rate_per_minute": "21"}, "refuses more than 20"),
        ("webhook", {"events": '["opend"]'}, "'opened'"),
        ("webhook", {"priorities": '["P0"]'}, "'P1'"),
        ("webhook", {"areas": '["澄湾县"]'}, "pattern"),
        ("catcher", {"rate_per_minute": "0"}, "greater than or equal to 1"),
        ("email", {"security": '"none"'}, "starttls"),
        ("sms_aliyun", {"callback_secret": '"in-the-open"'}, "callback_secret_file"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path: Path, kind: str, more: dict[str, str], says: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        settings(tmp_path, block(kind, tmp_path, **more))
    line = str(refused.value)
    assert (
        says in line and "\n" not in line and "in-the-open" not in line and line.startswith(("channels", "[channels]"))
    )


def test_a_template_that_nobody_registered_is_found_at_the_start(tmp_path: Path) -> None:
    toml = block("voice_aliyun", tmp_path).replace('escalation = "TTS_0"\n', "")
    with pytest.raises(SettingWrong, match=r"templates\.zh lacks escalation"):
        settings(tmp_path, toml)


def test_two_channels_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match="is the name of two"):
        settings(tmp_path, block("catcher", tmp_path) + "\n" + block("catcher", tmp_path))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("api", "", "fewer than 1"), ("api", "two lines\nhere", "more than one secret"),
        ("callback", "short", "fewer than 32"), ("callback", "\x00" * 40, "more than one secret"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_one_names_its_file_and_never_itself(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    given = settings(tmp_path, block("voice_aliyun", tmp_path))
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingWrong, match=says) as refused:
        channels_of(given, demo=False, clock=FakeClock())
    assert str(tmp_path / name) in str(refused.value) and (not text or text not in str(refused.value))


def test_a_webhooks_secret_is_one_of_standard_webhooks(tmp_path: Path) -> None:
    given = settings(tmp_path, block("webhook", tmp_path))
    (tmp_path / "hook").write_text("just-a-word", encoding="utf-8")
    with pytest.raises(SettingWrong, match="whsec_"):
        channels_of(given, demo=False, clock=FakeClock())


def test_a_webhook_chooses_what_it_is_told_and_chooses_everything_where_it_says_nothing(tmp_path: Path) -> None:
    assert wanted_of(settings(tmp_path, block("webhook", tmp_path))) == [Wanted(name="one")]
    chosen = block("webhook", tmp_path, areas='["320681"]', priorities='["P1", "P2"]', events='["opened", "closed"]')
    assert wanted_of(settings(tmp_path, chosen)) == [
        Wanted(
            name="one", areas=("320681",), priorities=frozenset({Priority.CRITICAL, Priority.URGENT}),
            events=frozenset({CaseEvent.OPENED, CaseEvent.CLOSED}),
        )
    ]  # fmt: skip
    assert wanted_of(settings(tmp_path, block("catcher", tmp_path))) == []


def test_channels_never_come_from_a_variable() -> None:
    with pytest.raises(SettingWrong, match="is a table"):
        load({"SHOUWANG_CHANNELS": "[]"})
