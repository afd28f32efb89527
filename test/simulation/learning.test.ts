import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { importFile } from "../../node/data/import/import-file.ts";
import { parseMappingText } from "../../node/data/import/mapping.ts";
import { createRoundStore } from "../../node/data/round-store.ts";
import type { ValueMap } from "../../shared/base/encoding.ts";
import type { LearningRows } from "../../shared/learning/task.ts";
import type { RoundRow } from "../../coordinator/rounds/round-row.ts";
import { dealt, learnInTheOpen, pooled } from "../helpers/learn-in-the-open.ts";
import {
  homesOf,
  homesText,
  leftBehind,
  publishedOf,
  startTraining,
  textOf,
  withdraw,
  type Training,
} from "../helpers/trained.ts";

/** Whole trainings in one process: what is learned, by whom, and what ends it. Linear ones have the fewest sums. */
let training: Training;
afterEach(() => {
  training.cleanUp();
});

const FOUR = [120, 150, 110, 140];
const FIVE = [...FOUR, 130];
const NOTHING = { secrets: 0, results: 0, key: null };

/** A fit of these boroughs' rows in other hands, by plain addition: every state after the first, and what is published. */
function inTheOpen(rows: readonly LearningRows[]) {
  const { states, outcome } = learnInTheOpen(training.learner, dealt(pooled(rows)));
  if (outcome.kind !== "finished") throw new Error(`in the open it is ${outcome.kind}`);
  return {
    states: states.slice(1).map(textOf),
    published: textOf({ ...(outcome.published as ValueMap), members: rows.length }),
  };
}

function expectPooled(trained: Awaited<ReturnType<Training["train"]>>, rows: readonly LearningRows[]): void {
  const open = inTheOpen(rows);
  expect(trained.round.reason).toBeNull();
  expect(trained.states.map(textOf)).toEqual(open.states);
  expect(textOf(publishedOf(trained.round))).toBe(open.published);
}

/** The first time that a round is there. */
function at(attempt: number, state: RoundRow["state"], act: (round: RoundRow) => Promise<void> | void) {
  let isDone = false;
  return async (round: RoundRow) => {
    if (isDone || round.attempt !== attempt || round.state !== state) return;
    isDone = true;
    await act(round);
  };
}

describe("a training", () => {
  it.each(["logistic", "linear", "poisson"] as const)(
    "of a %s model goes through the very states of the pooled rows, and publishes what they say",
    async (family) => {
      training = await startTraining({ family, sizes: FOUR });
      expectPooled(await training.train(), training.rows());
    },
  );

  it("comes to the same model where every node and the coordinator are restarted between any two steps", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const seen = new Set<string>();
    const trained = await training.train(({ attempt, state }) => {
      for (const node of training.nodes) node.restart();
      // Once a state: a coordinator that forgets its volatile answers at every look would never end.
      if (!seen.has(`${attempt} ${state}`)) training.restartCoordinator();
      seen.add(`${attempt} ${state}`);
    });
    expect(seen.size).toBeGreaterThan(25);
    expectPooled(trained, training.rows());
  });

  it("is opened by a third party without rows as by a borough", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR, openers: 2, thirdParty: "gla" });
    expectPooled(await training.train(), training.rows());
    const gla = training.nodes.at(-1)!;
    const sent = gla.db.prepare("SELECT DISTINCT type FROM spool").pluck().all();
    expect(sent).toContain("next-model");
    for (const type of ["shares", "masked-input", "agree", "unmask"]) expect(sent).not.toContain(type);
  });

  it.each([
    ["without a part in the opening", 4, 3],
    ["that is one of three openers", 0, 3],
    ["that is one of two openers", 0, 2],
  ])("goes on without a borough of too few rows, %s", async (_, small, openers) => {
    const sizes = FIVE.map((size, index) => (index === small ? 99 : size));
    training = await startTraining({ family: "linear", sizes, openers });
    const trained = await training.train();
    expectPooled(
      trained,
      training.rows().filter((_, index) => index !== small),
    );
    const sent = training.nodes[small]!.db.prepare("SELECT DISTINCT type FROM spool").pluck().all();
    for (const type of ["shares", "masked-input"]) expect(sent).not.toContain(type);
  });

  it("takes a borough whose label is constant like any other", async () => {
    training = await startTraining({
      sizes: FOUR,
      homes: (homes, borough) => {
        if (borough === 2) for (const home of homes) home.hmo = 0;
      },
    });
    expectPooled(await training.train(), training.rows());
  });

  it("counts as one round, however many sums it has", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR, controls: { maximumRounds: 1 } });
    const first = await training.train();
    expect(first.round).toMatchObject({ state: "released", attempt: 4 });
    const second = await training.train();
    expect(second.round).toMatchObject({ state: "refused", reason: "refused by the boroughs", release: null });
  });

  it("leaves every node with the same result and with no secret", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const { round } = await training.train();
    for (const node of training.nodes) {
      expect(Buffer.from(createRoundStore(node.db).result(round.id)!).equals(Buffer.from(round.release!))).toBe(true);
      expect(leftBehind(node, round.id)).toEqual({ secrets: 0, results: 1, key: null });
    }
  });
});

