/** An ESLint rule: imports go the way that layers.mjs allows. */
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isAmong, layers, packageRules } from "./layers.mjs";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const unrestricted = ["test/*", "bench/*"];

/**
 * One import or re-export, as the rule sees it.
 *
 * @typedef {object} Import
 * @property {string} source
 * @property {boolean} isType
 * @property {readonly string[] | "all"} bindings
 */

/**
 * @param {string} file - from the top of the checkout, with `/`
 * @param {Import} imported
 * @returns {string | undefined} what is wrong with it
 */
export function findViolation(file, imported) {
  const { source } = imported;
  const layer = layers.find(({ files }) => isAmong(files, file));
  if (source.startsWith(".")) {
    const target = join(dirname(file), source).replaceAll(sep, "/").replace(/\.js$/, ".ts");
    if (layer === undefined || isAmong(layer.mayImport, target)) return undefined;
    return `${layer.name} may not import ${target}, only ${layer.mayImport.join(", ") || "nothing"}`;
  }
  if (layer?.pure === true) return `${layer.name} is pure: it may not import ${source}`;
  if (isAmong(unrestricted, file)) return undefined;
  const rule = packageRules.find((candidate) => concerns(candidate, imported) && !allows(candidate, file, imported));
  if (rule === undefined) return undefined;
  const what = rule.binding === undefined ? source : `${rule.binding} of ${source}`;
  const where = imported.isType && rule.types.length > 0 ? rule.types : rule.values;
  return `${what} may be imported only by ${where.join(", ")}: ${rule.why}`;
}

/**
 * @param {import("./layers.mjs").PackageRule} rule
 * @param {Import} imported
 */
function concerns(rule, { source, bindings }) {
  if (!rule.name.test(source)) return false;
  return rule.binding === undefined || (bindings !== "all" && bindings.includes(rule.binding));
}

/**
 * @param {import("./layers.mjs").PackageRule} rule
 * @param {string} file
 * @param {Import} imported
 */
function allows(rule, file, { isType }) {
  return isAmong(rule.values, file) || (isType && isAmong(rule.types, file));
}

/** @type {import("eslint").Rule.RuleModule} */
export const layeredImports = {
  meta: {
    type: "problem",
    docs: { description: "imports go the way that tools/eslint/layers.mjs allows" },
    schema: [],
  },
  create(context) {
    const file = relative(projectFolder, context.filename).replaceAll(sep, "/");
    const check = (/** @type {any} */ node, /** @type {any} */ literal) => {
      if (typeof literal?.value !== "string") return;
      const violation = findViolation(file, describe(node, literal.value));
      if (violation !== undefined) context.report({ node: literal, message: violation });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (/** @type {any} */ node) => check(node, node.source),
    };
  },
};

/**
 * @param {any} node
 * @param {string} source
 * @returns {Import}
 */
function describe(node, source) {
  const specifiers = /** @type {any[]} */ (node.specifiers ?? []);
  const named = specifiers.filter(({ type }) => type === "ImportSpecifier" || type === "ExportSpecifier");
  const names = named.map((specifier) => String((specifier.imported ?? specifier.local).name));
  const kind = node.importKind ?? node.exportKind;
  const isType =
    node.type === "TSImportType" ||
    kind === "type" ||
    (named.length > 0 &&
      named.length === specifiers.length &&
      named.every((one) => (one.importKind ?? one.exportKind) === "type"));
  return { source, isType, bindings: named.length === specifiers.length && named.length > 0 ? names : "all" };
}
