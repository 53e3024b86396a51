// What is read from and written to the binary format of WebAssembly.
//
// https://webassembly.github.io/spec/core/binary/modules.html
const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;
const CODE_SECTION = 10;
const NAME_SECTION = "name";
const FUNCTION_NAMES = 1;

/** How many functions a module imports (they are counted first), and the code of each that it defines. */
export function functions(module) {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(module)).filter(({ kind }) => kind === "function").length;
  const code = new Reader(sections(module).find(({ id }) => id === CODE_SECTION).content);
  return { imported, bodies: Array.from({ length: code.number() }, () => code.take(code.number())) };
}

/** The names of a module's functions by their index, imported ones included. */
export function functionNames(module) {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(module), NAME_SECTION);
  const reader = new Reader(new Uint8Array(section));
  while (reader.number() !== FUNCTION_NAMES) reader.take(reader.number());
  reader.number();
  return new Map(Array.from({ length: reader.number() }, () => [reader.number(), reader.text()]));
}

/** The module with these names for its functions, in the order of their indices; no other names are kept. */
export function withFunctionNames(module, names) {
  const entries = [...names].flatMap((name, index) => [number(index), text(name)]);
  const functions = Buffer.concat([number(names.length), ...entries]);
  const content = Buffer.concat([text(NAME_SECTION), Buffer.of(FUNCTION_NAMES), number(functions.length), functions]);
  return Buffer.concat([withoutNames(module), Buffer.of(CUSTOM_SECTION), number(content.length), content]);
}

/** The module without the names of what it holds. */
export function withoutNames(module) {
  const kept = sections(module).filter(({ id, content }) => id !== CUSTOM_SECTION || new Reader(content).text() !== NAME_SECTION);
  return Buffer.concat([module.subarray(0, HEADER_BYTES), ...kept.map(({ whole }) => whole)]);
}

function sections(module) {
  const reader = new Reader(module, HEADER_BYTES);
  const found = [];
  while (reader.at < module.length) {
    const start = reader.at;
    const id = reader.number();
    const content = reader.take(reader.number());
    found.push({ id, content, whole: module.subarray(start, reader.at) });
  }
  return found;
}

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned number of up to 32 bits in LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text() {
    return new TextDecoder().decode(this.take(this.number()));
  }
}

/** An unsigned number of up to 32 bits in LEB128. */
function number(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
