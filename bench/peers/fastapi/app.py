"""Peer service: FastAPI around ResNet-50 in fp32 PyTorch, as it is usually written.

    WEIGHTS=resnet50.safetensors LABELS=labels.txt TORCH_THREADS=2 python3 -m uvicorn app:app --port 8001

FORM=torchscript runs it as optimized TorchScript, in a thread of its own while others decode; else it is eager and all runs
in the event loop's thread. Debian's PyTorch starts with one thread and is then many times slower: TORCH_THREADS is the
number of cores.
"""
import asyncio
import io
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import torch
from fastapi import FastAPI, File, Query, Request, UploadFile
from fastapi.responses import JSONResponse
from PIL import Image

import resnet50
from preprocess import preprocess

OPTIMIZED = os.environ.get("FORM") == "torchscript"
FORWARD = ThreadPoolExecutor(1)  # one forward pass at a time, with all cores
app = FastAPI()


@app.on_event("startup")
def load_model():
    torch.set_num_threads(int(os.environ.get("TORCH_THREADS", "2")))
    load = resnet50.load_script if OPTIMIZED else resnet50.load
    app.state.model = load(os.environ["WEIGHTS"])
    with open(os.environ["LABELS"], encoding="utf-8") as f:
        app.state.labels = [line.rstrip("\n") for line in f]
    with torch.no_grad():
        app.state.model(torch.zeros(1, 3, 224, 224))


@app.middleware("http")
async def correlate(request: Request, call_next):
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Correlation-ID"] = uuid.uuid4().hex
    response.headers["X-Response-Time"] = f"{(time.perf_counter() - started) * 1e3:.1f}ms"
    return response


def read(picture):
    return preprocess(Image.open(io.BytesIO(picture)).convert("RGB"))


def classify(tensor, top_k):
    with torch.no_grad():
        return torch.softmax(app.state.model(tensor), 1)[0].topk(top_k)


async def call(executor, function, *arguments):
    if not OPTIMIZED:
        return function(*arguments)
    return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)


@app.post("/predict")
async def predict(file: UploadFile = File(...), top_k: int = Query(5, ge=1, le=10)):
    try:
        tensor = await call(None, read, await file.read())
    except Exception as e:
        return JSONResponse({"success": False, "error": {"code": "PREPROCESSING_FAILED", "message": str(e)}}, 422)
    confidence, index = await call(FORWARD, classify, tensor, top_k)
    predictions = [
        {"rank": rank, "class_index": int(i), "class_name": app.state.labels[int(i)], "confidence": round(float(c), 6)}
        for rank, (c, i) in enumerate(zip(confidence, index), 1)
    ]
    meta = {"model": "ResNet-50", "top_k": top_k, "filename": file.filename}
    return {"success": True, "predictions": predictions, "meta": meta}


@app.get("/health")
def health():
    return {"status": "healthy", "model_loaded": True}
