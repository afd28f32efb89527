// On Node 20 a worker cannot start from a .ts file: this one teaches it to, then hands over.
import { register } from "tsx/esm/api";

register();
const { default: work } = await import("./row-worker.ts");
export default work;
