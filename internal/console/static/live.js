// A part of a page that shows what is under way is loaded again when the server says that it changed.
// Without this script a person refreshes the page.
"use strict";
for (const part of document.querySelectorAll("[data-live][id]")) {
  const changes = new EventSource(part.dataset.live);
  changes.addEventListener("changed", () =>
    htmx.ajax("GET", location.href, { target: "#" + part.id, select: "#" + part.id, swap: "outerHTML" }));
}
