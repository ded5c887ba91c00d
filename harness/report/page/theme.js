// Colours as chosen before; it runs before the page is painted. A page from disk may have no storage.
"use strict";
try {
  document.documentElement.dataset.theme = localStorage.getItem("crosstask-theme") ?? "auto";
} catch {
  document.documentElement.dataset.theme = "auto";
}
