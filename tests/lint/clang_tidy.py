"""clang-tidy and clang's -Wthread-safety over src and include: clang_tidy.py BUILD_DIR, which has been configured."""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What is GCC's alone, and the precompiled headers, which are GCC's, too.
NOT_CLANGS = re.compile(r"^(-fcoroutines|-fopenmp.*|-Winvalid-pch|-c)$")
FLAGS = ["-Wthread-safety", "-Wno-unknown-warning-option",
         # libtorch's headers want it of clang.
         "-include", str(ROOT / "tests/fuzz/torch_prelude.hpp")]
# The components whose sources include libtorch's headers.
TENSOR = {"libtorch"}
ANONYMOUS = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^(?:class|struct|enum class|enum) (\w+)|^using (\w+) =|"
                  r"^(?!namespace|using)\w[^({=;\n]*?\b(\w+)(?:\[\w*\])? *[({=;]", re.MULTILINE)


def clang_flags(entry):
    words = iter(shlex.split(entry["command"]))
    for word in words:
        if word in ("-o", "-include"):
            next(words)
        elif word == "-isystem":
            yield word + next(words)
        elif word.startswith("-") and not NOT_CLANGS.match(word):
            yield word


def component(source):
    return source.relative_to(ROOT / "src").parts[0]


def private_names(text):
    return {"".join(groups) for hidden in ANONYMOUS.findall(text) for groups in NAME.findall(hidden)}


def one_of(sources):
    """A source that includes the sources. A name that two of them hide from each other is another in the second."""
    taken = collections.defaultdict(set)
    lines = []
    for source in sources:
        names = private_names(source.read_text())
        clashes = sorted(names & taken[component(source)])
        lines += [f"#define {name} {name}_of_{source.stem}" for name in clashes]
        lines += [f'#include "{source}"']
        lines += [f"#undef {name}" for name in clashes]
        taken[component(source)] |= names
    return "\n".join(lines) + "\n"


def units(sources):
    """Lists of sources to read as one: most of the time goes into the headers of Asio and libtorch."""
    groups = collections.defaultdict(list)
    for source in sources:
        # Highway has such a source include itself, which works once in a unit. Every part has the same entry.
        alone = "<hwy/foreach_target.h>" in source.read_text() or component(source) == "parts"
        groups[source.stem if alone else component(source) in TENSOR].append(source)
    return sorted(groups.values(), key=len, reverse=True)


def tidy(path, flags):
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(path), "--", *FLAGS, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout or (done.stderr if done.returncode else ""), end="", flush=True)
    return done.returncode


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    entries = [e for e in json.loads((build / "compile_commands.json").read_text())
               if ROOT / "src" in pathlib.Path(e["file"]).parents]
    flags = list(dict.fromkeys(flag for e in entries for flag in clang_flags(e)))
    sources = sorted(pathlib.Path(e["file"]) for e in entries)
    if not sources:
        sys.exit("clang_tidy: no sources")
    (build / "lint").mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        running = []
        for number, unit in enumerate(units(sources)):
            path = build / "lint" / f"unit_{number}.cpp"
            path.write_text(one_of(unit))
            running.append(pool.submit(tidy, path, flags))
    sys.exit(1 if any(r.result() for r in running) else 0)


if __name__ == "__main__":
    main()
