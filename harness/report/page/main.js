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

// what is folded on a screen is printed
const folded = new Set();
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("#compared details, #groups details, #calibration details, #samples details")) {
    if (!one.open) folded.add(one);
    one.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
  folded.clear();
});

drawFigures();
buildBrowser(document.getElementById("browser"));

function follow() {
  const filter = fromAddress();
  if (filter === null) return;
  view.filter = filter;
  listAnew();
  document.getElementById("cases").scrollIntoView();
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
if (location.hash.startsWith("#cases")) document.getElementById("cases").scrollIntoView();
addEventListener("hashchange", follow);
performance.mark("ready");
document.documentElement.dataset.ready = "";
