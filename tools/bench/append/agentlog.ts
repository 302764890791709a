/** The store itself, as it comes: its background work is part of what is measured. */
import { openAgentLog } from '../../../src/index.js';
import { byCallers, type Contender, inTurn } from './contender.js';

export const agentlogSync: Contender = {
  name: 'agentlog',
  async open(directory) {
    const log = await openAgentLog(directory);
    return { append: inTurn((entry) => log.appendSync(entry)), close: () => log.close() };
  },
};

export function agentlog(callers: number): Contender {
  return {
    name: 'agentlog',
    async open(directory) {
      const log = await openAgentLog(directory);
      return { append: byCallers(callers, (entry) => log.append(entry)), close: () => log.close() };
    },
  };
}
