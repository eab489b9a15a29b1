// The form of a page's parameters writes an export block of its own. The verified commands never
// change: they read the shell's variables, and an empty one stops them.
const quoted = (value) =>
  /^[\w.\/:@%+,-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

for (const box of document.querySelectorAll(".lg-parameters")) {
  const code = box.querySelector("pre > code");
  const inputs = [...box.querySelectorAll("input")];
  const write = () => {
    code.textContent = inputs
      .map((input) => `export ${input.name}=${quoted(input.value)}`)
      .join("\n");
  };
  box.addEventListener("input", write);
}
