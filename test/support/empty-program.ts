/** A program that declares nothing: everything in its stack would be deleted. */
export function program(): Record<string, unknown> {
  return {};
}
