/**
 * What to do when the page goes away (or into the back/forward cache). One listener while there is any task, none
 * otherwise; in Node, which has no page, tasks just wait in vain.
 */
const tasks = new Set<() => void>();

export function addPageHideTask(task: () => void): void {
  if (tasks.size === 0 && "addEventListener" in globalThis) globalThis.addEventListener("pagehide", runTasks);
  tasks.add(task);
}

export function deletePageHideTask(task: () => void): void {
  tasks.delete(task);
  if (tasks.size === 0 && "removeEventListener" in globalThis) globalThis.removeEventListener("pagehide", runTasks);
}

function runTasks(): void {
  for (const task of tasks) task();
}
