// The desk: a case in front of the reviewer, the next one ready behind it, and the decisions that can still be undone.
import { Case, read } from "./case.js";
import { arrived } from "./keys.js";
import { giveBack, leaveAll, show as showLease } from "./lease.js";
import { post } from "./send.js";
import { Undos } from "./undo.js";

const main = document.getElementById("main");
const said = document.getElementById("said");
const SECOND = 1000;

// Once the page has been drawn, where it is to be seen: until then nothing else is asked for.
const drawn = () => new Promise((done) => (document.hidden ? done() : requestAnimationFrame(() => setTimeout(done))));

export class Desk {
  constructor() {
    this.queues = new URLSearchParams(location.search).getAll("queue").map((name) => ["queue", name]);
    this.current = this.made(main.firstElementChild);
    Object.assign(this, { ready: [], loading: null, undos: new Undos(), busy: false });
    addEventListener("pagehide", () => leaveAll(this.leases));
    addEventListener("pageshow", (event) => { if (event.persisted) this.open(this.current); });
    document.addEventListener("visibilitychange", () => this.current.stage?.look());
    setInterval(() => this.tick(), SECOND);
    if (!this.current.none) {
      this.open(this.current);
      this.current.draft.restore();
    }
    this.tick();
  }

  get leases() {
    return [this.current, ...this.ready].filter((item) => !item.none).map((item) => item.lease);
  }

  // To another page: what is held goes back first.
  async leaveFor(go) {
    await this.loading;
    this.busy = true;
    await giveBack(this.leases);
    go();
  }

  made(root) {
    return new Case(root, (item, sheet) => this.submit(item, sheet));
  }

  announce(words) {
    said.textContent = words;
  }

  // The next case is claimed and drawn while this one is looked at.
  prepare() {
    if (this.loading || this.ready.length || this.current.none) return;
    this.loading = post("/console/next/part", this.queues, { worthwhile: () => false })
      .then(async (answer) => {
        if (answer.status !== 200) return;
        const next = this.made(read(await answer.text()));
        if (next.none) return;
        this.ready.push(next);
        await next.painted();
      })
      .catch(() => {})
      .finally(() => { this.loading = null; });
  }

  // The session is over: to sign in, and from there back to this case, where what was typed is filled in again.
  signIn() {
    location.assign(`/console/sign-in?page=${encodeURIComponent(location.pathname + location.search)}`);
  }

  async next() {
    if (this.signedOut) return this.signIn();
    if (!this.ready.length && this.loading) await this.loading;
    if (this.ready.length) return this.show(this.ready.shift());
    const answer = await post("/console/next/part", this.queues);
    return answer.status === 200 ? this.show(this.made(read(await answer.text()))) : location.assign("/console/");
  }

  show(item) {
    this.current = item;
    main.replaceChildren(item.root);
    scrollTo(0, 0);
    item.stage?.look();
    item.draft?.restore();
    arrived();
    document.querySelector('[data-slot="place"]').textContent = item.root.dataset.place;
    item.root.focus({ preventScroll: true });
    if (item.none) {
      history.replaceState(null, "", "/console/");
      globalThis.htmx?.process(item.root);
    } else {
      this.address(item);
      item.painted().then(drawn).then(() => { if (item === this.current) this.open(item); });
    }
    this.tick();
  }

  address(item) {
    history.replaceState(null, "", `/console/cases/${item.lease.claim}${location.search}`);
  }

  async open(item) {
    item.lease.since = performance.now();
    const answer = await item.lease.ask("opened").catch(() => null);
    if (answer?.status === 409) await this.back(item, { asked: false });
    item.painted().then(() => item.stage.fetchRest());
    if (item === this.current) this.prepare();
  }

  async back(item, { asked }) {
    const answer = await post(item.lease.path("back"));
    if (answer.ok) {
      item.revive(await answer.json());
      if (item === this.current) this.address(item);
    } else item.end(await answer.text(), { asked });
  }

