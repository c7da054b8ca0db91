// Panel of the service's state: /health and /metrics, every two seconds while the page is visible.
import { keyHeaders, make, makeSvg } from "./tools.js";

const periodMs = 2000;
const points = 60;
// Rates and quantiles are taken over the last few readings, so that they do not jump.
const span = 5;
const at = (id) => document.getElementById(id);
const stateWords = { healthy: "Healthy", loading: "Loading", warming_up: "Warming up", failed: "Failed", draining: "Draining", unreachable: "Not reachable" };

// ---- reading /metrics ----

/** Prometheus' text as a map from series to number; of several models the sum. */
function parse(text) {
  const series = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line[0] === "#") continue;
    const space = line.lastIndexOf(" ");
    const name = line.slice(0, space).replace(/\{model="[^"]*"\}$/, "");
    series.set(name, (series.get(name) ?? 0) + Number(line.slice(space + 1)));
  }
  return series;
}

/** How much a series grew between two readings. */
const growth = (now, before, name) => (now.get(name) ?? 0) - (before.get(name) ?? 0);

/** The q-quantile, in seconds, of what a histogram took in between two readings; undefined if that is nothing. */
function quantile(now, before, name, labels, q) {
  const steps = [];
  for (const [series, value] of now) {
    if (!series.startsWith(`${name}_bucket{`) || !series.includes(labels)) continue;
    const limit = /le="([^"]+)"/.exec(series)[1];
    steps.push([limit === "+Inf" ? Infinity : Number(limit), value - (before.get(series) ?? 0)]);
  }
  steps.sort((a, b) => a[0] - b[0]);
  const total = steps.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  let below = 0, from = 0;
  for (const [limit, count] of steps) {
    if (count >= q * total) return limit === Infinity ? from : from + ((limit - from) * (q * total - below)) / (count - below);
    [below, from] = [count, limit];
  }
  return undefined;
}

// ---- charts ----

class Chart {
  constructor(title, unit, digits, lines = 1) {
    this.lines = Array.from({ length: lines }, () => []);
    this.unit = unit;
    this.digits = digits;
    this.output = make("span", { class: "reading" }, "–");  // no <output>: that would be read aloud at each change
    this.svg = makeSvg("svg", { viewBox: `0 0 ${points - 1} 40`, preserveAspectRatio: "none", "aria-hidden": "true" });
    at("charts").append(make("figure", { class: "chart" }, make("figcaption", {}, title, this.output), this.svg));
  }

  add(...values) {
    this.lines.forEach((line, i) => {
      line.push(values[i]);
      if (line.length > points) line.shift();
    });
    this.draw();
    const shown = values.map((value) => (value === undefined ? "–" : value.toFixed(value < 10 ? this.digits : 0)));
    this.output.replaceChildren(shown.join(" / "), make("small", {}, this.unit));
  }

  draw() {
    const top = Math.max(1e-9, ...this.lines.flat().filter((value) => value !== undefined)) * 1.08;
    this.svg.replaceChildren();
    this.lines.forEach((line, i) => {
      const offset = points - line.length;
      const parts = [[]];
      line.forEach((value, x) => {
        if (value === undefined) parts.push([]);
        else parts.at(-1).push([x + offset, 39 - (38 * value) / top]);
      });
      for (const part of parts.filter((p) => p.length > 0)) {
        const text = part.map(([x, y]) => `${x} ${y.toFixed(2)}`).join("L");
        const first = part[0][0], last = part.at(-1)[0];
        if (i === 0) this.svg.append(makeSvg("path", { class: "area", d: `M${first} 40L${text}L${last} 40Z` }));
        this.svg.append(makeSvg("path", { class: i === 0 ? "first" : "second", d: `M${text}L${last} ${part.at(-1)[1].toFixed(2)}` }));
      }
    });
  }
}

const throughput = new Chart("Throughput", "images/s", 1);
const latency = new Chart("Latency, p50 / p95", "ms", 1, 2);
const queue = new Chart("Queue", "images", 0);
const batch = new Chart("Batch size", "images", 1);
const readings = [];

function show(series) {
  readings.push({ at: performance.now(), series });
  if (readings.length > span + 1) readings.shift();
  const before = readings[0];
  queue.add(series.get("queue_depth") ?? 0);
  if (readings.length < 2) return;
  const seconds = (performance.now() - before.at) / 1000;
  throughput.add(Math.max(0, growth(series, before.series, "images_total")) / seconds);
  const passes = growth(series, before.series, "batch_size_count");
  batch.add(passes > 0 ? growth(series, before.series, "batch_size_sum") / passes : undefined);
  const ms = (q) => {
    const value = quantile(series, before.series, "http_request_duration_seconds", 'endpoint="/predict"', q);
    return value === undefined ? undefined : value * 1000;
  };
  latency.add(ms(0.5), ms(0.95));
}

// ---- state and facts ----

function showState(state) {
  const box = at("state");
  if (box.dataset.state === state) return;
  box.dataset.state = state;
  at("state-text").textContent = stateWords[state] ?? state;
}

function uptimeText(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  let text = "", left = seconds;
  for (const [size, name] of units.slice(first, first + 2)) {
    text += `${text ? " " : ""}${Math.floor(left / size)} ${name}`;
    left %= size;
  }
  return text;
}

let knowsModel = false;
let refusedKey; // and this page will not ask again with it
async function showFacts() {
  const headers = keyHeaders();
  if (refusedKey !== undefined && refusedKey === (headers.Authorization ?? "")) return;
  const answer = await fetch("info", { headers });
  refusedKey = answer.status === 401 ? (headers.Authorization ?? "") : undefined;
  const info = await answer.json();
  if (!info.model) return;
  const names = info.models?.map((model) => model.name).join(", ");
  at("fact-model").textContent = names ?? `${info.model.name}, ${info.model.classes} classes`;
  at("fact-engine").textContent = `${info.engine.name}, ${info.engine.precision}`;
  knowsModel = true;
}

async function look() {
  try {
    const health = await (await fetch("health", { cache: "no-store" })).json();
    showState(health.status);
    at("fact-uptime").textContent = uptimeText(health.uptime_s);
    if (!knowsModel && health.model_loaded) await showFacts();
    // A server with an administrators' listener serves its metrics only there.
    const metrics = await fetch("metrics", { cache: "no-store", headers: keyHeaders() });
    for (const part of [at("charts"), at("charts-source"), at("metrics-link")]) part.hidden = !metrics.ok;
    if (metrics.ok) show(parse(await metrics.text()));
  } catch {
    // A server that comes back may be another process, whose counters start at 0.
    readings.length = 0;
    knowsModel = false;
    showState("unreachable");
  }
}

async function run() {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((wake) => setTimeout(wake, periodMs));
  }
}
run();
