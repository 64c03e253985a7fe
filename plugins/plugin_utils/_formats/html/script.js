// SPDX-FileCopyrightText: Winrights Authors
// SPDX-License-Identifier: GPL-3.0-or-later
// The table of all hosts: filter, sort, pages, CSV, and its state in the address. Names are put in as text, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 200;
  const SEEN = 50;
  const [STATUS, ROLE, SYSTEM, IIS, HOLDERS, MISSING, UNEXPECTED, WAIVED, CONTROLLER, CITATION, PLAN, RANK, DECLARED] = data.shapes;
  const hosts = data.host.map((name, place) => name + data.domains[data.domain[place]]);
  const total = hosts.length;
  const shape = data.shape;
  const byId = (id) => document.getElementById(id);
  const number = (count) => count.toLocaleString("en-US");
  const words = (text) => text.replace(/_/g, " ").replace("standalone", "stand-alone");
  const roles = data.role.map((role) => words(role || "not known"));
  const base = 1000 * data.base;

  const errors = new Map(data.error.map((row) => [row[0], row]));
  const errorOf = (host) => {
    const row = errors.get(host);
    if (!row) return "";
    const pieces = data.templates[row[1]];
    let text = pieces[0];
    for (let place = 1; place < pieces.length; place++) text += (row[place + 1] === 0 ? hosts[host] : row[place + 1]) + pieces[place];
    return text;
  };
  const timeOf = (host) => {
    const at = data.at[host];
    return typeof at === "number" ? new Date(base + 1000 * at).toISOString().slice(0, 19) + "Z" : at || "";
  };
  const account = ([name, sid]) => (name && sid ? `${name} (${sid})` : name || sid);
  const listed = (code) => data.lists[code].map((one) => account(data.accounts[one])).join("; ");
  const differences = (code) => [
    ...data.lists[UNEXPECTED[code]].map((one) => ["unexpected", one]),
    ...data.lists[MISSING[code]].map((one) => ["missing", one]),
    ...data.lists[WAIVED[code]].map((one) => ["waived", one]),
  ];

  // Filter -------------------------------------------------------------------------------------------------------------------
  const EMPTY = { q: "", status: "", rank: "", role: "", system: "", controller: "", sort: "host", down: "", page: "1" };
  let state = { ...EMPTY };
  let found = [];
  let lower = null; // names in small letters, made when the first text is typed

  const controllers = data.controller.map(([kind, , text]) => text || kind || "not known");
  const selects = {
    status: { column: STATUS, values: data.statuses.map(([key]) => key), texts: data.statuses.map(([, text]) => text) },
    rank: { column: RANK, values: data.rank.map((rank) => rank || "none"), texts: data.rank.map((rank) => rank || "none") },
    role: { column: ROLE, values: data.role.map((role) => role || "unknown"), texts: roles },
    system: { column: SYSTEM, values: data.system.map((text) => text || "not known"), texts: data.system.map((text) => text || "not known") },
    controller: { column: CONTROLLER, values: controllers, texts: controllers },
  };

  const shapesThatMatch = () => {
    const wanted = Object.entries(selects)
      .filter(([name]) => state[name])
      .map(([name, select]) => [select.column, select.values.map((value) => value === state[name])]);
    return STATUS.map((_code, place) => wanted.every(([column, holds]) => holds[column[place]]));
  };
  const shapesWithText = (text) => {
    const names = data.accounts.map((one) => account(one).toLowerCase().includes(text));
    const lists = data.lists.map((codes) => codes.some((code) => names[code]));
    const held = data.holders.map((codes) => codes.some((code, place) => place % 2 === 0 && names[code]));
    return STATUS.map((_code, place) => held[HOLDERS[place]] || lists[MISSING[place]] || lists[UNEXPECTED[place]] || lists[WAIVED[place]]);
  };
  const filter = () => {
    const holds = shapesThatMatch();
    const text = state.q.trim().toLowerCase();
    const rows = [];
    if (!text) {
      for (let host = 0; host < total; host++) if (holds[shape[host]]) rows.push(host);
      return rows;
    }
    lower ??= hosts.map((name) => name.toLowerCase());
    const has = shapesWithText(text);
    for (let host = 0; host < total; host++) {
      const its = shape[host];
      if (holds[its] && (has[its] || lower[host].includes(text) || (errors.has(host) && errorOf(host).toLowerCase().includes(text)))) rows.push(host);
    }
    return rows;
  };

  // Sort: hosts come in the order of their names; a stable sort by the rank of a word keeps it within the same word -------------
  const ranks = (values) => {
    const order = values.map((_value, place) => place).sort((one, two) => (values[one] < values[two] ? -1 : values[one] > values[two] ? 1 : 0));
    const rank = [];
    order.forEach((place, position) => (rank[place] = position && values[place] === values[order[position - 1]] ? rank[order[position - 1]] : position));
    return rank;
  };
  const URGENCY = ["drift", "error", "unreachable", "not_checked", "waived", "not_applicable", "compliant"];
  const RANKS = ["critical", "high", "medium", "low", "", "none"];
  const byShape = (values) => ((rank) => (host) => rank[shape[host]])(ranks(values));
  const KEYS = {
    host: () => (host) => host,
    status: () => (host) => {
      const code = shape[host];
      return URGENCY.indexOf(data.statuses[STATUS[code]][0]) * RANKS.length + RANKS.indexOf(data.rank[RANK[code]]);
    },
    role: () => byShape(ROLE.map((code) => roles[code])),
    system: () => byShape(SYSTEM.map((code) => data.system[code])),
    controller: () => byShape(CONTROLLER.map((code) => controllers[code])),
    differences: () => {
      const rank = ranks(STATUS.map((_code, place) => differences(place).map(([word, one]) => word + account(data.accounts[one])).join(";") || "~"));
      return (host) => (errors.has(host) ? -1 : rank[shape[host]]);
    },
    at: () => (host) => (typeof data.at[host] === "number" ? data.at[host] : Infinity),
  };
  const keys = {};
  const sort = (rows) => {
    const turn = state.down ? -1 : 1;
    if (state.sort === "host") return state.down ? rows.reverse() : rows;
    const key = (keys[state.sort] ??= KEYS[state.sort]());
    return rows.sort((one, two) => {
      const [first, second] = [key(one), key(two)];
      return first === second ? one - two : first < second ? -turn : turn;
    });
  };

  // Draw -----------------------------------------------------------------------------------------------------------------------
  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const signed = (kind, sign, text) => {
    const made = element("span", undefined, "s " + kind);
    const mark = element("span", sign, "sign");
    mark.setAttribute("aria-hidden", "true");
    made.append(mark, text);
    return made;
  };
  const SIGNS = { unexpected: "✕", missing: "✕", waived: "≈" };
  const line = (word, one) => {
    const made = element("div", undefined, "line");
    const name = soft(element("bdi"), data.accounts[one][0] || data.accounts[one][1]);
    name.title = account(data.accounts[one]);
    made.append(signed(word === "waived" ? "s-waived" : "s-drift", SIGNS[word], word), " ", name);
    return made;
  };
  const withoutWord = (text, status) => (text.startsWith(`${status}: `) ? text.slice(status.length + 2) : text);
  const soft = (made, text) => {
    text.split("\\").forEach((part, place) => made.append(...(place ? ["\\", element("wbr"), part] : [part])));
    return made;
  };
  // The GPO that sets the right leads to its own row, where the page has one: not to one of another domain with the same GUID.
  const setBy = (code) => {
    const made = element("td");
    const [, gpo, , elsewhere] = data.controller[code];
    const guid = !elsewhere && /\{[-0-9A-F]{36}\}/i.exec(gpo);
    const target = guid && `gpo-${guid[0].toUpperCase()}`;
    if (!target || !byId(target)) {
      made.textContent = controllers[code];
      return made;
    }
    const link = element("a", controllers[code]);
    link.href = `#${target}`;
    made.append(link);
    return made;
  };
  const row = (host) => {
    const code = shape[host];
    const made = element("tr");
    const head = element("th", undefined, "hosts");
    head.scope = "row";
    const opener = element("button", hosts[host]);
    opener.type = "button";
    opener.setAttribute("aria-expanded", "false");
    opener.addEventListener("click", () => toggle(made, opener, host));
    head.append(opener);
    const [key, text, sign] = data.statuses[STATUS[code]];
    const status = element("td");
    status.append(signed("s-" + key, sign, text));
    if (data.rank[RANK[code]]) status.append(element("div", data.rank[RANK[code]], "line r-" + data.rank[RANK[code]]));
    const what = element("td", undefined, "why");
    differences(code).forEach(([word, one]) => what.append(line(word, one)));
    if (errors.has(host)) what.append(element("div", withoutWord(errorOf(host), key), "line"));
    const cells = [roles[ROLE[code]], data.system[SYSTEM[code]] || "–"].map((its) => element("td", its));
    made.append(head, status, ...cells, what, setBy(CONTROLLER[code]), element("td", timeOf(host).replace("T", " ").replace("Z", ""), "n"));
    return made;
  };
  const toggle = (made, opener, host) => {
    const open = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!open));
    if (open) {
      made.nextElementSibling.remove();
      return;
    }
    const code = shape[host];
    const cell = element("td");
    cell.colSpan = 7;
    const held = data.holders[HOLDERS[code]];
    cell.append(element("strong", held.length ? `Holders of the right: ${held.reduce((sum, one, place) => sum + (place % 2 ? 0 : data.accounts[one][2] || 1), 0)}` : "Its holders are not known."));
    const list = element("ul");
    for (let place = 0; place < held.length; place += 2) {
      const item = element("li");
      const one = data.accounts[held[place]];
      item.append(element("bdi", account(one)), one[2] ? "" : ": " + data.standings[held[place + 1]]);
      list.append(item);
    }
    if (held.length) cell.append(list);
    if (!["", "no"].includes(data.iis[IIS[code]])) cell.append(element("div", `IIS ${data.iis[IIS[code]]}`));
    if (data.plan[PLAN[code]]) cell.append(element("div", `Change: ${data.plan[PLAN[code]]}`));
    if (data.ms[host] !== "") cell.append(element("div", `Answered in ${number(data.ms[host])} ms`));
    const more = element("tr", undefined, "more");
    more.append(cell);
    made.after(more);
  };
  // What can be seen is there at once, the rest of the page a moment later.
  let rest = 0;
  const fill = (hosts) => {
    const body = byId("rows");
    clearTimeout(rest);
    body.replaceChildren(...hosts.slice(0, SEEN).map(row));
    body.setAttribute("aria-busy", String(hosts.length > SEEN));
    if (hosts.length <= SEEN) return;
    rest = setTimeout(() => {
      body.append(...hosts.slice(SEEN).map(row));
      body.setAttribute("aria-busy", "false");
    });
  };
  const draw = () => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(pages, Math.max(1, Number.parseInt(state.page, 10) || 1));
    state.page = String(page);
    fill(found.slice((page - 1) * PAGE, page * PAGE));
    byId("count").textContent = found.length === total ? `${number(total)} hosts` : `${number(found.length)} of ${number(total)} hosts`;
    byId("page").textContent = `Page ${number(page)} of ${number(pages)}`;
    byId("previous").disabled = page === 1;
    byId("next").disabled = page === pages;
    byId("download").disabled = !found.length;
    document.querySelectorAll("#hosts [data-sort]").forEach((button) => {
      if (button.dataset.sort === state.sort) button.parentElement.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else button.parentElement.removeAttribute("aria-sort");
    });
  };
  const apply = () => {
    found = sort(filter());
    draw();
  };

  // State in the address: #q=web&status=drift ----------------------------------------------------------------------------------
  const remember = () => {
    const kept = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== EMPTY[name]));
    history.replaceState(null, "", String(kept) ? `#${kept}` : "#all");
  };
  const recall = () => {
    if (!location.hash.includes("=")) return false;
    const given = new URLSearchParams(location.hash.slice(1));
    state = { ...EMPTY };
    for (const name of Object.keys(EMPTY)) if (given.has(name)) state[name] = given.get(name);
    if (!Object.hasOwn(KEYS, state.sort)) state.sort = EMPTY.sort;
    show();
    return true;
  };
  const show = () => {
    byId("f-q").value = state.q;
    for (const name of Object.keys(selects)) {
      const select = byId(`f-${name}`);
      select.value = state[name];
      if (select.selectedIndex < 0) select.value = state[name] = "";
    }
  };
  const change = (changes) => {
    state = { ...state, page: "1", ...changes };
    apply();
    remember();
  };

  // CSV ------------------------------------------------------------------------------------------------------------------------
  // The columns, where a formula would begin and how long a cell may be come from what writes the file beside this page.
  const formula = new RegExp(data.csv.formula, "g");
  const cell = (text) => {
    const safe = text.replace(formula, "$1$2'");
    const cut = safe.length <= data.csv.most ? safe : safe.slice(0, data.csv.most - 3).replace(/[\ud800-\udbff]$/, "") + "...";
    return /[",\r\n]/.test(cut) ? `"${cut.replace(/"/g, '""')}"` : cut;
  };
  const CELLS = {
    host: (host) => hosts[host],
    status: (_host, code) => data.statuses[STATUS[code]][0],
    role: (_host, code) => data.role[ROLE[code]],
    os: (_host, code) => data.system[SYSTEM[code]],
    iis: (_host, code) => data.iis[IIS[code]],
    holders: (_host, code) => data.holders[HOLDERS[code]].filter((_one, place) => place % 2 === 0).map((one) => account(data.accounts[one])).join("; "),
    missing: (_host, code) => listed(MISSING[code]),
    unexpected: (_host, code) => listed(UNEXPECTED[code]),
    waived: (_host, code) => listed(WAIVED[code]),
    citation: (_host, code) => data.citation[CITATION[code]],
    controller: (_host, code) => data.controller[CONTROLLER[code]][0],
    gpo: (_host, code) => data.controller[CONTROLLER[code]][1],
    plan: (_host, code) => data.plan[PLAN[code]],
    checked_at: (host) => timeOf(host),
    duration_ms: (host) => String(data.ms[host]),
    error: (host) => errorOf(host),
    rank: (_host, code) => data.rank[RANK[code]],
    declared_otherwise: (_host, code) => data.declared[DECLARED[code]],
  };
  const csvRow = (host) => data.csv.columns.map((name) => cell(CELLS[name](host, shape[host]))).join(",");
  const download = () => {
    const text = "\ufeff" + [data.csv.columns.join(","), ...found.map(csvRow), ""].join("\r\n");
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = `${data.title}${found.length === total ? "" : "-filtered"}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // Begin ----------------------------------------------------------------------------------------------------------------------
  for (const [name, { column, values, texts }] of Object.entries(selects)) {
    const select = byId(`f-${name}`);
    const used = new Set(column);
    const options = new Map(values.map((value, code) => [value, [code, texts[code]]]).filter(([, [code]]) => used.has(code)));
    select.append(new Option("all", ""));
    const sorted = [...options].sort((one, two) => (name === "status" ? 0 : name === "rank" ? RANKS.indexOf(one[0]) - RANKS.indexOf(two[0]) : one[1][1] < two[1][1] ? -1 : 1));
    for (const [value, [, text]] of sorted) select.append(new Option(text, value));
    select.addEventListener("change", () => change({ [name]: select.value }));
  }
  let typing = 0;
  byId("f-q").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ q: byId("f-q").value }), total > 2000 ? 120 : 0);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => {
    state = { ...EMPTY };
    setTimeout(() => change({}));
  });
  document.querySelectorAll("#hosts [data-sort]").forEach((button) =>
    button.addEventListener("click", () => change({ sort: button.dataset.sort, down: state.sort === button.dataset.sort && !state.down ? "1" : "" })),
  );
  const turn = (step) => {
    change({ page: String(Number(state.page) + step) });
    byId("count").scrollIntoView({ block: "start" });
  };
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("download").addEventListener("click", download);
  addEventListener("hashchange", () => {
    if (!recall()) return;
    apply();
    byId("all").scrollIntoView();
  });
  byId("no-script").remove();
  byId("browse").hidden = false;
  const asked = recall();
  apply();
  if (asked) byId("all").scrollIntoView();
})();
