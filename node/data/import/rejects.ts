import { closeSync, openSync, writeSync } from "node:fs";

/** Rows and fields that could not be read: line, field and reason, one CSV row each, in a file of the borough's own. */
export interface Rejects {
  add(line: number, field: string, reason: string): void;
  readonly count: number;
  close(): void;
}

const BUFFER_CHARACTERS = 64 * 1024;

/** @param path made anew, readable by its owner alone */
export function openRejects(path: string): Rejects {
  const file = openSync(path, "w", 0o600);
  let buffered = "line,field,reason\n";
  let count = 0;
  const flush = () => {
    writeSync(file, buffered);
    buffered = "";
  };
  return {
    add(line, field, reason) {
      count++;
      buffered += `${line},${quote(field)},${quote(reason)}\n`;
      if (buffered.length > BUFFER_CHARACTERS) flush();
    },
    get count() {
      return count;
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

function quote(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
