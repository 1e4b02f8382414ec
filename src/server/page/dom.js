// Small tools for the rest of the page.
const $ = (id) => document.getElementById(id);

/** An element with attributes and children; text is always text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function svg(tag, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

/** A number in at most three significant digits, for people. */
function short(number) {
  if (!Number.isFinite(number)) return "–";
  if (number >= 10000) return Math.round(number / 1000) + "k";
  if (number >= 1000) return (number / 1000).toFixed(1) + "k";
  if (number >= 100) return number.toFixed(0);
  if (number >= 10) return number.toFixed(1);
  if (number === 0) return "0";
  return number.toFixed(number >= 0.995 ? 1 : 2);
}

const percent = (share) => (Number.isFinite(share) ? (100 * share).toFixed(1) + " %" : "–");
