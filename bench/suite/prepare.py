"""Files that the services need and that are made once: int8 weights, ONNX files, the Node service's packages."""
import os
import shutil
import subprocess

from .services import PYTHON


def older(made, *sources):
    return not os.path.exists(made) or any(os.path.getmtime(made) < os.path.getmtime(each) for each in sources)


def run(command, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def everything(services, photos, flags, renew):
    """What is there stays, but with `renew` int8 weights that an older program made do not.

    flags: of the whole processor, which ONNX Runtime always uses.
    """
    half = calibration_photos(services.work, photos)
    if older(services.int8_weights, services.weights, *[services.program] * renew):
        run([services.program, "model", "quantize", services.weights, "--calibration", half, "--out",
             services.int8_weights])
    onnx_files(services, half, flags)
    node_packages(services)


def calibration_photos(work, photos):
    """A folder of half of the photos, the same for this project's int8 and the peer's."""
    half = os.path.join(work, "calibration")
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half)
    for name in sorted(os.listdir(photos))[::2]:
        os.symlink(os.path.abspath(os.path.join(photos, name)), os.path.join(half, name))
    return half


def onnx_files(services, calibration, flags):
    scripts = os.path.join(services.peers, "fastapi")
    export, quantize = (os.path.join(scripts, name) for name in ("export_onnx.py", "quantize_onnx.py"))
    without_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"}
    if older(services.onnx["fp32"], services.weights):
        run([PYTHON, export, services.weights, services.onnx["fp32"]], without_bytecode)
    if older(services.onnx["int8"], services.onnx["fp32"], quantize):
        reduced = [] if {"avx512_vnni", "avx_vnni"} & set(flags) else ["--reduce-range"]
        run([PYTHON, quantize, services.onnx["fp32"], calibration, services.onnx["int8"]] + reduced, without_bytecode)


def node_packages(services):
    source = os.path.join(services.peers, "node")
    os.makedirs(services.node, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(os.path.join(source, name), services.node)
    modules = os.path.join(services.node, "node_modules")
    if older(modules, os.path.join(source, "package-lock.json")):
        # The runtime's own install step would fetch CUDA's libraries, which no CPU needs.
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", services.node])
        os.utime(modules)
