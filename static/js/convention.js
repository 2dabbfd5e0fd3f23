/* The clause editor: a click on a variable writes it where the cursor is. Without this script they are copied by hand. */
(function () {
  "use strict";
  const form = document.querySelector("[data-clause-editor]");
  const field = form && form.querySelector("textarea");
  if (!field) return;
  form.querySelectorAll("[data-insert]").forEach((code) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-secondary";
    button.textContent = code.textContent;
    button.setAttribute("aria-label", "Insérer " + code.textContent);
    button.addEventListener("click", () => {
      field.focus();
      field.setRangeText(code.dataset.insert, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    code.replaceWith(button);
  });
})();
/* Long lists of choices: tick all, tick none (data-tick on a button, in the fieldset of the boxes). */
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick]");
    if (!button) return;
    button.closest("fieldset").querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = button.dataset.tick === "all"; });
  });
})();
