/** The longest application id that AWS clients accept. */
const MAX_LENGTH = 50;

/**
 * The application id of a step's calls: which step of which run. At most 50 characters; a longer one keeps the run
 * and, of the step, its beginning and a checksum.
 */
export function stepCause(run: string, step: string): string {
  const cause = `${run}.${step}`.replaceAll(/[^A-Za-z0-9._-]/g, "-");
  if (cause.length <= MAX_LENGTH) return cause;
  const checksum = fnv1a(cause).toString(36);
  return `${cause.slice(0, MAX_LENGTH - checksum.length - 1)}-${checksum}`;
}

function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
