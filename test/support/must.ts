export * from '../../tools/torture/must.js';
