export * from '../../tools/torture/segments.js';
