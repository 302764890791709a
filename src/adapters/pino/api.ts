/** What pino is given, and what it gives. Types only, which need no others than these. */
import type { AgentLogOptions } from '../../options.js';

/** Those of `openAgentLog` that can be sent to a thread, which no function can. */
export interface PinoTransportOptions extends Omit<AgentLogOptions, 'readOnly' | 'redact' | 'now' | 'on'> {
  /** Where the store is, or is to be made. */
  directory: string;
  /** The task of lines that name none. `pino`. */
  taskId?: string | undefined;
  /** The field of a line that names its task. `taskId`. */
  taskField?: string | undefined;
}

/** A writable stream, as pino needs one. */
export interface PinoTransport {
  /** False: `drain` says when what was written so far is on disk. */
  write(lines: string): boolean;
  /** `close` says when everything is on disk and the store closed. */
  end(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}
