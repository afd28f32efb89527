import { closeSync, openSync, writeSync } from "node:fs";

export interface ImportLoss {
  /** Canonical; empty for a row that has not the file's shape. */
  readonly field: string;
  /** Of a closed set: no part of a record. */
  readonly reason: string;
  readonly count: number;
}

/** Rows and fields that could not be read: line, field and reason, one CSV row each, in a file of the borough's own. */
export interface Rejects {
  add(line: number, field: string, reason: string): void;
  readonly count: number;
  /** What stands in the file by field and reason, the most frequent first. */
  losses(): ImportLoss[];
  close(): void;
}

const BUFFER_CHARACTERS = 64 * 1024;

/** @param path made anew, readable by its owner alone */
export function openRejects(path: string): Rejects {
  const file = openSync(path, "w", 0o600);
  let buffered = "line,field,reason\n";
  let count = 0;
  const losses = new Map<string, ImportLoss>();
  const flush = () => {
    writeSync(file, buffered);
    buffered = "";
  };
  return {
    add(line, field, reason) {
      count++;
      const kind = reason.replace(/, found \d+$/, "");
      const known = losses.get(`${field} ${kind}`);
      losses.set(`${field} ${kind}`, { field, reason: kind, count: (known?.count ?? 0) + 1 });
      buffered += `${line},${quote(field)},${quote(reason)}\n`;
      if (buffered.length > BUFFER_CHARACTERS) flush();
    },
    get count() {
      return count;
    },
    losses: () => [...losses.values()].sort((a, b) => b.count - a.count),
    close() {
      flush();
      closeSync(file);
    },
  };
}

function quote(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
