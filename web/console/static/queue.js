// The queue. Its keys press its controls.
import { listen } from "./keys.js";
import { Undos } from "./undo.js";

const undos = new Undos();
const slot = document.querySelector("[data-undo]");
const show = () => undos.show(slot);

function undo() {
  const { last } = undos;
  if (!last) {
    document.getElementById("said").textContent = undos.sentence;
    return;
  }
  slot.action = `/console/decisions/${last.decision}/undo`;
  slot.submit();
}

slot.addEventListener("submit", (event) => {
  event.preventDefault();
  undo();
});
listen({ places: () => ["queue"], actions: { undo } });
setInterval(show, 1000);

// A case that the page before held goes back while this page comes: what is shown of it is soon not so any more.
if (document.querySelector('#queue a[href^="/console/cases/"]')) {
  setTimeout(() => htmx.ajax("GET", "/console/queue", { source: "#queue", target: "#queue", swap: "morph:outerHTML" }), 1000);
}
show();
if (location.hash === "#find") document.getElementById("find")?.focus();
