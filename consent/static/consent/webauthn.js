// What the passkey pages and the signing share: the browser's own calls, and errors in words that the page holds.

const WORDS = {
  NotAllowedError: "cancelled", // closed, timed out, or the person was not verified: browsers do not say which
  AbortError: "cancelled",
  TimeoutError: "cancelled",
  InvalidStateError: "known",
  NotSupportedError: "unsupported",
  SecurityError: "place",
  TypeError: "offline", // what fetch() throws without a network
};

export function supported() {
  return Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials);
}

export function make(options) {
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

export function show(options) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

export function say(form, error) {
  const place = form.querySelector("[data-passkey-error]");
  const name = typeof error === "string" ? error : (WORDS[error?.name] ?? "other");
  const words = form.querySelector("[data-passkey-words]").content;
  const found = words.querySelector(`[data-for="${name}"]`) ?? words.querySelector('[data-for="other"]');
  place.querySelector("p").textContent = found.textContent;
  place.hidden = false;
  place.focus();
}

// Let `work` put what the passkey returned into the form, then send the form; a second press meanwhile does nothing.
export function onSubmit(form, work) {
  let ready = false;
  let busy = false;
  form.addEventListener("submit", async (event) => {
    if (ready) return;
    event.preventDefault();
    if (busy) return;
    if (!supported()) {
      say(form, "unsupported");
      return;
    }
    const submitter = event.submitter;
    busy = true;
    form.setAttribute("aria-busy", "true");
    form.querySelector("[data-passkey-error]").hidden = true;
    try {
      await work();
      ready = true;
      form.requestSubmit(submitter);
    } catch (error) {
      say(form, error);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  });
}
