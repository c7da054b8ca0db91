"""What the commands share that work in Debian roots."""
import argparse
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
SKIPPED = 77  # as ctest knows it


def skip(why):
    print(f"{pathlib.Path(sys.argv[0]).name}: skipped: {why}")
    sys.exit(SKIPPED)


def parser(description):
    words = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--roots", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "sma-roots",
                       help="where the roots stay between runs (default: %(default)s)")
    words.add_argument("release", choices=("bookworm", "trixie"))
    return words


def require(programs, modules=None):
    """Root, and these programs and modules of Python: {name: Debian's package}."""
    if os.geteuid() != 0:
        skip("it needs root")
    missing = [package for name, package in programs.items() if not shutil.which(name)]
    missing += [package for name, package in (modules or {}).items() if not importlib.util.find_spec(name)]
    if missing:
        skip(f"not installed: {' '.join(missing)}")


def make_root(release, root):
    subprocess.run([HERE / "debian_root", release, root], check=True)


def last_words(log):
    lines = (line.strip() for line in log.read_text(errors="replace").splitlines())
    return " / ".join([line for line in lines if line][-6:])
