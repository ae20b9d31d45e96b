"""Files that running processes watch: kube-proxy, for one, ends when its configuration is touched."""

from pathlib import Path


def write_if_changed(path: Path, text: str, mode: int = 0o644) -> Path:
    """Leaves a file alone that has this content already. Returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() or path.read_text() != text:
        path.touch(mode)
        path.write_text(text)
    return path
