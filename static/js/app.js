/* Small comforts on top of pages that already work without JavaScript.
 *
 * data-confirm="Question ?"   on a form or a submit button: asks once in a <dialog> (data-confirm-verb: the button's verb)
 * data-guard                  on a form: warns before leaving with something typed and not saved (and see drafts.js)
 * data-autosubmit             on a form: sends it when a choice changes (filters)
 * data-print                  on a button: prints the page
 * details.menu                closes on Escape and on a click outside
 */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // --- Waiting: nothing before 400 ms, so that quick answers never flash ---------------------------------------
  let waiting = 0;
  let timer = null;
  const busy = () => document.getElementById("attente");
  function startWaiting() {
    waiting += 1;
    if (timer === null) timer = window.setTimeout(() => { const b = busy(); if (b && waiting > 0) b.hidden = false; }, 400);
  }
  function stopWaiting() {
    waiting = Math.max(0, waiting - 1);
    if (waiting > 0) return;
    window.clearTimeout(timer);
    timer = null;
    const b = busy();
    if (b) b.hidden = true;
  }

  // --- What the page says to people who cannot see it change ----------------------------------------------------
  function say(text) {
    const zone = document.getElementById("messages");
    if (!zone) return;
    const box = document.createElement("div");
    box.className = "alert tone-danger";
    const body = document.createElement("div");
    body.className = "alert__body";
    const words = document.createElement("p");
    words.className = "alert__title";
    words.textContent = text;
    body.append(words);
    box.append(body);
    zone.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  }

  // --- htmx -------------------------------------------------------------------------------------------------------
  function csrfToken() {
    // The cookie is not readable by scripts (HttpOnly): the page carries the token.
    const meta = document.querySelector('meta[name="csrf-token"]');
    return meta ? meta.content : "";
  }
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrfToken(); });
  document.addEventListener("htmx:beforeRequest", startWaiting);
  document.addEventListener("htmx:afterRequest", stopWaiting);
  document.addEventListener("htmx:sendError", () => say("La connexion a été perdue. Rien de ce que vous avez saisi n’est effacé : réessayez dans un instant."));
  document.addEventListener("htmx:timeout", () => say("Le serveur met trop de temps à répondre. Réessayez dans un instant."));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 403) say("Cette action ne vous est pas ouverte, ou votre session a expiré. Rechargez la page.");
    else if (status === 409) say("Une autre personne a modifié ces données entre-temps. Rechargez la page pour voir sa version.");
    else say("L’action n’a pas abouti. Rechargez la page ; si cela continue, prévenez l’administrateur.");
  });
  // A swap must not drop the reader at the top: focus goes to the error summary, else stays where it was when it can.
  document.addEventListener("htmx:afterSwap", (event) => {
    const zone = event.detail.target;
    const summary = zone.querySelector("[data-error-summary]");
    if (summary) { summary.focus(); return; }
    if (document.activeElement && document.activeElement !== document.body) return;
    const next = zone.querySelector("[autofocus], [data-focus]");
    if (next) { next.focus(); return; }
    if (zone.isConnected) { zone.setAttribute("tabindex", "-1"); zone.focus({ preventScroll: true }); }
  });

  // --- Confirmation -----------------------------------------------------------------------------------------------
  const confirmed = new WeakSet();
  function ask(question, verb, danger, onYes) {
    const box = document.createElement("dialog");
    const title = document.createElement("h2");
    const row = document.createElement("div");
    const yes = document.createElement("button");
    const no = document.createElement("button");
    title.textContent = question;
    title.id = "question";
    box.setAttribute("aria-labelledby", "question");
    row.className = "form-actions";
    yes.type = no.type = "button";
    yes.className = danger ? "btn btn-danger" : "btn btn-primary";
    yes.textContent = verb;
    no.className = "btn btn-secondary";
    no.textContent = "Annuler";
    yes.addEventListener("click", () => { box.close(); onYes(); });
    no.addEventListener("click", () => box.close());
    box.addEventListener("close", () => box.remove());
    row.append(yes, no);
    box.append(title, row);
    document.body.append(box);
    box.showModal();
    no.focus();
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const holder = button && button.dataset.confirm ? button : form;
    if (!holder.dataset.confirm || confirmed.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const verb = holder.dataset.confirmVerb || (button ? button.textContent.trim() : "Continuer");
    ask(holder.dataset.confirm, verb, Boolean(button && button.className.includes("danger")), () => {
      confirmed.add(form);
      form.requestSubmit(button || undefined);
      confirmed.delete(form);
    });
  }, true);

  // --- Typed and not saved ------------------------------------------------------------------------------------------
  const dirty = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.matches("[data-guard]")) dirty.add(form);
  });
  window.addEventListener("beforeunload", (event) => {
    dirty.forEach((form) => { if (!form.isConnected) dirty.delete(form); });
    if (dirty.size > 0) { event.preventDefault(); event.returnValue = ""; }
  });

  // --- Ordinary forms: say that we wait, and send once ------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) { dirty.delete(form); return; }
    if (form.dataset.sent === "yes") { event.preventDefault(); return; }
    dirty.delete(form);
    if (form.method !== "post" || form.target === "_blank" || form.hasAttribute("data-download")) return;
    form.dataset.sent = "yes";
    startWaiting();
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    waiting = 0;
    stopWaiting();
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    document.querySelectorAll('[aria-busy="true"]').forEach((el) => el.removeAttribute("aria-busy"));
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.matches("[data-autosubmit]") && event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
  });

  // --- Search: « / » goes to the search box, unless something is being typed -------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const box = document.querySelector("main [role=search] [name=q]") || document.getElementById("recherche");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  });

  // --- Menus and print ------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement && document.activeElement.closest("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const summary = document.querySelector("[data-error-summary]");
    if (summary) { document.title = "Erreur : " + document.title; summary.focus(); }
  });
})();