  // One thing at a time: what is asked for meanwhile is not done to a case that nobody has seen yet.
  async once(work) {
    if (this.busy) return;
    this.busy = true;
    const { root } = this.current;
    root.setAttribute("aria-busy", "true");
    try {
      await work(this.current);
    } finally {
      this.busy = false;
      root.removeAttribute("aria-busy");
    }
  }

  submit(item, sheet) {
    if (sheet.dataset.verdict) this.once(() => this.decide(item, sheet.dataset.verdict, sheet));
    else if (sheet.dataset.action) this.once(() => this.giveAway(item, sheet));
    else this.once(() => this.burn(item));
  }

  async decide(item, verdict, sheet) {
    const seen = item.stage.seen(Number(item.root.dataset.look)).map((page) => ["seen", page]);
    const answer = await post(item.lease.path("decision"), [...item.answers.fields(sheet), ...seen, ["verdict", verdict]]);
    if (!(await this.accepted(item, answer, sheet))) return;
    const decided = await answer.json();
    item.lease.over = true;
    item.draft.drop();
    this.undos.add({ ...decided, item, name: item.name });
    await this.goOn(decided.said);
  }

  async giveAway(item, sheet) {
    const answer = await post(item.lease.path(sheet.dataset.action), item.answers.fields(sheet));
    if (!(await this.accepted(item, answer, sheet))) return;
    item.lease.over = true;
    item.draft.drop();
    await this.goOn((await answer.json()).said);
  }

  async goOn(did) {
    await this.next();
    this.announce(`${did}. ${this.current.none ? "Nothing waits." : `Next: ${this.current.name}.`}`);
  }

  // What stands in the way is said in words: at the field, or above the form with all that was typed below it.
  async accepted(item, answer, sheet) {
    if (answer.ok) return true;
    this.signedOut = answer.status === 401;
    if (this.signedOut) await item.draft.keep();
    if (answer.status === 422) this.announce(item.answers.wrong((await answer.json()).problems, sheet));
    else item.end(await answer.text(), { asked: true });
    return false;
  }

  async burn(item) {
    const sheet = item.sheets.open;
    if (!item.redaction.boxes.length) return item.answers.wrong([{ field: "boxes", message: "Draw a box first, or press + for one." }], sheet);
    const refused = await item.redaction.burn(item.lease.claim, item.lease.token);
    if (refused) return this.accepted(item, refused, sheet);
    this.closeSheet();
    return this.announce("Covered. What was under it is deleted.");
  }

  closeSheet() {
    if (this.current.redaction.on) this.current.redaction.stop();
    return this.current.sheets.close();
  }

  async undo() {
    const last = this.undos.take();
    if (!last) return this.refuse(this.undos.sentence);
    const { decision, item } = last;
    const answer = await post(`/console/decisions/${decision}/undo`);
    const html = await answer.text();
    if (!answer.ok) return this.refuse(read(html).textContent.trim());
    if (!this.current.none) this.ready.unshift(this.current);
    const again = this.made(read(html));
    if (item) again.answers.copyFrom(item.answers);
    this.show(again);
    this.announce(`Taken back: ${again.name}.`);
  }

  refuse(words) {
    this.announce(words);
    if (this.current.none) return;
    this.current.answers.clear();
    this.current.answers.say("", words);
  }

  tick() {
    const items = [this.current, ...this.ready].filter((item) => !item.none && !item.over);
    showLease(items.includes(this.current) ? this.current.lease : null);
    for (const item of items) if (item.lease.wantsMore) item.lease.renew();
    this.ready = this.ready.filter((item) => !item.lease.over && item.lease.left > 0);
    if (items.includes(this.current) && !this.busy && (this.current.lease.over || this.current.lease.left <= 0)) this.lapse();
    this.undos.show(this.current.root.querySelector("[data-undo]"));
  }

  // The time ran out. Whoever is there may take the case again; whoever is not has it no more.
  lapse() {
    this.once(async (item) => {
      const answer = await fetch(`/console/cases/${item.lease.claim}`, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.status === 409) item.end(await answer.text(), { asked: false });
      else if (answer?.ok) await this.back(item, { asked: false });
    });
  }
}
