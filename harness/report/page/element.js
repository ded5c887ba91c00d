// Elements made of text alone: nothing here reads markup.

/** An element with properties (class, aria-…, data-…, on…) and children; a string becomes a text node, null nothing. */
function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

const chip = (kind, text) => element("span", { class: `chip ${kind}` }, text);
const label = (text) => element("p", { class: "label" }, text);
const preformatted = (text) => element("pre", { dir: "auto", tabindex: "0" }, text);
const key = (model) => element("span", { class: `key m${model % 7}` });
const named = (model) => element("span", { class: "model" }, key(model), data.models[model]);
const count = (number) => number.toLocaleString("en");
const many = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** A button that copies a text, and says so. */
function copier(title, text) {
  const made = element("button", { type: "button", class: "copy", "aria-label": `Copy the ${title}` }, "Copy");
  made.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      made.textContent = "Copied";
    } catch {
      made.textContent = "Not allowed here";
    }
    setTimeout(() => { made.textContent = "Copy"; }, 1500);
  });
  return made;
}
