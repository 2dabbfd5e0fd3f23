/* The plan editor: shows the parameters of the chosen mode, names the rows after their financer.
 * Everything else (adding rows, computing) is the server's work, with or without this file. */
(function () {
  "use strict";

  function field(row, name) {
    // A block's own controls only, not its members'.
    return Array.from(row.querySelectorAll(`[name$="-${name}"]`)).find((control) => control.closest("[data-plan-row]") === row);
  }

  function showParameters(row) {
    const mode = field(row, "mode");
    row.querySelectorAll("[data-modes]").forEach((box) => {
      if (box.closest("[data-plan-row]") !== row || !mode) return;
      const wanted = box.dataset.modes.split(" ").includes(mode.value);
      // What holds a mistake stays in sight.
      box.hidden = !wanted && !box.querySelector(".is-invalid");
    });
    row.querySelectorAll("[data-member-modes]").forEach((box) => {
      if (box.closest("[data-plan-row]") !== row) return;
      const members = Array.from(row.querySelectorAll("[data-plan-row]"));
      const keyed = members.some((member) => { const m = field(member, "mode"); return m && m.value === box.dataset.memberModes; });
      box.hidden = !keyed && !box.querySelector(".is-invalid");
    });
  }

  function rename(row) {
    const title = row.querySelector(":scope > legend [data-plan-title]");
    const label = field(row, "label");
    const financer = field(row, "financer");
    const chosen = financer && financer.value ? financer.selectedOptions[0].textContent : "";
    const name = (label && label.value.trim()) || chosen;
    if (!title || !name || title.textContent === name) return;
    title.textContent = name;
    // The lists that name rows (bearer of a cost, percentage of, residue) follow.
    document.querySelectorAll("#plan-form select option").forEach((option) => {
      if (option.value === row.dataset.ref) option.textContent = name;
    });
  }

  function refresh(root) {
    root.querySelectorAll("[data-plan-row]").forEach(showParameters);
  }

  function followYear(control) {
    // Changing the year moves a period given in whole years.
    const year = control.value.trim();
    if (!/^20\d\d$/.test(year)) return;
    ["period_start", "period_end"].forEach((name) => {
      const day = document.querySelector(`[name="plan-${name}"]`);
      if (day && day.value) day.value = year + day.value.slice(4);
    });
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest || !event.target.closest("[data-plan-editor]")) return;
    if (event.target.name === "plan-year") followYear(event.target);
    const row = event.target.closest("[data-plan-row]");
    if (!row) return;
    rename(row);
    showParameters(row);
    const block = row.parentElement && row.parentElement.closest("[data-plan-row]");
    if (block) showParameters(block);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "lignes") return;
    refresh(event.detail.target);
    document.body.dispatchEvent(new CustomEvent("plan-rows"));
  });

  document.addEventListener("DOMContentLoaded", () => refresh(document));
})();
