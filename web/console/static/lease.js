// How long the case is ours: shown in the frame, lengthened while the page is open, visible and somebody is there.
import { post, beacon } from "./send.js";

const BUSY = ["keydown", "pointermove", "pointerdown", "wheel", "scroll"];
let seen = performance.now();
for (const name of BUSY) addEventListener(name, () => { seen = performance.now(); }, { capture: true, passive: true });

export class Lease {
  constructor(root) {
    const { claim, token, until, left, lease } = root.dataset;
    Object.assign(this, { root, claim, token, until, length: Number(lease) * 1000, since: performance.now(), asking: false, over: false });
    this.ends = performance.now() + Number(left) * 1000;
  }

  get left() {
    return this.ends - performance.now();
  }

  path(action) {
    return `/console/cases/${this.claim}/${action}`;
  }

  async ask(action) {
    const answer = await post(this.path(action), [["token", this.token]], { worthwhile: () => this.left > 0 });
    if (answer.ok) this.take(await answer.json());
    return answer;
  }

  take(held) {
    this.claim = held.id;
    this.token = held.token;
    this.until = held.lease_until;
    this.ends = performance.now() + held.seconds_left * 1000;
    const fields = this.root.querySelector("[data-answers]").elements;
    fields.token.value = held.token;
    fields.fence.value = held.fence;
    this.over = false;
  }

  // Half of the time is gone and somebody was there in that half.
  get wantsMore() {
    const half = this.length / 2;
    const there = document.visibilityState === "visible" && performance.now() - seen < half;
    return there && !this.asking && !this.over && this.left > 0 && this.left < half;
  }

  async renew() {
    this.asking = true;
    try {
      const answer = await this.ask("renew");
      if (answer.status === 409) this.over = true;
    } catch {
      // The connection is lost; the next tick asks again.
    } finally {
      this.asking = false;
    }
  }
}

export function show(lease) {
  const slot = document.querySelector('[data-slot="lease"]');
  slot.hidden = !lease;
  if (!lease) return;
  const left = Math.max(0, lease.left);
  slot.classList.toggle("short", left < 60_000);
  slot.querySelector('[data-lease="since"]').textContent = clock(performance.now() - lease.since);
  slot.querySelector('[data-lease="left"]').textContent = clock(left);
  slot.querySelector('[data-lease="bar"]').value = left / lease.length;
}

// Before one goes to another page of the console, so that it shows the queue as it is then.
export async function giveBack(leases) {
  const held = fields(leases);
  if (held.length) await post("/console/leave", held, { worthwhile: () => false }).catch(() => {});
  for (const lease of leases) lease.over = true;
}

// What the page held goes back to the queue when the page goes. Another page that has opened one since keeps it.
export function leaveAll(leases) {
  const held = fields(leases);
  if (held.length) beacon("/console/leave", held);
}

function fields(leases) {
  return leases.filter((lease) => !lease.over && lease.left > 0).map((lease) => ["held", `${lease.claim} ${lease.token} ${lease.until}`]);
}

function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
