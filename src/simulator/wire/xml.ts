/** What every XML answer begins with. */
export const XML_HEADER = `<?xml version="1.0" encoding="UTF-8"?>\n`;

/** Escapes text for an element's content; characters that XML can't hold become U+FFFD. */
export function escapeXml(text: string): string {
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return allowed.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
