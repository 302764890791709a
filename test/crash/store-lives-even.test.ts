import { it } from 'vitest';
import { liveOnAndOn } from './support/life.js';

it('a store keeps what it acknowledged, on a disk that forgets (even seeds)', () => liveOnAndOn(2));
