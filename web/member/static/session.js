/** The member's session: opened by the link's ticket, kept for this tab only. */

import { call, get, use } from "./api.js";

const KEPT = "proofdesk.session";
const DRAFTS = "proofdesk.";

/** The ticket that the link carries behind its #, taken out of the address so that it is in no history. */
export function takeTicket() {
  const ticket = location.hash.slice(1);
  if (!ticket.startsWith("pl_")) return null;
  history.replaceState(null, "", location.pathname);
  return ticket;
}

/** Open a link's session. What another member left in this tab goes. Raises Problem. */
export async function open(ticket) {
  const opened = await call("POST", "/v1/sessions/open", { ticket });
  if (kept()?.member_id !== opened.member_id) forget();
  sessionStorage.setItem(KEPT, JSON.stringify({ credential: opened.credential, member_id: opened.member_id }));
  use(opened.credential);
  return opened;
}

/** Go on with the session that this tab has, or null. Raises Problem. */
export async function resume() {
  const session = kept();
  if (!session) return null;
  use(session.credential);
  return get("/v1/session");
}

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
}

function forget() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(DRAFTS)) sessionStorage.removeItem(name);
}
