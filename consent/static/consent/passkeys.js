// Make a passkey, or show one, for a form with `data-passkey`: the credential goes into its hidden field as JSON.

import { make, onSubmit, show } from "./webauthn.js";

const given = () => JSON.parse(document.getElementById("passkey-options").textContent);

const ways = {
  async make() {
    const options = given().creation_options.publicKey;
    options.authenticatorSelection = {
      ...options.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    };
    return make(options);
  },
  async show() {
    return show(given().request_options.publicKey);
  },
  async "log-in"(form) {
    const answer = await fetch(form.action, {
      headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
    });
    return show((await answer.json()).request_options.publicKey);
  },
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  onSubmit(form, async () => {
    const credential = await ways[form.dataset.passkey](form);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
  });
}
