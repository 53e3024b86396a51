// What the app may know of: itself and its packages, nothing else of the repository.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["src", "service-worker"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(ts|tsx|css)$/.test(name))
    .map((name) => join(root, folder, name)),
);
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const packages = new Set([...Object.keys(dependencies), "runlog"]);

/** What a module imports, in every way. */
function imports(text) {
  return [...text.matchAll(/(?:\bfrom |\bimport |\bimport\()"([^"\n]+)"|new URL\("([^"\n]+)"/g)].map((match) => match[1] ?? match[2]);
}

test("modules import each other and declared packages only", () => {
  assert.ok(sources.length > 40);
  for (const file of sources) {
    for (const name of imports(readFileSync(file, "utf8"))) {
      const here = relative(root, file);
      if (name.startsWith(".")) {
        const target = relative(root, resolve(dirname(file), name));
        assert.ok(!target.startsWith(".."), `${here} reaches ${target}`);
      } else {
        const named = name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name.split("/")[0];
        assert.ok(packages.has(named), `${here} imports ${name}, which package.json does not name`);
      }
    }
  }
});

test("files have one purpose: none is long", () => {
  for (const file of sources) {
    const lines = readFileSync(file, "utf8").split("\n").length;
    assert.ok(lines <= (file.endsWith(".css") ? 450 : 300), `${relative(root, file)} has ${lines} lines`);
  }
});
