from pathlib import Path

import pytest

from tests.cluster.images import Build, build_key, reference, sources

CONTAINERFILE = """\
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE} AS builder
COPY --chown=1:1 pyproject.toml \\
     operator/ /src/
copy ["LICENSE", "/src/"]
ADD https://example.org/archive.tar /src/
FROM ${PYTHON_IMAGE}
COPY --from=builder /venv /venv
"""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    context = tmp_path / "context"
    (context / "operator" / "package").mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE", "README.md", "operator/package/main.py"):
        (context / name).write_text(name)
    file = tmp_path / "Containerfile"
    file.write_text(CONTAINERFILE)
    return Build("localhost/product:1", file, context)


def test_sources_are_what_is_copied_from_the_context() -> None:
    assert sources(CONTAINERFILE) == ["pyproject.toml", "operator/", "LICENSE"]


@pytest.mark.parametrize("name", ["pyproject.toml", "LICENSE", "operator/package/main.py"])
def test_a_changed_source_changes_the_key(build: Build, name: str) -> None:
    before = build_key(build)
    (build.context / name).write_text("changed")
    assert build_key(build) != before


def test_a_new_file_in_a_copied_folder_changes_the_key(build: Build) -> None:
    before = build_key(build)
    (build.context / "operator" / "package" / "new.py").touch()
    assert build_key(build) != before


def test_what_is_not_copied_and_what_python_leaves_do_not_count(build: Build) -> None:
    before = build_key(build)
    (build.context / "README.md").write_text("changed")
    (build.context / "operator" / "__pycache__").mkdir()
    (build.context / "operator" / "__pycache__" / "main.pyc").touch()
    assert build_key(build) == before


def test_a_folder_copied_whole_counts_whole(build: Build) -> None:
    build.file.write_text("FROM scratch\nCOPY . /src\n")
    before = build_key(build)
    (build.context / "README.md").write_text("changed")
    assert build_key(build) != before


def test_the_containerfile_and_the_arguments_count(build: Build) -> None:
    before = build_key(build)
    other = Build(build.tag, build.file, build.context, {"PYTHON_IMAGE": "python:3.13-slim"})
    assert build_key(other) != before
    build.file.write_text(CONTAINERFILE + "USER 1\n")
    assert build_key(build) != before


def test_another_build_of_the_image_it_starts_from_counts(build: Build) -> None:
    assert build_key(build, ["built from one thing"]) != build_key(build, ["built from another"])


@pytest.mark.parametrize(
    ("tag", "complete"),
    [
        ("localhost/product:1", "localhost/product:1"),
        ("product:1", "docker.io/library/product:1"),
        ("team/product", "docker.io/team/product:latest"),
        ("registry.example:5000/product", "registry.example:5000/product:latest"),
    ],
)
def test_a_tag_is_completed_as_the_kubelet_does(tag: str, complete: str) -> None:
    assert reference(tag) == complete
