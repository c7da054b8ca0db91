// Peer service: Fastify around ResNet-50 in ONNX Runtime, images by sharp.
//   MODEL=resnet50.onnx LABELS=labels.txt THREADS=2 node server.mjs PORT
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import multipart from '@fastify/multipart';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];
const side = 224;
const labels = readFileSync(process.env.LABELS, 'utf8').split('\n');
const session = await ort.InferenceSession.create(process.env.MODEL, {
  intraOpNumThreads: Number(process.env.THREADS ?? 2),
  graphOptimizationLevel: 'all',
});

async function preprocess(bytes) {
  const pixels = await sharp(bytes)
    .resize(256, 256, { fit: 'cover', kernel: 'linear' })
    .extract({ left: 16, top: 16, width: side, height: side })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const plane = side * side;
  const values = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; ++channel) {
    const scale = 1 / (255 * std[channel]);
    const shift = mean[channel] / std[channel];
    for (let i = 0; i < plane; ++i) values[channel * plane + i] = pixels[3 * i + channel] * scale - shift;
  }
  return new ort.Tensor('float32', values, [1, 3, side, side]);
}

function best(logits, count) {
  let sum = 0;
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponents = logits.map((value) => Math.exp(value - largest));
  for (const value of exponents) sum += value;
  return Array.from(exponents, (value, index) => ({ index, confidence: value / sum }))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, count);
}

const app = Fastify({ logger: false });
await app.register(multipart, { limits: { fileSize: 10 << 20 } });

app.addHook('onRequest', async (request, reply) => {
  reply.header('X-Correlation-ID', randomUUID());
});

app.post('/predict', async (request, reply) => {
  const file = await request.file();
  const count = Number(request.query.top_k ?? 5);
  let image;
  try {
    image = await preprocess(await file.toBuffer());
  } catch (e) {
    return reply.code(422).send({ success: false, error: { code: 'PREPROCESSING_FAILED', message: e.message } });
  }
  const { logits } = await session.run({ image });
  const predictions = best(logits.data, count).map(({ index, confidence }, i) => ({
    rank: i + 1, class_index: index, class_name: labels[index], confidence,
  }));
  return { success: true, predictions, meta: { model: 'ResNet-50', top_k: count, filename: file.filename } };
});

app.get('/health', async () => ({ status: 'healthy', model_loaded: true }));

await session.run({ image: new ort.Tensor('float32', new Float32Array(3 * side * side), [1, 3, side, side]) });
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
