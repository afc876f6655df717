import { serveParent } from './child-pool.ts';
import { type Explored, exploreSubtree } from './exploration.ts';
import type { SubtreeOrder } from './exploration-pool.ts';

/** The child process of `exploration-pool.ts`. */
serveParent<SubtreeOrder, number, Explored>(({ task, subtree, limit }, onProgress, stop) =>
  exploreSubtree(task, subtree, limit, onProgress, stop),
);
