"""The messages of src/grpc/proto as Python's classes, which protoc makes at the time of the test."""
import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ("model_config", "inference", "health", "reflection")


def missing():
    """What the tests need and this machine has not; empty: nothing."""
    if shutil.which("protoc") is None:
        return "protoc (protobuf-compiler)"
    for module, package in (("grpc", "python3-grpcio"), ("google.protobuf", "python3-protobuf")):
        try:
            importlib.import_module(module)
        except ImportError:
            return package
    return ""


def load(source):
    """The modules, by their names."""
    protos = pathlib.Path(source) / "src/grpc/proto"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={protos}", f"--python_out={folder}",
                        *(f"{name}.proto" for name in NAMES)], check=True)
        sys.path.insert(0, folder)
        try:
            return {name: importlib.import_module(f"{name}_pb2") for name in NAMES}
        finally:
            sys.path.remove(folder)
