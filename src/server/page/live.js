// The right side of the page: what the server does, from /metrics once a second.
const kWindow = 10; // seconds that rates and quantiles look back
const kHistory = 60; // seconds that the small charts show
const readings = [];
const history_ = { rate: [], queue: [], p50: [], p99: [] };

function spark(id, values) {
  const top = Math.max(...values.filter(Number.isFinite), 1e-9) * 1.1;
  const x = (i) => (100 * (i + kHistory - values.length)) / (kHistory - 1);
  const points = values.map((v, i) => [x(i), 30 - (28 * (Number.isFinite(v) ? v : 0)) / top]);
  const line = points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
  const chart = $(id + "-chart");
  chart.setAttribute("viewBox", "0 0 100 30");
  chart.setAttribute("preserveAspectRatio", "none");
  chart.replaceChildren();
  if (points.length < 2) return;
  chart.append(
    svg("path", { class: "area", d: `${line}L100 30L${points[0][0].toFixed(1)} 30Z` }),
    svg("path", { class: "line", d: line }),
  );
}

function tile(id, value) {
  history_[id].push(value);
  if (history_[id].length > kHistory) history_[id].shift();
  $(id).textContent = short(value);
  spark(id, history_[id]);
}

function phases(now, before) {
  const names = { tokenize: "Tokenize", queue: "Queue", run: "Run", request: "Whole request" };
  const rows = Object.entries(names).map(([key, title]) => {
    const counts = buckets(now, before, `martlet_${key}_seconds`);
    return { title, p50: 1e3 * quantile(counts, 0.5), p99: 1e3 * quantile(counts, 0.99) };
  });
  const top = Math.max(...rows.map((row) => row.p99 || 0), 1e-9);
  const width = (ms) => `width:${((100 * (ms || 0)) / top).toFixed(1)}%`;
  $("phases").tBodies[0].replaceChildren(
    ...rows.map(({ title, p50, p99 }) =>
      make("tr", {},
        make("td", {}, title),
        make("td", {}, make("div", { class: "range" }, make("i", { style: width(p99) }), make("i", { style: width(p50) }))),
        make("td", {}, short(p50)),
        make("td", {}, short(p99)),
      )),
  );
}

function batchChart(now, before) {
  const counts = buckets(now, before, "martlet_batch_texts").filter(([bound]) => bound <= 256);
  const chart = $("batches");
  chart.setAttribute("viewBox", "0 0 300 132");
  chart.replaceChildren();
  const top = Math.max(...counts.map(([, count]) => count), 1);
  const step = 300 / Math.max(counts.length, 1);
  counts.forEach(([bound, count], i) => {
    const height = (100 * count) / top;
    chart.append(
      svg("rect", { x: i * step + 3, y: 112 - height, width: step - 6, height: Math.max(height, 1), rx: 3, opacity: count ? 1 : 0.2 }),
      svg("text", { x: (i + 0.5) * step, y: 128 }, String(bound)),
    );
  });
}

function efficiency(now, before) {
  const change = (name, keep) => total(now, name, keep) - total(before, name, keep);
  const tokens = change("martlet_batch_tokens_total");
  const padded = change("martlet_padded_tokens_total");
  const batches = change("martlet_batch_texts_count");
  const real = change("martlet_batch_seconds_total");
  const refused = change("martlet_request_failures_total", (l) => l.code === "resource_exhausted");
  $("mean-batch").textContent = batches ? `mean ${short(change("martlet_batch_texts_sum") / batches)}` : "";
  const facts = {
    "Padding avoided": percent(padded ? 1 - tokens / padded : NaN),
    "Tokens / s": short(tokens / seconds(now, before)),
    "Predicted / real run": real ? short(change("martlet_batch_predicted_seconds_total") / real) : "–",
    "Predicted wait": short(1e3 * Math.max(0, ...(now.martlet_predicted_wait_seconds || []).map((s) => s.value))) + " ms",
    "Truncated texts": short(change("martlet_truncated_texts_total")),
    "Refused (429)": short(refused),
    "Connections": short(total(now, "martlet_http_connections")),
  };
  $("efficiency").replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );
}

const seconds = (now, before) => Math.max((now.at - before.at) / 1000, 1e-3);

function show(now, before) {
  const latency = buckets(now, before, "martlet_request_seconds");
  const rate = (total(now, "martlet_requests_total") - total(before, "martlet_requests_total")) / seconds(now, before);
  tile("rate", rate);
  tile("queue", total(now, "martlet_queued_texts"));
  tile("p50", 1e3 * quantile(latency, 0.5));
  tile("p99", 1e3 * quantile(latency, 0.99));
  phases(now, before);
  batchChart(now, before);
  efficiency(now, before);
  $("window").textContent = Math.round(seconds(now, before));
}

function showHealth(text, good) {
  $("health").textContent = text;
  $("health").classList.toggle("good", good);
}

async function look() {
  try {
    const answer = await fetch("metrics", { cache: "no-store" });
    const now = parseMetrics(await answer.text());
    now.at = performance.now();
    const before = readings[0];
    readings.push(now);
    if (readings.length > kWindow) readings.shift();
    const ready = total(now, "martlet_ready") === 1;
    showHealth(ready ? "ready" : "not ready", ready);
    if (before) show(now, before);
  } catch {
    showHealth("unreachable", false);
  }
}

setInterval(() => document.hidden || look(), 1000);
look();
