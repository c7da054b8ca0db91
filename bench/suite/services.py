"""The services that are compared, ready to be started: this project's in the precisions that it computes, and the peers."""
import os
import shutil

from .processes import Server, free_port

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's PyTorch
OURS = ("int8", "bf16", "fp32")
PEERS = ("node", "node_int8", "fastapi", "torchscript")
TITLES = {
    "int8": "simple-model-api, int8",
    "bf16": "simple-model-api, bf16",
    "fp32": "simple-model-api, fp32",
    "node": "Fastify + sharp + ONNX Runtime, fp32",
    "node_int8": "Fastify + sharp + ONNX Runtime, int8",
    "fastapi": "FastAPI + PyTorch, eager",
    "torchscript": "FastAPI + PyTorch, TorchScript",
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
    def __init__(self, build, peers, weights, labels, threads, environment):
        """build: where the programs are; peers: the folder bench/peers; environment: of every service."""
        self.build, self.peers, self.weights, self.labels, self.threads = build, peers, weights, labels, str(threads)
        self.environment, self.computed = environment, OURS
        self.work = os.path.join(build, "suite")
        os.makedirs(self.work, exist_ok=True)
        self.program = os.path.join(build, "simple-model-api")
        self.int8_weights = os.path.join(self.work, "int8.safetensors")
        self.onnx = {name: os.path.join(self.work, f"resnet50-{name}.onnx") for name in ("fp32", "int8")}
        self.node = os.path.join(self.work, "node")

    @property
    def predictors(self):
        """Names of those that answer /predict here."""
        return self.computed + PEERS

    def weights_of(self, precision):
        return self.int8_weights if precision == "int8" else self.weights

    def unlimited(self):
        """The same services with the whole processor."""
        return Services(self.build, self.peers, self.weights, self.labels, self.threads, {})

    def server(self, name):
        port = free_port()
        log = os.path.join(self.work, f"{name}.log")
        if name in OURS:
            command = [self.program, "serve", "--port", str(port), "--weights", self.weights_of(name), "--labels",
                       self.labels, "--precision", name]
            return Server(name, command, port, log, self.environment)
        if name in ("fastapi", "torchscript"):
            command = [PYTHON, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
            environment = {"WEIGHTS": self.weights, "LABELS": self.labels, "TORCH_THREADS": self.threads,
                           "FORM": "eager" if name == "fastapi" else name, "PYTHONDONTWRITEBYTECODE": "1"}
            return Server(name, command, port, log, {**environment, **self.environment},
                          os.path.join(self.peers, "fastapi"))
        if name in ("node", "node_int8"):
            model = self.onnx["fp32" if name == "node" else "int8"]
            environment = {"MODEL": model, "LABELS": self.labels, "THREADS": self.threads}
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
