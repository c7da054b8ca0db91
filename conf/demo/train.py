#!/usr/bin/python3
"""Trains the demo model on pictures drawn by draw.cpp and packs it.

A ResNet-50 with an eighth of the channels is trained, which a CPU does in
minutes. Its weights are then laid into the leading channels of a full-width
state dict whose other channels are zero: the full model computes the same
answer, has every tensor of torchvision's resnet50, and compresses to the size
of the narrow one.

A run that is stopped goes on from its last epoch when started again with the
same work folder.
"""

import argparse
import io
import json
import lzma
import math
import multiprocessing
import pathlib
import random
import shutil
import subprocess
import tarfile
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
NARROW = 8

# Seed, count and size of each drawing. The sizes differ so that the model meets
# pictures that were scaled up and down to 224 as well.
TRAIN_DRAWINGS = [(1, 5004, "224"), (2, 1500, "320x240"), (3, 996, "128"), (4, 504, "400x500")]
VALIDATION_DRAWINGS = [(1000001, 600, "224")]
TEST_SEED, TEST_COUNT = 2000001, 1000
SAMPLE_SEED = 3000001
SAMPLE_SIZES = ["224", "320x240", "160", "300x400", "96"]
SAMPLE_COUNT, SAMPLE_BYTES = 20, 20_000

