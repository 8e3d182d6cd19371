/** The materials of an identity: a drop box for each, what it must show, and what was uploaded. */

import { announce, el, sign } from "./dom.js";
import { dropbox, progressBar } from "./dropbox.js";
import { idOf } from "./field.js";
import { kinds } from "./files.js";
import { upload } from "./upload.js";
import { say, size } from "./words.js";

/** `files` holds what was uploaded, by kind; `changed()` is called each time it changes. */
export function materialsOf(identity, { files, limit, changed }) {
  const uploading = new Set();
  const boxes = identity.materials.map((each) => box(each, { files, limit, changed, uploading }));
  const all = identity.required === "all";
  const node = el("div", { class: "materials" },
    identity.materials.length > 1 ? el("p", { class: "hint" }, say(all ? "proof.all" : "proof.any")) : null, boxes);
  return { node, problems: () => problems(identity, files, uploading) };
}

function problems({ materials, required }, files, uploading) {
  const missing = materials.filter(({ kind }) => !files[kind]);
  const busy = missing.filter(({ kind }) => uploading.has(kind));
  const wrong = ({ kind, title }, name) => ({ path: `materials.${kind}`, label: title, message: say(name) });
  if (busy.length) return busy.map((each) => wrong(each, "proof.still_uploading"));
  if (required === "all") return missing.map((each) => wrong(each, "proof.material_missing"));
  return missing.length === materials.length ? [wrong(materials[0], "proof.material_any")] : [];
}

function box(material, { files, limit, changed, uploading }) {
  const { kind, title, must_show } = material;
  const work = el("div", {});
  const drop = dropbox({
    id: idOf(`file.${kind}`), limit, take: send, label: say("proof.choose_file"), drop: say("proof.drop"), named: title,
    hint: say("proof.rules", { types: kinds(limit), size: size(limit.max_bytes) }),
  });

  async function send(file) {
    const bar = progressBar(say("file.uploading", { name: file.name }));
    const stop = new AbortController();
    work.replaceChildren(bar.node);
    uploading.add(kind);
    try {
      files[kind] = await upload(file, { purpose: "material", filename: file.name, progress: bar.show, signal: stop.signal });
      changed();
      announce(`${title}: ${say("file.uploaded")}`);
      show();
    } catch (problem) {
      work.replaceChildren(drop.node, again(file));
      drop.showError(problem.message);
    } finally {
      uploading.delete(kind);
    }
  }

  const again = (file) => el("button", { type: "button", onclick: () => send(file) }, say("page.again"));

  function remove() {
    delete files[kind];
    changed();
    show();
    work.querySelector("input").focus();
  }

  function show() {
    const file = files[kind];
    work.replaceChildren(file ? uploaded(file, title, remove) : drop.node);
  }

  show();
  return el("fieldset", { class: "material", "data-path": `materials.${kind}` },
    el("legend", {}, title),
    el("p", { class: "hint" }, say("proof.must_show", { items: must_show.map((each) => each.text).join(", ") })),
    work);
}

function uploaded(file, title, remove) {
  return el("p", { class: "uploaded" },
    sign("✓"), el("span", { class: "name" }, file.filename), el("span", { class: "hint" }, `${size(file.length)} · ${say("file.uploaded")}`),
    el("button", { type: "button", class: "link", "aria-label": say("file.remove_named", { name: title }), onclick: remove }, say("file.remove")));
}
