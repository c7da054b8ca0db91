"""Peer service: FastAPI around ResNet-50 in eager fp32 PyTorch, as it is usually written.

    WEIGHTS=resnet50.safetensors LABELS=labels.txt TORCH_THREADS=2 python3 -m uvicorn app:app --port 8001

Debian's PyTorch starts with one thread and is then many times slower: TORCH_THREADS is the number of cores.
"""
import io
import os
import time
import uuid

import numpy as np
import torch
from fastapi import FastAPI, File, Query, Request, UploadFile
from fastapi.responses import JSONResponse
from PIL import Image

import resnet50

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
app = FastAPI()


def preprocess(image):
    """torchvision's: the shorter side to 256, the middle 224 x 224, normalized."""
    scale = 256 / min(image.size)
    image = image.resize([max(256, int(side * scale)) for side in image.size], Image.BILINEAR)
    left, top = ((side - 224) // 2 for side in image.size)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    return torch.from_numpy(((pixels - MEAN) / STD).transpose(2, 0, 1).copy()).unsqueeze(0)


@app.on_event("startup")
def load_model():
    torch.set_num_threads(int(os.environ.get("TORCH_THREADS", "2")))
    app.state.model = resnet50.load(os.environ["WEIGHTS"])
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


@app.post("/predict")
async def predict(file: UploadFile = File(...), top_k: int = Query(5, ge=1, le=10)):
    try:
        tensor = preprocess(Image.open(io.BytesIO(await file.read())).convert("RGB"))
    except Exception as e:
        return JSONResponse({"success": False, "error": {"code": "PREPROCESSING_FAILED", "message": str(e)}}, 422)
    with torch.no_grad():
        confidence, index = torch.softmax(app.state.model(tensor), 1)[0].topk(top_k)
    predictions = [
        {"rank": rank, "class_index": int(i), "class_name": app.state.labels[int(i)], "confidence": round(float(c), 6)}
        for rank, (c, i) in enumerate(zip(confidence, index), 1)
    ]
    meta = {"model": "ResNet-50", "top_k": top_k, "filename": file.filename}
    return {"success": True, "predictions": predictions, "meta": meta}


@app.get("/health")
def health():
    return {"status": "healthy", "model_loaded": True}
