/** What quiesce passes over is ready work only: this many passes mean that the program makes work for ever. */
export const quiescePassesMax: number = 100;
/** Passes without a record after which nothing is on its way any more; hand-over hops leave none (contract 1). */
export const quiesceIdlePasses: number = 3;
