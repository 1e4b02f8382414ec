// The API's description, shown from openapi.json.
function curl(path, method, example) {
  const command = `curl ${location.origin}${path}`;
  if (method === "GET") return command;
  return `${command} \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(example)}'`;
}

function operation(path, method, facts) {
  const body = make("div", { class: "body" });
  if (facts.description) body.append(make("p", {}, facts.description));
  const example = facts.requestBody?.content?.["application/json"]?.example;
  body.append(make("pre", {}, curl(path, method, example)));
  const answers = Object.entries(facts.responses || {});
  for (const [status, { description, content }] of answers) {
    body.append(make("p", { class: "facts" }, `${status}: ${description}`));
    const shown = content?.["application/json"]?.example;
    if (shown !== undefined) body.append(make("pre", {}, JSON.stringify(shown, null, 1)));
  }
  return make("details", {},
    make("summary", {}, make("span", { class: `method ${method}` }, method), make("span", { class: "path" }, path), make("span", { class: "about" }, facts.summary)),
    body);
}

async function showApi() {
  const api = await (await fetch("openapi.json")).json();
  $("about").textContent = api.info.description;
  for (const tag of api.tags) {
    const group = make("section", { class: "group" }, make("h2", {}, tag.name), make("p", { class: "facts" }, tag.description));
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, facts] of Object.entries(methods)) {
        if (facts.tags.includes(tag.name)) group.append(operation(path, method.toUpperCase(), facts));
      }
    }
    $("groups").append(group);
  }
}
showApi();
