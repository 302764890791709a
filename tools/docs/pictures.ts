/** The pictures of the README: a store that two processes write to, and what the command prints of it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { terminalPicture } from './terminal-picture.js';

const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const WRITER = new URL('picture-writer.js', import.meta.url).href;
const PICTURES = new URL('../../../docs/pictures/', import.meta.url);
const COLUMNS = 96;
/** As users call it. */
const STORE = 'agent-log';

export async function makePictures(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'agentlog-pictures-'));
  const writers = ['planner', 'executor'].map((agent) => {
    // The picture tells how a process was started: as a user's would be.
    const script = `${agent}.mjs`;
    writeFileSync(join(place, script), `import ${JSON.stringify(WRITER)};\n`);
    const env = { ...process.env, AGENT: agent, STORE };
    return spawn('node', [script], { cwd: place, env, stdio: ['pipe', 'pipe', 'inherit'] });
  });
  try {
    // Each says a word when it has logged what it had to, and stays.
    await Promise.all(writers.map(({ stdout }) => once(stdout!, 'data')));
    const [segment] = readdirSync(join(place, STORE, 'segments')).filter((file) => file.endsWith('.open'));
    mkdirSync(PICTURES, { recursive: true });
    picture(place, 'status', ['status', STORE]);
    picture(place, 'log', ['log', STORE, 'FN-042', '-n', '14']);
    picture(place, 'inspect', ['inspect', join(STORE, 'segments', segment!)]);
  } finally {
    const ends = writers.map((writer) => once(writer, 'exit'));
    for (const { stdin } of writers) stdin!.end();
    await Promise.all(ends);
    rmSync(place, { recursive: true });
  }
}

function picture(place: string, name: string, args: readonly string[]): void {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: place,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', FORCE_COLOR: '1', COLUMNS: String(COLUMNS) },
  });
  if (stdout === '') throw new Error(`agentlog ${args.join(' ')} printed nothing: ${stderr}`);
  writeFileSync(
    new URL(`${name}.svg`, PICTURES),
    terminalPicture(`agentlog ${args.join(' ')}`, stdout, COLUMNS),
  );
}
