// Serves the judge: loads program.js as a script, then calls what it is asked for. Whatever the program changes of the
// language's own objects, this keeps what it took before.
'use strict';
(() => {
  const fs = require('fs'), vm = require('vm');
  const { readSync, writeSync, readFileSync } = fs;
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isInteger } = Number;
  const { keys, is, getPrototypeOf } = Object;
  const objectPrototype = Object.prototype, NativeMap = Map, NativeSet = Set, NativePromise = Promise;
  const { BigInt: big, Buffer: buffers, String: text } = globalThis;
  const run = vm.runInThisContext;
  const exit = process.reallyExit.bind(process);
  const DEEPEST = 200, CHUNK = 65536;
  let kept = buffers.alloc(0);

  class Foreign extends Error {}

  function line() {
    for (;;) {
      const end = kept.indexOf(10);
      if (end >= 0) {
        const found = kept.toString('utf8', 0, end);
        kept = kept.subarray(end + 1);
        return found;
      }
      const part = buffers.alloc(CHUNK);
      const count = readSync(3, part, 0, CHUNK, null);
      if (count === 0) return null;
      kept = buffers.concat([kept, part.subarray(0, count)]);
    }
  }

  function say(content) {
    let rest = buffers.from(content + '\n', 'utf8');
    while (rest.length) {
      try { rest = rest.subarray(writeSync(4, rest)); } catch (error) { if (error.code !== 'EAGAIN') exit(1); }
    }
  }

  function write(value, depth) {
    if (depth > DEEPEST) throw new Foreign('deeper than ' + DEEPEST);
    if (value === null || value === undefined) return 'null';
    const kind = typeof value;
    if (kind === 'boolean') return value ? 'true' : 'false';
    if (kind === 'number') {
      if (is(value, -0)) return '-0.0';
      return isInteger(value) && value > -1e21 && value < 1e21 ? big(value).toString() : text(value);
    }
    if (kind === 'bigint') return value.toString();
    if (kind === 'string') return stringify(value);
    const inner = (items) => '[' + [...items].map((item) => write(item, depth + 1)).join(',') + ']';
    if (isArray(value)) return inner(value);
    if (value instanceof NativeSet) return '{"s":' + inner(value) + '}';
    if (value instanceof NativeMap) return '{"d":' + inner(value) + '}';
    const prototype = kind === 'object' && getPrototypeOf(value);
    if (prototype === objectPrototype || prototype === null) {
      return '{"d":' + inner(keys(value).map((key) => [key, value[key]])) + '}';
    }
    throw new Foreign(kind + ': no form to send it in');
  }

  function read(value) {
    if (isArray(value)) return value.map(read);
    if (value === null || typeof value !== 'object') return value;
    const tag = keys(value)[0], content = value[tag];
    if (tag === 't') return content.map(read);
    if (tag === 's') return new NativeSet(content.map(read));
    if (tag === 'd') {
      const found = {};
      for (const pair of content) { const [key, item] = pair.map(read); found[key] = item; }
      return found;
    }
    if (tag === 'I') return big(content);
    throw new Foreign(tag + ': no such value in this language');
  }

  function raised(error) {
    let name = 'Error', message = '';
    try { name = text(error.name || 'Error'); message = text(error.message || error); } catch { /* its own affair */ }
    const kind = { SyntaxError: 'SyntaxError', ReferenceError: 'NameError', TypeError: 'TypeError', RangeError: 'RecursionError' }[name];
    return stringify({ raised: { kinds: ['builtins.' + (kind || name), 'builtins.Exception'], text: message, args: [message] } });
  }

  async function answer(asked) {
    try {
      if (asked.op !== 'call' || !('name' in asked.on)) throw new Foreign(asked.op + ': no such operation in this language');
      const target = run(asked.on.name);
      let value = target(...asked.args.map(read));
      if (value instanceof NativePromise) value = await value;
      return '{"value":' + write(value, 0) + '}';
    } catch (error) {
      return error instanceof Foreign ? stringify({ foreign: error.message }) : raised(error);
    }
  }

  async function serve() {
    globalThis.require = require;
    globalThis.module = module;
    globalThis.exports = globalThis.module.exports;
    const code = readFileSync('program.js', 'utf8');
    try { run(code, { filename: 'program.js' }); } catch (error) { say(raised(error)); return exit(0); }
    say('{"value":null}');
    for (let asked = line(); asked !== null; asked = line()) say(await answer(parse(asked)));
    exit(0);
  }
  serve();
})();
