/**
 * What to do when an installation failed. The compilers are those of src/native-missing.ts, which cannot be imported
 * here: nothing is compiled yet when this is needed. A test keeps the two alike.
 */
export const COMPILERS = [
  ['Debian, Ubuntu', 'apt-get install -y python3 make g++'],
  ['Fedora', 'dnf install -y python3 make gcc-c++'],
  ['Alpine', 'apk add python3 make g++'],
  ['macOS', 'xcode-select --install'],
];

export function installAdvice() {
  return [
    'Natives for which no prebuilt binary fits are compiled, which takes Python 3, make and a C++ compiler:',
    ...COMPILERS.map(([platform, command]) => `  ${`${platform}:`.padEnd(18)}${command}`),
    'If the registry could not be reached, the output above says so. Then run the same command again.',
  ].join('\n');
}
