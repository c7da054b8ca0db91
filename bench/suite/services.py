"""The services that are compared, ready to be started: this project's in three precisions, and the peers."""
import os
import shutil
import subprocess

from .processes import Server, free_port

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's PyTorch
OURS = ("int8", "bf16", "fp32")
TITLES = {
    "int8": "simple-model-api, int8",
    "bf16": "simple-model-api, bf16",
    "fp32": "simple-model-api, fp32",
    "node": "Fastify + sharp + ONNX Runtime",
    "fastapi": "FastAPI + PyTorch",
    "nginx": "nginx, one worker",
}


def model_files(build, root):
    """Weights and labels: ImageNet's where SMA_SHARED has them, else the demo model's."""
    shared = os.environ.get("SMA_SHARED", "")
    weights = os.path.join(shared, "weights/resnet50-imagenet.safetensors")
    if shared and os.path.exists(weights):
        return weights, os.path.join(root, "conf/imagenet_labels.txt")
    return os.path.join(build, "demo/demo.safetensors"), os.path.join(build, "demo/demo.labels.txt")


class Services:
    def __init__(self, build, peers, weights, labels, threads):
        """build: where the programs are; peers: the folder bench/peers."""
        self.build, self.peers, self.weights, self.labels, self.threads = build, peers, weights, labels, str(threads)
        self.work = os.path.join(build, "suite")
        os.makedirs(self.work, exist_ok=True)
        self.program = os.path.join(build, "simple-model-api")
        self.int8_weights = os.path.join(self.work, "int8.safetensors")
        self.onnx = os.path.join(self.work, "resnet50.onnx")
        self.node = os.path.join(self.work, "node")

    def prepare(self, photos, renew):
        """int8 weights from half of the photos, the ONNX file, the Node service's packages.

        What is there stays, but with `renew` int8 weights that an older program made do not.
        """
        self._quantize(photos, [self.weights] + [self.program] * renew)
        if self._older(self.onnx, self.weights):
            self._run([PYTHON, os.path.join(self.peers, "fastapi/export_onnx.py"), self.weights, self.onnx])
        source = os.path.join(self.peers, "node")
        os.makedirs(self.node, exist_ok=True)
        for name in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(os.path.join(source, name), self.node)
        if self._older(os.path.join(self.node, "node_modules"), os.path.join(source, "package-lock.json")):
            # The runtime's own install step would fetch CUDA's libraries, which no CPU needs.
            self._run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", self.node])
            os.utime(os.path.join(self.node, "node_modules"))

    def _quantize(self, photos, sources):
        if not self._older(self.int8_weights, *sources):
            return
        half = os.path.join(self.work, "calibration")
        shutil.rmtree(half, ignore_errors=True)
        os.makedirs(half)
        for name in sorted(os.listdir(photos))[::2]:
            os.symlink(os.path.abspath(os.path.join(photos, name)), os.path.join(half, name))
        self._run([self.program, "model", "quantize", self.weights, "--calibration", half, "--out", self.int8_weights])

    @staticmethod
    def _older(made, *sources):
        return not os.path.exists(made) or any(os.path.getmtime(made) < os.path.getmtime(each) for each in sources)

    @staticmethod
    def _run(command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    def server(self, name):
        port = free_port()
        log = os.path.join(self.work, f"{name}.log")
        if name in OURS:
            weights = self.int8_weights if name == "int8" else self.weights
            command = [self.program, "serve", "--port", str(port), "--weights", weights, "--labels", self.labels,
                       "--precision", name]
            return Server(name, command, port, log)
        if name == "fastapi":
            command = [PYTHON, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
            environment = {"WEIGHTS": self.weights, "LABELS": self.labels, "TORCH_THREADS": self.threads,
                           "PYTHONDONTWRITEBYTECODE": "1"}
            return Server(name, command, port, log, environment, os.path.join(self.peers, "fastapi"))
        if name == "node":
            environment = {"MODEL": self.onnx, "LABELS": self.labels, "THREADS": self.threads}
            return Server(name, ["node", "server.mjs", str(port)], port, log, environment, self.node)
        return self._nginx(port, log)

    def _nginx(self, port, log):
        folder = os.path.join(self.work, "nginx")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(self.peers, "nginx/nginx.conf.in"), encoding="utf-8") as f:
            configuration = f.read().replace("@PORT@", str(port))
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(configuration)
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        return Server("nginx", [program, "-p", folder, "-c", path], port, log)
