import { FIELD_KINDS, isField, type FieldKind } from "../matching/fields.ts";
import { isSingleFieldKey } from "../matching/key-quality.ts";
import { groupsJoined } from "../matching/standardise/diminutives.ts";
import { JOINS, parseTransform, TRANSFORMS } from "../matching/transforms.ts";
import { refuseRepeats, wrong } from "./charter-faults.ts";
import { asksFor, fairnessOf, hasSum, isMatch, type Charter, type MatchCharter } from "./charter-shape.ts";
import { verifyLearning } from "./charter-sense-learning.ts";

/**
 * What a shape cannot say: that the parts of a charter fit each other. Each check names the field and what to change.
 * @throws ProtocolError "bad-input"
 */
export function verifyCharterSense(charter: Charter): void {
  verifyParties(charter);
  if (isMatch(charter)) {
    verifyDataset(charter);
    verifyDiminutives(charter);
    verifyOperation(charter);
  } else verifyLearning(charter);
  verifyControls(charter);
  verifyDates(charter);
}

function verifyParties(charter: Charter): void {
  const { parties, coordinator } = charter;
  refuseRepeats(
    parties.map(({ id }) => id),
    "parties.id",
  );
  refuseRepeats([coordinator.rootKey, ...parties.map(({ rootKey }) => rootKey)], "parties.rootKey");
  for (const [position, { roles }] of parties.entries()) refuseRepeats(roles, `parties.${position}.roles`);
  const count = (role: "owner" | "matcher" | "opener") => parties.filter(({ roles }) => roles.includes(role)).length;
  if (hasSum(charter) && count("owner") < 3) {
    throw wrong("parties", "at least three must be owners, a sum of two shows each the other's figure");
  }
  if (count("owner") < 2) throw wrong("parties", "at least two must be owners");
  if (count("opener") < 2) throw wrong("parties", "at least two must be openers, one checks the other");
  if (!isMatch(charter)) return;
  const owners = parties.filter(({ roles }) => roles.includes("owner"));
  for (const [index, left] of owners.entries()) {
    for (const right of owners.slice(index + 1)) {
      const outside = parties.some((party) => party.roles.includes("matcher") && party !== left && party !== right);
      if (!outside) throw wrong("parties", `the pair ${left.id} and ${right.id} has no matcher outside it`);
    }
  }
}

function verifyDataset({ dataset }: MatchCharter): void {
  refuseRepeats(dataset.fields, "dataset.fields");
  for (const [index, field] of dataset.fields.entries()) {
    if (!isField(field)) throw wrong(`dataset.fields.${index}`, `${field} is not a canonical field`);
  }
  for (const [name, { codes }] of Object.entries(dataset.attributes)) {
    refuseRepeats(codes, `dataset.attributes.${name}.codes`);
  }
  if (dataset.collapse === "reference" && !dataset.fields.includes("reference")) {
    throw wrong("dataset.collapse", "rows can only be merged by reference where reference is a field");
  }
}

/** A name in two groups would make them one, and a reader of either would not see it. */
function verifyDiminutives({ dataset: { diminutives = [] }, operation }: MatchCharter): void {
  if (diminutives.length === 0) return;
  if (!operation.cascade.some(({ of }) => of.some(({ as }) => as.includes("diminutive")))) {
    throw wrong("dataset.diminutives", "no key takes a forename as diminutive, leave it out");
  }
  refuseRepeats(diminutives.flat(), "dataset.diminutives");
  for (const [index, names] of diminutives.entries()) {
    const [one, other] = groupsJoined(names);
    if (other === undefined) continue;
    throw wrong(
      `dataset.diminutives.${index}`,
      `would make the names of ${one!} and of ${other} one, which stand apart`,
    );
  }
}

function verifyOperation({ dataset, operation }: MatchCharter): void {
  const { outputs } = operation;
  refuseRepeats(outputs, "operation.outputs");
  if (outputs.includes("table") && !outputs.includes("total")) {
    throw wrong("operation.outputs", "total must be among them where table is");
  }
  if (!outputs.includes("total") && !outputs.includes("pair-matrix")) {
    throw wrong("operation.outputs", "total or pair-matrix must be among them, lists follow the release of a figure");
  }
  refuseRepeats(
    operation.cascade.map(({ key }) => key),
    "operation.cascade.key",
  );
  for (const [index, key] of operation.cascade.entries()) {
    const { of } = key;
    for (const [part, { field, as }] of of.entries()) {
      const path = `operation.cascade.${index}.of.${part}`;
      if (!dataset.fields.includes(field)) throw wrong(`${path}.field`, `${field} is not among dataset.fields`);
      for (const transform of as) parseTransform(transform, `charter: ${path}.as`);
      verifyTransformsFit(field, as, path);
    }
    if (isSingleFieldKey(key)) {
      throw wrong(`operation.cascade.${index}`, `${key.key} compares one field that many people share, add another`);
    }
  }
  if ("population" in operation) verifyFilters(dataset, operation.population, "operation.population.where");
  else {
    verifyFilters(dataset, operation.left, "operation.left.where");
    verifyFilters(dataset, operation.right, "operation.right.where");
  }
  const { label } = operation;
  if (outputs.includes("table") !== (label !== undefined)) {
    throw wrong("operation.label", "is needed for table and for nothing else");
  }
  for (const attribute of Object.values(label ?? {})) declaredAttribute(dataset, attribute, "operation.label");
  const used = attributesUsed(operation);
  const idle = Object.keys(dataset.attributes).find((attribute) => !used.includes(attribute));
  // The ledger and `charter explain` name every attribute as what a message derives from.
  if (idle !== undefined) throw wrong(`dataset.attributes.${idle}`, "no filter and no label uses it, leave it out");
}

