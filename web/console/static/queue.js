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
show();
if (location.hash === "#find") document.getElementById("find")?.focus();
