// The left side of the page: texts in, answers out.
const kSamples = {
  "text-classification": [
    ["Praise", "a gripping, beautiful film that one should see twice"],
    ["Scorn", "the plot is thin, the jokes are old and the ending never comes"],
    ["Both", "a gripping, beautiful film\nso dull that the cat left the room\nnot bad at all"],
  ],
  "token-classification": [
    ["People", "Ada Lovelace met Charles Babbage in London\nthe swift has no name"],
    ["One", "Grace Hopper was born in New York"],
  ],
  embedding: [
    ["Birds", "the swift sleeps on the wing\na bird that rests while flying\nthe invoice is due on Friday"],
    ["One", "a swift can stay in the air for ten months"],
  ],
  rerank: [
    ["Passages", "swifts rest one half of the brain while gliding\nthe invoice is due on Friday\nmost birds sleep in trees"],
  ],
};
const kPhaseColors = { tokenize: "var(--warm)", queue: "var(--soft)", run: "var(--accent)", other: "var(--line)" };
const state = { model: "", task: "text-classification", key: "" };

async function ask(path, body) {
  const headers = { "X-Server-Timing": "1" };
  if (state.key) headers.Authorization = "Bearer " + state.key;
  if (body) headers["Content-Type"] = "application/json";
  const begin = performance.now();
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (answer.status === 401) $("key-row").hidden = false;
  if (!answer.ok) {
    let message = text;
    try { message = JSON.parse(text).error || text; } catch { /* not JSON: shown as it is */ }
    throw new Error(typeof message === "string" ? message : message.message);
  }
  return { value: JSON.parse(text), timing: answer.headers.get("Server-Timing") || "", ms: performance.now() - begin };
}

const lines = () => $("text").value.split("\n").map((line) => line.trim()).filter(Boolean);

// ---- answers

function scoreRow(name, share, text, best) {
  return make("div", { class: best ? "score best" : "score" },
    make("span", { class: "name", title: name }, name),
    make("div", { class: "meter" }, make("i", { style: `width:${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%` })),
    make("span", { class: "number" }, text));
}

function showLabels(texts, results) {
  return results.map((result, i) => {
    const item = make("div", { class: "item" });
    if (texts.length > 1) item.append(make("div", { class: "quote" }, texts[i]));
    item.append(make("div", { class: "verdict" }, result.label, make("span", { class: "number" }, result.score.toFixed(4))));
    const top = result.top || [{ label: result.label, score: result.score }];
    top.forEach(({ label, score }, rank) => item.append(scoreRow(label, score, score.toFixed(4), rank === 0)));
    return item;
  });
}

/** A text with its entities marked; places are in code points. */
function markEntities(text, entities) {
  const characters = Array.from(text);
  const parts = [];
  let end = 0;
  for (const { label, score, start, end: stop } of entities) {
    parts.push(characters.slice(end, start).join(""));
    const mark = make("mark", { title: score.toFixed(4) }, characters.slice(start, stop).join(""));
    mark.append(make("small", {}, label));
    parts.push(mark);
    end = stop;
  }
  return make("div", { class: "item entities" }, ...parts, characters.slice(end).join(""));
}

