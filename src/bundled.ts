/** What the package must know of its own place, which is another one when it was bundled into its host's program. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Loads the native packages. Bundlers do not see what it loads, and leave it where it is. */
export function nativeRequire(): NodeJS.Require {
  return createRequire(whereIs(import.meta.url));
}

/** The file of a module. One that was bundled as CommonJS has no `import.meta.url`, but the bundle has a `__filename`. */
export function whereIs(importMetaUrl: string | undefined): string {
  return importMetaUrl ?? pathToFileURL(__filename).href;
}
