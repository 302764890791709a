/** The exporter as the SDK of OpenTelemetry wants it. Types only, which fit those of the SDK and need no others than these. */
import type { AgentLogOptions } from '../../options.js';

export interface AgentLogRecordExporterOptions extends Omit<AgentLogOptions, 'readOnly'> {
  /** The task of records that belong to no conversation, session or trace. `otel`. */
  taskId?: string | undefined;
}

/** What is read of a `ReadableLogRecord`. */
export interface ExportedLogRecord {
  readonly hrTime: readonly [seconds: number, nanoseconds: number];
  readonly eventName?: string | undefined;
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly body?: unknown;
  readonly attributes: { readonly [name: string]: unknown };
  readonly droppedAttributesCount?: number;
  readonly spanContext?: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly instrumentationScope?: { readonly name: string; readonly version?: string | undefined };
  readonly resource?: { readonly attributes: { readonly [name: string]: unknown } };
}

/** An `ExportResult`: 0 is its `SUCCESS`, 1 its `FAILED`. */
export interface ExportOutcome {
  code: 0 | 1;
  error?: Error;
}

export interface AgentLogRecordExporter {
  /** Never throws. `SUCCESS` is told when all records are on disk, `FAILED` when that cannot be said of each of them. */
  export(records: readonly ExportedLogRecord[], resultCallback: (result: ExportOutcome) => void): void;
  /** Resolves when all exports so far have been answered. */
  forceFlush(): Promise<void>;
  /** As `forceFlush`, and closes the store. Exports fail afterwards. */
  shutdown(): Promise<void>;
}
