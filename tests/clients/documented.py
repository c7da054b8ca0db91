"""Test of one program of docs/clients.md, as it stands there: documented.py NAME PROGRAM WEIGHTS SOURCE_DIR.

Exit status: 0 it works, 77 its tools are not installed, anything else: it does not work.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import typing

SKIPPED = 77
TIMEOUT_S = 600  # compilers on a busy machine
ADDRESS = "127.0.0.1:8000"
GRPC_ADDRESS = "127.0.0.1:8001"
# What ./run clients installs beside Debian's packages.
INSTALLED = pathlib.Path("build/clients")
TYPESCRIPT = ("openapi-typescript", "openapi-fetch", "typescript")


class Example(typing.NamedTuple):
    fence: str  # how its block begins
    file: str
    run: tuple
    prepare: tuple = ()  # commands that come first
    tools: tuple = ()
    refused: str = "UNSUPPORTED_MEDIA_TYPE"  # what a file that is no image is reported with


def tritonclient_python(source):
    """That of ./run clients, where it is."""
    own = source / INSTALLED / "python/bin/python3"
    return str(own) if own.exists() else "/usr/bin/python3"


def protoc(source):
    return ("protoc", f"--proto_path={source / 'src/grpc/proto'}", "--python_out=.", "inference.proto", "model_config.proto")


def examples(source):
    compile_typescript = ("node_modules/.bin/tsc", "--strict", "--module", "nodenext", "--target", "es2022", "predict.ts")
    return {
        "curl": Example("sh", "predict", ("sh", "predict"), tools=("curl",)),
        "requests": Example("python", "predict.py", ("/usr/bin/python3", "predict.py"), tools=("/usr/bin/python3 requests",)),
        "tritonclient": Example("python tritonclient", "predict.py", (tritonclient_python(source), "predict.py"),
                                tools=(f"{tritonclient_python(source)} tritonclient.http",),
                                refused="not those of an accepted image format"),
        "grpc": Example("python grpc", "predict.py", ("/usr/bin/python3", "predict.py"), (protoc(source),),
                        ("protoc", "/usr/bin/python3 grpc", "/usr/bin/python3 google.protobuf"),
                        refused="not those of an accepted image format"),
        "fetch": Example("js", "predict.mjs", ("node", "predict.mjs"), tools=("node",)),
        "go": Example("go", "predict.go", ("./predict",), (("go", "build", "-o", "predict", "predict.go"),), ("go",)),
        "java": Example("java", "Predict.java", ("java", "Predict"), (("javac", "Predict.java"),), ("java", "javac")),
        "typescript": Example("ts", "predict.ts", ("node", "predict.js"), (compile_typescript,), ("node",)),
    }


def blocks(text):
    """How a block begins -> what it has."""
    found = re.findall(r"^```([^\n]+)\n(.*?)^```$", text, re.M | re.S)
    assert len(dict(found)) == len(found), "two blocks begin alike"
    return dict(found)


def missing(name, example, source):
    """Why the example cannot be run here, or nothing."""
    for tool in example.tools:
        command, _, module = tool.partition(" ")
        if not shutil.which(command):
            return f"{command} is not installed"
        if module and subprocess.run([command, "-c", f"import {module}"], capture_output=True).returncode != 0:
            return f"Python has no module {module}"
    if name == "typescript":
        for package in TYPESCRIPT:
            if not (source / INSTALLED / "node_modules" / package).exists():
                return f"npm's {package} is not installed (./run clients)"
    return None


def run(command, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SMA_")}
    return subprocess.run(command, cwd=folder, env={**environment, "HOME": str(folder)}, capture_output=True, text=True,
                          timeout=TIMEOUT_S)


def require_success(done):
    assert done.returncode == 0, (done.args, done.stdout, done.stderr)


def prepare(example, folder):
    for command in example.prepare:
        require_success(run(command, folder))


def generate_types(text, url, folder, source):
    """By the command that the document names."""
    (folder / "node_modules").symlink_to(source / INSTALLED / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    command = re.search(r"`npx (openapi-typescript [^`]+)`", text)[1].replace(f"http://{ADDRESS}", url)
    require_success(run([f"node_modules/.bin/{command.split()[0]}", *command.split()[1:]], folder))


def require_typed(example, folder):
    """A wrong name does not compile."""
    program = (folder / example.file).read_text()
    (folder / example.file).write_text(program.replace("found.class_name", "found.class_nam"))
    for command in example.prepare:
        done = run(command, folder)
        assert done.returncode != 0 and "class_nam" in done.stdout, (done.stdout, done.stderr)


def require_star(example, folder, classes):
    done = run(example.run, folder)
    require_success(done)
    named = [word for word in re.findall(r"\w+", done.stdout) if word in classes]
    assert named and named[0] == "star", done.stdout


def require_refusal(example, folder):
    (folder / "photo.jpg").write_bytes(b"no image")
    done = run(example.run, folder)
    assert done.returncode != 0, (done.stdout, done.stderr)
    assert example.refused in done.stdout + done.stderr, (done.stdout, done.stderr)


def check(name, example, addresses, source):
    text = (source / "docs/clients.md").read_text(encoding="utf-8")
    found = blocks(text)
    assert set(found) == {each.fence for each in examples(source).values()}, "a block has no test, or a test has no block"
    program = found[example.fence]
    assert any(address in program for address in addresses), program
    for address, actual in addresses.items():
        program = program.replace(address, actual)
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        (folder / example.file).write_text(program, encoding="utf-8")
        shutil.copy(source / "conf/demo/samples/star-1.jpg", folder / "photo.jpg")
        if name == "typescript":
            generate_types(text, "http://" + addresses[ADDRESS], folder, source)
        prepare(example, folder)
        require_star(example, folder, (source / "conf/demo/demo.labels.txt").read_text().split())
        require_refusal(example, folder)
        if name == "typescript":
            require_typed(example, folder)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    name, program, weights, directory = sys.argv[1:]
    source = pathlib.Path(directory).resolve()
    example = examples(source)[name]
    if why := missing(name, example, source):
        print(f"skipped: {why}")
        return SKIPPED
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
    from server import Server
    addresses = {}
    arguments = ["--weights", weights]
    if name == "grpc":
        if not (pathlib.Path(program).parent / "parts/grpc.so").exists():
            print("skipped: the part \"grpc\" was not built")
            return SKIPPED
        addresses[GRPC_ADDRESS] = f"127.0.0.1:{free_port()}"
        arguments += ["--grpc-listen", addresses[GRPC_ADDRESS]]
    with Server(program, *arguments) as server:
        addresses[ADDRESS] = server.url.removeprefix("http://")
        check(name, example, addresses, source)
    print("ok", name)
    return 0


sys.exit(main())
