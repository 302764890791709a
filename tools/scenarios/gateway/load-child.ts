/** Keeps a processor busy for as long as the one who started it is there. */
const { ppid } = process;
while (process.ppid === ppid) for (let i = 0; i < 1e6; i++) Math.sqrt(i);
