"use strict";
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const data = JSON.parse(find("#data").textContent);
  const number = (value, digits = 4) => value.toFixed(digits).replace("-", "\u2212");
  document.documentElement.classList.add("scripted");

  // Float32 numbers as the result has them.
  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({length: bytes.length / 4}, (_, k) => view.getFloat32(4 * k, true));
  }

  // Tabs: without this program all panels stand below each other.
  const tabs = all("[role=tab]");
  function open(tab, focus) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
  }
  tabs.forEach((tab, k) => {
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    panel.setAttribute("role", "tabpanel");
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const to = {ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: tabs.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      open(tabs[(to + tabs.length) % tabs.length], true);
    });
  });
  if (tabs.length) open(tabs[0]);

  // Tables that are sorted by the column whose name is clicked.
  const worth = (row, k) => {
    const cell = row.cells[k];
    const value = cell.dataset.value ?? cell.textContent.replace("\u2212", "-");
    return Number.isNaN(Number(value)) || value === "" ? value : Number(value);
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = all("tbody tr", table);
        rows.sort((a, b) => {
          const [x, y] = [worth(a, k), worth(b, k)];
          const order = typeof x === "number" && typeof y === "number"
            ? x - y : String(x).localeCompare(String(y), "en", {numeric: true});
          return down ? -order : order;
        });
        find("tbody", table).append(...rows);
      });
    });
  }
  for (const input of all("[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    const count = document.getElementById(`${input.dataset.filter}-count`);
    const rows = all("tbody tr", table);
    const filter = () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = ![...row.cells].some((cell) => {
          const text = cell.textContent.trim().toLowerCase();
          const at = text.indexOf(wanted);
          const after = text.slice(at + wanted.length);
          // A number is meant whole: neither 117 nor "group 17" has a 1.
          return text === wanted || !wanted ||
            (at >= 0 && /\p{L}/u.test(text) && !(/\d$/.test(wanted) && /^\d/.test(after)));
        });
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${rows.length}`;
    };
    input.addEventListener("input", filter);
    filter();
  }

  // Copy and download.
  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source); // the reader presses Ctrl-C
        button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl-C";
      }
    });
  }
  function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const plain = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  }
  function csv() {
    const rows = data.rows ?? data.channels ?? [];
    const names = rows.length ? Object.keys(rows[0]) : [];
    return [names, ...rows.map((row) => names.map((name) => row[name]))]
      .map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }
  for (const button of all("[data-download]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.download;
      const text = kind === "csv" ? csv() : JSON.stringify(data, null, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], {type: kind === "csv" ? "text/csv" : "application/json"}));
      link.download = `${data.kind}.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  if (data.grid) groups(data);

  function groups({grid, groups, flip, largest}) {
    const {height, width} = grid;
    // An image has one stage, a comparison two: before and after.
    const stages = all(".stage");
    const maps = [grid.maps].flat().map(floats);
    const size = height * width;
    const at = (s, k, place) => maps[s][k * size + place];
    const [place, active] = [find("#place"), find("#active")];
    const cards = all(".card[data-group]");
    const begin = place.textContent;
    const colours = cards.map((card) => rgb(getComputedStyle(card).getPropertyValue("--hue")));
    let pinned = null;
    let position = null;

    // What a colour of the page is in red, green and blue.
    function rgb(hue) {
      const context = document.createElement("canvas").getContext("2d");
      context.fillStyle = `oklch(65% .2 ${hue || 0})`;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }

    // One pixel a position; the browser enlarges it smoothly.
    function paint(canvas, pixel) {
      canvas.width = width;
      canvas.height = height;
      const context = canvas.getContext("2d");
      const picture = context.createImageData(width, height);
      for (let p = 0; p < size; p++) picture.data.set(pixel(p), 4 * p);
      context.putImageData(picture, 0, 0);
    }
    const strength = (value) => (largest > 0 && value > 0 ? Math.sqrt(Math.min(1, value / largest)) : 0);

    function hues() {
      const shown = pinned === null ? groups.map((_, k) => k) : [pinned];
      stages.forEach((stage, s) => paint(find(".layer", stage), (p) => {
        const sum = [0, 0, 0];
        let whole = 0, most = 0;
        for (const k of shown) {
          const value = Math.max(0, at(s, k, p));
          whole += value;
          most = Math.max(most, value);
          for (let c = 0; c < 3; c++) sum[c] += value * colours[k][c];
        }
        // A veil over the image, and through it the groups' colours.
        const own = strength(most);
        const colour = whole > 0 ? sum.map((s) => own * s / whole) : sum;
        return [...colour, 102 + 128 * own];
      }));
    }

    function sprite(k) {
      const box = document.createElement("div");
      if (groups[k].picture === null) {
        box.className = `none g${k}`;
        box.textContent = k;
      } else {
        box.className = `pic s${groups[k].picture}`;
        box.setAttribute("role", "img");
        box.setAttribute("aria-label", `icon of group ${k}`);
      }
      return box;
    }

    function show(p) {
      position = p;
      active.replaceChildren();
      const [row, column] = [Math.floor(p / width), p % width];
      for (const cursor of stages.map((stage) => find(".cursor", stage))) {
        cursor.hidden = p === null;
        Object.assign(cursor.style, {
          left: `${100 * column / width}%`, top: `${100 * row / height}%`,
          width: `${100 / width}%`, height: `${100 / height}%`,
        });
      }
      if (p === null) {
        place.textContent = begin;
        return;
      }
      const found = groups.map((_, k) => {
        const values = maps.map((_, s) => flip * at(s, k, p));
        return {k, values, most: Math.max(...values.map(Math.abs))};
      }).filter(({most}) => most > 0);
      found.sort((a, b) => b.most - a.most);
      place.textContent = `Row ${row}, column ${column}: ` + (found.length
        ? `${found.length} of ${groups.length} groups are active, the strongest is group ${found[0].k}.`
        : "no group is active.");
      for (const {k, values, most} of found) {
        const item = document.createElement("li");
        item.dataset.group = k;
        item.dataset.value = values.join(" ");
        const box = sprite(k);
        box.style.width = `${Math.max(0.75, 6.75 * Math.sqrt(most / largest)).toFixed(3)}rem`;
        item.append(box, `group ${k}: ${values.map((value) => number(value)).join(" \u2192 ")}`);
        active.append(item);
      }
    }

    const clamp = (value, most) => Math.max(0, Math.min(most - 1, value));
    function under(event) {
      const box = event.currentTarget.getBoundingClientRect();
      const row = clamp(Math.floor(height * (event.clientY - box.top) / box.height), height);
      return row * width + clamp(Math.floor(width * (event.clientX - box.left) / box.width), width);
    }
    for (const stage of stages) {
      stage.addEventListener("pointermove", (event) => show(under(event)));
      stage.addEventListener("pointerdown", (event) => show(under(event)));
      stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(null));
      stage.addEventListener("blur", () => show(null));
      stage.addEventListener("keydown", (event) => {
        const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
        if (event.key === "Escape") show(null);
        if (!step) return;
        event.preventDefault();
        if (position === null) return show(Math.floor(height / 2) * width + Math.floor(width / 2));
        const row = clamp(Math.floor(position / width) + step[0], height);
        show(row * width + clamp(position % width + step[1], width));
      });
    }

    // The quantile as NumPy has it: linear between the sorted values.
    function quantile(s, k, q) {
      const sorted = maps[s].slice(k * size, (k + 1) * size).sort();
      const rank = q * (size - 1);
      const low = Math.floor(rank);
      const high = Math.min(size - 1, low + 1);
      return sorted[low] + (rank - low) * (sorted[high] - sorted[low]);
    }
    cards.forEach((card, k) => {
      const [slider, looks] = [find(".cut input", card), all(".looks", card)];
      const told = (q) => {
        const least = maps.map((_, s) => q > 0 ? Math.max(quantile(s, k, q), 0) : 0);
        const kept = least.map((own, s) => {
          let count = 0;
          for (let p = 0; p < size; p++) count += at(s, k, p) > own;
          return count;
        });
        find(".quantile", card).textContent = q.toFixed(2);
        find(".kept", card).textContent = `${kept.join(" and ")} of ${size} positions are shown`;
        return least;
      };
      slider.value = data.cut;
      told(Number(slider.value));
      slider.addEventListener("input", () => {
        const least = told(Number(slider.value));
        looks.forEach((own, s) => {
          own.classList.add("cutting");
          paint(find(".layer", own), (p) => {
            const value = at(s, k, p);
            return value > least[s] ? [...colours[k], 230 * strength(value)] : [0, 0, 0, 0];
          });
        });
      });
      const pin = find(".pin", card);
      pin.addEventListener("click", () => {
        pinned = pinned === k ? null : k;
        cards.forEach((other, j) => {
          other.classList.toggle("dimmed", pinned !== null && j !== pinned);
          find(".pin", other).setAttribute("aria-pressed", j === pinned);
        });
        hues();
      });
    });
    hues();
  }
})();
