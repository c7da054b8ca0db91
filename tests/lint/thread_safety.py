"""clang's -Wthread-safety over every source that takes a lock: thread_safety.py BUILD_DIR, which has been configured."""
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCKS = re.compile(r"\bmutex_lock\b|\bSMA_(GUARDED_BY|REQUIRES)\b")
# What is GCC's alone, and the precompiled headers, which are GCC's, too.
NOT_CLANGS = re.compile(r"^(-fcoroutines|-fopenmp.*|-Winvalid-pch)$")
CHECKS = ["-Wno-everything", "-Wthread-safety", "-Werror=thread-safety", "-fsyntax-only",
          # libtorch's headers want it of clang.
          "-include", str(ROOT / "tests/fuzz/torch_prelude.hpp")]


def clang_command(entry):
    words = iter(shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word == "-o" or word == "-include":
            next(words)
        elif word != "-c" and not NOT_CLANGS.match(word):
            kept.append(word)
    while not kept[0].startswith("-"):
        kept.pop(0)  # the compiler, and the compiler cache before it
    return ["clang++", *CHECKS, *kept]


def main():
    entries = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
    sources = [e for e in entries if (ROOT / "src") in pathlib.Path(e["file"]).parents
               and LOCKS.search(pathlib.Path(e["file"]).read_text())]
    failed = [e["file"] for e in sources
              if subprocess.run(clang_command(e), cwd=e["directory"], check=False).returncode]
    if not sources:
        sys.exit("thread_safety: no source takes a lock")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
