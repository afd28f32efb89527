import { join } from "node:path";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "./generated/portmoot.ts";

/** The wire, as both programs load it. The options are those that the types were generated with. */
export function loadProto(): ProtoGrpcType["portmoot"]["v1"] {
  const definition = loadSync(join(import.meta.dirname, "portmoot", "v1", "portmoot.proto"), {
    longs: Number,
    enums: String,
    bytes: Buffer,
    defaults: true,
    oneofs: true,
  });
  return (loadPackageDefinition(definition) as unknown as ProtoGrpcType).portmoot.v1;
}