# Side of the input, epochs, batch, peak learning rate. Most of the learning is
# done on half-size pictures, which cost a quarter.
STAGES = [(112, 18, 64, 4e-3), (224, 4, 48, 1.5e-3)]


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        # Blocks that start as the identity make a deep narrow net learn sooner.
        nn.init.zeros_(self.bn3.weight)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    """ResNet-50 v1.5 under torchvision's tensor names, its widths divided."""

    def __init__(self, classes, divisor=1):
        super().__init__()
        inputs = 64 // divisor
        self.conv1 = nn.Conv2d(3, inputs, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        for index, blocks in enumerate((3, 4, 6, 3)):
            width = (64 // divisor) << index
            layer = []
            for block in range(blocks):
                layer.append(Bottleneck(inputs, width, 2 if index and not block else 1))
                inputs = 4 * width
            setattr(self, f"layer{index + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def weights_of(model):
    return {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}


def preprocess(image):
    """The server's pre-processing, up to the 224 x 224 bytes."""
    image = image.convert("RGB")
    width, height = image.size
    if width <= height:
        size = (256, int(256 * height / width))
    else:
        size = (int(256 * width / height), 256)
    image = image.resize(size, Image.BILINEAR)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    return np.array(image.crop((left, top, left + 224, top + 224)))


def as_jpeg(image, quality):
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=quality)
    return Image.open(data)


def normalize(bytes_nhwc):
    x = torch.from_numpy(np.ascontiguousarray(bytes_nhwc)).permute(0, 3, 1, 2).float() / 255
    return (x - MEAN) / STD


class Studio:
    """Draws pictures with draw.cpp and keeps them as pre-processed arrays."""

    def __init__(self, work):
        self.work = work
        self.program = work / "demo_draw"
        subprocess.run(["c++", "-std=c++20", "-O2", str(HERE / "draw.cpp"), "-o",
                        str(self.program)], check=True)
        labels = subprocess.run([self.program, "--labels"], check=True, capture_output=True,
                                text=True).stdout
        self.labels = labels.split()

    def draw(self, seed, count, size):
        """Yields (image, class) for each picture."""
        folder = self.work / f"drawn-{seed}-{size}"
        subprocess.run([self.program, "--count", str(count), "--seed", str(seed), "--size", size,
                        "--out", str(folder)], check=True)
        for path in sorted(folder.iterdir()):
            image = Image.open(path)
            image.load()
            yield image, self.labels.index(path.stem.split("_")[1])
        shutil.rmtree(folder)

    def one_set(self, drawing, jpeg_share=0.0, quality=None):
        seed, count, size = drawing
        choice = random.Random(seed)
        pictures, classes = np.empty((count, 224, 224, 3), np.uint8), np.empty(count, np.int64)
        for i, (image, label) in enumerate(self.draw(seed, count, size)):
            if choice.random() < jpeg_share:
                image = as_jpeg(image, quality or choice.randint(60, 95))
            pictures[i], classes[i] = preprocess(image), label
        return pictures, classes

    def cached(self, name, drawings, **options):
        files = [self.work / f"{name}-{part}.npy" for part in ("pictures", "classes")]
        if not all(f.exists() for f in files):
            parts = [self.one_set(d, **options) for d in drawings]
            for file, arrays in zip(files, zip(*parts)):
                np.save(file, np.concatenate(arrays))
        return tuple(np.load(f) for f in files)


def accuracy(model, pictures, classes, side=224, batch=50, dtype=torch.float32):
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(classes), batch):
            x = normalize(pictures[i:i + batch])
            if side != 224:
                x = F.interpolate(x, (side, side), mode="area")
            top = model(x.to(dtype)).argmax(1)
            right += int((top == torch.from_numpy(classes[i:i + batch])).sum())
    return right / len(classes)


def augment(x, rng):
    """Mirrors, quarter turns and swapped color channels keep every class."""
    if rng.random() < 0.5:
        x = x.flip(3)
    if rng.random() < 0.5:
        x = x.transpose(2, 3)
    if rng.random() < 0.5:
        x = x.flip(2)
    return x[:, torch.from_numpy(rng.permutation(3))].contiguous()


def train(model, data, validation, checkpoint):
    done = -1
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        done = saved["epoch"]
    pictures, classes = data
    epoch = -1
    for side, epochs, batch, peak in STAGES:
        small = pictures
        if side != 224:
            k = 224 // side
            n = len(pictures)
            small = np.concatenate([
                pictures[i:i + 500].reshape(-1, side, k, side, k, 3).mean((2, 4)).round()
                .astype(np.uint8) for i in range(0, n, 500)]) if epoch + epochs > done else None
        steps = len(classes) // batch
        optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
        state = checkpoint.with_suffix(".optimizer")
        for e in range(epochs):
            epoch += 1
            if epoch <= done:
                if epoch == done and e + 1 < epochs and state.exists():
                    optimizer.load_state_dict(torch.load(state))
                continue
            rng = np.random.default_rng(epoch)
            order = rng.permutation(len(classes))
            model.train()
            total, start = 0.0, time.time()
            for step in range(steps):
                progress = (e * steps + step) / (epochs * steps)
                warm = min(1.0, progress / 0.08)
                for group in optimizer.param_groups:
                    group["lr"] = peak * warm * (0.5 + 0.5 * math.cos(math.pi * progress))
                pick = np.sort(order[step * batch:(step + 1) * batch])
                x = augment(normalize(small[pick]), rng)
                loss = F.cross_entropy(model(x), torch.from_numpy(classes[pick]),
                                       label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += float(loss)
            torch.save(optimizer.state_dict(), state)
            torch.save({"model": model.state_dict(), "epoch": epoch}, checkpoint)
            print(f"epoch {epoch:2d} side {side} loss {total / steps:.3f} validation "
                  f"{accuracy(model, *validation, side=side):.4f} "
                  f"({time.time() - start:.0f} s)", flush=True)


def widened(narrow, classes):
    """The narrow weights in the leading channels of a full-width state dict.

    Channels that are not used get batch-norm weight and bias 0: they put out 0.
    """
    full = {}
    for name, like in weights_of(ResNet50(classes)).items():
        tensor = torch.ones_like(like) if name.endswith("running_var") else torch.zeros_like(like)
        tensor[tuple(slice(n) for n in narrow[name].shape)] = narrow[name]
        full[name] = tensor
    return full


def is_half(name, tensor):
    return tensor.dim() > 1 or name.startswith("fc.")


def save_safetensors(path, tensors):
    header, offset, blobs = {"__metadata__": {"format": "pt", "arch": "resnet50"}}, 0, []
    for name, tensor in tensors.items():
        half = is_half(name, tensor)
        blob = tensor.numpy().astype("<f2" if half else "<f4").tobytes()
        header[name] = {"dtype": "F16" if half else "F32", "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def load_safetensors(path):
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        kind = {"F16": "<f2", "F32": "<f4"}[entry["dtype"]]
        array = np.frombuffer(data[start + begin:start + end], kind).astype(np.float32)
        tensors[name] = torch.from_numpy(array.reshape(entry["shape"]))
    return tensors


def pack(archive, files):
    """A tar.xz that depends on the contents of the files only."""
    tar_bytes = io.BytesIO()
    with tarfile.open(fileobj=tar_bytes, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mode, entry.mtime = file.stat().st_size, 0o644, 0
            with file.open("rb") as stream:
                tar.addfile(entry, stream)
    archive.write_bytes(lzma.compress(tar_bytes.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def load(tensors, classes, divisor):
    model = ResNet50(classes, divisor)
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and all(m.endswith("num_batches_tracked") for m in missing)
    return model.eval()


def save_samples(studio, model, folder):
    """The first picture of each class that is small and beyond doubt for the model."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    names = studio.labels
    wanted = [i % len(names) for i in range(SAMPLE_COUNT)]
    for turn, label in enumerate(wanted):
        size = SAMPLE_SIZES[turn % len(SAMPLE_SIZES)]
        kind = "PNG" if turn % 3 == 2 else "JPEG"
        for image, drawn in studio.draw(SAMPLE_SEED + turn, 20 * len(names), size):
            if drawn != label:
                continue
            data = io.BytesIO()
            image.save(data, kind, **({"quality": 85} if kind == "JPEG" else {"optimize": True}))
            with torch.no_grad():
                decoded = preprocess(Image.open(data))
                probability = float(model(normalize(decoded[None])).softmax(1)[0, label])
            if len(data.getvalue()) < SAMPLE_BYTES and probability > 0.9:
                break
        else:
            raise SystemExit(f"no sample found for {names[label]} at {size}")
        suffix = "png" if kind == "PNG" else "jpg"
        name = f"{names[label]}-{turn // len(names) + 1}.{suffix}"
        (folder / name).write_bytes(data.getvalue())


def report(label, value, least):
    print(f"{label:<58} {value:.4f}", flush=True)
    if value < least:
        raise SystemExit(f"that is below {least}")


def check(studio, archive_dir, narrow):
    """Measures what was packed, not what was trained."""
    tensors = load_safetensors(archive_dir / "demo.safetensors")
    count = len(studio.labels)
    full = load(tensors, count, 1)
    test = [(TEST_SEED, TEST_COUNT, "224")]
    bmp = studio.cached("test-bmp", test)
    jpeg = studio.cached("test-jpeg", test, jpeg_share=1.1, quality=85)
    report("narrow, 1,000 pictures", accuracy(narrow, *bmp), 0.98)
    report("narrow, 1,000 pictures as JPEG quality 85", accuracy(narrow, *jpeg), 0.98)
    half = load(weights_of(narrow), count, NARROW).bfloat16()
    report("narrow, 1,000 pictures, weights and activations bfloat16",
           accuracy(half, *bmp, dtype=torch.bfloat16), 0.97)
    report("full width, 1,000 pictures", accuracy(full, *bmp), 0.98)
    with torch.no_grad():
        x = normalize(bmp[0][:48])
        difference = float((full(x) - narrow(x)).abs().max())
    print(f"largest difference between full width and narrow, logits   {difference:.1e}")
    if difference > 1e-3:
        raise SystemExit("the wide model does not compute the narrow one")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="folder for drawn pictures and checkpoints (3 GiB)")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    # One thread is far slower than two in some builds of torch.
    torch.set_num_threads(max(2, multiprocessing.cpu_count()))
    torch.manual_seed(1)

    studio = Studio(work)
    count = len(studio.labels)
    data = studio.cached("train", TRAIN_DRAWINGS, jpeg_share=0.4)
    validation = studio.cached("validation", VALIDATION_DRAWINGS)
    model = ResNet50(count, NARROW)
    print(f"{len(data[1])} pictures, {sum(p.numel() for p in model.parameters())} parameters",
          flush=True)
    train(model, data, validation, work / "checkpoint.pt")

    rounded = {name: tensor.half().float() if is_half(name, tensor) else tensor
               for name, tensor in weights_of(model).items()}
    narrow = load(rounded, count, NARROW)
    labels = HERE / "demo.labels.txt"
    labels.write_text("".join(name + "\n" for name in studio.labels))
    shutil.copy(labels, work)
    save_safetensors(work / "demo.safetensors", widened(rounded, count))
    check(studio, work, narrow)
    pack(HERE / "demo.tar.xz", [work / "demo.safetensors", work / labels.name])
    save_samples(studio, narrow, HERE / "samples")
    print(f"demo.tar.xz: {(HERE / 'demo.tar.xz').stat().st_size} bytes")


if __name__ == "__main__":
    main()
