/** A transport of pino: what a program logs becomes entries, in a thread of its own. */
import { openAgentLog } from '../agent-log.js';
import { checkOptions } from '../options.js';
import type { PinoTransport, PinoTransportOptions } from './pino/api.js';
import { HostConfig } from './pino/host-config.js';
import { LineForm } from './pino/line-form.js';
import { LineStream } from './pino/line-stream.js';

export type { PinoTransport, PinoTransportOptions } from './pino/api.js';

/** Is called by pino, in the thread that it makes for the transport. */
export default async function agentLogTransport(options: PinoTransportOptions): Promise<PinoTransport> {
  // From the first moment on: what is sent to a thread while nobody listens may be gone.
  const config = new HostConfig();
  const { directory, taskId = 'pino', taskField = 'taskId', ...others } = withoutPinos(options);
  if (typeof directory !== 'string' || directory === '')
    throw new TypeError('The option directory must be a path: a string that is not empty');
  const { maxEntryBytes, readOnly } = checkOptions(others, ['directory', 'taskId', 'taskField']);
  if (readOnly) throw new TypeError('The option readOnly is not for a transport, which writes');
  for (const [name, value] of Object.entries({ taskId, taskField }))
    if (typeof value !== 'string') throw new TypeError(`The option ${name} must be a string`);
  const log = await openAgentLog(directory, others);
  return new LineStream({ log, config, form: new LineForm({ taskId, taskField, maxEntryBytes, config }) });
}

/** pino and its thread put something of their own beside the options: `levels` are those of a logger that makes its transport. */
function withoutPinos(options: PinoTransportOptions): PinoTransportOptions {
  const given: Record<string, unknown> = { ...options };
  delete given.pinoWillSendConfig;
  delete given.$context;
  delete given.levels;
  return given as unknown as PinoTransportOptions;
}
