/** The member's picture: what is public, what is under review, and the drop box for a new one (one JPG). */

import { post } from "./api.js";
import { cropper, opened } from "./crop.js";
import { Part, announce, el } from "./dom.js";
import { dropbox, progressBar } from "./dropbox.js";
import { dueLine, findingsOf, reasonsOf } from "./result.js";
import { upload } from "./upload.js";
import { say, size } from "./words.js";

const OPEN = new Set(["received", "in_review"]);

/** The card. `member` is the session's; `changed()` is called once a picture was submitted. */
export function avatarCard({ member, limit, changed }) {
  const current = new Part(drawCurrent);
  const status = new Part(drawStatus);
  const work = el("div", { class: "work" });
  const box = dropbox({
    id: "avatar-file", limit, take: crop, label: say("avatar.choose"), drop: say("avatar.drop"),
    hint: say("avatar.rules", { size: size(limit.max_bytes) }),
  });
  const node = el("section", { class: "card", "aria-labelledby": "avatar-title" },
    el("h2", { id: "avatar-title" }, say("avatar.title")), el("div", {}, current.node), el("div", {}, status.node), work);
  work.append(box.node);

  async function crop(file) {
    const picture = await opened(file);
    if (!picture) return box.showError(say("file.unreadable"));
    const send = (blob) => sendIt(blob, file.name);
    work.replaceChildren(cropper(picture, { most: limit.max_bytes, send, cancel: choose }), box.node);
    box.node.hidden = true;
    work.querySelector("canvas").focus();
  }

  function choose() {
    work.replaceChildren(box.node);
    box.node.hidden = false;
    work.querySelector("input").focus();
  }

  async function sendIt(blob, filename) {
    const bar = progressBar(say("file.uploading", { name: filename }));
    work.append(bar.node);
    try {
      const file = await upload(blob, { purpose: "avatar", filename, progress: bar.show });
      await post("/v1/submissions", { kind: "avatar", member_id: member.member_id, member: member.member, file });
      choose();
      await changed();
      announce(say("avatar.in_review"));
    } catch (problem) {
      box.node.hidden = false;
      box.showError(problem.message);
    } finally {
      bar.node.remove();
    }
  }

  return {
    node,
    show({ avatar, submission }) {
      current.show({ url: avatar.large_url, name: member.member.name });
      status.show({ submission, hasPublic: Boolean(avatar.large_url) });
    },
  };
}

function drawCurrent({ url, name }) {
  const initials = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  return el("div", { class: "portrait" },
    url ? el("img", { src: url, alt: say("avatar.alt"), width: 96, height: 96 }) : el("span", { class: "initials", "aria-hidden": "true" }, initials),
    el("p", {}, say(url ? "avatar.public" : "avatar.none")));
}

function drawStatus({ submission, hasPublic }) {
  if (!submission || submission.state === "superseded") return el("div", {});
  const { state } = submission;
  return el("div", { class: `status ${state}`, id: "avatar-status" },
    el("p", { class: "state" }, say(state === "received" ? "avatar.checking" : `avatar.${state}`)),
    OPEN.has(state) ? dueLine(submission.due, "avatar.due") : null,
    findingsOf(submission),
    reasonsOf(submission),
    hasPublic && ["rejected", "refused"].includes(state) ? el("p", { class: "hint" }, say("avatar.kept")) : null);
}
