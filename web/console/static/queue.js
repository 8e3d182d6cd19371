// The queue: Enter starts the next case, a digit starts with one queue, / finds.
import { listen } from "./keys.js";

listen((key, event) => {
  if (key === "/") return document.getElementById("find")?.focus() ?? true;
  if (key === "Enter" && event.target.closest("a, button, input, summary")) return false;
  const name = key === "Enter" ? "[data-start]" : /^[1-9]$/.test(key) ? `[data-queue="${key}"]` : null;
  const button = name && document.querySelector(name);
  if (!button || button.disabled) return false;
  button.click();
  return true;
});
if (location.hash === "#find") document.getElementById("find")?.focus();
