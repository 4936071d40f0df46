// Have a passkey sign the digest of a document, for a form with `data-sign` (see consent/portal/signing.py).
//
// The evidence that is posted is what consent/webauthn.py checks: what the browser returned, and the key's own bytes,
// which the server gave. The person is always verified; nothing is sent if the device says no.

import { onSubmit, show } from "./webauthn.js";

export async function evidence(asked) {
  const signed = (await show(asked.options)).toJSON();
  return {
    type: "webauthn",
    clientDataJSON: signed.response.clientDataJSON,
    authenticatorData: signed.response.authenticatorData,
    signature: signed.response.signature,
    credential_public_key: asked.public,
  };
}

for (const form of document.querySelectorAll("form[data-sign]")) {
  onSubmit(form, async () => {
    const asked = JSON.parse(form.querySelector("script[data-sign-options], #sign-options").textContent);
    form.elements.evidence.value = JSON.stringify(await evidence(asked));
  });
}
