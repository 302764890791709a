/** Numbers, sizes and times as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function count(value: number): string {
  // The same as toLocaleString, which takes some milliseconds to begin with.
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 segment`, `2 segments`. */
export function counted(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

export function bytes(value: number): string {
  let [size, unit] = [value, 0];
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '0%' : `${((100 * part) / whole).toFixed(part === whole || part === 0 ? 0 : 1)}%`;
}

/** Of milliseconds: the two largest units. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `3 min ago`. */
export function ago(time: number, now: number): string {
  if (time > now) return `in ${duration(time - now)}`;
  return now - time < 1000 ? 'just now' : `${duration(now - time).replace(/(?<=[a-z]) .*$/, '')} ago`;
}

/** `2026-06-01 12:00:05.123`, in the zone of this machine (TZ). What no calendar knows stays a number. */
export function time(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return `${milliseconds} ms`;
  return `${day(date)} ${clock(date)}`;
}

/** `2026-06-01 12:00:05 – 12:00:09`, or `–` when there is none: the day of the end is left out where it is that of the beginning. */
export function span(from: number | null, to: number | null): string {
  if (from === null || to === null) return '–';
  const [first, last] = [time(from).replace(/\.\d+$/, ''), time(to).replace(/\.\d+$/, '')];
  if (first === last) return first;
  const isSameDay = first.slice(0, 11) === last.slice(0, 11);
  return `${first} – ${isSameDay ? last.slice(11) : last}`;
}

/** `2026-06-01`. */
export function day(date: Date): string {
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `12:00:05.123`. */
export function clock(date: Date): string {
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

const two = (value: number) => String(value).padStart(2, '0');
