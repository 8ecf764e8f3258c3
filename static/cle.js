// Passkeys: the portal says what to sign, the device signs it, and its answer leaves with the form as any button's value does.
// Where the browser cannot, no button shows; a number is no name that a device would make a key for.
const { PublicKeyCredential: kind } = window;
const named = /[a-z]$/i.test(location.hostname);
const able = named && kind?.parseCreationOptionsFromJSON && kind.parseRequestOptionsFromJSON;

const said = {
  InvalidStateError: "Cet appareil garde déjà une clé d’accès pour toi.",
  NotAllowedError: "Rien n’a été ouvert : la clé d’accès n’a pas été donnée.",
};
const toast = (text) => document.dispatchEvent(new CustomEvent("portail:toast", { detail: { text } }));

/** What the device answers to the portal's question, in JSON; "" when the portal asked none, and has something else to say. */
async function answer(url, token) {
  const asked = await fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token } });
  if (!asked.ok) return "";
  const options = await asked.json();
  const made = options.user
    ? await navigator.credentials.create({ publicKey: kind.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: kind.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(made);
}

async function sign(event) {
  const { currentTarget: button } = event, { form } = button;
  event.preventDefault();
  if (button.ariaDisabled || form.ariaBusy === "true") return; // a second question makes the first one's answer worth nothing
  if (!button.formNoValidate && !form.reportValidity()) return;
  button.ariaDisabled = "true"; // still sent with the form, which a disabled one is not
  try {
    button.value = await answer(button.dataset.cle, form.elements.csrf_token.value);
    form.requestSubmit(button);
  } catch ({ name }) {
    toast(said[name] ?? "La clé d’accès n’a pas répondu : à réessayer dans un instant.");
  } finally {
    button.ariaDisabled = null;
  }
}

for (const button of able ? document.querySelectorAll("[data-cle]") : []) {
  button.closest("[hidden]").hidden = false;
  button.addEventListener("click", sign);
}
for (const words of document.querySelectorAll("[data-sans-cle]")) {
  words.hidden = able;
  if (!named) words.textContent = "À une adresse en chiffres, une clé d’accès ne peut pas s’ajouter : passe par le nom du site.";
}
