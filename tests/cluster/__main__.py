"""`python -m tests.cluster up | down | status | build | load | kubeconfig | env`, from the repository's root."""

import argparse
import shlex
import sys
from pathlib import Path

from tests.cluster import choose, images
from tests.cluster.progress import Progress
from tests.cluster.provider import Cluster, ClusterError


def main() -> int:
    """0: done, or ready. 1: the cluster is not ready, or what was asked failed; why is on stderr."""
    arguments = _parser().parse_args()
    progress = Progress()
    try:
        if arguments.command == "build":
            return _build(arguments, progress)
        return _answer(arguments, choose.cluster(progress))
    except ClusterError as refused:
        sys.stderr.write(f"{refused}\n")
        return 1


def _answer(arguments: argparse.Namespace, cluster: Cluster) -> int:
    match arguments.command:
        case "up":
            cluster.up()
        case "down":
            cluster.down()
        case "status":
            status = cluster.status()
            sys.stdout.write("".join(f"{line}\n" for line in status.lines))
            return 0 if status.ready else 1
        case "load":
            cluster.load(arguments.images)
        case "kubeconfig":
            sys.stdout.write(f"{cluster.kubeconfig}\n")
        case "env":
            sys.stdout.write(_exports(cluster))
    return 0


def _build(arguments: argparse.Namespace, progress: Progress) -> int:
    given = dict(pair.split("=", 1) for pair in arguments.build_arg)
    build = images.Build(arguments.tag, arguments.file, arguments.context, given)
    if not images.ensure(build, choose.image_engine(progress), progress):
        progress.say(f"image {build.tag} is up to date")
    return 0


def _exports(cluster: Cluster) -> str:
    lines = [f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}"]
    if cluster.program_directory:
        lines.insert(0, f'export PATH={shlex.quote(str(cluster.program_directory))}:"$PATH"')
    return "".join(f"{line}\n" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the cluster, or mend it; the first time on a machine takes some minutes")
    commands.add_parser("down", help="stop what up started, and remove every trace of it")
    commands.add_parser("status", help="say what runs; exit code 0 when pods can be started")
    build = commands.add_parser("build", help="build an image, unless nothing has changed; may run beside up")
    build.add_argument("--tag", required=True)
    build.add_argument("--file", required=True, type=Path, help="the Containerfile")
    build.add_argument("--context", required=True, type=Path, help="folder that it copies from")
    build.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    load = commands.add_parser("load", help="make images that were built here runnable in pods")
    load.add_argument("images", nargs="+", metavar="IMAGE")
    commands.add_parser("kubeconfig", help="print the path of an administrator's kubeconfig")
    commands.add_parser("env", help='print what to evaluate in a shell: eval "$(python -m tests.cluster env)"')
    return parser


if __name__ == "__main__":
    sys.exit(main())
