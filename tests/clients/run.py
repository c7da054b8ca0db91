"""Test of the server with one everyday client: run.py CLIENT PROGRAM WEIGHTS SOURCE_DIR.

Exit status: 0 it works, 77 the client is not installed, anything else: it does not work.
"""

import importlib
import pathlib
import sys

SKIPPED = 77


def main():
    client, program, weights, source = sys.argv[1:]
    here = pathlib.Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent / "support")]
    try:
        tests = importlib.import_module(f"with_{client}")
    except ModuleNotFoundError as missing:
        print(f"skipped: Python has no module {missing.name}")
        return SKIPPED
    if missing := getattr(tests, "missing", lambda: None)():
        print(f"skipped: {missing}")
        return SKIPPED
    from server import Server
    with Server(program, "--weights", weights) as server:
        for name, test in vars(tests).items():
            if name.startswith("test_"):
                test(server.url, pathlib.Path(source).resolve() / "conf/demo/samples")
                print("ok", client, name.removeprefix("test_"))
    return 0


sys.exit(main())
