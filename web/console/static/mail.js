// The mail that would go out, exactly: its lines in the dialog, its HTML in a frame that can do nothing.
import { post } from "./send.js";

const dialog = document.getElementById("mail");
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

export async function preview(claim, fields) {
  const part = (name) => dialog.querySelector(`[data-mail="${name}"]`);
  const answer = await post(`/console/cases/${claim}/mail`, fields);
  const problem = part("problem");
  problem.hidden = answer.ok;
  const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
  problem.textContent = answer.ok ? "" : (said.problems?.[0]?.message ?? "The mail cannot be shown: this case is not yours any more.");
  for (const name of ["to", "language", "subject"]) part(name).textContent = said[name] ?? "–";
  dialog.querySelector("iframe").hidden = !answer.ok;
  if (!dialog.open) dialog.showModal();
  if (answer.ok) frame(`/console/cases/${claim}/mail/html`, fields);
}

function frame(action, fields) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, target: "mail-frame", hidden: true });
  for (const [name, value] of [["csrf", csrf], ...fields]) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
