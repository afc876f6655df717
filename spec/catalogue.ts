import type { Requirement } from './requirement.ts';
import {
  blockingResultExample,
  callSoonExample,
  foreignCallbackExample,
  runInExecutorExample,
  timeoutAndCancelExample,
} from './requirements/article.ts';
import { cancelRaisesAtTheAwait } from './requirements/cancellation.ts';
import { cleanUpComesBeforeDone } from './requirements/cancellation-cleanup.ts';
import { cancellingIsACount } from './requirements/cancellation-count.ts';
import { finishedTaskRefusesCancel, unstartedTaskNeverRuns } from './requirements/cancellation-finished.ts';
import { shieldProtectsTheInner } from './requirements/cancellation-shield.ts';
import { convertedCancelIsTheOutcome, suppressedCancelKeepsValue } from './requirements/cancellation-suppressed.ts';
import { closedLoopRefuses, closeIsFinal, closeOfRunningLoopFails } from './requirements/close.ts';
import { closeLeavesExecutorWorkAlone } from './requirements/close-executor.ts';
import { discardedSubmissionBecomesDone, submissionRacingClose } from './requirements/close-race.ts';
import { callbackErrorsStopNothing } from './requirements/concurrent-callback-errors.ts';
import { callbacksRunInOrder } from './requirements/concurrent-callbacks.ts';
import { expiryChangesNothing } from './requirements/concurrent-expiry.ts';
import { cancelReturnsByState, isSetOnce } from './requirements/concurrent-state.ts';
import { timeoutIsNotEarly, timeoutOnlyIfIncomplete } from './requirements/concurrent-timeout.ts';
import { noProgramKillsTheProcess } from './requirements/crash.ts';
import { callbackErrorIsHandled, heldTaskErrorIsNotReported } from './requirements/errors.ts';
import { shutdownCancelsOnlyQueuedWork } from './requirements/executor-cancel-futures.ts';
import { defaultExecutorRefusesAfterShutdown, shutExecutorRefuses } from './requirements/executor-refusal.ts';
import { shutdownWaitsForAcceptedWork } from './requirements/executor-shutdown.ts';
import { cancelledFutureCannotBeSet, futureCompletesOnce, pendingFutureHasNoResult } from './requirements/futures.ts';
import {
  awaitersResumeInOrder,
  completionKeepsRegistrationOrder,
  doneCallbacksAreNeverSynchronous,
} from './requirements/futures-callbacks.ts';
import { cancelledFutureRaises, futureCancelIsFinal } from './requirements/futures-cancelled.ts';
import { ensureFutureKeepsFutures, everyoneSeesOneOutcome } from './requirements/futures-outcome.ts';
import { doneCallbacksCountEach } from './requirements/futures-removal.ts';
import { foreignCompletionWakesAwaiter } from './requirements/hand-over.ts';
import { handOverPublishesMemory } from './requirements/hand-over-memory.ts';
import { handOverAfterCancelIsHarmless, racingHandOversHaveOneWinner } from './requirements/hand-over-race.ts';
import { cancelledHandleNeverRuns, handleCancelIsIdempotent } from './requirements/handles.ts';
import { resultDoesNotBlockLoop } from './requirements/inbound-blocking.ts';
import { cancelReachesCoroutine, staysCancelled } from './requirements/inbound-cancel.ts';
import { refusesNonCoroutine, stepsOnLoopThread } from './requirements/inbound-coroutine.ts';
import { wakesBlockedLoop } from './requirements/inbound-liveness.ts';
import { cancelledBeforePickUpNeverRuns } from './requirements/inbound-pickup.ts';
import { cancelledInsideIsCancelled, resultIsOutcome } from './requirements/inbound-result.ts';
import { doesNotStarve } from './requirements/inbound-starvation.ts';
import { cancelledAwaitReleasesAtOnce, cancelledQueuedWorkNeverRuns } from './requirements/offload-cancellation.ts';
import { lateCompletionIsQuiet } from './requirements/offload-late-completion.ts';
import { loopRunsOnWhileWorkBlocks, workRunsOnOtherThread } from './requirements/offload-liveness.ts';
import { workRunsOnce } from './requirements/offload-once.ts';
import { awaiterFollowsWork, oneWorkerIsFifo } from './requirements/offload-ordering.ts';
import { anyErrorResolvesAwaiter, resultReachesAwaiter } from './requirements/offload-results.ts';
import { waitForTimesOutOverRunningWork } from './requirements/offload-timeout.ts';
import { bodiesExcludeEachOther, newTaskNeverRunsAtOnce } from './requirements/on-loop-exclusion.ts';
import { callSoonIsFifo, reentrantWorkWaits, tasksShareTheQueue } from './requirements/on-loop-fifo.ts';
import { callbacksRunExactlyOnce } from './requirements/on-loop-once.ts';
import { awaitOfDoneDoesNotSwitch, yieldLetsReadyWorkRun } from './requirements/on-loop-yield.ts';
import { currentCallbackFinishesAfterStop, secondRunFails } from './requirements/run-and-stop.ts';
import { stopLosesNothing, stoppedLoopAcceptsAndRuns } from './requirements/run-and-stop-again.ts';
import { runUntilStoppedEarlyFails, stopBeforeRunGivesOnePass } from './requirements/run-and-stop-early.ts';
import { fatalErrorLeavesTheLoop } from './requirements/run-and-stop-fatal.ts';
import { reportsCallbackError } from './requirements/submission-errors.ts';
import { runsExactlyOnce, survivesForeignCancel } from './requirements/submission-once.ts';
import {
  keepsOrderAcrossThreads,
  keepsOrderOfThread,
  startsCoroutinesInOrder,
} from './requirements/submission-order.ts';
import { isNeverWrongThread, isNotInline, runsOnLoopThread } from './requirements/submission-thread.ts';
import { taskKeepsItsOutcome, taskTakesFirstStep } from './requirements/tasks.ts';
import { noTimeMeansNoStart, stubbornInnerKeepsItsValue, waitForWaitsForItsEnd } from './requirements/time-outs.ts';
import { timerIsNotEarly, timerIsNotLate } from './requirements/timers.ts';
import { timeNeverDecreases, timersRunInDeadlineOrder } from './requirements/timers-order.ts';