function showEntities(texts, results) {
  return results.map((result, i) => markEntities(texts[i], result.entities));
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

function showVectors(texts, vectors) {
  if (vectors.length === 1) {
    const largest = Math.max(...vectors[0].map(Math.abs));
    return [
      make("div", { class: "verdict" }, `${vectors[0].length} dimensions`),
      make("div", { class: "vector", role: "img", "aria-label": "The embedding's values" },
        ...vectors[0].map((v) => make("i", { style: `height:${(100 * Math.abs(v)) / largest}%;opacity:${v < 0 ? 0.35 : 0.9}` }))),
    ];
  }
  const rows = vectors.map((a, i) =>
    make("tr", {}, make("th", { title: texts[i] }, texts[i]), ...vectors.map((b) => {
      const likeness = cosine(a, b);
      const share = Math.round(100 * Math.max(0, likeness));
      return make("td", { style: `background:color-mix(in srgb, var(--accent) ${share}%, var(--ground));color:${share > 55 ? "var(--card)" : "inherit"}` }, likeness.toFixed(2));
    })));
  return [make("div", { class: "verdict" }, "Cosine similarity"), make("table", { class: "matrix" }, make("tbody", {}, ...rows))];
}

function showRanking(texts, results) {
  return results.map(({ index, relevance_score: score }, rank) => scoreRow(texts[index], score, score.toFixed(4), rank === 0));
}

function showTokens(tokenized) {
  const first = tokenized.results[0];
  $("tokens").replaceChildren(...first.tokens.map((token, i) => make("span", { class: first.special[i] ? "special" : "" }, token)));
  if (first.truncated) $("tokens").append(make("span", { class: "cut" }, "the rest was cut off"));
  $("token-count").textContent = `${first.tokens.length} tokens` + (tokenized.results.length > 1 ? " of the first text" : "");
}

function showTiming({ timing, ms }) {
  const parts = {};
  for (const [, name, duration] of timing.matchAll(/(\w+);dur=([\d.]+)/g)) parts[name] = Number(duration);
  const known = Object.values(parts).reduce((a, b) => a + b, 0);
  parts.other = Math.max(0, ms - known);
  const bars = Object.entries(parts).map(([name, part]) =>
    make("i", { style: `flex:${part};background:${kPhaseColors[name]}`, title: `${name} ${part.toFixed(2)} ms` }));
  const names = { tokenize: "tokenize", queue: "queue", run: "run", other: "network and browser" };
  const legend = Object.entries(parts).map(([name, part]) =>
    make("span", {}, make("b", { style: `background:${kPhaseColors[name]}` }), `${names[name] || name} ${part.toFixed(2)} ms`));
  const batch = /desc="texts=(\d+) tokens=(\d+)"/.exec(timing);
  if (batch) legend.push(make("span", {}, `in a batch of ${batch[1]} texts, ${batch[2]} tokens`));
  $("timing").replaceChildren(make("div", { class: "waterfall" }, ...bars), make("div", { class: "legend" }, ...legend));
  $("total-time").textContent = `${ms.toFixed(1)} ms`;
}

async function request(texts) {
  const { model, task } = state;
  if (task === "embedding") {
    const answer = await ask("v1/embed", { model, inputs: texts });
    return [answer, showVectors(texts, answer.value.embeddings)];
  }
  if (task === "rerank") {
    const answer = await ask("v1/rerank", { model, query: $("query").value, documents: texts });
    return [answer, showRanking(texts, answer.value.results)];
  }
  const answer = await ask("v1/predict", { model, inputs: texts, top_k: 5 });
  const show = task === "token-classification" ? showEntities : showLabels;
  return [answer, show(texts, answer.value.results)];
}

async function run() {
  const texts = lines();
  if (!texts.length) return $("text").focus();
  $("run").disabled = true;
  $("problem").hidden = true;
  try {
    const [answer, shown] = await request(texts);
    const tokenized = await ask("v1/tokenize", { model: state.model, inputs: texts.slice(0, 1) });
    $("result").replaceChildren(...shown);
    showTokens(tokenized.value);
    showTiming(answer);
    $("answer").hidden = false;
  } catch (problem) {
    $("problem").textContent = problem.message;
    $("problem").hidden = false;
  } finally {
    $("run").disabled = false;
  }
}

// ---- models

function showSamples() {
  $("samples").replaceChildren(...kSamples[state.task].map(([name, text]) => {
    const button = make("button", { type: "button" }, name);
    button.onclick = () => { $("text").value = text; run(); };
    return button;
  }));
}

async function chooseModel(name) {
  state.model = name;
  try {
    const { value } = await ask(`v2/models/${encodeURIComponent(name)}/config`);
    const facts = (key) => value.parameters?.[key]?.string_value || "";
    state.task = facts("task") in kSamples ? facts("task") : "text-classification";
    $("facts").textContent = [facts("task"), facts("precision"), facts("isa"), `up to ${facts("max_length")} tokens`].filter(Boolean).join(" · ");
  } catch (problem) {
    $("facts").textContent = problem.message;
  }
  $("query-row").hidden = state.task !== "rerank";
  $("text-label").textContent = state.task === "rerank" ? "Documents, one per line" : "Text, or several, one per line";
  $("text").value = kSamples[state.task][0][1];
  $("answer").hidden = true;
  showSamples();
}

async function listModels() {
  const answer = await fetch("health/ready", { cache: "no-store" });
  const { models } = await answer.json();
  const ready = models.filter((model) => model.state === "READY");
  if (!ready.length) return setTimeout(listModels, 1000);
  $("model").replaceChildren(...ready.map(({ name }) => make("option", {}, name)));
  await chooseModel(ready[0].name);
  if (location.hash.length < 2) return;
  $("text").value = decodeURIComponent(location.hash.slice(1)); // a link to a text shows its answer
  run();
}

$("run").onclick = run;
$("model").onchange = () => chooseModel($("model").value);
$("key").onchange = () => { state.key = $("key").value; chooseModel(state.model); };
$("theme").onclick = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
listModels();
