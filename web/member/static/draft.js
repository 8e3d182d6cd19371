/** What a member has entered and not submitted yet, kept in this tab: no error, reload or ended session loses it. */

const name = (stage) => `proofdesk.draft:${stage}`;
const EMPTY = { step: 0, identity: null, form: {}, method: null, tax: { country: "", number: "" }, email: "", files: {} };

/** The draft for a stage; change it and `keep` it. */
export function draftOf(stage) {
  return { ...structuredClone(EMPTY), ...JSON.parse(sessionStorage.getItem(name(stage)) ?? "{}") };
}

export function keep(stage, draft) {
  sessionStorage.setItem(name(stage), JSON.stringify(draft));
}

/** After it was submitted: who the member is need not be typed again for another try; the evidence is new each time. */
export function settle(stage, { identity, form }) {
  keep(stage, { identity, form });
}
