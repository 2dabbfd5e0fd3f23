/* Nothing typed is lost: what is entered in a form[data-guard] is kept in this tab until a page shows it was received.
 *
 * Covers a session that expired, a lost connection, a server error, a tab reloaded by mistake. Kept in sessionStorage
 * (this tab only, gone when it closes), cleared on logout; passwords, files and hidden fields are never kept.
 */
(function () {
  "use strict";
  const PREFIX = "saisie:";
  const keyOf = (form) => PREFIX + location.pathname + "#" + Array.from(document.querySelectorAll("form[data-guard]")).indexOf(form);
  const kept = (el) => el.name && !["hidden", "password", "file", "submit", "button"].includes(el.type);
  const valueOf = (el) => (el.type === "checkbox" || el.type === "radio" ? el.checked : el.multiple ? Array.from(el.selectedOptions, (o) => o.value) : el.value);
  const nameOf = (el) => (el.type === "checkbox" || el.type === "radio" ? el.name + "=" + el.value : el.name);

  function read(key) {
    try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
  }
  function write(key, draft) {
    // Storage may be full or refused: the page goes on without it.
    try { sessionStorage.setItem(key, JSON.stringify(draft)); } catch { /* nothing to do */ }
  }
  function snapshot(form) {
    return Object.fromEntries(Array.from(form.elements).filter(kept).map((el) => [nameOf(el), valueOf(el)]));
  }
  function restore(form, values) {
    Array.from(form.elements).filter(kept).forEach((el) => {
      const value = values[nameOf(el)];
      if (value === undefined) return;
      if (typeof value === "boolean") el.checked = value;
      else if (Array.isArray(value)) Array.from(el.options).forEach((o) => { o.selected = value.includes(o.value); });
      else el.value = value;
    });
    form.dispatchEvent(new Event("input", { bubbles: true }));
    const first = Array.from(form.elements).find(kept);
    if (first) { first.dispatchEvent(new Event("input", { bubbles: true })); first.focus(); }
  }

  function offer(form, key, draft) {
    const box = document.createElement("div");
    const body = document.createElement("div");
    const title = document.createElement("p");
    const row = document.createElement("div");
    const take = document.createElement("button");
    const drop = document.createElement("button");
    box.className = "alert tone-warning no-print";
    body.className = "alert__body";
    title.className = "alert__title";
    title.textContent = "Une saisie n’a pas été enregistrée sur cette page.";
    row.className = "cluster mt-2";
    take.type = drop.type = "button";
    take.className = "btn btn-secondary btn-sm";
    take.textContent = "Reprendre ma saisie";
    drop.className = "btn btn-link btn-sm";
    drop.textContent = "L’oublier";
    take.addEventListener("click", () => { box.remove(); restore(form, draft.values); });
    drop.addEventListener("click", () => { box.remove(); sessionStorage.removeItem(key); });
    row.append(take, drop);
    body.append(title, row);
    box.append(body);
    form.before(box);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.matches("[data-guard]")) write(keyOf(form), { path: location.pathname, values: snapshot(form) });
  });
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-logout")) {
      Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
    } else if (event.target.matches("[data-guard]")) {
      const key = keyOf(event.target);
      const draft = read(key);
      if (draft) write(key, { ...draft, sent: true });
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    // A page with the frame, elsewhere than the form, is what a successful save leads to: what was sent arrived.
    const arrived = document.querySelector(".topbar") !== null;
    Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => {
      const draft = read(key);
      if (!draft || (draft.sent && arrived && draft.path !== location.pathname)) sessionStorage.removeItem(key);
    });
    document.querySelectorAll("form[data-guard]").forEach((form) => {
      const key = keyOf(form);
      const draft = read(key);
      if (!draft) return;
      const saved = draft.sent && document.querySelector("#messages .tone-success");
      const now = snapshot(form);
      const same = Object.entries(draft.values).every(([name, value]) => !(name in now) || JSON.stringify(now[name]) === JSON.stringify(value));
      // Sent back with errors, the server shows what was typed: nothing to offer, but still not saved.
      if (saved || same) { if (saved || !document.querySelector("[data-error-summary]")) sessionStorage.removeItem(key); return; }
      offer(form, key, draft);
    });
  });
})();
