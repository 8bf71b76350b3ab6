/** The worker thread of `zip-hasher.ts`: one task is one zip, checked without pause. */

import { checkModuleZip } from './check.ts';
import { type CheckTask, runTask, type TaskResult } from './task-result.ts';

export function check(task: CheckTask): TaskResult {
  return runTask(() => checkModuleZip(task.file, task.mv));
}
