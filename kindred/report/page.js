// SPDX-License-Identifier: Apache-2.0
// The report's charts and its copy buttons. All else on the page works without it.
"use strict";
(function () {
  const root = document.documentElement;

  // Copy buttons: shown only where they can work.
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async function () {
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch (refused) {  // no clipboard for pages opened from disk in some browsers: select the text instead
        getSelection().selectAllChildren(source);
        button.textContent = "Press Ctrl+C";
      }
      setTimeout(function () { button.textContent = "Copy"; }, 2500);
    });
  }

  const element = document.getElementById("data");
  if (!element || typeof Chart === "undefined") return;
  const data = JSON.parse(element.textContent);
  const charts = [];

  function colour(name) { return getComputedStyle(root).getPropertyValue("--" + name).trim(); }

  // Chart.js is told the page's colours anew whenever they change: dark mode, printing.
  function paint(chart) {
    for (const scale of Object.values(chart.options.scales)) {
      scale.grid.color = scale.grid.borderColor = colour("rule");
      scale.ticks.color = colour("soft");
      if (scale.title) scale.title.color = colour("soft");
    }
    chart.data.datasets.forEach(function (set) {
      if (set.themed) set.borderColor = set.pointBackgroundColor = set.pointBorderColor = colour("series");
    });
    chart.update("none");
  }
  function repaint() { charts.forEach(paint); }

  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.plugins.legend.display = false;

  function axis(extra) {
    return Object.assign({grid: {}, ticks: {maxTicksLimit: 6, maxRotation: 0, format: {useGrouping: false}}}, extra);
  }

  // --- Curves ---
  function draw_curve(canvas) {
    const curve = data.curves[canvas.dataset.curve];
    const points = curve.points.map(function (p) { return {x: p[0], y: p[1]}; });
    charts.push(new Chart(canvas, {
      type: "line",
      data: {datasets: [{label: curve.title, data: points, themed: true, borderWidth: 1.75, parsing: false,
                         pointRadius: points.length < 25 ? 2.5 : 0, pointHitRadius: 12}]},
      options: {
        interaction: {mode: "nearest", axis: "x", intersect: false},
        scales: {
          x: axis({type: "linear", max: points[points.length - 1].x, title: {display: true, text: "step"}}),
          y: axis({title: {display: curve.unit !== "", text: curve.unit}}),
        },
        plugins: {decimation: {enabled: true, algorithm: "min-max"}, tooltip: {displayColors: false, callbacks: {
          title: function (items) { return "step " + items[0].parsed.x; },
        }}},
      },
    }));
  }

  // --- Map ---
  // Ten hues that hold on light and on dark paper; with the shape, a class is known by more than its colour.
  const hues = ["#4269d0", "#c98a00", "#e5533d", "#2fa58c", "#3b9a4a", "#e0629c", "#9457e0", "#5d93d8", "#9c6b4e", "#878c94"];
  const shapes = [["circle", "●"], ["triangle", "▲"], ["rect", "■"], ["rectRot", "◆"], ["crossRot", "✕"]];

  function map_classes(map) {
    const classes = new Map();
    map.points.forEach(function (p, i) {
      const label = p[2];
      if (!classes.has(label)) classes.set(label, []);
      classes.get(label).push({x: p[0], y: p[1], index: i});
    });
    return Array.from(classes).sort(function (a, b) { return a[0] - b[0]; });
  }

  function class_style(label) {
    if (label < 0) return {hue: hues[0], shape: shapes[0]};
    return {hue: hues[label % hues.length], shape: shapes[(label + Math.floor(label / hues.length)) % shapes.length]};
  }

  function add_legend(legend, chart, classes) {
    if (classes.length < 2) return;
    classes.forEach(function (entry, i) {
      const style = class_style(entry[0]);
      const button = document.createElement("button");
      const sign = document.createElement("span");
      button.type = "button";
      sign.textContent = style.shape[1] + " ";
      sign.style.color = style.hue;
      sign.setAttribute("aria-hidden", "true");
      button.append(sign, data.map.names[entry[0]] || "no label");
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", function () {
        const show = !chart.isDatasetVisible(i);
        chart.setDatasetVisibility(i, show);
        button.setAttribute("aria-pressed", String(show));
        chart.update("none");
      });
      legend.append(button);
    });
  }

  // The tile of sample number i in the sheet of all pictures, enlarged.
  function tile(map, i) {
    const sheet = document.getElementById("sprite");
    if (!sheet || !map.tile) return null;
    const zoom = Math.max(1, Math.round(84 / map.tile));
    const picture = document.createElement("i");
    const side = map.tile * zoom;
    picture.style.width = picture.style.height = side + "px";
    picture.style.backgroundImage = "url(" + sheet.src + ")";
    picture.style.backgroundSize = map.tiles_per_row * side + "px auto";
    picture.style.backgroundPosition = -(i % map.tiles_per_row) * side + "px " + -Math.floor(i / map.tiles_per_row) * side + "px";
    return picture;
  }

  function show_tip(tip, context) {
    const shown = context.tooltip;
    if (shown.opacity === 0 || !shown.dataPoints) { tip.hidden = true; return; }
    const i = shown.dataPoints[0].raw.index;
    if (tip.hidden || tip.dataset.index !== String(i)) {
      const text = document.createElement("span");
      const name = document.createElement("b");
      name.textContent = data.map.names[data.map.points[i][2]] || "";
      text.append(name, data.map.sources[i] || "");
      const picture = tile(data.map, i);
      tip.replaceChildren(...(picture ? [picture, text] : [text]));
      tip.dataset.index = i;
      tip.hidden = false;
    }
    const room = context.chart.width - tip.offsetWidth;
    tip.style.left = Math.max(0, Math.min(room, shown.caretX + 12)) + "px";
    const below = shown.caretY + 12;
    tip.style.top = (below + tip.offsetHeight > context.chart.height ? shown.caretY - 12 - tip.offsetHeight : below) + "px";
  }

  function map_bounds(map) {
    const xs = map.points.map(function (p) { return p[0]; }), ys = map.points.map(function (p) { return p[1]; });
    const least = function (a) { return a.reduce(function (m, v) { return Math.min(m, v); }, Infinity); };
    const most = function (a) { return a.reduce(function (m, v) { return Math.max(m, v); }, -Infinity); };
    return {x: [least(xs), most(xs)], y: [least(ys), most(ys)]};
  }

  function bare_axis() {
    return {grid: {drawTicks: false, display: false, drawBorder: false}, border: {display: false}, ticks: {display: false}};
  }

  // One unit is as long across as down, whatever the shape of the window, with a little air around.
  function fit_axes(chart, size, bounds) {
    const scales = chart.options.scales;
    const unit = 1.06 * Math.max((bounds.x[1] - bounds.x[0]) / size.width, (bounds.y[1] - bounds.y[0]) / size.height) || 1;
    const place = function (axis, range, length) {
      const middle = (range[0] + range[1]) / 2;
      axis.min = middle - unit * length / 2;
      axis.max = middle + unit * length / 2;
    };
    place(scales.x, bounds.x, size.width);
    place(scales.y, bounds.y, size.height);
  }

  function draw_map(canvas) {
    const classes = map_classes(data.map);
    const tip = canvas.parentElement.querySelector(".tip");
    const bounds = map_bounds(data.map);
    const chart = new Chart(canvas, {
      type: "scatter",
      data: {datasets: classes.map(function (entry) {
        const style = class_style(entry[0]);
        return {data: entry[1], parsing: false, backgroundColor: style.hue + "b0", borderColor: style.hue,
                borderWidth: style.shape[0] === "crossRot" ? 1.5 : 0.5, pointStyle: style.shape[0], radius: 3.2, hoverRadius: 6};
      })},
      options: {
        scales: {x: bare_axis(), y: bare_axis()},
        onResize: function (resized, size) { fit_axes(resized, size, bounds); },
        plugins: {tooltip: {enabled: false, external: function (context) { show_tip(tip, context); }}},
        interaction: {mode: "nearest", intersect: true},
      },
    });
    fit_axes(chart, chart, bounds);
    charts.push(chart);
    add_legend(document.querySelector(".legend"), chart, classes);
  }

  document.querySelectorAll("canvas[data-curve]").forEach(draw_curve);
  document.querySelectorAll("canvas[data-map]").forEach(draw_map);
  repaint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  addEventListener("beforeprint", function () {
    root.classList.add("printing");
    repaint();
    charts.forEach(function (chart) { chart.resize(); });
  });
  addEventListener("afterprint", function () {
    root.classList.remove("printing");
    repaint();
    charts.forEach(function (chart) { chart.resize(); });
  });
})();
