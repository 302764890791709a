/** `agentlog.json`: which versions of agentlog may read and write the store, and the store's id. Written once. */
import { randomBytes } from 'node:crypto';
import { AgentLogError } from '../errors.js';

export interface Manifest {
  /** 32 hexadecimal digits. */
  readonly storeId: string;
}

/** The version of the store's layout that this program makes, reads and writes. */
const VERSION = 1;

export function encodeManifest(): string {
  const manifest = {
    format: VERSION,
    minReaderVersion: VERSION,
    minWriterVersion: VERSION,
    storeId: randomBytes(16).toString('hex'),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** `path` is for messages. */
export function decodeManifest(text: string, path: string, readOnly: boolean): Manifest {
  const { minReaderVersion, minWriterVersion, storeId } = parse(text, path);
  if (
    !Number.isSafeInteger(minReaderVersion) ||
    !Number.isSafeInteger(minWriterVersion) ||
    typeof storeId !== 'string'
  ) {
    throw new AgentLogError('AGENTLOG_FORMAT', `${path} is not the manifest of a store`);
  }
  const [needed, act] = readOnly ? [minReaderVersion, 'reading'] : [minWriterVersion, 'writing'];
  if (Number(needed) > VERSION || Number(minReaderVersion) > VERSION) {
    throw new AgentLogError(
      'AGENTLOG_FORMAT',
      `${path}: ${act} this store needs an agentlog that knows version ${needed} of its layout, and this one knows version ${VERSION}`,
    );
  }
  return { storeId };
}

function parse(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentLogError('AGENTLOG_FORMAT', `${path} is not JSON`, { cause: error });
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
