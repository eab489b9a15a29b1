// Values of a page's parameters stay in this browser, by the parameter's name.
const kept = (name) => `ledger.parameter.${name}`;

// A browser may refuse to keep anything, as some do for file://. The form works all the same.
const storage = (work) => {
  try {
    return work(localStorage);
  } catch {
    return null;
  }
};

// The form writes an export block of its own. The verified commands never change: they read the
// shell's variables, and an empty one stops them.
const quoted = (value) =>
  /^[\w.\/:@%+,-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

for (const box of document.querySelectorAll(".lg-parameters")) {
  const code = box.querySelector("pre > code");
  const inputs = [...box.querySelectorAll("input")];
  const note = box.querySelector(".lg-kept");
  const write = () => {
    code.textContent = inputs
      .map((input) => `export ${input.name}=${quoted(input.value)}`)
      .join("\n");
    box.classList.toggle("lg-filled", inputs.some((input) => input.value));
  };
  const keep = ({ name, value }) =>
    storage((s) => (value ? s.setItem(kept(name), value) : s.removeItem(kept(name))));

  for (const input of inputs) {
    input.hidden = false;
    input.value = storage((s) => s.getItem(kept(input.name))) ?? "";
    input.addEventListener("input", () => {
      keep(input);
      write();
    });
  }
  note.hidden = false;
  note.querySelector("strong").hidden = !inputs.some((input) => input.value);
  note.querySelector("button").addEventListener("click", () => {
    for (const input of inputs) {
      input.value = "";
      keep(input);
    }
    note.querySelector("strong").hidden = true;
    write();
    inputs[0].focus();
  });
  write();
}

// The theme copies what stands in this attribute, and says that it did.
for (const link of document.querySelectorAll(".lg-anchor")) {
  link.dataset.clipboardText = link.href;
}

// What opens the search from the page's text.
for (const button of document.querySelectorAll(".lg-find")) {
  button.hidden = false;
  button.addEventListener("click", () =>
    document.querySelector("[data-md-component=search-query]").focus());
}

// On a phone the rows of a wide table stack, and each cell says which column it is of.
for (const table of document.querySelectorAll("article table:not([class]), .lg-named")) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])]
    .map((cell) => cell.textContent.trim())
    .map((text) => (text && !text.endsWith("=") ? `${text}: ` : text));
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, column) => (cell.dataset.label = heads[column] ?? ""));
  }
}

// On paper a page says where it is from and when.
const origin = document.createElement("p");
origin.className = "lg-printed";
document.querySelector("article")?.append(origin);
const stamp = () => {
  const now = new Date().toISOString().slice(0, 16).replace("T", " ");
  origin.textContent = `${location.href.split("#")[0]}, printed ${now} UTC`;
};
addEventListener("beforeprint", stamp);
stamp();

// An error text that is pasted into the search is words to find. The search would take its colons
// and signs for commands, and its short words for the beginnings of others.
const query = document.querySelector("[data-md-component=search-query]");
query?.addEventListener("paste", (event) => {
  event.preventDefault();
  const pasted = event.clipboardData.getData("text");
  const words = pasted.match(/[\p{L}\d](?:[\p{L}\d._\/-]*[\p{L}\d])?/gu) ?? [];
  const telling = words.filter((word) => word.length > 2 && /\p{L}/u.test(word));
  const text = (telling.length ? telling : words).slice(0, 20).join(" ");
  query.setRangeText(text, query.selectionStart, query.selectionEnd, "end");
  query.dispatchEvent(new Event("keyup"));
});