/** Every judged requirement, in the order of reports. Ids are never reused and never change their meaning. */
export const CATALOGUE: readonly Requirement[] = [
  callSoonIsFifo,
  reentrantWorkWaits,
  bodiesExcludeEachOther,
  newTaskNeverRunsAtOnce,
  tasksShareTheQueue,
  yieldLetsReadyWorkRun,
  awaitOfDoneDoesNotSwitch,
  completionKeepsRegistrationOrder,
  awaitersResumeInOrder,
  doneCallbacksAreNeverSynchronous,
  callbacksRunExactlyOnce,
  doneCallbacksCountEach,
  cancelledHandleNeverRuns,
  handleCancelIsIdempotent,
  survivesForeignCancel,
  timerIsNotEarly,
  timerIsNotLate,
  timersRunInDeadlineOrder,
  timeNeverDecreases,
  futureCompletesOnce,
  futureCancelIsFinal,
  cancelledFutureCannotBeSet,
  pendingFutureHasNoResult,
  everyoneSeesOneOutcome,
  cancelledFutureRaises,
  ensureFutureKeepsFutures,
  taskTakesFirstStep,
  taskKeepsItsOutcome,
  cancelRaisesAtTheAwait,
  unstartedTaskNeverRuns,
  finishedTaskRefusesCancel,
  suppressedCancelKeepsValue,
  cleanUpComesBeforeDone,
  cancellingIsACount,
  shieldProtectsTheInner,
  convertedCancelIsTheOutcome,
  callbackErrorIsHandled,
  heldTaskErrorIsNotReported,
  fatalErrorLeavesTheLoop,
  waitForWaitsForItsEnd,
  noTimeMeansNoStart,
  stubbornInnerKeepsItsValue,
  noProgramKillsTheProcess,
  loopRunsOnWhileWorkBlocks,
  workRunsOnOtherThread,
  resultReachesAwaiter,
  workRunsOnce,
  oneWorkerIsFifo,
  awaiterFollowsWork,
  cancelledQueuedWorkNeverRuns,
  cancelledAwaitReleasesAtOnce,
  lateCompletionIsQuiet,
  anyErrorResolvesAwaiter,
  waitForTimesOutOverRunningWork,
  foreignCompletionWakesAwaiter,
  racingHandOversHaveOneWinner,
  handOverAfterCancelIsHarmless,
  handOverPublishesMemory,
  wakesBlockedLoop,
  runsExactlyOnce,
  keepsOrderOfThread,
  runsOnLoopThread,
  isNotInline,
  doesNotStarve,
  reportsCallbackError,
  keepsOrderAcrossThreads,
  resultIsOutcome,
  resultDoesNotBlockLoop,
  stepsOnLoopThread,
  refusesNonCoroutine,
  cancelReachesCoroutine,
  staysCancelled,
  cancelledBeforePickUpNeverRuns,
  cancelledInsideIsCancelled,
  startsCoroutinesInOrder,
  timeoutOnlyIfIncomplete,
  timeoutIsNotEarly,
  expiryChangesNothing,
  cancelReturnsByState,
  isSetOnce,
  callbacksRunInOrder,
  callbackErrorsStopNothing,
  isNeverWrongThread,
  secondRunFails,
  currentCallbackFinishesAfterStop,
  stopLosesNothing,
  stopBeforeRunGivesOnePass,
  runUntilStoppedEarlyFails,
  stoppedLoopAcceptsAndRuns,
  closeOfRunningLoopFails,
  closeIsFinal,
  closedLoopRefuses,
  submissionRacingClose,
  discardedSubmissionBecomesDone,
  closeLeavesExecutorWorkAlone,
  shutdownWaitsForAcceptedWork,
  defaultExecutorRefusesAfterShutdown,
  shutExecutorRefuses,
  shutdownCancelsOnlyQueuedWork,
  runInExecutorExample,
  foreignCallbackExample,
  callSoonExample,
  blockingResultExample,
  timeoutAndCancelExample,
];
