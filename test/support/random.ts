export { Random } from '../../tools/torture/random.js';
