// What was typed into a case outlives the page and the session: encrypted in this browser, by a key that the claim has and the server keeps.
const PREFIX = "draft:";
const KEPT_MS = 24 * 60 * 60 * 1000;
const PAUSE_MS = 200;
const bytes = (text) => new TextEncoder().encode(text);
const coded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const decoded = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

// Drafts that nobody came back to.
for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
  if (!(Date.now() - JSON.parse(localStorage.getItem(name)).at < KEPT_MS)) localStorage.removeItem(name);
}

export class Draft {
  constructor(root, answers) {
    Object.assign(this, { root, answers, timer: null, over: false });
    const { draft } = root.dataset;
    this.ready = crypto.subtle.digest("SHA-512", bytes(draft)).then(async (digest) => {
      this.name = PREFIX + coded(digest.slice(0, 16));
      this.key = await crypto.subtle.importKey("raw", digest.slice(32), "AES-GCM", false, ["encrypt", "decrypt"]);
    });
    for (const event of ["input", "answered"]) root.addEventListener(event, () => this.later());
  }

  later() {
    clearTimeout(this.timer);
    if (this.over) return;
    this.root.dataset.kept = "no";
    this.timer = setTimeout(() => this.keep(), PAUSE_MS);
  }

  async keep() {
    await this.ready;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, bytes(JSON.stringify(this.answers.typed())));
    if (this.over) return;
    localStorage.setItem(this.name, JSON.stringify({ at: Date.now(), iv: coded(iv), data: coded(data) }));
    this.root.dataset.kept = "yes";
  }

  // What was typed before, into the fields that are still blank. True where there was something.
  async restore() {
    await this.ready;
    const kept = JSON.parse(localStorage.getItem(this.name));
    if (!kept) return false;
    try {
      const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: decoded(kept.iv) }, this.key, decoded(kept.data));
      this.answers.fill(JSON.parse(new TextDecoder().decode(open)));
      return true;
    } catch {
      localStorage.removeItem(this.name);
      return false;
    }
  }

  // The case is decided, or somebody else's.
  async drop() {
    this.over = true;
    clearTimeout(this.timer);
    await this.ready;
    localStorage.removeItem(this.name);
  }
}
