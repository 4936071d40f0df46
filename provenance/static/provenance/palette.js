// The desk by keyboard: Ctrl-K finds and does, ? lists the keys, and what is live is fetched again. All of it is on the page too.
const self = document.querySelector('script[type=module][data-find]');
const words = self.dataset;
const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const commands = () =>
  [...document.querySelectorAll("[data-command]")].map((element) => ({
    label: element.dataset.command,
    hint: element.dataset.key || "",
    run: () => act(element),
  }));
const act = (element) => {
  if (element instanceof HTMLFormElement) return element.requestSubmit();
  if (element.matches("input, textarea, select")) {
    element.scrollIntoView({ block: "center" });
    if (element.type === "radio") element.checked = true;
    return element.focus();
  }
  if (element.matches("details")) {
    element.open = true;
    return element.querySelector("summary").focus();
  }
  element.click();
};

const dialog = document.createElement("dialog");
dialog.className = "palette";
dialog.setAttribute("aria-label", words.label);
const input = document.createElement("input");
input.setAttribute("role", "combobox");
input.setAttribute("aria-expanded", "true");
input.setAttribute("aria-controls", "palette-list");
input.setAttribute("aria-label", words.placeholder);
input.placeholder = words.placeholder;
input.autocomplete = "off";
input.spellcheck = false;
const list = document.createElement("ul");
list.id = "palette-list";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", words.label);
dialog.append(input, list);
document.body.append(dialog);

let options = [];
let chosen = 0;
let asked = 0;
const draw = (found) => {
  options = found;
  chosen = 0;
  list.replaceChildren(
    ...found.map((option, number) => {
      const line = document.createElement("li");
      line.id = `palette-${number}`;
      line.setAttribute("role", "option");
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1;
      const label = document.createElement("span");
      label.textContent = option.label;
      const hint = document.createElement("span");
      hint.className = "quiet";
      hint.textContent = option.hint;
      button.append(label, hint);
      button.addEventListener("click", () => run(number));
      line.append(button);
      return line;
    }),
  );
  if (!found.length) {
    const line = document.createElement("li");
    line.className = "quiet";
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    line.textContent = words.none;
    list.append(line);
  }
  point(0);
};
const point = (number) => {
  chosen = number;
  [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === number && options.length > 0)));
  if (options.length) {
    input.setAttribute("aria-activedescendant", `palette-${number}`);
    list.children[number].scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
};
const run = (number) => {
  const option = options[number];
  if (!option) return;
  dialog.close();
  if (option.url) location.assign(option.url);
  else option.run();
};
const search = async () => {
  const text = input.value.trim();
  const mine = ++asked;
  const fitting = commands().filter((each) => each.label.toLowerCase().includes(text.toLowerCase()));
  draw(fitting);
  if (text.length < 3) return;
  const answer = await fetch(`${words.find}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (mine !== asked || !answer || !answer.ok) return;
  draw([...fitting, ...(await answer.json()).found]);
};
const open = () => {
  input.value = "";
  dialog.showModal();
  search();
};
input.addEventListener("input", search);
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    event.preventDefault();
    point((chosen + step + options.length) % options.length);
  } else if (event.key === "Enter" && event.target === input) {
    event.preventDefault();
    run(chosen);
  }
});

const help = document.createElement("dialog");
help.setAttribute("aria-label", words.keys);
const listed = () => {
  const title = document.createElement("h2");
  title.textContent = words.keys;
  const table = document.createElement("dl");
  table.className = "facts";
  const rows = [["Ctrl K", words.label], ["?", words.keys], ...commands().filter((each) => each.hint).map((each) => [each.hint, each.label])];
  for (const [key, meaning] of rows) {
    const term = document.createElement("dt");
    const shown = document.createElement("kbd");
    shown.textContent = key;
    term.append(shown);
    const said = document.createElement("dd");
    said.textContent = meaning;
    table.append(term, said);
  }
  const close = document.createElement("button");
  close.textContent = words.close;
  close.addEventListener("click", () => help.close());
  help.replaceChildren(title, table, close);
  help.showModal();
};
document.body.append(help);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return dialog.open ? dialog.close() : open();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialog.open || help.open) return;
  if (event.key === "?") {
    event.preventDefault();
    return listed();
  }
  const found = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
  if (found) {
    event.preventDefault();
    act(found);
  }
});
document.getElementById("palette-open")?.addEventListener("click", (event) => {
  event.preventDefault();
  open();
});

// What is live is replaced unless somebody is in the middle of it: a form that is being filled in stays as it is.
const refresh = async () => {
  const live = document.getElementById("live");
  if (!live || document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (fresh && !live.contains(document.activeElement)) live.replaceWith(document.adoptNode(fresh));
};
const every = Number(document.getElementById("live")?.dataset.refresh);
if (every) setInterval(refresh, every * 1000);

// How long something is still in one's hands, counted down beside the time that the server said.
const count = () => {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const until = Date.parse(element.querySelector("time")?.dateTime);
    if (Number.isNaN(until)) continue;
    const left = Math.max(0, Math.round((until - Date.now()) / 1000));
    let shown = element.querySelector("[data-left]");
    if (!shown) {
      shown = document.createElement("span");
      shown.dataset.left = "";
      element.append(" ", shown);
    }
    shown.textContent = `(${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})`;
  }
};
count();
setInterval(count, 1000);
