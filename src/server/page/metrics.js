// Reads Prometheus' text format, and turns two readings into what happened between them.

/** {name: [{labels: {...}, value}]} */
function parseMetrics(text) {
  const metrics = {};
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] || "").matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)) {
      labels[name] = value;
    }
    (metrics[match[1]] ||= []).push({ labels, value: Number(match[3]) });
  }
  return metrics;
}

/** The sum of a metric over all its labels, or over those that `keep` accepts. */
function total(metrics, name, keep = () => true) {
  return (metrics[name] || []).reduce((sum, s) => sum + (keep(s.labels) ? s.value : 0), 0);
}

/** Counts by upper bound of a histogram's buckets, all labels together: [[bound, count]]. */
function buckets(now, before, name) {
  const cumulative = new Map();
  const add = (metrics, sign) => {
    for (const { labels, value } of metrics[name + "_bucket"] || []) {
      const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
      cumulative.set(bound, (cumulative.get(bound) || 0) + sign * value);
    }
  };
  add(now, 1);
  add(before, -1);
  let below = 0;
  return [...cumulative].sort((a, b) => a[0] - b[0]).map(([bound, count]) => {
    const own = count - below;
    below = count;
    return [bound, own];
  });
}

/** The value that a share `q` of a histogram's counts lies below, interpolated in its bucket. */
function quantile(counts, q) {
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  if (all === 0) return NaN;
  let below = 0;
  let lower = 0;
  for (const [bound, count] of counts) {
    if (below + count >= q * all) {
      if (bound === Infinity) return lower;
      return lower + ((bound - lower) * (q * all - below)) / count;
    }
    below += count;
    lower = bound;
  }
  return lower;
}
