import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { ProtocolError } from "../base/errors.ts";

/**
 * Plain SQL in numbered files (01-name.sql, 02-…), applied in order, each with its number in one transaction. The
 * database remembers the last number; one made by a newer program is refused rather than guessed at.
 */
export function migrate(db: Database, folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => /^\d{2}-[a-z-]+\.sql$/.test(name))
    .sort();
  const latest = files.length === 0 ? 0 : numberOf(files.at(-1)!);
  const current = db.pragma("user_version", { simple: true }) as number;
  if (current > latest) {
    throw new ProtocolError(
      "bad-input",
      `database: made by a newer version of portmoot (schema ${current}, this one knows ${latest})`,
      {
        hint: "upgrade portmoot, or use another --home",
      },
    );
  }
  for (const file of files) {
    const number = numberOf(file);
    if (number <= current) continue;
    const sql = readFileSync(join(folder, file), "utf8");
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${number}`);
    }).immediate();
  }
}

function numberOf(file: string): number {
  return Number(file.slice(0, 2));
}
