// Node's fetch against a running server: fetch.mjs URL SAMPLES.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const [url, samples] = process.argv.slice(2);
const image = await readFile(`${samples}/star-1.jpg`);

async function star(init) {
  const answer = await fetch(`${url}/predict?top_k=3`, { method: "POST", ...init });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  assert.match(answer.headers.get("X-Correlation-ID"), /^[0-9a-f-]{36}$/);
  assert.equal(body.predictions[0].class_name, "star");
  return body;
}

const form = new FormData();
form.append("file", new Blob([image], { type: "image/jpeg" }), 'a "quoted" größer.jpg');
assert.equal((await star({ body: form })).meta.filename, 'a "quoted" größer.jpg');

await star({ body: image });
await star({ body: JSON.stringify({ image: image.toString("base64") }), headers: { "Content-Type": "application/json" } });

// A stream has no length: it is sent chunked.
const stream = new ReadableStream({
  start(controller) {
    for (let at = 0; at < image.length; at += 300) controller.enqueue(image.subarray(at, at + 300));
    controller.close();
  },
});
await star({ body: stream, duplex: "half" });

const several = new FormData();
for (const name of ["star-1.jpg", "heart-1.png"]) several.append("file", new Blob([await readFile(`${samples}/${name}`)]), name);
const results = (await (await fetch(`${url}/predict`, { method: "POST", body: several })).json()).results;
assert.deepEqual(results.map((r) => r.predictions[0].class_name), ["star", "heart"]);

const many = await Promise.all(Array.from({ length: 20 }, () => star({ body: image })));
assert.equal(many.length, 20);

const wrong = await fetch(`${url}/predict`, { method: "POST", body: "no image" });
assert.equal(wrong.status, 415);
assert.equal((await wrong.json()).error.correlation_id, wrong.headers.get("X-Correlation-ID"));
