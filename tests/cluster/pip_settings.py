"""How the machine's pip reaches its packages, for a pip that runs in an image being built.

Only where packages come from and how to get there; the rest is the image's own business.
"""

import configparser
from collections.abc import Iterable, Mapping
from pathlib import Path

_NAMES = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "cert",
    "proxy",
    "timeout",
    "default-timeout",
)
# https://pip.pypa.io/en/stable/topics/configuration/, the later ones win
FILES = (Path("/etc/pip.conf"), Path("~/.pip/pip.conf"), Path("~/.config/pip/pip.conf"))


def collect(environment: Mapping[str, str], files: Iterable[Path]) -> dict[str, str]:
    """Setting -> value, from configuration files and from PIP_* variables, which win."""
    parser = configparser.RawConfigParser()
    parser.read(path.expanduser() for path in files)
    found = {}
    for name in _NAMES:
        for section in ("global", "install"):
            if parser.has_option(section, name):
                found[name] = parser.get(section, name)
        if value := environment.get(f"PIP_{name.upper().replace('-', '_')}"):
            found[name] = value
    return found


def as_file(settings: Mapping[str, str]) -> str:
    """The text of a pip.conf."""
    lines = [f"{name} = " + value.replace("\n", "\n  ") for name, value in settings.items()]
    return "\n".join(["[global]", *lines, ""])


def named_paths(settings: Mapping[str, str]) -> list[Path]:
    """Files and folders of the machine that the settings name, and that are there."""
    words = " ".join(settings.get(name, "") for name in ("find-links", "cert")).split()
    return [path for path in map(Path, words) if path.is_absolute() and path.exists()]
