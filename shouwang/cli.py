"""The command line: every command of the program, and how a mistake becomes one clear line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from shouwang.errors import SettingWrong, ShouwangError
from shouwang.metrics import program_version
from shouwang.settings import Settings, load

#: A wrong setting or command line ends like this, anything else that is refused with 1.
EXIT_USAGE: Final = 2
EXIT_REFUSED: Final = 1
EXIT_INTERRUPTED: Final = 130

#: Commands that live in files of their own, imported only when asked for: `shouwang --help` stays quick, and what
#: needs no database does not load one.
COMMANDS: Final = {
    "up": "shouwang.run_commands:up",
    "gateway": "shouwang.run_commands:gateway",
    "rules": "shouwang.run_commands:rules",
    "console": "shouwang.run_commands:console",
    "migrate": "shouwang.run_commands:migrate",
    "decode": "shouwang.decode:decode",
    "simulate": "shouwang.run_commands:simulate",
    "device": "shouwang.register_commands:device",
    "bridge": "shouwang.credential_commands:bridge",
    "user": "shouwang.register_commands:user",
    "token": "shouwang.register_commands:token",
    "check-policy": "shouwang.policy_commands:check_policy",
    "policy": "shouwang.policy_commands:policy",
    "explain": "shouwang.policy_commands:explain",
    "replay": "shouwang.replay_command:replay",
    "report": "shouwang.report_command:report",
    "audit": "shouwang.record_commands:audit",
    "check": "shouwang.check:check",
}

_SUMMARIES: Final = {
    "up": "Run all parts in one process tree.",
    "gateway": "Run the devices' edge alone.",
    "rules": "Run the engine of deadlines alone.",
    "console": "Run the people's edge alone.",
    "migrate": "Bring the database schema up to date.",
    "decode": "Print the canonical events of recorded messages.",
    "simulate": "Run a fleet of invented devices against a broker.",
    "device": "Register devices: add, import, list; what they sign in with: credential.",
    "bridge": "Vendors' bridges at the broker: issue, revoke.",
    "user": "Users of the console: add, passwd, phone, list.",
    "token": "Tokens of programs: create, revoke.",
    "check-policy": "Say everything that is wrong with a policy's file.",
    "policy": "The policy in force: show, write, list, propose, difference, approve, refuse, back.",
    "explain": "Print why an event gets its class.",
    "replay": "Run a changed policy over recorded events.",
    "report": "A month's figures as a signed bundle: month, verify.",
    "audit": "Check the incident records' hash chain.",
    "check": "Say what is reachable and healthy, and what to do about what is not.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- the signature is click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- the signature is click's
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- the signature is click's
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(program_version(), prog_name="shouwang")
def cli() -> None:
    """Shouwang (守望): the emergency-call and monitoring centre for older people who live at home.

    Settings come from SHOUWANG_* variables, or the same names in lower case in a TOML file named by SHOUWANG_CONFIG.
    """


def settings_of(**changes: Any) -> Settings:
    """The settings, read anew; a wrong one ends the command with exit 2."""
    settings = load()
    return settings.model_copy(update=changes) if changes else settings


def main() -> NoReturn:
    """Run the command line; whatever is refused is one line on standard error and a non-zero exit."""
    if not __debug__:
        _end("python -O switches off the checks this program relies on: start it without -O and PYTHONOPTIMIZE", 1)
    try:
        code = _answer(lambda: cli.main(standalone_mode=False))
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_REFUSED
    sys.exit(code)


def _answer(run: Callable[[], Any]) -> int:
    """The exit code; what is refused has been said. An error that is nobody's sentence is ours: it keeps its stack."""
    try:
        result = run()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        return _refused(error.format_message(), error.exit_code)
    except (Exception, BaseExceptionGroup) as error:
        known = _known_in(error)
        if known is None:
            raise
        code = EXIT_USAGE if isinstance(known, SettingWrong) else EXIT_REFUSED
        for line in getattr(known, "lines", (str(known),)):
            _refused(line, code)
        return code
    return result if isinstance(result, int) else 0


def _is_known(error: BaseException) -> bool:
    """Whether the error's text is a sentence for a person; the store is only asked once it has been loaded."""
    store = sys.modules.get("store.database")
    return isinstance(error, ShouwangError) or (store is not None and isinstance(error, store.StoreError))


def _known_in(error: BaseException) -> BaseException | None:
    """The error itself, or the first of a group, whose text is a sentence for a person."""
    if isinstance(error, BaseExceptionGroup):
        return next((known for part in error.exceptions if (known := _known_in(part)) is not None), None)
    return error if _is_known(error) else None


def _refused(message: str, code: int) -> int:
    print(f"shouwang: {' '.join(message.split())}", file=sys.stderr)
    return code


def _end(message: str, code: int) -> NoReturn:
    sys.exit(_refused(message, code))


def existing_file(path: str) -> Path:
    """The file, or a mistake of the command line."""
    found = Path(path)
    if not found.is_file():
        raise click.ClickException(f"{path} is no file")
    return found
