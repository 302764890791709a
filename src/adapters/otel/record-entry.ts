/** From a log record to an entry of the log, by the conventions for generative AI. docs/otel.md has them as tables. */
import type { Entry, JsonValue } from '../../entry.js';
import { jsonOf } from './any-value.js';
import type { ExportedLogRecord } from './api.js';
import { textOf } from './record-text.js';

/** Where each is looked for, the best first. */
const TASK_ATTRIBUTES = ['gen_ai.conversation.id', 'session.id'];
const AGENT_ATTRIBUTES = ['gen_ai.agent.name', 'gen_ai.agent.id'];
/** Before records had a name of their own, events had it here. */
const EVENT_NAME_ATTRIBUTE = 'event.name';
/** Of the rest of a resource, much is the same in each record of a fleet. */
const RESOURCE_ATTRIBUTES = /^(service\.|deployment\.environment|host\.name$|process\.pid$|k8s\.pod\.name$)/;
/** Each has four numbers, from 1 on. */
const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const USUAL_TYPE = 'log';

export function entryOf(record: ExportedLogRecord, usualTaskId: string): Entry {
  const { hrTime, spanContext, severityNumber, severityText, instrumentationScope: scope } = record;
  const attributes = membersOf(record.attributes);
  const resource = membersOf(record.resource?.attributes, (name) => RESOURCE_ATTRIBUTES.test(name));
  const { text, body } = textOf(jsonOf(record.body), attributes);
  const detail: Record<string, JsonValue | undefined> = {
    body,
    attributes: unlessEmpty(attributes),
    severity: unlessEmpty(membersOf({ number: severityNumber, text: severityText })),
    traceId: spanContext?.traceId,
    spanId: spanContext?.spanId,
    scope: unlessEmpty(membersOf({ name: scope?.name || undefined, version: scope?.version })),
    resource: unlessEmpty(resource),
    droppedAttributes: record.droppedAttributesCount || undefined,
  };
  return {
    timestamp: hrTime[0] * 1000 + Math.floor(hrTime[1] / 1e6),
    taskId: firstText(attributes, TASK_ATTRIBUTES) ?? spanContext?.traceId ?? usualTaskId,
    agent: firstText(attributes, AGENT_ATTRIBUTES),
    type: record.eventName || firstText(attributes, [EVENT_NAME_ATTRIBUTE]) || severityOf(record),
    text,
    detail: unlessEmpty(membersOf(detail)),
  };
}

function severityOf({ severityNumber = 0, severityText }: ExportedLogRecord): string {
  return SEVERITIES[Math.ceil(severityNumber / 4) - 1] ?? (severityText || USUAL_TYPE);
}

type Members = Record<string, JsonValue>;

function membersOf(values: object | undefined, isWanted: (name: string) => boolean = () => true): Members {
  const wanted = Object.entries(values ?? {}).filter(([name]) => isWanted(name));
  return jsonOf(Object.fromEntries(wanted)) as Members;
}

function unlessEmpty(members: Members): Members | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}

/** Of the first of these that is a text, and not an empty one. */
function firstText(attributes: Members, names: readonly string[]): string | undefined {
  const found = names
    .map((name) => attributes[name])
    .find((value) => typeof value === 'string' && value !== '');
  return found as string | undefined;
}
