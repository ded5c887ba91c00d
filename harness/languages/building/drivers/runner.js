// Runs program.js, then test.js, as scripts of one global scope, and says the nonce where the test came to its end.
// Nonce and sources are read, their pipe closed and their files gone, before the first statement of the program.
'use strict';
(() => {
  const fs = require('fs'), path = require('path'), vm = require('vm');
  const { apply } = Reflect;
  const NativePromise = Promise, { then } = Promise.prototype;
  const write = fs.writeSync.bind(fs);

  function nonce() {
    const found = Buffer.alloc(4096);
    let size = 0;
    for (let count; (count = fs.readSync(3, found, size, 1024)) > 0;) size += count;
    fs.closeSync(3);
    return found.subarray(0, size);
  }

  function take(name) {
    const text = fs.readFileSync(name, 'utf8');
    fs.unlinkSync(name);
    return text;
  }

  function script(source) {
    const filename = path.resolve('program.js');
    const importModuleDynamically = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const made = new vm.Script(source, importModuleDynamically ? { filename, importModuleDynamically } : { filename });
    return made.runInThisContext.bind(made);
  }

  function scripts(program, test) {
    let whole;
    // a test may continue the program's last line
    try { whole = script(test); } catch { return [script(program + '\n' + test)]; }
    return [script(program), whole];
  }

  const said = nonce(), program = take('program.js'), test = take('test.js');
  fs.unlinkSync(__filename);
  const end = () => { write(4, '{"nonce":"'); write(4, said); write(4, '"}\n'); };
  Object.assign(globalThis, { require, module, exports: module.exports, __filename, __dirname });
  let prepared;
  try {
    prepared = scripts(program, test);
  } catch (error) {
    const text = `${error.name}: ${error.message}`;
    write(4, JSON.stringify({ raised: { kinds: ['builtins.SyntaxError'], text } }) + '\n');
    process.reallyExit(1);
  }
  let last;
  for (const run of prepared) last = run();
  if (last instanceof NativePromise) apply(then, last, [end]); else end();
})();
