/** The rules that imports obey, as tables, and the check of a set of modules against them. */
import { posix } from 'node:path';
import { type ModuleReference, readModule } from './module-references.js';

/** A module may import its own layer and every layer in its list. */
const MAY_IMPORT = {
  tools: [
    'index',
    'adapters',
    'agent-log',
    'handle',
    'api',
    'compactor',
    'reading',
    'query',
    'segment',
    'db',
    'shared',
  ],
  index: ['agent-log', 'handle', 'api', 'compactor', 'reading', 'query', 'segment', 'db', 'shared'],
  // Each an entry point of its own, so that the core does without them.
  adapters: ['agent-log', 'api', 'shared'],
  'agent-log': ['handle', 'api', 'compactor', 'reading', 'query', 'segment', 'db', 'shared'],
  handle: ['api', 'compactor', 'reading', 'query', 'segment', 'db', 'shared'],
  // Types only.
  api: ['compactor', 'reading', 'query', 'db', 'shared'],
  reading: ['segment', 'db', 'shared'],
  // The worker's program, which is also that of queries, is there.
  compactor: ['query', 'segment', 'db', 'shared'],
  query: ['db', 'shared'],
  segment: ['shared'],
  db: ['shared'],
  shared: [],
} as const satisfies Record<string, readonly string[]>;

type Layer = keyof typeof MAY_IMPORT;

/** In src/, one file speaks to each of these packages. */
const ONLY_IN: readonly (readonly [packageName: string, file: string])[] = [
  ['better-sqlite3', 'src/db/better-sqlite3.ts'],
  ['fs-ext', 'src/segment/flock.ts'],
  ['fs-ext-extra-prebuilt', 'src/segment/flock.ts'],
  ['crc-32', 'src/segment/crc.ts'],
];

/** Text by path from the root of the repository, with slashes. Answers one line for each violation. */
export function violations(modules: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of modules) {
    const { references, literals, reExportsOnly } = readModule(path, text);
    const targets: string[] = [];
    for (const reference of references) {
      const target = targetOf(path, reference.specifier);
      if (target === undefined) continue;
      const problem = modules.has(target) ? layerProblem(path, target) : `there is no ${target}`;
      if (problem !== undefined) found.push(`${path}:${reference.line}: ${problem}`);
      targets.push(target);
    }
    graph.set(path, targets);
    found.push(...packageProblems(path, [...references, ...literals]));
    if (layerOf(path) === 'index' && !reExportsOnly) found.push(`${path}: it may hold re-exports only`);
  }
  return [...new Set([...found, ...cycles(graph)])];
}

function layerOf(path: string): Layer | undefined {
  if (path.startsWith('tools/')) return 'tools';
  const room =
    /^src\/(?:(segment|db|compactor|reading|query|adapters)\/|(index|agent-log|handle|api)\.ts$)/.exec(path);
  if (room !== null) return (room[1] ?? room[2]) as Layer;
  return /^src\/[^/]+$/.test(path) ? 'shared' : undefined;
}

function layerProblem(from: string, to: string): string | undefined {
  const [source, target] = [layerOf(from), layerOf(to)];
  if (source === undefined) return `${from} belongs to no layer`;
  if (target === undefined) return `${to} belongs to no layer`;
  const allowed: readonly string[] = MAY_IMPORT[source];
  return source === target || allowed.includes(target)
    ? undefined
    : `${source} may not import ${target} (${to})`;
}

function packageProblems(path: string, named: readonly ModuleReference[]): string[] {
  if (!path.startsWith('src/')) return [];
  return named.flatMap(({ specifier, line }) =>
    ONLY_IN.filter(
      ([name, file]) => path !== file && (specifier === name || specifier.startsWith(`${name}/`)),
    ).map(([name, file]) => `${path}:${line}: only ${file} may load ${name}`),
  );
}

/** The source behind a relative specifier; undefined for a package, a directory or anything that is no module. */
function targetOf(from: string, specifier: string): string | undefined {
  if (!/^\.{1,2}\//.test(specifier)) return undefined;
  const path = posix.join(posix.dirname(from), specifier);
  if (/\.[mc]?js$/.test(path))
    return path.startsWith('tools/') && path.endsWith('.mjs') ? path : path.replace(/js$/, 'ts');
  return path.endsWith('.ts') ? path : undefined;
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (node: string, way: readonly string[]): void => {
    const begin = way.indexOf(node);
    if (begin !== -1) {
      found.push(`import cycle: ${[...way.slice(begin), node].join(' -> ')}`);
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) walk(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) walk(node, []);
  return found;
}
