/** Domain names as Route 53 keeps and sorts them. Pure. */

/** Lower case, with a trailing dot, everything but a-z 0-9 - _ . escaped as an octal code. */
export function canonicalName(name: string): string {
  const text = name.toLowerCase();
  let canonical = "";
  for (let index = 0; index < text.length; index++) {
    const escape = /^\\[0-3][0-7][0-7]/.exec(text.slice(index, index + 4));
    if (escape) {
      canonical += escape[0];
      index += 3;
    } else {
      const character = text.charAt(index);
      canonical += /[a-z0-9._-]/.test(character)
        ? character
        : `\\${text.charCodeAt(index).toString(8).padStart(3, "0")}`;
    }
  }
  return canonical.endsWith(".") ? canonical : `${canonical}.`;
}

/** Without the trailing dot, as clients write it. */
export function plainName(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** Whether `name` is `zone` or lies below it; both canonical. */
export function liesWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The labels from the right, as ListResourceRecordSets sorts: com.example.www. */
export function sortName(name: string): string {
  return `${plainName(name).split(".").reverse().join(".")}.`;
}

/** The name with its first label replaced by an asterisk (escaped). */
export function wildcardOf(name: string): string {
  return `\\052.${name.slice(name.indexOf(".") + 1)}`;
}
