// Passkeys: ask the server for a challenge, let the browser sign it, and send the answer with the form.
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const listed = (several) => several?.map((each) => ({ ...each, id: bytes(each.id) }));

async function optionsOf(address) {
  const answer = await fetch(address, { method: "POST", headers: { "X-CSRF-Token": csrf } });
  if (answer.redirected) { location.assign(answer.url); return null; }
  if (!answer.ok) throw new Error("Sign in once more, then try again.");
  return answer.json();
}

async function make(address) {
  const options = await optionsOf(address);
  if (!options) return null;
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return {
    ...plain(made),
    response: {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

async function show(address) {
  const options = await optionsOf(address);
  if (!options) return null;
  const publicKey = {
    ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials),
  };
  const shown = await navigator.credentials.get({ publicKey });
  const { authenticatorData, clientDataJSON, signature, userHandle } = shown.response;
  return {
    ...plain(shown),
    response: {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

const plain = (credential) => ({
  id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {},
});

const WAYS = { make, show };

for (const button of document.querySelectorAll("[data-passkey]")) {
  const { form } = button;
  const problem = form.querySelector("[data-passkey-problem]");
  button.addEventListener("click", async () => {
    problem.hidden = true;
    const name = form.elements.namedItem("name");
    if (name && !name.reportValidity()) return;
    try {
      const answer = await WAYS[button.dataset.passkey](button.dataset.options);
      if (!answer) return;
      form.elements.namedItem("passkey").value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      problem.textContent = error.name === "NotAllowedError"
        ? "No passkey was used: it was cancelled, or its time ran out." : error.message;
      problem.hidden = false;
    }
  });
}