function attributesUsed(operation: MatchCharter["operation"]): string[] {
  const populations = "population" in operation ? [operation.population] : [operation.left, operation.right];
  const filters = populations.flatMap(({ where }) => where.map(({ attribute }) => attribute));
  return [...filters, ...Object.values(operation.label ?? {})];
}

function verifyFilters(
  dataset: MatchCharter["dataset"],
  { where }: { where: readonly { attribute: string; in: readonly string[] }[] },
  path: string,
): void {
  refuseRepeats(
    where.map(({ attribute }) => attribute),
    path,
  );
  for (const [index, { attribute, in: codes }] of where.entries()) {
    const { codes: known } = declaredAttribute(dataset, attribute, `${path}.${index}.attribute`);
    refuseRepeats(codes, `${path}.${index}.in`);
    const unknown = codes.find((code) => !known.includes(code));
    if (unknown !== undefined) throw wrong(`${path}.${index}.in`, `${unknown} is not a code of attribute ${attribute}`);
  }
}

/** A transform that never fits its field would make the key missing in every row, in silence. */
function verifyTransformsFit(field: string, as: readonly string[], path: string): void {
  const kind = isField(field) ? FIELD_KINDS[field] : null;
  if (kind === "flag") throw wrong(`${path}.field`, `${field} says who is left out, it cannot stand in a key`);
  for (const [index, transform] of as.entries()) {
    if (Object.hasOwn(JOINS, transform) && index < as.length - 1) {
      throw wrong(`${path}.as`, `${transform} joins what is ready to be compared, it stands last`);
    }
    const needs = neededKinds(transform);
    if (needs === null) continue;
    if (kind === null || !needs.includes(kind))
      throw wrong(`${path}.as`, `${transform} is for a ${needs.join(" or ")}, ${field} is none`);
    // They take the value as it stands, not what another transform left of it; parts of a date stand side by side.
    const fits = needs.includes("date") ? as.every((each) => neededKinds(each)?.includes("date")) : index === 0;
    if (!fits) throw wrong(`${path}.as`, `${transform} finds nothing in what stands beside or before it`);
  }
}

function neededKinds(transform: string): readonly FieldKind[] | null {
  return (Object.hasOwn(TRANSFORMS, transform) ? TRANSFORMS[transform]!.needs : undefined) ?? null;
}

function declaredAttribute(dataset: MatchCharter["dataset"], attribute: string, where: string) {
  const found = Object.hasOwn(dataset.attributes, attribute) ? dataset.attributes[attribute] : undefined;
  if (found === undefined) throw wrong(where, `attribute ${attribute} is not among dataset.attributes`);
  return found;
}

function verifyControls(charter: Charter): void {
  const { controls, parties } = charter;
  const owners = parties.filter(({ roles }) => roles.includes("owner")).length;
  if (hasSum(charter) && controls.minimumContributors > owners) {
    throw wrong("controls.minimumContributors", `is more than the ${owners} owners, no round could ever end`);
  }
  const { unit } = charter.dataset;
  if (fairnessOf(charter) !== undefined && (unit === "property" || unit === "company")) {
    throw wrong("controls.fairness", `compares groups of people, and one row is a ${unit}`);
  }
  // Otherwise a count of at least the minimum would be published as 0, which says that nobody is there.
  if (controls.roundTo > 2 * controls.minimumCount) {
    throw wrong("controls.roundTo", `is more than twice minimumCount (${controls.minimumCount})`);
  }
}

function verifyDates(charter: Charter): void {
  const { validFrom, validTo, reviewDate, deadlines } = charter;
  if (validFrom > validTo) throw wrong("validTo", "is before validFrom");
  if (reviewDate < validFrom || reviewDate > validTo) throw wrong("reviewDate", "is not between validFrom and validTo");
  const steps = asksFor(charter, "own-side-list") ? 7 : 6;
  const needed = (isMatch(charter) ? charter.deadlines.matchMinutes : 0) + steps * deadlines.stepMinutes;
  if (needed > deadlines.roundHours * 60) {
    throw wrong("deadlines.roundHours", `is shorter than the ${needed} minutes its steps may take`);
  }
}
