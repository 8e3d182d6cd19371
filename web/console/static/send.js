// Requests to our own address. One that is lost on the way is sent again with the same key, so that it takes effect once.
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
const offline = document.getElementById("offline");
const PAUSE = 2000;

export function form(fields) {
  const body = new URLSearchParams();
  for (const [name, value] of fields) body.append(name, value);
  return body;
}

// The answer, whatever its status; waits out a lost connection as long as `worthwhile` says so.
export async function post(path, fields = [], { worthwhile = () => true } = {}) {
  const headers = { "HX-Request": "true", "X-CSRF-Token": csrf, "Idempotency-Key": crypto.randomUUID() };
  for (;;) {
    try {
      const answer = await fetch(path, { method: "POST", headers, body: form(fields), cache: "no-store" });
      offline.hidden = true;
      return answer;
    } catch (lost) {
      if (!worthwhile()) throw lost;
      offline.hidden = false;
      await connection();
    }
  }
}

// Leaves with the page: the browser sends it even when nobody is there to read the answer.
export function beacon(path, fields) {
  navigator.sendBeacon(path, form([["csrf", csrf], ...fields]));
}

function connection() {
  return new Promise((resolve) => {
    const timer = setTimeout(done, PAUSE);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    }
    addEventListener("online", done);
  });
}
