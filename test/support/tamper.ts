export * from '../../tools/torture/tamper.js';
