/** Packages made up for a test, in a node_modules of their own, loaded by the real `require`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface FakePackage {
  readonly main: string;
  readonly manifest?: Record<string, unknown>;
}

export function requireWith(dir: string, packages: Readonly<Record<string, FakePackage>>): NodeJS.Require {
  for (const [name, { main, manifest }] of Object.entries(packages)) {
    const home = join(dir, 'node_modules', name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'index.js'), main);
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  }
  return createRequire(join(dir, 'host.js'));
}
