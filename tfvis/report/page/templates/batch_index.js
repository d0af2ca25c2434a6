"use strict";
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const form = find("form.filters");
  if (!form) return; // a batch without rows
  document.documentElement.classList.add("scripted");
  const data = JSON.parse(find("#data").textContent);
  const [table, body] = [find("#rows"), find("#rows tbody")];
  const heads = all("th[data-key]", table);
  const [form_of, sizes] = [form.elements, [50, 100, 200]];

  // Texts that repeat stand once in the data.
  const columns = {};
  for (const [name, found] of Object.entries(data.columns)) {
    columns[name] = Array.isArray(found) ? found : found.at.map((k) => found.texts[k] ?? null);
  }
  const at = (name, k) => columns[name]?.[k] ?? null;
  const class_of = (k) => data.classes[at("class", k)] ?? [null, null];
  const has_problem = (k) => at("problem", k) !== null;
  const differs = (k) => at("label", k) !== null && at("answer", k) !== null && at("label", k) !== at("answer", k);

  // What columns are sorted by; null where a row has nothing.
  const worths = {
    class: (k) => class_of(k)[1],
    groups: (k) => at("scores", k)?.length ?? null,
    strongest: (k) => at("scores", k)?.[0] ?? null,
  };
  const worth = (key) => worths[key] ?? ((k) => at(key, k));

  // The state of the page, which its address keeps. What is as it was at first stands not there.
  const FIRST = {search: "", class: "", explainer: "", problem: "", differs: "", sort: "", order: "up", size: 50, page: 1};
  let state = {...FIRST};
  const NO_CLASS = "none"; // no key of a class: those are numbers, or begin with "="

  function of_address() {
    const told = new URLSearchParams(location.hash.slice(1));
    const found = {...FIRST};
    for (const name of Object.keys(FIRST)) found[name] = told.get(name) ?? FIRST[name];
    for (const name of ["class", "explainer", "problem", "sort", "order"]) {
      const known = form_of[name] && [...form_of[name].options].some((own) => own.value === found[name]);
      if (!known) found[name] = FIRST[name];
    }
    found.differs = found.differs && form_of.differs ? "1" : "";
    found.size = sizes.includes(Number(found.size)) ? Number(found.size) : FIRST.size;
    found.page = Math.max(1, Math.floor(Number(found.page)) || 1);
    return found;
  }
  function to_address() {
    const told = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) if (value !== FIRST[name]) told.set(name, value);
    const text = told.toString();
    try {
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    } catch {
      // Some browsers limit how often this is done: the next change keeps the state.
    }
  }

  // All rows in the order of a column, kept for each column and direction.
  const compare = new Intl.Collator("en", {numeric: true}).compare;
  const orders = new Map();
  function ordered(key, down) {
    const name = `${key} ${down}`;
    if (!orders.has(name)) orders.set(name, key ? sorted(worth(key), down) : Array.from({length: data.rows}, (_, k) => k));
    return orders.get(name);
  }
  function sorted(of, down) {
    const [full, empty] = [[], []];
    let values = [];
    for (let k = 0; k < data.rows; k++) {
      values.push(of(k));
      (values[k] === null ? empty : full).push(k);
    }
    if (typeof values[full[0]] === "string") {
      // Each text is compared once: names of classes repeat.
      const texts = [...new Set(full.map((k) => values[k]))].sort(compare);
      const ranks = new Map(texts.map((text, rank) => [text, rank]));
      values = values.map((text) => ranks.get(text));
    }
    full.sort(down ? (a, b) => values[b] - values[a] : (a, b) => values[a] - values[b]);
    return [...full, ...empty];
  }

  let texts = null;
  function matching() {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) texts ??= Array.from({length: data.rows}, (_, k) => `${at("name", k)}\n${at("image", k)}`.toLowerCase());
    const place = state.class === NO_CLASS ? null : data.classes.findIndex(([key]) => key === state.class);
    return ordered(state.sort, state.order === "down").filter((k) =>
      (!state.class || at("class", k) === place) &&
      (!state.explainer || at("explainer", k) === state.explainer) &&
      (!state.problem || has_problem(k) === (state.problem === "with")) &&
      (!state.differs || differs(k)) &&
      words.every((word) => texts[k].includes(word)));
  }

  // Text from outside is only ever set as text.
  function made(tag, text, kind) {
    const found = document.createElement(tag);
    if (text !== undefined && text !== null) found.textContent = text;
    if (kind) found.className = kind;
    return found;
  }
  function number(value, digits, unit = "") {
    return value === null ? "–" : value.toFixed(digits).replace("-", "\u2212") + unit;
  }

  // The address of a file below this page; null for what leads elsewhere.
  function address(path) {
    if (typeof path !== "string" || /[\\:\0]/.test(path)) return null;
    const parts = path.split("/");
    if (parts.some((part) => ["", ".", ".."].includes(part))) return null;
    try {
      return parts.map(encodeURIComponent).join("/");
    } catch {
      return null; // no Unicode
    }
  }
  function link(k, ...inside) {
    const folder = address(at("folder", k));
    const found = made(folder === null ? "span" : "a");
    if (folder !== null) found.href = `${folder}/report.html`;
    found.append(...inside);
    return found;
  }

  function picture(k) {
    const source = address(at("picture", k));
    if (source === null) return made("span", "no picture", "none");
    const image = made("img");
    image.loading = "lazy";
    image.width = image.height = 64;
    image.alt = "";
    image.addEventListener("error", () => image.replaceWith(made("span", "no picture", "none")));
    image.src = source;
    const found = link(k, image);
    // The name beside it is the same link: one is enough for the keyboard and for screen readers.
    found.tabIndex = -1;
    found.setAttribute("aria-hidden", "true");
    return found;
  }

  const SVG = "http://www.w3.org/2000/svg";
  const MOST_BARS = 24;
  function drawn(name, given) {
    const found = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(given)) found.setAttribute(key, value);
    return found;
  }
  function bars(scores, channels) {
    const told = scores.slice(0, MOST_BARS);
    const largest = Math.max(...told.map(Math.abs)) || 1;
    const above = told.some((own) => own > 0) ? 16 : 0;
    const height = above + (told.some((own) => own < 0) ? 16 : 0) || 16;
    const list = told.map((own, j) => `group ${j}: ${number(own, 3)}` + (channels?.[j] ? ` (${channels[j]} channel${channels[j] === 1 ? "" : "s"})` : ""));
    if (scores.length > told.length) list.push(`… and ${scores.length - told.length} more`);
    const found = drawn("svg", {class: "bars", role: "img", width: 5 * told.length, height, viewBox: `0 0 ${5 * told.length} ${height}`, "aria-label": list.join(", ")});
    const title = drawn("title", {});
    title.textContent = list.join("\n");
    found.append(title);
    told.forEach((own, j) => {
      const size = Math.max(0.5, 15 * Math.abs(own) / largest);
      found.append(drawn("rect", {class: own < 0 ? "against" : "for", x: 5 * j, y: own < 0 ? above : above - size, width: 4, height: size}));
    });
    return found;
  }

  const LONG = 240; // characters of a problem that are read at once
  function folded(summary, text) {
    const found = made("details");
    found.append(made("summary", summary), made("div", text, "lines"));
    return found;
  }

  const cells = {
    name(k) {
      const name = made("bdi", at("name", k));
      name.title = at("image", k);
      const found = [link(k, name)];
      if (has_problem(k)) found.push(made("span", "⚠ problem", "warning"));
      return found;
    },
    label: (k) => [made("bdi", at("label", k) ?? "–")],
    answer(k) {
      const found = [made("bdi", at("answer", k) ?? "–")];
      if (at("answer_logit", k) !== null) found.push(made("span", `logit ${number(at("answer_logit", k), 2)}`, "detail"));
      if (differs(k)) found.push(made("span", "≠ label", "badge"));
      return found;
    },
    class(k) {
      const found = [made("bdi", class_of(k)[1] ?? "–")];
      if (at("sign", k) === "neg") found.push(made("span", "against it", "badge"));
      if (at("rank", k) !== null) found.push(made("span", `answer ${at("rank", k)}`, "detail"));
      return found;
    },
    logit: (k) => [number(at("logit", k), 2)],
    probability: (k) => [at("probability", k) === null ? "–" : number(100 * at("probability", k), 1, "\u00a0%")],
    explainer(k) {
      const found = [made("bdi", at("explainer", k) ?? "–")];
      if (at("layer", k) !== null) found.push(made("bdi", at("layer", k), "detail"));
      return found;
    },
    groups: (k) => [at("scores", k) === null ? "–" : String(at("scores", k).length)],
    strongest(k) {
      const scores = at("scores", k);
      if (scores === null) return ["–"];
      return [made("span", number(scores[0], 3)), bars(scores.map((own) => own ?? 0), at("channels", k))];
    },
    gap: (k) => [at("gap", k) === null ? "–" : number(100 * at("gap", k), 1, "\u00a0%")],
    seconds: (k) => [number(at("seconds", k), 2)],
    problem(k) {
      const found = [];
      const problem = at("problem", k);
      if (problem !== null && problem.length <= LONG) found.push(made("bdi", problem));
      else if (problem !== null) found.push(folded(`${problem.slice(0, LONG / 2)}…`, problem));
      if (at("notes", k) !== null) found.push(folded("Notes", at("notes", k)));
      return found;
    },
  };

  function cell(key, name, kind, inside) {
    const found = made("td", null, kind);
    found.setAttribute("role", "cell");
    found.dataset.name = name; // which a narrow screen shows before the value
    found.dataset.key = key;
    found.append(...inside);
    found.classList.toggle("vacant", found.textContent === "–");
    return found;
  }
  function row(k) {
    const found = made("tr", null, has_problem(k) ? "failed" : "");
    found.setAttribute("role", "row");
    found.dataset.row = k;
    found.append(cell("picture", "", "picture", [picture(k)]));
    for (const head of heads) {
      const key = head.dataset.key;
      found.append(cell(key, head.textContent, head.className, cells[key](k)));
    }
    return found;
  }

  const navs = all(".turning");
  let pages = 1;
  function draw() {
    const found = matching();
    pages = Math.max(1, Math.ceil(found.length / state.size));
    state.page = Math.min(state.page, pages);
    const from = (state.page - 1) * state.size;
    const shown = found.slice(from, from + state.size);
    body.replaceChildren(...shown.map(row));
    table.hidden = !shown.length; // a table without rows is none to screen readers
    const count = (value) => value.toLocaleString("en");
    const problems = found.filter(has_problem).length;
    find("#count").textContent = found.length
      ? `${count(found.length)} of ${count(data.rows)} rows, ${problems ? count(problems) : "none"} with a problem. ` +
        `Shown: ${count(from + 1)} to ${count(from + shown.length)}.`
      : `No row of ${count(data.rows)} fits.`;
    for (const nav of navs) {
      nav.hidden = pages === 1;
      find("input", nav).value = state.page;
      find("input", nav).max = pages;
      find(".pages", nav).textContent = `of ${count(pages)}`;
      for (const button of all("button", nav)) {
        // Not `disabled`, which would take the keyboard's place away.
        button.setAttribute("aria-disabled", turned(button.dataset.turn) === state.page);
      }
    }
    for (const head of heads) {
      if (head.dataset.key !== state.sort) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", state.order === "down" ? "descending" : "ascending");
    }
  }
  const turned = (where) => ({
    first: 1, previous: Math.max(1, state.page - 1), next: Math.min(pages, state.page + 1), last: pages,
  })[where];

  function change(changes) {
    state = {...state, page: 1, ...changes};
    if (!state.sort) state.order = FIRST.order;
    draw();
    show_in_form();
    to_address();
  }
  function show_in_form() {
    for (const [name, value] of Object.entries(state)) {
      const own = form_of[name];
      if (!own) continue;
      if (own.type === "checkbox") own.checked = value === "1";
      else if (own.value !== String(value)) own.value = value;
    }
  }

  // The classes that can be chosen, with how many rows each has.
  const counts = new Map();
  for (let k = 0; k < data.rows; k++) counts.set(at("class", k), (counts.get(at("class", k)) ?? 0) + 1);
  const choices = data.classes.map(([key, text], place) => [key, text, place]);
  if (counts.has(null)) choices.push([NO_CLASS, "no class", null]);
  for (const [key, text, place] of choices) {
    const option = made("option", `${text} (${counts.get(place)})`);
    option.value = key;
    form_of.class.append(option);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    change({...FIRST, size: state.size});
  });
  form.addEventListener("input", ({target}) => {
    const value = target.type === "checkbox" ? (target.checked ? "1" : "") : target.value;
    change({[target.name]: target.name === "size" ? Number(value) : value});
  });
  for (const head of heads) {
    find("button", head).addEventListener("click", () => {
      const key = head.dataset.key;
      // Of numbers the largest are asked for first, of texts those that begin with a.
      const first = head.classList.contains("number") ? "down" : "up";
      const other = state.order === "down" ? "up" : "down";
      change({sort: key, order: state.sort === key ? other : first});
    });
  }
  navs.forEach((nav, place) => {
    const turn = (page) => {
      if (page === state.page) return;
      change({page});
      if (place) navs[0].scrollIntoView({block: "start"});
    };
    for (const button of all("button", nav)) {
      button.addEventListener("click", () => turn(turned(button.dataset.turn)));
    }
    const input = find("input", nav);
    input.addEventListener("change", () => {
      turn(Math.min(pages, Math.max(1, Math.floor(Number(input.value)) || state.page)));
      input.value = state.page;
    });
  });
  addEventListener("hashchange", () => {
    // A link to a place of this page, as the first one is, changes nothing.
    if (location.hash === "" || location.hash.includes("=")) state = of_address();
    draw();
    show_in_form();
    to_address();
  });

  state = of_address();
  draw();
  show_in_form();
  find(".shown").hidden = false;
})();
