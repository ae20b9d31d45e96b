"""The command line's side of the control port."""

import argparse
import inspect
import json
import typing
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.district.control import COMMANDS

_TIMEOUT_SECONDS = 60


class ControlError(Exception):
    """The control port did not answer, or refused the command."""


def ask(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    """GETs ``path``, or POSTs ``body`` there, and gives the decoded answer. Raises ControlError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise ControlError(json.load(error)["error"]) from error
    except urllib.error.URLError as error:
        msg = f"no district listens on control port {port}: {error.reason}"
        raise ControlError(msg) from error


def perform(options: argparse.Namespace) -> str:
    """Runs the command that ``add_commands`` parsed; gives the line that says what changed."""
    given = {name: getattr(options, name) for name in _parameters(COMMANDS[options.command])}
    body = {name: value for name, value in given.items() if value is not None}
    if isinstance(body.get("secret"), Path):
        body["secret"] = body["secret"].read_text().strip()
    answer = ask(options.control_port, f"/{options.command}", body)
    return str(answer["changed"])


def add_commands(parser: argparse.ArgumentParser, parent: argparse.ArgumentParser) -> None:
    """One subcommand for each method of ``Controls``, with its parameters as options."""
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        summary = (inspect.getdoc(function) or "").partition(".")[0]
        command = commands.add_parser(name, parents=[parent], help=summary or None)
        for parameter in _parameters(function).values():
            _add_option(command, parameter, typing.get_type_hints(function)[parameter.name])


def _parameters(function: Callable[..., str]) -> dict[str, inspect.Parameter]:
    return {name: p for name, p in inspect.signature(function).parameters.items() if name != "self"}


def _add_option(command: argparse.ArgumentParser, parameter: inspect.Parameter, hint: Any) -> None:
    """A secret is read from a file: a command line is visible to everybody."""
    if parameter.name == "secret":
        command.add_argument("--secret-file", dest="secret", type=Path, required=True)
        return
    choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else None
    possible = {type(choice) for choice in choices} if choices else {hint, *typing.get_args(hint)}
    command.add_argument(
        f"--{parameter.name.replace('_', '-')}",
        dest=parameter.name,
        required=parameter.default is inspect.Parameter.empty,
        type=next((kind for kind in (int, float) if kind in possible), str),
        choices=choices,
    )
