// Similar images among those of this visit, by the cosine of their embeddings.
import { keyHeaders, target } from "./tools.js";

const parallelMax = 4;

async function fetchEmbedding({ file, model }) {
  const form = new FormData();
  form.append("file", file, file.name);
  const answer = await fetch(target("embed", { normalize: "l2", model }), { method: "POST", headers: keyHeaders(), body: form });
  const { embedding, error } = await answer.json();
  if (!answer.ok) throw new Error(error.message);
  return embedding;
}

// Of vectors of length 1.
const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The other cards with their likeness to `card`, most similar first. An embedding is asked for once. */
export async function mostSimilar(card, others) {
  const left = [card, ...others].filter((one) => !one.embedding);
  const ask = async () => {
    for (let one = left.pop(); one; one = left.pop()) one.embedding = await fetchEmbedding(one);
  };
  await Promise.all(Array.from({ length: parallelMax }, ask));
  return others.map((other) => ({ other, likeness: cosine(card.embedding, other.embedding) }))
    .sort((a, b) => b.likeness - a.likeness);
}
