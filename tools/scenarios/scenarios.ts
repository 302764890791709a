import { crush } from './crush/scenario.js';
import { fusion } from './fusion/scenario.js';
import { gateway } from './gateway/scenario.js';
import { kanban } from './kanban/scenario.js';
import type { Scenario } from './scenario.js';

export const SCENARIOS: readonly Scenario[] = [fusion, gateway, kanban, crush];
