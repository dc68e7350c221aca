/** Whether keys go into a text that is being typed, or into a dialog that has them for itself. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  const choice = target.matches('input[type=radio], input[type=checkbox], input[type=range]')
  const text = target.matches('input, textarea, select') && !choice
  return text || target.closest('[role=dialog], [role=alertdialog]') !== null
}
