/** Reads secrets from standard input: a line of a pipe, or typed on a terminal without echo. */
import { usage } from './failure.ts';
import type { Inlet, Io } from './io.ts';

/** Length limit in characters; no ticket or password is longer. */
const LONGEST = 65_536;

/** The first line of a pipe, without the line break. @throws Failure if there is none */
export async function firstLineOf(stdin: Inlet): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end >= 0) return withoutReturn(text.slice(0, end));
    if (text.length > LONGEST) throw usage('the secret on standard input is too long');
  }
  if (text === '') throw usage('standard input contains no secret');
  return withoutReturn(text);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Prompts on a terminal, without echo. @throws Interrupted */
export async function askSecret(io: Io, question: string): Promise<string> {
  const { stdin, stderr, interrupt } = io;
  stderr.write(question);
  stdin.setRawMode?.(true);
  try {
    return await typed(stdin, interrupt);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function typed(stdin: Inlet, interrupt: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (finish: () => void): void => {
      stdin.off('data', heard);
      interrupt.removeEventListener('abort', aborted);
      finish();
    };
    const aborted = (): void => settle(() => reject(interrupt.reason as Error));
    const heard = (chunk: unknown): void => {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n' || key === '\u0004') {
          settle(() => resolve(text));
          return;
        }
        // In raw mode, Ctrl-C is not a signal.
        if (key === '\u0003') {
          settle(() => reject(usage('no secret was entered')));
          return;
        }
        text = key === '\u007f' || key === '\b' ? text.slice(0, -1) : text + key;
      }
    };
    if (interrupt.aborted) {
      aborted();
      return;
    }
    interrupt.addEventListener('abort', aborted);
    stdin.setEncoding('utf8').on('data', heard);
  });
}
