// What happens when the page opens: figures, colours, cases.

for (const input of document.querySelectorAll(".theme input")) {
  input.checked = input.value === document.documentElement.dataset.theme;
  input.addEventListener("change", () => {
    document.documentElement.dataset.theme = input.value;
    try {
      localStorage.setItem("crosstask-theme", input.value);
    } catch {
      // a page without storage keeps its colours until it is closed
    }
  });
}
document.querySelector(".theme").hidden = false;

/** A benchmark that the address names opens. */
function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.tagName !== "DETAILS") return;
  named.open = true;
  named.scrollIntoView();
}

openNamed();
addEventListener("hashchange", openNamed);
drawFigures();
buildBrowser(document.getElementById("browser"));

function follow() {
  const filter = fromAddress();
  if (filter === null) return;
  view.filter = filter;
  listAnew();
  if (!openNamedCase()) document.getElementById("cases").scrollIntoView();
}

let first = true;
await readEntries(() => {
  if (first) {
    view.filter = fromAddress() ?? view.filter;
    listAnew();
    performance.mark("listed");
    first = false;
  }
});
tagsByBenchmark.clear();
listAnew();
if (!openNamedCase() && location.hash.startsWith("#cases")) document.getElementById("cases").scrollIntoView();
addEventListener("hashchange", follow);
performance.mark("ready");
document.documentElement.dataset.ready = "";
