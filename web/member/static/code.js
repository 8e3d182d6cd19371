/** The code that was sent to a business address: entered here, or sent anew. */

import { post } from "./api.js";
import { announce, el, errorLine, showError, worker } from "./dom.js";
import { hour } from "./when.js";
import { say } from "./words.js";

/** The form; `expires_at` is null while the code is still on its way. */
export function codeForm(submission, expires_at, changed) {
  const id = `code-${submission.id}`;
  const input = el("input", {
    id, inputmode: "numeric", autocomplete: "one-time-code", maxlength: 20, size: 10, class: "code",
    "aria-describedby": `${id}-help ${id}-wrong`,
  });
  const wrong = errorLine(null, `${id}-wrong`);
  const good = el("p", { class: "hint", role: "status" });
  const confirm = worker(say("code.send"), say("code.send"), send, { class: "primary" });
  const form = el("form", { class: "codeform", novalidate: true, onsubmit: (event) => { event.preventDefault(); confirm.click(); } },
    el("label", { for: id }, say("code.label")),
    el("div", { class: "buttons" }, input, confirm, worker(say("code.resend"), say("code.resend"), resend)),
    el("p", { class: "hint", id: `${id}-help` }, expires_at ? say("code.until", { time: hour(expires_at) }) : say("code.coming"), " ", say("code.help")),
    wrong, good);

  async function send() {
    const code = input.value.trim();
    if (!code) return refuse(say("code.missing"));
    try {
      const answer = await post(`/v1/submissions/${submission.id}/code`, { code });
      if (answer.state === "awaiting_code") return refuse(say("code.wrong", { count: answer.tries_left }));
      announce(say(`status.${answer.state}`));
    } catch (problem) {
      return refuse(problem.message);
    }
    await changed();
  }

  async function resend() {
    try {
      const answer = await post(`/v1/submissions/${submission.id}/code/resend`);
      showError(wrong, null);
      good.textContent = say("code.resent", { count: answer.codes_left_today });
      input.value = "";
      input.focus();
    } catch (problem) {
      showError(wrong, problem.message);
    }
  }

  function refuse(words) {
    showError(wrong, words);
    input.focus();
    input.select();
  }

  return form;
}
