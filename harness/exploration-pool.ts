import { ChildPool } from './child-pool.ts';
import { combine, type Explored, executionsOf, exploreSubtree, splitTask, type Task } from './exploration.ts';
import { type Subtree, WHOLE } from './explore/exhaustive.ts';
import { splitStepsMax, subtreesPerWorker } from './limits.ts';

export type SubtreeOrder = { readonly task: Task; readonly subtree: Subtree; readonly limit: number };

export type ExplorationOptions = {
  /** Child processes; fewer than two: everything is done here. */
  readonly workers: number;
  /** Executions after which a search that is not over is given up. */
  readonly limit: number;
  readonly onProgress: (executions: number) => void;
  readonly stop: () => boolean;
};

/**
 * Searches all interleavings of a subject. With several workers the tree is split a few steps down, and each child
 * takes subtrees with their sleep sets: all counts of a search that comes to its end are those of one process.
 */
export async function explore(task: Task, options: ExplorationOptions): Promise<Explored> {
  const { workers, limit, onProgress, stop } = options;
  if (workers < 2) return exploreSubtree(task, WHOLE, limit, onProgress, stop);
  const { subtrees, before } = splitDeepEnough(task, workers * subtreesPerWorker);
  let performed = executionsOf(before.searched);
  onProgress(performed);
  const pool = new ChildPool<SubtreeOrder, number, Explored>('exploration-worker.js', workers);
  try {
    const parts = subtrees.map((subtree) =>
      pool.perform({ task, subtree, limit }, (executions) => {
        performed += executions;
        onProgress(executions);
        if (performed >= limit || stop()) pool.interrupt();
      }),
    );
    return combine([before, ...(await Promise.all(parts))]);
  } finally {
    pool.close();
  }
}

function splitDeepEnough(task: Task, wanted: number): ReturnType<typeof splitTask> {
  for (let steps = 2; ; steps++) {
    const split = splitTask(task, steps);
    if (split.subtrees.length >= wanted || split.subtrees.length === 0 || steps === splitStepsMax) return split;
  }
}
