/** What the recorder wrote down: all that a power cut could take away again, what makes it stay, and marks, in one order. */

/** Files and directories are named by their inodes' numbers. */
export type Event =
  | { readonly kind: 'create'; readonly inode: number; readonly directory: number; readonly name: string }
  | { readonly kind: 'mkdir'; readonly inode: number; readonly directory: number; readonly name: string }
  | { readonly kind: 'link'; readonly inode: number; readonly directory: number; readonly name: string }
  | { readonly kind: 'remove'; readonly directory: number; readonly name: string }
  | {
      readonly kind: 'rename';
      readonly directory: number;
      readonly name: string;
      readonly target: number;
      readonly newName: string;
    }
  | { readonly kind: 'write'; readonly inode: number; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly inode: number; readonly size: number }
  | { readonly kind: 'sync'; readonly inode: number }
  | { readonly kind: 'mark'; readonly text: string };

const HEAD_BYTES = 40;

export function parseRecording(bytes: Buffer): Event[] {
  const events: Event[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const payload = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    events.push(parseEvent(bytes.subarray(at, at + HEAD_BYTES), payload));
    at += HEAD_BYTES + length;
  }
  return events;
}

function parseEvent(head: Buffer, payload: Buffer): Event {
  const number = (place: number) => Number(head.readBigUInt64LE(place));
  const [kind, inode, directory, target, position] = [
    head.readUInt32LE(0),
    number(8),
    number(16),
    number(24),
    number(32),
  ];
  const name = payload.toString();
  switch (kind) {
    case 1:
      return { kind: 'create', inode, directory, name };
    case 2:
      return { kind: 'mkdir', inode, directory, name };
    case 3:
      return { kind: 'link', inode, directory, name };
    case 4:
      return { kind: 'remove', directory, name };
    case 5: {
      const [from, to] = name.split('/');
      return { kind: 'rename', directory, name: from!, target, newName: to! };
    }
    case 6:
      return { kind: 'write', inode, position, bytes: payload };
    case 7:
      return { kind: 'resize', inode, size: position };
    case 8:
      return { kind: 'sync', inode };
    case 9:
      return { kind: 'mark', text: name };
    default:
      throw new Error(`the recording has an event of the unknown kind ${kind}`);
  }
}
