// Reads {"now": milliseconds, "expr": text} line by line and prints the text of
// each expression's value as a template shows it, or "throws", as JSON. The
// local zone is that of the environment variable TZ.
'use strict';

const moment = require('moment');
const readline = require('readline');

moment.suppressDeprecationWarnings = true;

function text(value) {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : String(JSON.stringify(value));
}

function evaluate(expr) {
  try {
    return text(new Function('moment', 'return (' + expr + '\n)')(moment));
  } catch (e) {
    return 'throws';
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { now, expr } = JSON.parse(line);
  moment.now = () => now;
  process.stdout.write(JSON.stringify(evaluate(expr)) + '\n');
});
