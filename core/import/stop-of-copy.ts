/**
 * Stopping an import whose source was copied first, because it is read in places. Ctrl-C ends a whole pipeline, so the
 * stop that ended the copying may be seen before its end or shortly after: what came until then is then read to its end.
 * A later stop ends the reading where it is.
 */

/** Between the end of a pipe and the stop that caused it. */
const SAME_STOP_MS = 1000;

/** To be made when the copy is complete: whether the reading of it is to end. */
export function stopOfCopy(isStopped: () => boolean): () => boolean {
  const until = performance.now() + SAME_STOP_MS;
  let endedCopy = isStopped();
  let isSeen = endedCopy;
  return () => {
    if (!isSeen && isStopped()) {
      isSeen = true;
      endedCopy = performance.now() < until;
    }
    return isSeen && !endedCopy;
  };
}
