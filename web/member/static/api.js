/** Calls to `/v1` with the session's credential. Everything that goes wrong is a Problem with a sentence to show. */

import { say } from "./words.js";

export class Problem extends Error {
  constructor({ status = 0, code, detail, errors = [] }) {
    super(detail);
    Object.assign(this, { status, code, errors });
  }

  /** The sentence for a field of the request, if it is one of those that are wrong. */
  at(path) {
    return this.errors.find((each) => each.path === path)?.message;
  }
}

let credential = null;
const listeners = new Set();

/** Call from now on with this credential. */
export function use(given) {
  credential = given;
}

/** Learn when the connection is lost (false) or back (true), and when the session has ended ("ended"). */
export function listen(listener) {
  listeners.add(listener);
}

const notify = (news) => listeners.forEach((each) => each(news));

/** One request. Raises Problem. */
export async function call(method, path, body, once) {
  const headers = { Accept: "application/json" };
  if (credential) headers.Authorization = `Bearer ${credential}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = once;
  const answer = await reached(() => fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" }));
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await problemOf(answer);
  if (answer.status === 401 && credential) notify("ended");
  throw problem;
}

export const get = (path) => call("GET", path);

/** A request that changes something, and takes effect once however often its button is pressed. */
export async function post(path, body) {
  const name = `proofdesk.once:${path}:${JSON.stringify(body ?? null)}`;
  const once = sessionStorage.getItem(name) ?? crypto.randomUUID();
  sessionStorage.setItem(name, once);
  try {
    const answer = await call("POST", path, body, once);
    sessionStorage.removeItem(name);
    return answer;
  } catch (problem) {
    if (isFinal(problem)) sessionStorage.removeItem(name);
    throw problem;
  }
}

const isFinal = ({ status }) => status >= 400 && status < 500 && status !== 429 && status !== 401;

async function reached(request) {
  try {
    const answer = await request();
    notify(true);
    return answer;
  } catch {
    notify(false);
    throw new Problem({ code: "network", detail: say("problem.network") });
  }
}

async function problemOf(answer) {
  const seconds = answer.headers.get("Retry-After");
  if (answer.status === 429) return new Problem({ status: 429, code: "busy", detail: say("problem.busy", { seconds }) });
  const body = await answer.json().catch(() => ({}));
  const detail = answer.status < 500 && body.detail ? body.detail : say("problem.unexpected");
  return new Problem({ ...body, status: answer.status, detail });
}
