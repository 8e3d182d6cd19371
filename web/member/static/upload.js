/** Put a file straight into object storage: ask for a slot, then a presigned PUT with its progress. */

import { Problem, call } from "./api.js";
import { typeOf } from "./files.js";
import { say } from "./words.js";

/** 412: the slot has its file already, from a PUT whose answer was lost. */
const TAKEN = new Set([200, 412]);

/** Upload; `progress` gets a share from 0 to 1. Gives what a submission names the file by. Raises Problem. */
export async function upload(file, { purpose, filename, progress, signal }) {
  const media_type = await typeOf(file);
  const asked = { purpose, media_type, length: file.size, filename };
  const slot = await call("POST", "/v1/uploads", asked, crypto.randomUUID());
  await put(slot, file, progress, signal);
  return { key: slot.key, filename, media_type, length: file.size };
}

function put(slot, file, progress, signal) {
  const request = new XMLHttpRequest();
  return new Promise((done, failed) => {
    const fail = () => failed(new Problem({ code: "upload", detail: say("file.failed") }));
    request.open(slot.method, slot.url);
    for (const [name, value] of Object.entries(slot.headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value); // the browser sets it itself
    }
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("load", () => (TAKEN.has(request.status) ? done() : fail()));
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
