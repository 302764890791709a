/** Every way in which a module names another one, read from its syntax. */
import ts from 'typescript';

export interface ModuleReference {
  readonly specifier: string;
  readonly line: number;
}

export interface ModuleReferences {
  readonly references: readonly ModuleReference[];
  /** Every string literal that is a value: a computed `require` takes its name from one of them. */
  readonly literals: readonly ModuleReference[];
  /** True when the module consists of `export … from` only. */
  readonly reExportsOnly: boolean;
}

export function readModule(path: string, text: string): ModuleReferences {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const references: ModuleReference[] = [];
  const literals: ModuleReference[] = [];
  const requires = new Set(['require', ...createdRequires(source)]);

  const at = (node: ts.StringLiteralLike): ModuleReference => ({
    specifier: node.text,
    line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
  });
  const visit = (node: ts.Node): void => {
    const named = referenceOf(node, requires);
    if (named !== undefined) references.push(at(named));
    if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) literals.push(at(node));
    ts.forEachChild(node, visit);
  };
  visit(source);

  const reExportsOnly = source.statements.every(
    (statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined,
  );
  return { references, literals, reExportsOnly };
}

function referenceOf(node: ts.Node, requires: ReadonlySet<string>): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  }
  if (ts.isCallExpression(node) && isLoader(node.expression, requires)) return literal(node.arguments[0]);
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
    const [target, base] = node.arguments ?? [];
    return base?.getText() === 'import.meta.url' ? literal(target) : undefined;
  }
  return undefined;
}

/** `import(…)`, `require(…)`, `require.resolve(…)`, `import.meta.resolve(…)`, `createRequire(…)(…)`, `x.require(…)`. */
function isLoader(callee: ts.Expression, requires: ReadonlySet<string>): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return requires.has(callee.text);
  if (ts.isCallExpression(callee)) return isCreateRequire(callee);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  if (callee.name.text === 'require') return true;
  if (callee.name.text !== 'resolve') return false;
  return callee.expression.getText() === 'import.meta' || isLoader(callee.expression, requires);
}

/** The names that hold what `createRequire` returned. */
function createdRequires(source: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && isCreateRequire(node.initializer)) {
      names.push(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function isCreateRequire(node: ts.Node | undefined): boolean {
  return (
    node !== undefined && ts.isCallExpression(node) && /(^|\.)createRequire$/.test(node.expression.getText())
  );
}

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}
