/** An exporter of OpenTelemetry: log records become entries, those of the conventions for generative AI by task and agent. */
import { checkOptions } from '../options.js';
import type { AgentLogRecordExporter, AgentLogRecordExporterOptions } from './otel/api.js';
import { Exporter } from './otel/exporter.js';

export type {
  AgentLogRecordExporter,
  AgentLogRecordExporterOptions,
  ExportedLogRecord,
  ExportOutcome,
} from './otel/api.js';

/**
 * Opens the store in `directory`, or makes one there, while the exporter is being put to use. If that fails, so does the
 * export that waits for it, and the next one tries again.
 */
export function createLogRecordExporter(
  directory: string,
  options: AgentLogRecordExporterOptions = {},
): AgentLogRecordExporter {
  const { taskId = 'otel', ...others } = options;
  if (typeof directory !== 'string' || directory === '')
    throw new TypeError(
      'The directory of createLogRecordExporter must be a path: a string that is not empty',
    );
  if (typeof taskId !== 'string') throw new TypeError('The option taskId must be a string');
  const { readOnly } = checkOptions(others, ['taskId']);
  if (readOnly) throw new TypeError('The option readOnly is not for an exporter, which writes');
  return new Exporter(directory, taskId, others);
}