describe("a borough that is lost", () => {
  it.each(["preflight", "match", "input"] as const)(
    "in %s of the first sum is not in the model, nor asked again",
    async (state) => {
      training = await startTraining({ family: "linear", sizes: FIVE });
      const lost = training.nodes[4]!;
      const trained = await training.train(at(1, state, () => void (lost.isDown = true)));
      expectPooled(trained, training.rows().slice(0, 4));
      // It comes back to nothing that it could add to.
      lost.isDown = false;
      training.clock.advanceTo(training.clock.nowMs() + 86_400_000);
      await training.settle();
      expect(leftBehind(lost, trained.round.id)).toMatchObject({ secrets: 0, key: null });
    },
  );

  it("beside another one ends the first sum, below the quorum", async () => {
    training = await startTraining({ family: "linear", sizes: FIVE });
    const { round } = await training.train(
      at(1, "input", () => {
        for (const node of training.nodes.slice(3)) node.isDown = true;
      }),
    );
    expect(round).toMatchObject({ state: "aborted", release: null, attempt: 1 });
  });

  it.each(["preflight", "keys", "match", "input", "agree", "open"] as const)(
    "in %s of a later sum is waited for until the deadline, and then nothing is published",
    async (state) => {
      training = await startTraining({ family: "linear", sizes: FIVE });
      const lost = training.nodes[4]!;
      let waitedFrom = Infinity;
      let deadlineMs = Infinity;
      const { round } = await training.train((now) => {
        if (now.attempt >= 2 && now.state === state) lost.isDown = true;
        if (!lost.isDown) return;
        waitedFrom = Math.min(waitedFrom, training.clock.nowMs());
        deadlineMs = now.deadlineMs;
      });
      expect(round).toMatchObject({ state: "aborted", release: null });
      expect(training.clock.nowMs()).toBeGreaterThanOrEqual(deadlineMs);
      expect(deadlineMs).toBeGreaterThan(waitedFrom);
      lost.isDown = false;
      await training.settle();
      for (const node of training.nodes) expect(leftBehind(node, round.id), node.name).toEqual(NOTHING);
      // The others do not sum once more without it: the difference would be its figures.
      if (state !== "agree") return;
      lost.isDown = true;
      const again = await training.train();
      expect(again.round).toMatchObject({ state: "aborted", release: null, attempt: 1 });
    },
  );

  it("comes back within the deadlines, killed meanwhile, and the model is that of all", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const trained = await training.train(
      at(2, "input", () => {
        training.silence("borough-4", { afterMs: 60_000, isKilled: true });
      }),
    );
    expectPooled(trained, training.rows());
  });

  it("as an opener for one opening is no opener any more, but still one of the boroughs", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const trained = await training.train(
      at(2, "open", ({ deadlineMs }) => {
        training.silence("borough-3", { afterMs: deadlineMs - training.clock.nowMs() + 60_000, isKilled: false });
      }),
    );
    expectPooled(trained, training.rows());
  });
});

describe("between two sums a training is stopped", () => {
  const step = at.bind(null, 2);

  /** All of them ended without a result, and keep nothing. */
  function expectStopped(round: RoundRow): void {
    expect(round).toMatchObject({ state: "aborted", release: null });
    for (const node of training.nodes) expect(leftBehind(node, round.id), node.name).toEqual(NOTHING);
  }

  it.each(["proposed", "preflight", "keys", "input"] as const)("by a withdrawn approval, in %s", async (state) => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const node = training.nodes[3]!;
    let sent = 0;
    const spooled = () =>
      node.db.prepare<[], number>("SELECT count(*) FROM spool WHERE type <> 'abort'").pluck().get()!;
    const { round } = await training.train(
      step(state, () => {
        withdraw(node, training.charter, training.clock.nowMs());
        sent = spooled();
      }),
    );
    expectStopped(round);
    // A refusal to take part can still be told, and nothing else.
    const later = node.db
      .prepare<[], string>("SELECT type FROM spool WHERE type <> 'abort' ORDER BY rowid")
      .pluck()
      .all();
    expect(later.slice(sent).filter((type) => type !== "preflight-answer")).toEqual([]);
  });

  it.each([2, 3, 4])("by an approval withdrawn before step %i, and is told so at once", async (attempt) => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const node = training.nodes[3]!;
    let deadlineMs = 0;
    const { round } = await training.train(
      at(attempt, "proposed", (now) => {
        withdraw(node, training.charter, training.clock.nowMs());
        deadlineMs = now.deadlineMs + 60_000 * training.charter.deadlines.preflightMinutes;
      }),
    );
    expect(round).toMatchObject({ reason: "too few boroughs take part", release: null, attempt });
    expect(training.clock.nowMs()).toBeLessThan(deadlineMs);
    for (const each of training.nodes) expect(leftBehind(each, round.id), each.name).toEqual(NOTHING);
  });

  it("by the charter's last day", async () => {
    const day = new Date(Date.UTC(2026, 10, 2)).toISOString().slice(0, 10);
    training = await startTraining({
      family: "linear",
      sizes: FOUR,
      validTo: day,
      deadlines: { preflightMinutes: 2000, stepMinutes: 2000, roundHours: 400 },
    });
    const midnight = Date.UTC(2026, 10, 3);
    const { round } = await training.train(
      step("proposed", () => {
        training.clock.advanceTo(midnight);
      }),
    );
    expectStopped(round);
    expect(round.attempt).toBe(2);
  });

  it("by an import that replaces a borough's rows", async () => {
    training = await startTraining({ family: "linear", sizes: FOUR });
    const { db } = training.nodes[1]!;
    const { round } = await training.train(
      step("preflight", async () => {
        const file = join(training.folder, "replaced.csv");
        writeFileSync(file, homesText(homesOf(6, "others", 150)));
        const attributes = { age: "age", visits: "visits", exempt: "exempt", tenure: "tenure", cost: "cost" };
        await importFile({
          db,
          file,
          dataset: "homes",
          mapping: parseMappingText(JSON.stringify({ attributes })),
          rejectsFile: "/dev/null",
          clock: training.clock,
        });
      }),
    );
    expectStopped(round);
    expect(round.attempt).toBe(2);
  });
});
