/** What is another one each time: how long ago something was, who runs what, where it stands. */
export const MASKS: readonly (readonly [RegExp, string])[] = [
  [/(?:\d[\d.]*(?: d| h| min| s| ms)(?: \d+ (?:h|min|s))? ago|just now)/g, 'AGO'],
  [/, for [\d.]+ .*/g, ', for SOME TIME'],
  [/(process|open) +\d+( {2}dead)?.*/g, '$1 PID$2'],
  [/\S*agentlog-test-\w+/g, 'TEMP'],
];
