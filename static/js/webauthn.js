/* Reads a security key for a form, then sends the form.
 *
 * data-webauthn="create" or "get" on a form, its challenge in data-options; the answer goes to the field "credential".
 * data-webauthn-on  shown when the browser can read keys; data-webauthn-off hidden then; data-webauthn-error the refusal
 */
(function () {
  "use strict";
  const able = window.webauthnJSON && window.webauthnJSON.supported();
  if (!able) return;
  const REFUSED = "La clé n’a pas répondu : elle a été retirée, refusée, ou le temps a passé. Recommencez.";
  const KNOWN = "Cette clé est déjà enregistrée sur votre compte.";

  document.querySelectorAll("form[data-webauthn]").forEach((form) => {
    form.querySelectorAll("[data-webauthn-on]").forEach((node) => { node.hidden = false; });
    form.querySelectorAll("[data-webauthn-off]").forEach((node) => { node.hidden = true; });
  });

  // On the window, before the listeners of app.js: to them this first, empty sending would be the only one.
  window.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-webauthn]")) return;
    const error = form.querySelector("[data-webauthn-error]");
    const field = form.querySelector('[name="credential"]');
    if (field.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    error.hidden = true;
    try {
      const answer = await window.webauthnJSON[form.dataset.webauthn](JSON.parse(form.dataset.options));
      field.value = JSON.stringify(answer);
      form.requestSubmit();
    } catch (problem) {
      error.textContent = problem.name === "InvalidStateError" ? KNOWN : REFUSED;
      error.hidden = false;
    }
  }, true);
})();
