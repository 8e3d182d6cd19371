// The queue. Its keys press its controls.
import { listen } from "./keys.js";

listen({ places: () => ["queue"] });
if (location.hash === "#find") document.getElementById("find")?.focus();
