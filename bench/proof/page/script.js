'use strict';
// Draws what charts.py has made. Colours are the page's, so the charts are drawn anew when they change.
const data = JSON.parse(document.getElementById('charts').textContent);
const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const narrow = () => window.innerWidth < 600;
let drawn = [];

function axis(title, more) {
  return {
    title: {display: true, text: title, color: colour('soft')},
    ticks: {color: colour('soft')}, grid: {color: colour('line')}, ...more,
  };
}

// A logarithmic axis is labelled at powers of ten, small ones as such; long ones get 1, 2 and 5.
const decades = value => {
  const digit = Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(6));
  if (digit !== 1 && (narrow() || ![2, 5].includes(digit))) return '';
  return value < .01 ? value.toExponential() : String(value);
};

const spread = chart => {
  const all = chart.series.flatMap(one => one.points.map(point => point.x));
  return {min: .9 * Math.min(...all), max: 1.1 * Math.max(...all)};
};

const around = values => ({min: Number((.8 * Math.min(...values)).toPrecision(1)), max: 1.2 * Math.max(...values)});

// Names beside the points of a scatter chart, as far as there is room.
const names = {
  id: 'names',
  afterDatasetsDraw(chart) {
    const {ctx, chartArea} = chart;
    const taken = [];
    ctx.font = '11px system-ui, sans-serif';
    chart.data.datasets.forEach((set, at) => {
      if (!set.named) return;
      chart.getDatasetMeta(at).data.forEach((point, i) => {
        const text = set.data[i].name, wide = ctx.measureText(text).width;
        const left = point.x + 8 + wide > chartArea.right ? point.x - 8 - wide : point.x + 8;
        const box = [left, point.y - 7, left + wide, point.y + 7];
        if (taken.some(b => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) return;
        taken.push(box);
        ctx.fillStyle = set.backgroundColor;
        ctx.fillText(text, left, point.y + 4);
      });
    });
  },
};

// The interval of each bar, as a line across its end.
const intervals = {
  id: 'intervals',
  afterDatasetsDraw(chart) {
    const {ctx, scales: {x}} = chart;
    chart.data.datasets.forEach((set, at) => {
      if (!set.intervals || !chart.isDatasetVisible(at)) return;
      chart.getDatasetMeta(at).data.forEach((bar, i) => {
        const range = set.intervals[i];
        if (!range || range.low === undefined) return;
        ctx.strokeStyle = colour('ink');
        ctx.beginPath();
        ctx.moveTo(x.getPixelForValue(range.low), bar.y);
        ctx.lineTo(x.getPixelForValue(range.high), bar.y);
        ctx.stroke();
      });
    });
  },
};

function pareto(chart) {
  const points = ['ours', 'peer', 'baseline'].map(kind => ({
    label: {ours: 'martlet', peer: 'others', baseline: 'baseline'}[kind],
    data: chart.series.filter(one => one.kind === kind),
    backgroundColor: colour(kind), borderColor: colour(kind), pointRadius: 5, named: !narrow() || kind === 'ours',
  }));
  const front = {
    label: 'nothing faster is as right', data: chart.front, type: 'line', stepped: 'after', pointRadius: 0,
    borderColor: colour('front'), borderDash: [5, 4], borderWidth: 1.5,
  };
  return {
    type: 'scatter', data: {datasets: [...points, front]}, plugins: [names],
    options: {
      scales: {x: axis(chart.x, chart.decades ? {type: 'logarithmic', ticks: {color: colour('soft'), maxRotation: 0,
        callback: value => Number.isInteger(Math.log10(value)) ? decades(value) : ''}} : around(chart.series.map(one => one.x))),
        y: axis(chart.y, {beginAtZero: true})},
      plugins: {tooltip: {callbacks: {label: point => `${point.raw.name ?? ''} ${point.raw.y.toFixed(2)}x`}}},
    },
  };
}

// A line for each system, its histogram standing on it, and a stroke at the median.
const medians = {
  id: 'medians',
  afterDatasetsDraw(chart) {
    const {ctx, scales: {x, y}} = chart;
    chart.data.datasets.forEach(set => {
      ctx.strokeStyle = colour('ink');
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(set.p50), y.getPixelForValue(set.row));
      ctx.lineTo(x.getPixelForValue(set.p50), y.getPixelForValue(set.row - .9));
      ctx.stroke();
    });
  },
};

function distribution(chart) {
  const sets = chart.series.map((one, row) => ({
    label: one.name, row: row + 1, p50: one.p50, showLine: true, pointRadius: 0, pointHitRadius: 8, borderWidth: 1,
    data: one.points.map(point => ({x: point.x, y: row + 1 - .9 * point.y})),
    borderColor: colour(one.kind), fill: {value: row + 1},
    backgroundColor: `color-mix(in srgb, ${colour(one.kind)} 45%, transparent)`,
  }));
  return {
    type: 'scatter', data: {datasets: sets}, plugins: [medians],
    options: {
      scales: {
        x: axis(chart.x, {type: 'logarithmic', ...spread(chart),
          ticks: {color: colour('soft'), maxRotation: 0, autoSkip: false, callback: decades}}),
        y: axis('', {reverse: true, min: 0, max: sets.length, afterBuildTicks: scale => {
          scale.ticks = sets.map(set => ({value: set.row}));
        }, ticks: {color: colour('ink'), autoSkip: false, font: {size: narrow() ? 9 : 11},
          callback: row => sets[row - 1]?.label ?? ''}}),
      },
      plugins: {legend: {display: false}, tooltip: {callbacks: {
        label: point => `${point.dataset.label}: half below ${point.dataset.p50.toPrecision(3)}`}}},
    },
    tall: Math.max(200, 70 + sets.length * 26),
  };
}

function bars(chart) {
  const tones = [1, .75, .55, .42, .32, .25];
  const sets = chart.cases.map((name, at) => ({
    label: name,
    data: chart.series.map(one => one.values[at]?.middle ?? null),
    intervals: chart.series.map(one => one.values[at]),
    backgroundColor: chart.series.map(one =>
      `color-mix(in srgb, ${colour(one.kind)} ${100 * tones[at % tones.length]}%, ${colour('card')})`),
  }));
  const longest = Math.max(...chart.series.flatMap(one => one.values.map(value => value?.high ?? value?.middle ?? 0)));
  return {
    type: 'bar', data: {labels: chart.series.map(one => one.name), datasets: sets}, plugins: [intervals],
    options: {
      indexAxis: 'y',
      scales: {x: axis(chart.x, {beginAtZero: true, suggestedMax: longest}), y: axis('', {ticks: {color: colour('ink'), autoSkip: false,
        font: {size: narrow() ? 9 : 11}}})},
    },
    tall: Math.max(220, 60 + chart.series.length * (8 + 9 * chart.cases.length)),
  };
}

const makers = {pareto, distribution, bars};

function draw() {
  drawn.forEach(chart => chart.destroy());
  if (typeof Chart === 'undefined') {
    document.querySelectorAll('figure').forEach(figure => figure.remove());
    return;
  }
  Chart.defaults.color = colour('ink');
  drawn = data.map(chart => {
    const canvas = document.getElementById(chart.id), made = makers[chart.kind](chart);
    canvas.closest('figure').querySelector('figcaption').textContent = chart.title;
    canvas.setAttribute('aria-label', chart.title);
    if (made.tall) canvas.parentElement.style.height = made.tall + 'px';
    Object.assign(made.options, {animation: false, responsive: true, maintainAspectRatio: false});
    return new Chart(canvas, made);
  });
}

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
