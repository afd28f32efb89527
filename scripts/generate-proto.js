// Generates the gRPC types from proto/, or with --check compares them with what is committed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const committed = join(root, "proto", "generated");
const isCheck = process.argv.includes("--check");
const out = isCheck ? mkdtempSync(join(tmpdir(), "portmoot-proto-")) : committed;

if (!isCheck) rmSync(out, { recursive: true, force: true });
const generator = join(root, "node_modules", "@grpc", "proto-loader", "build", "bin", "proto-loader-gen-types.js");
const flags = [
  "--longs=Number",
  "--enums=String",
  "--bytes=Buffer",
  "--defaults",
  "--oneofs",
  "--grpcLib=@grpc/grpc-js",
  "--targetFileExtension=.ts",
  "--importFileExtension=.ts",
  `--includeDirs=${join(root, "proto")}`,
  `--outDir=${out}`,
  "portmoot/v1/portmoot.proto",
];
const { status, stderr } = spawnSync(process.execPath, [generator, ...flags], { encoding: "utf8", cwd: root });
if (status !== 0) {
  process.stderr.write(stderr);
  process.exit(1);
}
// The generator writes the machine's own path into each file.
for (const file of files(out)) writeFileSync(file, read(file).replace(/^\/\/ Original file: .*\n+/, ""));
if (isCheck) {
  const differing = files(committed)
    .concat(files(out).map((file) => join(committed, relative(out, file))))
    .filter((file) => read(file) !== read(join(out, relative(committed, file))));
  rmSync(out, { recursive: true, force: true });
  if (differing.length > 0) {
    process.stderr.write(`proto/generated is not what proto/ says: run npm run proto\n`);
    process.exit(1);
  }
}

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
