"""What it costs to begin: the library and its command in a fresh interpreter."""

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.race import Peer, Row

if TYPE_CHECKING:
    import xarray as xr


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def _same(ours: None, theirs: None) -> str:
    return "both end with code 0"


def library(panel: "xr.Dataset") -> Row:
    """`import dlcore`, over an interpreter that imports nothing."""
    bare = Peer("bare python", lambda: _run("-c", "pass"), _same)
    return Row("import dlcore", lambda: _run("-c", "import dlcore"), (bare,), beyond=0.1)


def command(panel: "xr.Dataset") -> Row:
    """`dlcore --help`."""
    code = "import sys; sys.argv = ['dlcore', '--help']; from dlcore.cli import main; main()"
    return Row("dlcore --help", lambda: _run("-c", code), seconds=0.4)
