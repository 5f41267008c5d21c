/** One action over many cases, some of which fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CaseWork, oneByOne, type Outcome } from "../../desk/cases/one_by_one.js";
import { Problem } from "../../net/api.js";

const IDS = ["a", "b", "c", "d"];
const takeBack = (): Promise<void> => Promise.resolve();
const failing =
  (kinds: Partial<Record<string, string[]>>, tried: string[] = []): CaseWork =>
  (id) => {
    tried.push(id);
    const kind = kinds[id]?.shift();
    return kind ? Promise.reject(new Problem(kind)) : Promise.resolve(takeBack);
  };
const run = (work: CaseWork, isCurrent = (): boolean => true, progress: number[] = []): Promise<Outcome> =>
  oneByOne(
    IDS,
    work,
    (done) => progress.push(done),
    isCurrent,
    () => Promise.resolve(),
  );

test("a case that fails does not stop the others, and is named with its error", async () => {
  const progress: number[] = [];
  const { done, failed, takeBacks } = await run(failing({ b: ["not-found"] }), undefined, progress);
  assert.deepEqual(done, ["a", "c", "d"]);
  assert.deepEqual(
    [...failed].map(([id, error]) => [id, (error as Problem).kind]),
    [["b", "not-found"]],
  );
  assert.deepEqual([...takeBacks.keys()], ["a", "c", "d"]);
  assert.deepEqual(progress, [0, 1, 2, 3]);
});

test("a case that somebody changed at the same moment is tried once more, and only once", async () => {
  const tried: string[] = [];
  const { done, failed } = await run(failing({ b: ["stale"], c: ["stale", "stale"] }, tried));
  assert.deepEqual(done, ["a", "b", "d"]);
  assert.deepEqual([...failed.keys()], ["c"]);
  assert.deepEqual(tried, ["a", "b", "b", "c", "c", "d"]);
});

test("without a connection or a session the rest is not tried and counts as failed", async () => {
  for (const kind of ["offline", "sign-in"]) {
    const tried: string[] = [];
    const { done, failed } = await run(failing({ b: [kind] }, tried));
    assert.deepEqual(done, ["a"]);
    assert.deepEqual([...failed.keys()], ["b", "c", "d"]);
    assert.deepEqual(tried, ["a", "b"]);
  }
});

test("nothing more is begun after the member has signed out", async () => {
  const tried: string[] = [];
  await run(failing({}, tried), () => tried.length < 2);
  assert.deepEqual(tried, ["a", "b"]);
});

test("a case without anything to change is done, and there is nothing to take back", async () => {
  const { done, takeBacks } = await run(() => Promise.resolve(undefined));
  assert.deepEqual(done, IDS);
  assert.equal(takeBacks.size, 0);
});
